#include "ui/adapter_drop_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "ui/chart_axes.h"
#include "ui/chart_text.h"
#include "ui/plot_style.h"
#include "ui/series_drawing.h"
#include "ui/run_words.h"
#include "ui/wording.h"

namespace awb {

AdapterDropPlot::AdapterDropPlot(QWidget *parent)
    : ChartWidget(QStringLiteral("adapterDrop"), tr("Score and time without the adapters of the lowest layers"), parent)
{
    chart_axes::addHeading(*m_plot);
    auto ticker = QSharedPointer<QCPAxisTickerFixed>::create();
    ticker->setTickStep(1);
    ticker->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
    m_plot->xAxis->setTicker(ticker);
    m_plot->xAxis->setSubTicks(false);
    m_plot->xAxis->setLabel(tr("Lowest layers whose adapters are dropped"));
    m_plot->yAxis2->setLabel(tr("Time of an example (ms)"));
    m_plot->yAxis2->setVisible(true);
    for (QCPAxis *axis : {m_plot->yAxis, m_plot->yAxis2})
        axis->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    m_plot->axisRect()->setRangeDrag(Qt::Orientations());
    m_plot->axisRect()->setRangeZoom(Qt::Orientations());
    m_time = addGraph(m_plot->yAxis2, "time", tr("Time"));
    m_score = addGraph(m_plot->yAxis, "score", tr("Score on dev"));
    m_ring = addGraph(m_plot->yAxis, "cursor", {});
    m_ring->removeFromLegend();
    series_drawing::addCaption(*m_plot);
    m_ring->setLayer(QStringLiteral("overlay"));
    setMap({}, {});
}

QCPGraph *AdapterDropPlot::addGraph(QCPAxis *y, const char *name, const QString &title)
{
    QCPGraph *graph = m_plot->addGraph(m_plot->xAxis, y);
    graph->setObjectName(QLatin1String(name));
    graph->setName(title);
    graph->setSelectable(QCP::stNone);
    return graph;
}

void AdapterDropPlot::setMap(const std::optional<AblationMap> &map, const Run &run)
{
    if (m_map == map && m_run.id == run.id && !isEmpty())
        return;
    m_map = map;
    m_run = run;
    m_cursor = -1;
    m_score->data()->clear();
    m_time->data()->clear();
    if (!isEmpty()) {
        const double scale = chart_text::metricScale(m_map->metric);
        for (int n = 0; n <= m_map->layers(); ++n) {
            m_score->addData(n, scale * m_map->scoreDropped(n));
            m_time->addData(n, 1e3 * m_map->seconds[std::size_t(n)]);
        }
    }
    redraw(tr("No ablation map of this run yet."));
}

QString AdapterDropPlot::timesNote(const AblationMap &map)
{
    return tr("Times: the shortest of 5 rounds over up to 256 dev examples in batches of 64, %1, threads: %2.")
        .arg(wording::text(map.device), QString::number(map.threads));
}

bool AdapterDropPlot::isEmpty() const
{
    return !m_map || m_map->layers() == 0 || int(m_map->seconds.size()) != m_map->layers() + 1;
}

QString AdapterDropPlot::nothingToExport() const
{
    return tr("the run has no ablation map yet");
}

std::string AdapterDropPlot::numbers() const
{
    return toCsv(*m_map, m_run);
}

void AdapterDropPlot::draw(bool print)
{
    const plot_style::Theme theme = print ? plot_style::printTheme() : plot_style::themeOf(palette());
    const QColor time = plot_style::lossColor(theme), score = plot_style::scoreColor(theme);
    m_time->setPen(QPen(time, 1.5 * theme.scale, Qt::DashLine));
    m_time->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssSquare, QPen(theme.background, theme.scale), time, 7 * theme.scale));
    m_score->setPen(QPen(score, 1.8 * theme.scale));
    m_score->setScatterStyle(plot_style::scoreMarker(theme));
    m_ring->setLineStyle(QCPGraph::lsNone);
    m_ring->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.text, 1.5), Qt::NoBrush, 15));
    m_ring->setVisible(!print);
    if (!isEmpty()) {
        chart_axes::setTitle(*m_plot, run_words::title(m_run, m_map->layers()));
        m_plot->yAxis->setLabel(chart_text::metricAxis(m_map->metric));
    }
    plot_style::apply(*m_plot, theme);
    for (const auto &[axis, color] : {std::pair(m_plot->yAxis, score), std::pair(m_plot->yAxis2, time)}) {
        axis->setLabelColor(color);
        axis->setTickLabelColor(color);
    }
    m_plot->yAxis2->grid()->setVisible(false);
    // The window says it beside the chart.
    series_drawing::setCaption(*m_plot, print && m_map ? QStringList{timesNote(*m_map)} : QStringList(), theme,
                               sizeFor(print));
    fitTo(sizeFor(print));
    fitRanges();
    if (!print)
        drawCursor();
}

