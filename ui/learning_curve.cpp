#include "ui/learning_curve.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "ui/chart_axes.h"
#include "ui/chart_text.h"
#include "ui/plot_style.h"
#include "ui/wording.h"

namespace awb {

namespace {

constexpr std::size_t mostLive =
    20'000; // values of one run; what is older is in the store, which is written every three minutes
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

/// An upright line through an axis rect, for the cursor.
QCPItemStraightLine *addUpright(QCustomPlot &plot, QCPAxis *x, QCPAxis *y, const char *objectName)
{
    auto *line = new QCPItemStraightLine(&plot);
    line->setObjectName(QLatin1String(objectName));
    line->setSelectable(false);
    line->setClipAxisRect(x->axisRect());
    for (QCPItemPosition *position : {line->point1, line->point2}) {
        position->setAxes(x, y);
        position->setAxisRect(x->axisRect());
    }
    line->setVisible(false);
    return line;
}

} // namespace

LearningCurve::LearningCurve(QWidget *parent) : ChartWidget(QStringLiteral("learningCurve"), tr("Learning curve"), parent)
{
    buildPlot();
    redraw(whyEmpty());
}

void LearningCurve::buildPlot()
{
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
    const auto whole = QSharedPointer<chart_axes::EvenTicker>::create();
    whole->setWhole();
    steps->setTicker(whole);
    m_plot->xAxis->setTicker(steps->ticker());

    QCPAxis *rate = m_strip->axis(QCPAxis::atLeft);
    rate->setNumberFormat(QStringLiteral("g")); // 1e-3 as it was typed, not 1·10⁻³
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
    m_cursorLines = {addUpright(*m_plot, m_plot->xAxis, m_plot->yAxis, "cursor"),
                     addUpright(*m_plot, steps, rate, "cursorBelow")};
}

void LearningCurve::setRun(const Run &run, const std::vector<Measurement> &measurements, const QString &title)
{
    if (run.state != RunState::Running)
        m_live.erase(run.id);
    std::vector<Measurement> &live = m_live[run.id];
    int stored = -1;
    for (const Measurement &measurement : measurements)
        if (perStep(measurement))
            stored = std::max(stored, measurement.step);
    std::erase_if(live, [stored](const Measurement &one) { return one.step <= stored; });
    m_zoomed = m_zoomed && run.id == m_run;
    if (run.id != m_run)
        m_cursor = -1;
    m_run = run.id;
    m_state = run.state;
    m_metric = run.metric;
    m_steps = run.steps;
    m_peakRate = run.spec.recipe.learningRate;
    m_title = title;
    m_measurements = measurements;
    m_measurements.insert(m_measurements.end(), live.begin(), live.end());
    redraw(whyEmpty());
}

void LearningCurve::append(const Progress &now)
{
    // A run that went on from a snapshot repeats steps: the new values replace the old ones.
    std::vector<Measurement> &live = m_live[now.run];
    while (!live.empty() && live.back().step >= now.step)
        live.pop_back();
    if (live.size() >= mostLive)
        live.erase(live.begin(), live.begin() + mostLive / 2);
    if (now.run == m_run)
        std::erase_if(m_measurements, [&](const Measurement &one) { return perStep(one) && one.step >= now.step; });
    for (std::vector<Measurement> *all : {&live, now.run == m_run ? &m_measurements : nullptr}) {
        if (!all)
            continue;
        all->push_back({"loss", now.step, 0, now.loss});
        all->push_back({"learning_rate", now.step, 0, now.learningRate});
    }
    if (now.run != m_run || m_run == 0)
        return;
    const bool first = m_lossCurve.x.isEmpty();
    m_steps = std::max(m_steps, now.steps);
    if (first) {
        redraw(whyEmpty());
        return;
    }
    fill(mostPoints);
    fitRanges();
    drawCursor();
    replotSoon();
}

void LearningCurve::keepOnly(const std::vector<std::int64_t> &running)
{
    std::erase_if(m_live, [&](const auto &entry) { return std::ranges::find(running, entry.first) == running.end(); });
}

bool LearningCurve::isEmpty() const
{
    return m_lossCurve.x.isEmpty() && m_scoreCurve.x.isEmpty();
}

QString LearningCurve::nothingToExport() const
{
    return tr("there is no learning curve to draw yet");
}

std::string LearningCurve::numbers() const
{
    return curve_data::toCsv(m_measurements);
}

void LearningCurve::fill(int most)
{
    using namespace curve_data;
    const double step = m_cursor < 0 ? 0 : m_lossCurve.x[m_cursor];
    m_lossCurve = thinned(curveOf(m_measurements, "loss"), most);
    m_rateCurve = thinned(curveOf(m_measurements, "learning_rate"), most);
    m_scoreCurve = thinned(curveOf(m_measurements, "dev." + m_metric), most);
    for (double &score : m_scoreCurve.y)
        score *= chart_text::metricScale(m_metric);
    m_rawLoss->setData(m_lossCurve.x, m_lossCurve.y, true);
    const Curve smooth = smoothed(m_lossCurve);
    m_loss->setData(smooth.x, smooth.y, true);
    m_loss->setScatterStyle(smooth.x.size() == 1 ? QCPScatterStyle::ssDisc : QCPScatterStyle::ssNone); // a line needs two
    m_score->setData(m_scoreCurve.x, m_scoreCurve.y, true);
    m_rate->setData(m_rateCurve.x, m_rateCurve.y, true);
    m_cursor = m_cursor < 0 ? -1 : nearest(m_lossCurve, step);
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
        chart_axes::limitTicks(*m_plot->yAxis2, chart_text::metricLimits(m_metric));
    }
    // What was asked for, not the highest value used: without a step exactly at the end of warm-up that lies a little lower.
    const double rate = m_peakRate;
    QCPAxis *axis = m_strip->axis(QCPAxis::atLeft);
    axis->setRange(0, 1.15 * std::max(rate, highest(m_rateCurve.y)));
    auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    ticker->addTick(0, QStringLiteral("0"));
    if (rate > 0)
        ticker->addTick(rate, chart_text::learningRate(rate));
    axis->setTicker(ticker);
}

