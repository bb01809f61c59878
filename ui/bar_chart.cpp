#include "ui/bar_chart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <qcustomplot.h>

#include <QAction>
#include <QEvent>
#include <QKeyEvent>
#include <QToolTip>
#include <QVBoxLayout>

#include "core/error.h"
#include "ui/chart_axes.h"
#include "ui/figure_export.h"
#include "ui/plot_style.h"
#include "ui/wording.h"

namespace awb {

namespace {

constexpr QSize exportSize(640, 420); // points

/// Three well-told hues of the charts' palette, for train, dev and test.
QColor seriesColor(std::size_t index, const plot_style::Theme &theme)
{
    static const std::array<const char *, 3> hues = {"top-k", "adapter", "layer-norm"};
    return plot_style::methodColor(hues[index % hues.size()], theme);
}

} // namespace

BarChart::BarChart(const QString &objectName, const QString &accessibleName, QWidget *parent)
    : QWidget(parent), m_plot(new QCustomPlot(this))
{
    setObjectName(objectName);
    m_plot->setObjectName(objectName + QLatin1String("Plot"));
    m_plot->setAccessibleName(accessibleName);
    m_plot->setFocusPolicy(Qt::StrongFocus);
    m_plot->setMouseTracking(true);
    m_plot->installEventFilter(this);
    m_plot->yAxis->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    m_plot->legend->setFillOrder(QCPLegend::foColumnsFirst);
    chart_axes::dropLongName(*m_plot);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot);
    setMinimumSize(160, 180); // with upright names of classes below the bars
    auto *action = new QAction(tr("Export chart…"), m_plot);
    connect(action, &QAction::triggered, this, [this] {
        askAndExportFigure(*this, tr("Export chart"), this->objectName() + QStringLiteral(".pdf"),
                           [this](const QString &file, int dpi) { exportTo(file, dpi); });
    });
    m_plot->addAction(action);
    m_plot->setContextMenuPolicy(Qt::ActionsContextMenu);
    style();
}

void BarChart::setAxes(const QString &x, const QString &y)
{
    m_plot->xAxis->setLabel(x);
    m_countLabel = y;
    fit(m_plot->size());
}

void BarChart::fit(QSize size)
{
    const int names = m_categories.isEmpty() ? 0 : nameCategories(size);
    chart_axes::fitTicks(*m_plot, size);
    m_plot->yAxis->setLabel(size.height() - names < 160 ? QString() : m_countLabel); // longer than a low axis
}

void BarChart::addSeries(const std::vector<Series> &series)
{
    m_plot->clearPlottables();
    m_series = series;
    m_cursor = -1;
    double highest = 0;
    const double groupWidth = m_width * (m_categories.isEmpty() ? 1.0 : 0.8);
    const double barWidth = groupWidth / double(std::max<std::size_t>(1, series.size()));
    for (std::size_t s = 0; s < series.size(); ++s) {
        auto *bars = new QCPBars(m_plot->xAxis, m_plot->yAxis);
        bars->setName(series[s].name);
        bars->setAntialiased(false);
        bars->setWidth(barWidth * (m_categories.isEmpty() ? 1.0 : 0.92));
        QVector<double> keys, values;
        for (std::size_t i = 0; i < series[s].values.size(); ++i) {
            const double centre = m_first + (double(i) + 0.5) * m_width;
            keys << centre - groupWidth / 2 + (double(s) + 0.5) * barWidth;
            values << series[s].values[i];
            highest = std::max(highest, series[s].values[i]);
        }
        bars->setData(keys, values, true);
    }
    const std::size_t bars = series.empty() ? 1 : std::max<std::size_t>(1, series.front().values.size());
    m_plot->xAxis->setRange(m_first, m_first + double(bars) * m_width);
    m_plot->yAxis->setRange(0, highest > 0 ? 1.08 * highest : 1);
    showLegend(series.size() > 1);
    style();
}

