#include "ui/tradeoff_plot.h"

#include <algorithm>
#include <numeric>

#include <QApplication>
#include <QFileInfo>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QToolTip>
#include <qcustomplot.h>

#include "core/error.h"
#include "core/study/tradeoff.h"
#include "ui/chart_axes.h"
#include "ui/chart_text.h"
#include "ui/figure_export.h"
#include "ui/plot_style.h"

namespace awb {

namespace {

constexpr QSize exportSize(640, 420); // points
constexpr double reach = 12;          // pixels between mouse and point

} // namespace

TradeoffPlot::TradeoffPlot(QWidget *parent)
    : QWidget(parent), m_plot(new QCustomPlot(this)), m_empty(chart_axes::emptyState(this))
{
    m_plot->setObjectName(QStringLiteral("tradeoffPlot"));
    m_plot->setAccessibleName(tr("Score against trained parameters"));
    m_plot->setFocusPolicy(Qt::StrongFocus);
    m_plot->setMouseTracking(true);
    m_plot->setMinimumSize(240, 180);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->installEventFilter(this);
    setFocusProxy(m_plot);
    m_empty->setObjectName(QStringLiteral("tradeoffEmpty"));
    m_empty->setText(
        tr("No finished runs of this data set yet. Add runs in the set-up panel; each appears here when it ends."));

    chart_axes::makeLogarithmic(*m_plot->xAxis);
    m_plot->xAxis->setLabel(tr("Trained parameters"));
    m_plot->yAxis->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    chart_axes::addHeading(*m_plot);
    chart_axes::limitZoom(*m_plot->xAxis, *m_plot->yAxis);
    connect(m_plot, &QCustomPlot::afterLayout, this, [this] {
        if (m_referenceLabel)
            tradeoff_drawing::placeReferenceLabel(*m_plot, m_chart, *m_referenceLabel);
    });

    auto *layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot, 0, 0);
    layout->addWidget(m_empty, 0, 0);
    setRuns({}, {});
}

void TradeoffPlot::setRuns(const std::vector<Run> &runs, const QString &title)
{
    m_runs = runs;
    m_title = title;
    m_points = tradeoffPoints(runs);
    const auto runOf = [&](std::int64_t id) {
        return *std::find_if(m_runs.begin(), m_runs.end(), [&](const Run &run) { return run.id == id; });
    };
    std::string metric;
    std::int64_t newest = -1;
    for (const Point &point : m_points) {
        const std::int64_t last = *std::max_element(point.runs.begin(), point.runs.end());
        if (last > newest) {
            newest = last;
            metric = point.metric;
        }
    }
    std::erase_if(m_points, [&](const Point &point) { return point.metric != metric; });
    m_chart.clear();
    for (const Point &point : m_points)
        m_chart.push_back({point, runOf(point.runs.front())});
    m_cursor = -1;
    m_plot->setVisible(!m_chart.empty());
    m_empty->setVisible(m_chart.empty());
    draw(false);
    tell();
}

void TradeoffPlot::setSelectedRun(std::int64_t run)
{
    if (run == m_selected)
        return;
    m_selected = run;
    drawMarks();
}

void TradeoffPlot::exportTo(const QString &file)
{
    if (m_chart.empty())
        throw Error(tr("Cannot export %1: the chart has no finished runs yet.").arg(file).toStdString());
    if (QFileInfo(file).suffix().toLower() == QStringLiteral("csv"))
        exportNumbers(file, toCsv(m_points));
    else
        exportPlot(
            *m_plot, file, [this](bool print) { draw(print); }, exportSize);
}

void TradeoffPlot::draw(bool print)
{
    const plot_style::Theme theme = print ? plot_style::printTheme() : plot_style::themeOf(palette());
    m_referenceLabel = tradeoff_drawing::drawPoints(*m_plot, m_chart, theme);
    chart_axes::setTitle(*m_plot, m_title);
    if (!m_chart.empty())
        m_plot->yAxis->setLabel(chart_text::metricAxis(m_chart.front().point.metric));
    plot_style::apply(*m_plot, theme);
    chart_axes::fitTo(*m_plot, print ? exportSize : m_plot->size());
    if (!m_zoomed)
        tradeoff_drawing::fitRanges(*m_plot, m_chart);
    if (!print)
        drawMarks();
}