void LearningCurve::fitTo(QSize size)
{
    // In a low panel the curves need the height: the dock's title names the run too, and the legend names the score, whose
    // axis would be shorter than its name.
    chart_axes::setTitle(*m_plot, size.height() < 200 ? QString() : m_title);
    ChartWidget::fitTo(size);
    m_plot->yAxis2->setLabel(size.height() < 300 ? QString() : chart_text::metricUnit(m_metric));
}

void LearningCurve::draw(bool print)
{
    const plot_style::Theme theme = print ? plot_style::printTheme() : plot_style::themeOf(palette());
    const QColor lossColor = plot_style::lossColor(theme), scoreColor = plot_style::scoreColor(theme);
    fill(print ? sizeFor(true).width() : mostPoints);
    fitRanges();

    const bool scored = !m_scoreCurve.x.isEmpty();
    m_plot->legend->clearItems();
    m_loss->setName(tr("Loss (smoothed)"));
    m_score->setName(chart_text::metricAxis(m_metric));
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
    for (const auto &[axis, color] : {std::pair(m_plot->yAxis, lossColor), std::pair(m_plot->yAxis2, scoreColor)}) {
        axis->setLabelColor(color);
        axis->setTickLabelColor(color); // in a low panel it has no name
    }
    m_strip->setMinimumSize(50, 2 * QFontMetrics(theme.font).height());
    m_plot->yAxis2->grid()->setVisible(false);
    for (QCPItemStraightLine *line : m_cursorLines)
        line->setPen(QPen(theme.highlight, 1.5));
    fitTo(sizeFor(print));
    if (print) {
        for (QCPItemStraightLine *line : m_cursorLines)
            line->setVisible(false);
        return;
    }
    drawCursor();
    replotSoon();
}

QString LearningCurve::whyEmpty() const
{
    if (m_run == 0)
        return tr("Select a run to see how it learns: loss, dev score and learning rate, step by step.");
    if (m_state == RunState::Queued || m_state == RunState::Paused)
        return tr("This run has not started yet. Its curve grows here while it trains.");
    if (m_state == RunState::Running)
        return tr("The run has started. Its curve appears with the first steps.");
    return tr("No curve is stored for this run. Retry it to record one.");
}

QString LearningCurve::summary() const
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
    return text;
}

void LearningCurve::drawCursor()
{
    for (QCPItemStraightLine *line : m_cursorLines) {
        line->setVisible(m_cursor >= 0);
        if (m_cursor < 0)
            continue;
        line->point1->setCoords(m_lossCurve.x[m_cursor], 0);
        line->point2->setCoords(m_lossCurve.x[m_cursor], 1);
    }
}

int LearningCurve::pointAt(const QPointF &position) const
{
    const QPoint at = position.toPoint();
    const bool inside = m_plot->axisRect()->rect().contains(at) || m_strip->rect().contains(at);
    return inside ? curve_data::nearest(m_lossCurve, m_plot->xAxis->pixelToCoord(position.x())) : -1;
}

QPointF LearningCurve::placeOf(int point) const
{
    return {m_plot->xAxis->coordToPixel(m_lossCurve.x[point]), m_plot->yAxis->coordToPixel(m_lossCurve.y[point])};
}

QString LearningCurve::toolTipOf(int point) const
{
    const double step = m_lossCurve.x[point];
    QString text = tr("Step %1: loss %2").arg(wording::count(std::llround(step)), wording::figure(m_lossCurve.y[point]));
    if (const int rate = curve_data::nearest(m_rateCurve, step); rate >= 0)
        text += tr(", learning rate %1").arg(chart_text::learningRate(m_rateCurve.y[rate]));
    if (const int score = curve_data::nearest(m_scoreCurve, step); score >= 0)
        text += QLatin1Char('\n') +
                tr("%1 on dev %2 after step %3")
                    .arg(chart_text::metricTitle(m_metric),
                         chart_text::score(m_metric, m_scoreCurve.y[score] / chart_text::metricScale(m_metric)),
                         wording::count(std::llround(m_scoreCurve.x[score])));
    return text;
}

QString LearningCurve::spoken(int point) const
{
    return toolTipOf(point).replace(QLatin1Char('\n'), QStringLiteral(", "));
}

int LearningCurve::firstPoint() const
{
    return int(m_lossCurve.x.size()) - 1;
}

int LearningCurve::neighbour(int key) const
{
    const int last = firstPoint();
    const int page = std::max(1, (last + 1) / 10);
    // The first key of all starts at the end that it comes from.
    const int from = m_cursor >= 0 ? m_cursor : key == Qt::Key_Left || key == Qt::Key_PageUp ? last + 1 : -1;
    const auto moved = [&](int by) { return std::clamp(from + by, 0, last); };
    switch (last < 0 ? 0 : key) {
    case Qt::Key_Left:
        return moved(-1);
    case Qt::Key_Right:
        return moved(1);
    case Qt::Key_PageUp:
        return moved(-page);
    case Qt::Key_PageDown:
        return moved(page);
    case Qt::Key_Home:
        return 0;
    case Qt::Key_End:
        return last;
    default:
        return -1;
    }
}

} // namespace awb
