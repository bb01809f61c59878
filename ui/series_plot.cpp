#include "ui/series_plot.h"

#include <algorithm>
#include <cmath>

#include <QLineF>
#include <QTextDocumentFragment>
#include <QToolTip>
#include <qcustomplot.h>

#include "ui/chart_axes.h"
#include "ui/plot_style.h"
#include "ui/series_drawing.h"

namespace awb {

namespace {

constexpr double reach = 12; // pixels between mouse and point

bool standsFor(const SeriesPoint &point, std::int64_t run)
{
    return point.run == run || std::find(point.runs.begin(), point.runs.end(), run) != point.runs.end();
}

} // namespace

bool StudyChart::empty() const
{
    return std::none_of(series.begin(), series.end(),
                        [](const Series &one) { return one.kind != Series::Kind::Published && !one.points.empty(); });
}

SeriesPlot::SeriesPlot(QWidget *parent) : SeriesPlot(QStringLiteral("series"), tr("Chart of a study"), parent) {}

SeriesPlot::SeriesPlot(const QString &name, const QString &accessibleName, QWidget *parent)
    : ChartWidget(name, accessibleName, parent)
{
    m_plot->yAxis->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    chart_axes::addHeading(*m_plot);
    series_drawing::addCaption(*m_plot);
    chart_axes::dropLongName(*m_plot);
    setChart({});
}

SeriesPlot::Place SeriesPlot::cursorPlace() const
{
    if (m_cursor >= 0)
        for (const Series &series : m_chart.series)
            for (const SeriesPoint &point : series.points)
                if (&point == m_points[m_cursor])
                    return {series.name, point.x, point.run};
    return {};
}

int SeriesPlot::pointOf(const Place &place) const
{
    const SeriesPoint *nearest = nullptr;
    for (const Series &series : m_chart.series) {
        if (series.name != place.series || place.series.isEmpty())
            continue;
        for (const SeriesPoint &point : series.points) {
            // A point at the same x keeps the cursor even when its best run is another one now.
            const bool nearer = !nearest || std::abs(point.x - place.x) < std::abs(nearest->x - place.x);
            if (nearer || (point.x == place.x && point.run == place.run))
                nearest = &point;
        }
    }
    const auto found = std::find(m_points.begin(), m_points.end(), nearest);
    return found == m_points.end() ? -1 : int(found - m_points.begin());
}

void SeriesPlot::setChart(const StudyChart &chart)
{
    const bool other = chart.xLabel != m_chart.xLabel || chart.yLabel != m_chart.yLabel || chart.title != m_chart.title;
    if (other)
        m_zoomed = false;
    const bool hadCursor = m_cursor >= 0;
    const Place cursor = other ? Place() : cursorPlace();
    m_chart = chart;
    if (m_chart.logarithmicX)
        chart_axes::makeLogarithmic(*m_plot->xAxis);
    else
        chart_axes::makeLinear(*m_plot->xAxis);
    if (!m_chart.xTicks.empty())
        chart_axes::setTicks(*m_plot->xAxis, m_chart.xTicks);
    m_points.clear();
    for (const Series &series : m_chart.series)
        for (const SeriesPoint &point : series.points)
            m_points.push_back(&point);
    std::stable_sort(m_points.begin(), m_points.end(),
                     [](const SeriesPoint *a, const SeriesPoint *b) { return a->x < b->x; });
    m_cursor = pointOf(cursor);
    redraw(m_chart.nothing);
    if (hadCursor && m_cursor < 0) {
        QToolTip::hideText();
        drawCursor();
    }
}

void SeriesPlot::setSelectedRun(std::int64_t run)
{
    m_selected = run;
    drawMarks();
}

bool SeriesPlot::isEmpty() const
{
    return m_chart.empty();
}

QString SeriesPlot::nothingToExport() const
{
    QString why = m_chart.nothing;
    if (why.endsWith(QLatin1Char('.')))
        why.chop(1);
    return why;
}

std::string SeriesPlot::numbers() const
{
    return m_chart.csv;
}

QSize SeriesPlot::exportSize() const
{
    return {640, 600}; // caption and a legend with the published points take what is more than in other charts
}

void SeriesPlot::draw(bool print)
{
    const plot_style::Theme theme = print ? plot_style::printTheme() : plot_style::themeOf(palette());
    series_drawing::draw(*m_plot, m_chart, theme);
    chart_axes::setTitle(*m_plot, m_chart.title);
    m_plot->xAxis->setLabel(m_chart.xLabel);
    plot_style::apply(*m_plot, theme);
    const QSize size = sizeFor(print);
    labelY(size);
    chart_axes::fitTo(*m_plot, size);
    setCaption(theme, size, print);
    if (!m_zoomed)
        fitRanges();
    if (!print)
        drawMarks();
}

void SeriesPlot::fitRanges()
{
    series_drawing::fitRanges(*m_plot, m_chart);
}

void SeriesPlot::fitTo(QSize size)
{
    labelY(size);
    chart_axes::fitTo(*m_plot, size);
    setCaption(plot_style::themeOf(palette()), size, false);
}

void SeriesPlot::setCaption(const plot_style::Theme &theme, QSize size, bool print)
{
    const bool unnamed = !print && chart_axes::hidesLegend(*m_plot); // an export is made higher
    const auto lines =
        std::ranges::count_if(m_chart.series, [](const Series &one) { return one.kind != Series::Kind::Thin; });
    if (unnamed && !series_drawing::hasRoomForCaption(size))
        return series_drawing::setCaption(*m_plot, {tr("%1 lines: pointing at one names it.").arg(lines)}, theme, size,
                                          true);
    QStringList sentences = m_chart.caption;
    if (unnamed)
        sentences << tr("%1 lines are too many for a legend here; pointing at one names it, and exported figures name all.")
                         .arg(lines);
    series_drawing::setCaption(*m_plot, sentences, theme, size);
}

void SeriesPlot::labelY(QSize size)
{
    // In a low panel the axis is shorter than its name, and what stands around the chart tells.
    const bool fits = QFontMetrics(m_plot->yAxis->labelFont()).horizontalAdvance(m_chart.yLabel) < 0.7 * size.height();
    m_plot->yAxis->setLabel(fits ? m_chart.yLabel : QString());
}

void SeriesPlot::drawMarks()
{
    for (const char *name : {"selection", "cursor"})
        if (auto *old = m_plot->findChild<QCPGraph *>(QLatin1String(name)))
            m_plot->removeGraph(old);
    const plot_style::Theme theme = plot_style::themeOf(palette());
    const auto ring = [&](const char *name, const QPen &pen, double size) {
        QCPGraph *graph = m_plot->addGraph();
        graph->setObjectName(QLatin1String(name));
        graph->removeFromLegend();
        graph->setLayer(QStringLiteral("overlay"));
        graph->setLineStyle(QCPGraph::lsNone);
        graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, pen, Qt::NoBrush, size));
        return graph;
    };
    if (m_selected != 0) {
        QCPGraph *graph = ring("selection", QPen(theme.highlight, 2.5), 18);
        for (const SeriesPoint *point : m_points)
            if (standsFor(*point, m_selected))
                graph->addData(point->x, point->y);
    }
    if (m_cursor >= 0)
        ring("cursor", QPen(theme.text, 1.5), 14)->addData(m_points[m_cursor]->x, m_points[m_cursor]->y);
    replotSoon();
}