void TradeoffPlot::drawMarks()
{
    tradeoff_drawing::drawMarks(*m_plot, m_chart, selectedPoint(), m_cursor, plot_style::themeOf(palette()));
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void TradeoffPlot::showAll()
{
    m_zoomed = false;
    tradeoff_drawing::fitRanges(*m_plot, m_chart);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void TradeoffPlot::zoom(double factor)
{
    m_zoomed = true;
    for (QCPAxis *axis : {m_plot->xAxis, m_plot->yAxis})
        axis->scaleRange(factor);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

int TradeoffPlot::selectedPoint() const
{
    const auto run = std::find_if(m_runs.begin(), m_runs.end(), [&](const Run &one) { return one.id == m_selected; });
    if (m_selected == 0 || run == m_runs.end() || run->state != RunState::Done)
        return -1;
    // A repeat that is not counted belongs to its point all the same.
    const auto point = std::find_if(m_chart.begin(), m_chart.end(), [&](const auto &one) {
        return sameButSeed(one.run.spec, run->spec) && one.point.trainable == run->trainable;
    });
    return point == m_chart.end() ? -1 : static_cast<int>(point - m_chart.begin());
}

int TradeoffPlot::pointAt(const QPointF &position) const
{
    if (!m_plot->axisRect()->rect().adjusted(-4, -4, 4, 4).contains(position.toPoint()))
        return -1;
    int nearest = -1;
    double least = reach;
    for (std::size_t i = 0; i < m_chart.size(); ++i) {
        const QPointF at(m_plot->xAxis->coordToPixel(m_chart[i].x()), m_plot->yAxis->coordToPixel(m_chart[i].y()));
        const double distance = QLineF(at, position).length();
        if (distance < least) {
            least = distance;
            nearest = static_cast<int>(i);
        }
    }
    return nearest;
}

void TradeoffPlot::moveCursorTo(int point)
{
    if (point == m_cursor)
        return;
    m_cursor = point;
    m_plot->setCursor(point < 0 ? Qt::ArrowCursor : Qt::PointingHandCursor);
    drawMarks();
    tell();
    if (point < 0) {
        QToolTip::hideText();
        return;
    }
    const auto &shown = m_chart[point];
    const QPointF at(m_plot->xAxis->coordToPixel(shown.x()), m_plot->yAxis->coordToPixel(shown.y()));
    QToolTip::showText(m_plot->mapToGlobal(at.toPoint()) + QPoint(8, 4),
                       tradeoff_drawing::tooltip(shown, tradeoff_drawing::fullFineTuning(m_chart)), m_plot);
}

void TradeoffPlot::select(int point)
{
    const Point &chosen = m_points[point];
    const auto best = std::max_element(chosen.scores.begin(), chosen.scores.end());
    m_selected = chosen.runs[best - chosen.scores.begin()];
    drawMarks();
    emit runSelected(m_selected);
}

void TradeoffPlot::tell()
{
    QString text = tradeoff_drawing::summary(m_chart);
    if (m_cursor >= 0)
        text = tradeoff_drawing::spoken(m_chart[m_cursor]) + QStringLiteral(". ") + text;
    m_plot->setAccessibleDescription(text);
}

int TradeoffPlot::neighbour(int key) const
{
    std::vector<int> order(m_chart.size());
    std::iota(order.begin(), order.end(), 0);
    const bool byScore = key == Qt::Key_Up || key == Qt::Key_Down;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return byScore ? m_chart[a].y() < m_chart[b].y() : m_chart[a].x() < m_chart[b].x();
    });
    const bool forward = key == Qt::Key_Right || key == Qt::Key_Up;
    const int from = m_cursor >= 0 ? m_cursor : selectedPoint();
    if (key == Qt::Key_Home || (from < 0 && forward))
        return order.front();
    if (key == Qt::Key_End || from < 0)
        return order.back();
    const int place = static_cast<int>(std::find(order.begin(), order.end(), from) - order.begin());
    return order[std::clamp(place + (forward ? 1 : -1), 0, static_cast<int>(order.size()) - 1)];
}

bool TradeoffPlot::keyPressed(const QKeyEvent &event)
{
    switch (event.key()) {
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Left:
    case Qt::Key_Down:
    case Qt::Key_Home:
    case Qt::Key_End:
        moveCursorTo(neighbour(event.key()));
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_cursor >= 0)
            select(m_cursor);
        return m_cursor >= 0;
    case Qt::Key_Escape: {
        const bool had = m_cursor >= 0;
        moveCursorTo(-1);
        return had;
    }
    case Qt::Key_Plus:
    case Qt::Key_Minus:
        zoom(event.key() == Qt::Key_Plus ? 0.8 : 1.25);
        return true;
    case Qt::Key_0:
        showAll();
        return true;
    default:
        return false;
    }
}

void TradeoffPlot::mouseMoved(const QMouseEvent &event)
{
    if (!(event.buttons() & Qt::LeftButton))
        moveCursorTo(pointAt(event.position()));
    else if ((event.position().toPoint() - m_pressed).manhattanLength() >= QApplication::startDragDistance())
        m_zoomed = true;
}

bool TradeoffPlot::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_plot || m_chart.empty())
        return QWidget::eventFilter(watched, event);
    const auto *mouse = event->type() >= QEvent::MouseButtonPress && event->type() <= QEvent::MouseMove
                            ? static_cast<QMouseEvent *>(event)
                            : nullptr;
    switch (event->type()) {
    case QEvent::MouseMove:
        mouseMoved(*mouse);
        break;
    case QEvent::MouseButtonPress:
        m_pressed = mouse->position().toPoint();
        break;
    case QEvent::MouseButtonRelease: {
        const bool click = (mouse->position().toPoint() - m_pressed).manhattanLength() < QApplication::startDragDistance();
        const int point = click && mouse->button() == Qt::LeftButton ? pointAt(mouse->position()) : -1;
        if (point >= 0)
            select(point);
        break;
    }
    case QEvent::MouseButtonDblClick:
        showAll();
        break;
    case QEvent::Wheel:
        m_zoomed = true;
        break;
    case QEvent::Leave:
    case QEvent::FocusOut:
        moveCursorTo(-1);
        break;
    case QEvent::FocusIn:
        if (static_cast<QFocusEvent *>(event)->reason() == Qt::TabFocusReason && m_cursor < 0)
            moveCursorTo(std::max(0, selectedPoint()));
        break;
    case QEvent::KeyPress:
        return keyPressed(*static_cast<QKeyEvent *>(event));
    case QEvent::Resize:
        chart_axes::fitTo(*m_plot, static_cast<QResizeEvent *>(event)->size());
        break;
    case QEvent::Show:
        m_plot->setBufferDevicePixelRatio(m_plot->devicePixelRatioF());
        break;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

void TradeoffPlot::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        draw(false);
}

} // namespace awb