void BarChart::showLegend(bool visible)
{
    QCPLegend *legend = m_plot->legend;
    QCPLayoutGrid *grid = m_plot->plotLayout();
    const bool above = grid->rowCount() > 1;
    if (visible && !above) { // above the bars, never on them
        auto *row = new QCPLayoutGrid;
        grid->insertRow(0);
        grid->addElement(0, 0, row);
        grid->setRowStretchFactor(0, 0.001);
        row->addElement(0, 0, legend);
        row->addElement(0, 1, new QCPLayoutElement(m_plot)); // takes what the legend leaves
        row->setColumnStretchFactor(0, 0.001);
    } else if (!visible && above) {
        m_plot->axisRect()->insetLayout()->addElement(legend, Qt::AlignTop | Qt::AlignRight);
        grid->remove(grid->element(0, 0));
        grid->simplify();
    }
    legend->setVisible(visible);
}

void BarChart::setHistogram(double first, double width, const std::vector<Series> &series, int decimals)
{
    m_categories.clear();
    m_first = first;
    m_width = width;
    m_lastEnd.reset();
    m_decimals = decimals;
    m_plot->xAxis->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    m_plot->xAxis->setTickLabelRotation(0);
    addSeries(series);
}

void BarChart::setGroups(const QStringList &categories, const std::vector<Series> &series)
{
    m_categories = categories;
    m_first = 0;
    m_width = 1;
    addSeries(series);
}

/// Names that would run into each other stand upright, no longer than a third of the chart; where even those have no room,
/// some are left out. Returns the height that they take.
int BarChart::nameCategories(QSize size)
{
    const QFontMetrics metrics(m_plot->xAxis->tickLabelFont());
    const double each = 0.85 * size.width() / double(m_categories.size()); // the rest is the other axis
    const auto namesUpTo = [&](int width, int &widest) {
        QStringList names;
        for (const QString &category : m_categories) {
            names << metrics.elidedText(category, Qt::ElideMiddle, width); // beginnings and ends tell them apart
            widest = std::max(widest, metrics.horizontalAdvance(names.last()));
        }
        return names;
    };
    int widest = 0, tallest = 0;
    QStringList names = namesUpTo(18 * metrics.averageCharWidth(), widest);
    const bool upright = widest + metrics.averageCharWidth() > each;
    if (upright)
        names = namesUpTo(std::max(40, size.height() / 3), tallest);
    const int every = upright ? std::max(1, int(std::ceil(metrics.height() / each))) : 1;
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    for (int i = 0; i < names.size(); i += every)
        ticker->addTick(i + 0.5, names[i]);
    m_plot->xAxis->setTicker(ticker);
    m_plot->xAxis->setTickLabelRotation(upright ? -90 : 0);
    return upright ? tallest : metrics.height();
}

void BarChart::setMarker(double x)
{
    m_marker = x;
    m_hasMarker = true;
    style();
}

void BarChart::setSummary(const QString &sentence)
{
    m_plot->setAccessibleDescription(sentence);
}

void BarChart::clear()
{
    m_hasMarker = false;
    addSeries({});
}

