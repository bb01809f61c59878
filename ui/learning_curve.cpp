#include "ui/learning_curve.h"

#include <algorithm>
#include <cmath>

#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QToolTip>
#include <qcustomplot.h>

#include "core/error.h"
#include "ui/chart_axes.h"
#include "ui/chart_text.h"
#include "ui/figure_export.h"
#include "ui/plot_style.h"
#include "ui/wording.h"

namespace awb {

namespace {

constexpr QSize exportSize(640, 420); // points
constexpr int mostPoints = 2000;

bool perStep(const Measurement &measurement)
{
    return measurement.name == "loss" || measurement.name == "learning_rate";
}

QCPGraph *addGraph(QCustomPlot &plot, QCPAxis *x, QCPAxis *y, const char *objectName)
{
    QCPGraph *graph = plot.addGraph(x, y);
    graph->setObjectName(QLatin1String(objectName));
    graph->setSelectable(QCP::stNone);
    graph->removeFromLegend();
    return graph;
}

} // namespace

LearningCurve::LearningCurve(QWidget *parent)
    : QWidget(parent), m_plot(new QCustomPlot(this)), m_empty(chart_axes::emptyState(this))
{
    m_plot->setObjectName(QStringLiteral("learningCurvePlot"));
    m_plot->setAccessibleName(tr("Learning curve"));
    m_plot->setMinimumSize(240, 180);
    m_plot->setMouseTracking(true);
    m_plot->installEventFilter(this);
    m_empty->setObjectName(QStringLiteral("learningCurveEmpty"));
    buildPlot();
    auto *layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot, 0, 0);
    layout->addWidget(m_empty, 0, 0);
    draw(false);
}

void LearningCurve::buildPlot()
{
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    chart_axes::addHeading(*m_plot);
    QCPAxisRect *main = m_plot->axisRect();
    m_strip = new QCPAxisRect(m_plot);
    m_plot->plotLayout()->addElement(3, 0, m_strip);
    m_plot->plotLayout()->setRowStretchFactor(3, 0.25);
    m_strip->setMinimumMargins(m_plot->axisRect()->minimumMargins());
    auto *margins = new QCPMarginGroup(m_plot);
    for (QCPAxisRect *rect : {main, m_strip}) {
        rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
        rect->setRangeDrag(Qt::Horizontal);
        rect->setRangeZoom(Qt::Horizontal);
        for (QCPAxis *axis : rect->axes())
            axis->setLayer(QStringLiteral("axes"));
    }
    using Changed = void (QCPAxis::*)(const QCPRange &);
    constexpr Changed changed = &QCPAxis::rangeChanged;
    constexpr auto setRange = static_cast<Changed>(&QCPAxis::setRange);
    QCPAxis *steps = m_strip->axis(QCPAxis::atBottom);
    connect(m_plot->xAxis, changed, steps, setRange);
    connect(steps, changed, m_plot->xAxis, setRange);

    m_plot->xAxis->setTickLabels(false);
    m_plot->yAxis->setLabel(tr("Loss"));
    m_plot->yAxis->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    m_plot->yAxis2->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    steps->setLabel(tr("Step"));
    steps->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    m_plot->xAxis->setTicker(steps->ticker());

    QCPAxis *rate = m_strip->axis(QCPAxis::atLeft);
    m_rawLoss = addGraph(*m_plot, m_plot->xAxis, m_plot->yAxis, "loss.raw");
    m_loss = addGraph(*m_plot, m_plot->xAxis, m_plot->yAxis, "loss");
    m_score = addGraph(*m_plot, m_plot->xAxis, m_plot->yAxis2, "score");
    m_rate = addGraph(*m_plot, steps, rate, "learningRate");
    m_rateLabel = new QCPItemText(m_plot);
    m_rateLabel->setSelectable(false);
    m_rateLabel->setText(tr("learning rate"));
    m_rateLabel->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_rateLabel->position->setAxisRect(m_strip);
    m_rateLabel->setClipAxisRect(m_strip);
    m_rateLabel->position->setCoords(0.995, 0.02);
    m_rateLabel->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);
}

void LearningCurve::setRun(const Run &run, const std::vector<Measurement> &measurements, const QString &title)
{
    std::vector<Measurement> live;
    if (run.id == m_run && run.state == RunState::Running) {
        int stored = -1;
        for (const Measurement &measurement : measurements)
            if (perStep(measurement))
                stored = std::max(stored, measurement.step);
        for (const Measurement &measurement : m_measurements)
            if (perStep(measurement) && measurement.step > stored)
                live.push_back(measurement);
    } else {
        m_zoomed = m_zoomed && run.id == m_run;
    }
    m_run = run.id;
    m_state = run.state;
    m_metric = run.metric;
    m_steps = run.steps;
    m_title = title;
    m_measurements = measurements;
    m_measurements.insert(m_measurements.end(), live.begin(), live.end());
    draw(false);
}