void SeriesPlot::drawCursor()
{
    m_plot->setCursor(m_cursor < 0 ? Qt::ArrowCursor : Qt::PointingHandCursor);
    drawMarks();
}

int SeriesPlot::pointAt(const QPointF &position) const
{
    if (!m_plot->axisRect()->rect().adjusted(-4, -4, 4, 4).contains(position.toPoint()))
        return -1;
    int nearest = -1;
    double least = reach;
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const double distance = QLineF(placeOf(int(i)), position).length();
        if (distance < least) {
            least = distance;
            nearest = int(i);
        }
    }
    return nearest;
}

QPointF SeriesPlot::placeOf(int point) const
{
    return {m_plot->xAxis->coordToPixel(m_points[point]->x), m_plot->yAxis->coordToPixel(m_points[point]->y)};
}

QString SeriesPlot::toolTipOf(int point) const
{
    return m_points[point]->words;
}

QString SeriesPlot::spoken(int point) const
{
    return QTextDocumentFragment::fromHtml(m_points[point]->words).toPlainText();
}

QString SeriesPlot::summary() const
{
    return m_chart.summary;
}

int SeriesPlot::firstPoint() const
{
    const auto chosen = std::find_if(m_points.begin(), m_points.end(),
                                     [&](const SeriesPoint *point) { return standsFor(*point, m_selected); });
    return m_selected == 0 || chosen == m_points.end() ? 0 : int(chosen - m_points.begin());
}

int SeriesPlot::neighbour(int key) const
{
    const int last = int(m_points.size()) - 1;
    switch (key) {
    case Qt::Key_Home:
        return 0;
    case Qt::Key_End:
        return last;
    case Qt::Key_Right:
        return std::min(m_cursor + 1, last);
    case Qt::Key_Left:
        return m_cursor < 0 ? last : std::max(m_cursor - 1, 0);
    default:
        return -1;
    }
}

bool SeriesPlot::choose(int point)
{
    if (m_points[point]->run == 0)
        return false;
    emit runSelected(m_points[point]->run);
    return true;
}

} // namespace awb