void BarChart::style(bool print)
{
    const plot_style::Theme theme = print ? plot_style::printTheme() : plot_style::themeOf(palette());
    plot_style::apply(*m_plot, theme);
    for (int s = 0; s < m_plot->plottableCount(); ++s) {
        QColor fill = seriesColor(std::size_t(s), theme);
        m_plot->plottable(s)->setPen(Qt::NoPen);
        m_plot->plottable(s)->setBrush(fill);
    }
    fit(print ? exportSize : m_plot->size());
    m_plot->xAxis->grid()->setVisible(false);
    m_plot->xAxis->setNumberFormat(QStringLiteral("gb"));
    m_plot->xAxis->setNumberPrecision(5);
    m_plot->clearItems();
    if (m_hasMarker) {
        auto *line = new QCPItemStraightLine(m_plot);
        line->setPen(QPen(theme.text, 1, Qt::DashLine));
        line->point1->setCoords(m_marker, 0);
        line->point2->setCoords(m_marker, 1);
    }
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void BarChart::exportTo(const QString &file, int dpi)
{
    if (m_series.empty())
        throw Error(tr("Cannot export %1: there is nothing to draw yet.").arg(file).toStdString());
    exportPlot(
        *m_plot, file, toCsv(), [this](bool print) { style(print); }, exportSize, dpi);
}

std::string BarChart::toCsv() const
{
    const auto quoted = [](QString text) -> QString { return u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"'; };
    QString csv = m_categories.isEmpty() ? QStringLiteral("from,to") : QStringLiteral("category");
    for (const Series &series : m_series)
        csv += u',' + quoted(series.name);
    for (std::size_t i = 0; i < m_series.front().values.size(); ++i) {
        csv += QStringLiteral("\r\n");
        csv += m_categories.isEmpty() ? QString(QString::number(m_first + double(i) * m_width, 'g', 10) + u',' +
                                                QString::number(endOf(int(i)), 'g', 10))
                                      : QString(quoted(m_categories.value(int(i))));
        for (const Series &series : m_series)
            csv += u',' + QString::number(series.values[i], 'g', 10);
    }
    return QString(csv + QStringLiteral("\r\n")).toStdString();
}

double BarChart::endOf(int bar) const
{
    const bool last = bar + 1 == int(m_series.front().values.size());
    return last && m_lastEnd ? *m_lastEnd : m_first + double(bar + 1) * m_width;
}

QString BarChart::barText(int bar) const
{
    QString where;
    if (!m_categories.isEmpty())
        where = m_categories.value(bar);
    else if (m_decimals == 0 && endOf(bar) - m_first - bar * m_width <= 1)
        where = wording::count(std::llround(m_first + bar + 0.5 * m_width));
    else if (m_decimals == 0)
        where = tr("%1 to %2")
                    .arg(wording::count(std::llround(m_first + 0.5 + bar * m_width)),
                         wording::count(std::llround(endOf(bar) - 0.5)));
    else
        where = tr("%1 to %2").arg(wording::figure(m_first + bar * m_width), wording::figure(endOf(bar)));
    QStringList lines{where};
    for (const Series &series : m_series)
        lines << QStringLiteral("%1: %2").arg(
            series.name, series.words.value(bar, wording::count(std::llround(series.values[std::size_t(bar)]))));
    return lines.join(QLatin1Char('\n'));
}

void BarChart::tell(int bar, const QPoint &where)
{
    const int bars = m_series.empty() ? 0 : int(m_series.front().values.size());
    m_cursor = bar >= 0 && bar < bars ? bar : -1;
    if (m_cursor >= 0)
        QToolTip::showText(m_plot->mapToGlobal(where), barText(m_cursor), m_plot);
    else
        QToolTip::hideText();
}

bool BarChart::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_plot && event->type() == QEvent::MouseMove) {
        const QPoint at = static_cast<QMouseEvent *>(event)->pos();
        const bool inside = m_plot->axisRect()->rect().contains(at);
        tell(inside ? int(std::floor((m_plot->xAxis->pixelToCoord(at.x()) - m_first) / m_width)) : -1, at);
    } else if (watched == m_plot && event->type() == QEvent::Resize) {
        fit(static_cast<QResizeEvent *>(event)->size());
    } else if (watched == m_plot && event->type() == QEvent::KeyPress && !m_series.empty()) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Left || key == Qt::Key_Right) {
            const int bars = int(m_series.front().values.size());
            const int bar = std::clamp(m_cursor + (key == Qt::Key_Right ? 1 : -1), 0, std::max(0, bars - 1));
            tell(bar, QPoint(int(m_plot->xAxis->coordToPixel(m_first + (bar + 0.5) * m_width)), m_plot->axisRect()->top()));
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void BarChart::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        style();
}

} // namespace awb