void AdapterDropPlot::fitRanges()
{
    if (isEmpty())
        return;
    m_plot->xAxis->setRange(-0.4, m_map->layers() + 0.4);
    bool found = false;
    const QCPRange scores = m_score->getValueRange(found), times = m_time->getValueRange(found);
    m_plot->yAxis->setRange(chart_axes::padded(scores.lower, scores.upper, 0.02 * chart_text::metricScale(m_map->metric)));
    chart_axes::limitTicks(*m_plot->yAxis, chart_text::metricLimits(m_map->metric));
    m_plot->yAxis2->setRange(0, 1.1 * times.upper); // from 0 on: what is saved is a share of it
}

void AdapterDropPlot::drawCursor()
{
    m_ring->data()->clear();
    if (m_cursor >= 0)
        m_ring->addData(m_cursor, chart_text::metricScale(m_map->metric) * m_map->scoreDropped(m_cursor));
    replotSoon();
}

int AdapterDropPlot::pointAt(const QPointF &position) const
{
    if (!m_plot->axisRect()->rect().contains(position.toPoint()))
        return -1;
    return std::clamp(qRound(m_plot->xAxis->pixelToCoord(position.x())), 0, m_map->layers());
}

QPointF AdapterDropPlot::placeOf(int point) const
{
    const double score = chart_text::metricScale(m_map->metric) * m_map->scoreDropped(point);
    return {m_plot->xAxis->coordToPixel(point),
            std::isfinite(score) ? m_plot->yAxis->coordToPixel(score) : m_plot->axisRect()->center().y()};
}

QString AdapterDropPlot::toolTipOf(int point) const
{
    const double score = m_map->scoreDropped(point), seconds = m_map->seconds[std::size_t(point)];
    QString words = point == 0   ? tr("All adapters")
                    : point == 1 ? tr("Without the adapters of the lowest layer")
                                 : tr("Without the adapters of the %1 lowest layers").arg(point);
    words += QLatin1Char('\n') + chart_text::metricTitle(m_map->metric) + QLatin1Char(' ') +
             chart_text::score(m_map->metric, score);
    if (point > 0)
        words += tr(", change %1").arg(chart_text::difference(m_map->metric, score - m_map->score));
    words += QLatin1Char('\n') + tr("%1 ms an example").arg(wording::figure(1e3 * seconds));
    if (point > 0) {
        const double share = seconds / m_map->seconds.front() - 1;
        words += share <= 0 ? tr(", %1 % less").arg(-100 * share, 0, 'f', 1) : tr(", %1 % more").arg(100 * share, 0, 'f', 1);
    }
    return words;
}

QString AdapterDropPlot::spoken(int point) const
{
    return toolTipOf(point).replace(QLatin1Char('\n'), QStringLiteral(": "));
}

QString AdapterDropPlot::summary() const
{
    if (isEmpty())
        return tr("No AdapterDrop curve yet.");
    return tr("AdapterDrop curve of %1 layers, times measured on %2 with %3 threads. %4. %5. %6.")
        .arg(m_map->layers())
        .arg(wording::text(m_map->device))
        .arg(m_map->threads)
        .arg(spoken(0), spoken(m_map->layers()), chart_axes::titleOf(*m_plot));
}

int AdapterDropPlot::firstPoint() const
{
    return 0;
}

int AdapterDropPlot::neighbour(int key) const
{
    switch (key) {
    case Qt::Key_Left:
        return m_cursor < 0 ? m_map->layers() : std::max(0, m_cursor - 1);
    case Qt::Key_Right:
        return std::min(m_map->layers(), m_cursor + 1);
    case Qt::Key_Home:
        return 0;
    case Qt::Key_End:
        return m_map->layers();
    default:
        return -1;
    }
}

} // namespace awb