void LearningCurve::append(const Progress &now)
{
    if (now.run != m_run || m_run == 0)
        return;
    // A run that went on from a snapshot repeats steps: the new values replace the old ones.
    std::erase_if(m_measurements, [&](const Measurement &one) { return perStep(one) && one.step >= now.step; });
    m_measurements.push_back({"loss", now.step, 0, now.loss});
    m_measurements.push_back({"learning_rate", now.step, 0, now.learningRate});
    const bool first = m_lossCurve.x.isEmpty();
    m_steps = std::max(m_steps, now.steps);
    if (first) {
        draw(false);
        return;
    }
    fill(mostPoints);
    fitRanges();
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void LearningCurve::exportTo(const QString &file)
{
    if (m_measurements.empty())
        throw Error(tr("Cannot export %1: there is no learning curve to draw yet.").arg(file).toStdString());
    if (QFileInfo(file).suffix().toLower() == QStringLiteral("csv"))
        exportNumbers(file, curve_data::toCsv(m_measurements));
    else
        exportPlot(
            *m_plot, file, [this](bool print) { draw(print); }, exportSize);
}

void LearningCurve::fill(int most)
{
    using namespace curve_data;
    m_lossCurve = thinned(curveOf(m_measurements, "loss"), most);
    m_rateCurve = thinned(curveOf(m_measurements, "learning_rate"), most);
    m_scoreCurve = thinned(curveOf(m_measurements, "dev." + m_metric), most);
    for (double &score : m_scoreCurve.y)
        score *= chart_text::metricScale(m_metric);
    m_rawLoss->setData(m_lossCurve.x, m_lossCurve.y, true);
    const Curve smooth = smoothed(m_lossCurve);
    m_loss->setData(smooth.x, smooth.y, true);
    m_score->setData(m_scoreCurve.x, m_scoreCurve.y, true);
    m_rate->setData(m_rateCurve.x, m_rateCurve.y, true);
}

void LearningCurve::fitRanges()
{
    const auto highest = [](const QVector<double> &values) {
        return values.isEmpty() ? 0.0 : *std::max_element(values.begin(), values.end());
    };
    if (!m_zoomed) {
        const double last = std::max({double(m_steps), highest(m_lossCurve.x), highest(m_scoreCurve.x), 1.0});
        m_plot->xAxis->setRange(0, last * 1.015);
    }
    const double loss = highest(m_lossCurve.y);
    m_plot->yAxis->setRange(0, loss > 0 ? 1.06 * loss : 1);
    if (!m_scoreCurve.y.isEmpty()) {
        const auto [low, high] = std::minmax_element(m_scoreCurve.y.begin(), m_scoreCurve.y.end());
        m_plot->yAxis2->setRange(chart_axes::padded(*low, *high, 0.05 * chart_text::metricScale(m_metric), 0.15));
    }
    const double rate = highest(m_rateCurve.y);
    QCPAxis *axis = m_strip->axis(QCPAxis::atLeft);
    axis->setRange(0, rate > 0 ? 1.15 * rate : 1);
    auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    ticker->addTick(0, QStringLiteral("0"));
    if (rate > 0)
        ticker->addTick(rate, chart_text::learningRate(rate));
    axis->setTicker(ticker);
}

void LearningCurve::nameScoreAxis(int height)
{
    // In a low panel the name would be longer than the axis; the legend has it too.
    m_plot->yAxis2->setLabel(height < 300 ? QString() : chart_text::metricUnit(m_metric));
}

void LearningCurve::draw(bool print)
{
    const plot_style::Theme theme = print ? plot_style::printTheme() : plot_style::themeOf(palette());
    const QColor lossColor = plot_style::lossColor(theme), scoreColor = plot_style::scoreColor(theme);
    fill(print ? exportSize.width() : mostPoints);
    fitRanges();
    chart_axes::setTitle(*m_plot, m_title);

    const bool scored = !m_scoreCurve.x.isEmpty();
    m_plot->legend->clearItems();
    m_loss->setName(tr("Loss (smoothed)"));
    m_score->setName(tr("%1 on dev").arg(chart_text::metricTitle(m_metric)));
    m_loss->addToLegend();
    if (scored)
        m_score->addToLegend();
    plot_style::apply(*m_plot, theme);

    QColor faint = lossColor;
    faint.setAlphaF(0.35F);
    m_rawLoss->setPen(QPen(faint, 0.8 * theme.scale));
    m_loss->setPen(QPen(lossColor, 1.6 * theme.scale));
    m_score->setPen(QPen(scoreColor, 1.2 * theme.scale));
    m_score->setScatterStyle(plot_style::scoreMarker(theme));
    m_rate->setPen(QPen(theme.axis, 1.2 * theme.scale));
    m_rate->setBrush(theme.grid);
    m_rateLabel->setColor(theme.axis);
    m_plot->yAxis2->setVisible(scored);
    m_plot->yAxis->setLabelColor(lossColor);
    m_plot->yAxis2->setLabelColor(scoreColor);
    m_strip->setMinimumSize(50, 2 * QFontMetrics(theme.font).height());
    nameScoreAxis(print ? exportSize.height() : m_plot->height());
    m_plot->yAxis2->grid()->setVisible(false);

    chart_axes::fitTo(*m_plot, print ? exportSize : m_plot->size());
    if (print)
        return;
    showEmptyState();
    tell();
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void LearningCurve::showEmptyState()
{
    const bool empty = m_lossCurve.x.isEmpty() && m_scoreCurve.x.isEmpty();
    m_plot->setVisible(!empty);
    m_empty->setVisible(empty);
    if (m_run == 0)
        m_empty->setText(tr("Select a run to see how it learns: loss, dev score and learning rate, step by step."));
    else if (m_state == RunState::Queued || m_state == RunState::Paused)
        m_empty->setText(tr("This run has not started yet. Its curve grows here while it trains."));
    else if (m_state == RunState::Running)
        m_empty->setText(tr("The run has started. Its curve appears with the first steps."));
    else
        m_empty->setText(tr("No curve is stored for this run. Retry it to record one."));
}

void LearningCurve::tell()
{
    QString text;
    if (!m_lossCurve.y.isEmpty())
        text = tr("Loss %1 after step %2.")
                   .arg(wording::figure(m_loss->data()->at(m_loss->dataCount() - 1)->value))
                   .arg(std::llround(m_lossCurve.x.last()));
    if (!m_scoreCurve.y.isEmpty())
        text += QLatin1Char(' ') +
                tr("%1 on dev: %2.")
                    .arg(chart_text::metricTitle(m_metric),
                         chart_text::score(m_metric, m_scoreCurve.y.last() / chart_text::metricScale(m_metric)));
    m_plot->setAccessibleDescription(text);
}

void LearningCurve::showTooltip(const QMouseEvent &event)
{
    const QPoint at = event.position().toPoint();
    const bool inside = m_plot->axisRect()->rect().contains(at) || m_strip->rect().contains(at);
    if (!inside || m_lossCurve.x.isEmpty()) {
        QToolTip::hideText();
        return;
    }
    const double step = m_plot->xAxis->pixelToCoord(at.x());
    const auto nearest = [&](const curve_data::Curve &curve) {
        const auto after = std::lower_bound(curve.x.begin(), curve.x.end(), step);
        auto index = std::min<qsizetype>(after - curve.x.begin(), curve.x.size() - 1);
        return index > 0 && step - curve.x[index - 1] < curve.x[index] - step ? index - 1 : index;
    };
    const qsizetype loss = nearest(m_lossCurve);
    QString text =
        tr("Step %1: loss %2").arg(wording::count(std::llround(m_lossCurve.x[loss])), wording::figure(m_lossCurve.y[loss]));
    if (!m_rateCurve.x.isEmpty())
        text += tr(", learning rate %1").arg(chart_text::learningRate(m_rateCurve.y[nearest(m_rateCurve)]));
    if (!m_scoreCurve.x.isEmpty()) {
        const qsizetype score = nearest(m_scoreCurve);
        text += QLatin1Char('\n') +
                tr("%1 on dev %2 after step %3")
                    .arg(chart_text::metricTitle(m_metric),
                         chart_text::score(m_metric, m_scoreCurve.y[score] / chart_text::metricScale(m_metric)),
                         wording::count(std::llround(m_scoreCurve.x[score])));
    }
    QToolTip::showText(event.globalPosition().toPoint(), text, m_plot);
}

bool LearningCurve::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_plot)
        return QWidget::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::MouseMove: {
        const auto &mouse = *static_cast<QMouseEvent *>(event);
        if (mouse.buttons() & Qt::LeftButton)
            m_zoomed = true;
        else
            showTooltip(mouse);
        break;
    }
    case QEvent::Wheel:
        m_zoomed = true;
        break;
    case QEvent::MouseButtonDblClick:
        m_zoomed = false;
        fitRanges();
        m_plot->replot(QCustomPlot::rpQueuedReplot);
        break;
    case QEvent::Resize:
        chart_axes::fitTo(*m_plot, static_cast<QResizeEvent *>(event)->size());
        nameScoreAxis(static_cast<QResizeEvent *>(event)->size().height());
        break;
    case QEvent::Show:
        m_plot->setBufferDevicePixelRatio(m_plot->devicePixelRatioF());
        break;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

void LearningCurve::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        draw(false);
}

} // namespace awb
