#include "ui/series_drawing.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "ui/chart_axes.h"

namespace awb::series_drawing {

namespace {

// Sizes of the caption as shares of the theme's font; print fonts are large already.
constexpr double captionScale = 0.85, printCaptionScale = 0.68;
constexpr std::size_t mostMarkers = 30;    // of a line, which would hide behind more; then no line of ours has any
constexpr int leastHeightForCaption = 320; // pixels of the plot

QColor colorOf(const Series &series, const plot_style::Theme &theme)
{
    return plot_style::shade(plot_style::methodColor(series.method, theme), series.shade % plot_style::shades, theme);
}

QCPScatterStyle markerOf(const Series &series, const plot_style::Theme &theme)
{
    if (series.kind == Series::Kind::Published)
        return plot_style::publishedMarker(series.method, theme);
    const bool small = series.shade >= plot_style::shades;
    const double size = series.kind == Series::Kind::Thin ? 5 : small ? 6 : 9;
    QCPScatterStyle style = plot_style::methodMarker(series.method, theme, size);
    const QColor color = colorOf(series, theme);
    if (series.shade > 0) {
        style.setBrush(color);
        if (style.pen().color() == plot_style::methodColor(series.method, theme)) // strokes, which have no inside
            style.setPen(QPen(color, style.pen().widthF()));
    }
    return style;
}

QCPGraph &addGraph(QCustomPlot &plot, const QString &name)
{
    QCPGraph *graph = plot.addGraph();
    graph->setObjectName(name);
    graph->setSelectable(QCP::stNone);
    graph->removeFromLegend();
    return *graph;
}

/// A line through one of a point's numbers.
QCPGraph &addLine(QCustomPlot &plot, const QString &name, const Series &series, double SeriesPoint::*value)
{
    QCPGraph &graph = addGraph(plot, name);
    for (const SeriesPoint &point : series.points)
        graph.addData(point.x, point.*value);
    return graph;
}

void drawBand(QCustomPlot &plot, const Series &series, const plot_style::Theme &theme)
{
    QColor color = colorOf(series, theme);
    color.setAlpha(51); // a fifth, as in the paper
    QCPGraph &low = addLine(plot, QStringLiteral("bandLow.") + series.name, series, &SeriesPoint::low);
    QCPGraph &high = addLine(plot, QStringLiteral("band.") + series.name, series, &SeriesPoint::high);
    low.setPen(Qt::NoPen);
    high.setPen(Qt::NoPen);
    high.setBrush(color);
    high.setChannelFillGraph(&low);
}

void drawLine(QCustomPlot &plot, const Series &series, const plot_style::Theme &theme)
{
    QColor color = colorOf(series, theme);
    QPen pen(color, 1.6 * theme.scale);
    if (series.kind == Series::Kind::Thin) {
        color.setAlphaF(0.6F);
        pen = QPen(color, theme.scale);
    }
    if (series.kind == Series::Kind::Published)
        pen = plot_style::publishedPen(color, theme);
    else if (series.shade >= plot_style::shades) // the shades begin again
        pen.setDashPattern(series.shade < 2 * plot_style::shades ? QVector<qreal>{7, 2, 1.5, 2} : QVector<qreal>{1.5, 1.5});
    addLine(plot, QStringLiteral("line.") + series.name, series, &SeriesPoint::y).setPen(pen);
}

/// One look for all lines of a chart.
bool haveMarkers(const StudyChart &chart)
{
    return std::ranges::none_of(chart.series, [](const Series &one) {
        return one.kind != Series::Kind::Published && one.points.size() > mostMarkers;
    });
}

/// A lone point has no line to be seen by, and published points no other look.
bool hasMarkers(const Series &series, bool chartHas)
{
    return chartHas || series.points.size() < 2 || series.kind == Series::Kind::Published;
}

void drawMarkers(QCustomPlot &plot, const Series &series, const plot_style::Theme &theme, bool chartHasMarkers)
{
    QCPGraph &graph = addLine(plot, QStringLiteral("points.") + series.name, series, &SeriesPoint::y);
    graph.setLineStyle(QCPGraph::lsNone);
    if (hasMarkers(series, chartHasMarkers))
        graph.setScatterStyle(markerOf(series, theme));
    const bool lone = series.kind == Series::Kind::Band && series.points.size() == 1; // its band has no width
    if (series.kind != Series::Kind::Bars && !lone)
        return;
    auto *bars = new QCPErrorBars(plot.xAxis, plot.yAxis);
    bars->setObjectName(QStringLiteral("errors.") + series.name);
    bars->removeFromLegend();
    bars->setSelectable(QCP::stNone);
    bars->setPen(QPen(colorOf(series, theme), 1.2 * theme.scale));
    bars->setWhiskerWidth(5 * theme.scale);
    bars->setSymbolGap(0);
    bars->setDataPlottable(&graph);
    // The graph is sorted by x, as the series is: bars and points stay together by their index.
    QVector<double> minus, plus;
    for (const SeriesPoint &point : series.points) {
        minus.append(std::isnan(point.low) ? 0 : point.y - point.low);
        plus.append(std::isnan(point.high) ? 0 : point.high - point.y);
    }
    bars->setData(minus, plus);
}

/// With its marker, or with its line where it has no markers.
void addToLegend(QCustomPlot &plot, const Series &series, bool chartHasMarkers)
{
    const QString part = hasMarkers(series, chartHasMarkers) ? QStringLiteral("points.") : QStringLiteral("line.");
    auto *graph = plot.findChild<QCPGraph *>(part + series.name);
    graph->setName(series.title);
    graph->addToLegend();
}

void drawZero(QCustomPlot &plot, const plot_style::Theme &theme)
{
    auto *line = new QCPItemStraightLine(&plot);
    line->setObjectName(QStringLiteral("zero"));
    line->setLayer(QStringLiteral("grid"));
    line->setSelectable(false);
    line->point1->setCoords(1, 0);
    line->point2->setCoords(10, 0);
    line->setPen(QPen(theme.axis, theme.scale));
}

QString wrapped(const QStringList &sentences, const QFontMetrics &metrics, int width)
{
    QStringList lines;
    for (const QString &sentence : sentences) {
        QString line;
        for (const QString &word : sentence.split(QLatin1Char(' '))) {
            const QString longer = line.isEmpty() ? word : line + QLatin1Char(' ') + word;
            if (!line.isEmpty() && metrics.horizontalAdvance(longer) > width) {
                lines << line;
                line = word;
            } else {
                line = longer;
            }
        }
        lines << line;
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace

void draw(QCustomPlot &plot, const StudyChart &chart, const plot_style::Theme &theme)
{
    plot.clearPlottables();
    plot.clearItems();
    if (chart.zeroLine)
        drawZero(plot, theme);
    for (const Series &series : chart.series)
        if (series.kind == Series::Kind::Band && series.points.size() > 1)
            drawBand(plot, series, theme);
    for (const Series &series : chart.series)
        if (series.points.size() > 1)
            drawLine(plot, series, theme);
    const bool markers = haveMarkers(chart);
    for (const Series &series : chart.series)
        drawMarkers(plot, series, theme, markers);
    // Ours first, though the published ones lie below.
    for (const bool published : {false, true})
        for (const Series &series : chart.series)
            if (series.kind != Series::Kind::Thin && (series.kind == Series::Kind::Published) == published)
                addToLegend(plot, series, markers);
}

void fitRanges(QCustomPlot &plot, const StudyChart &chart)
{
    double left = HUGE_VAL, right = -HUGE_VAL, bottom = chart.zeroLine ? 0 : HUGE_VAL, top = chart.zeroLine ? 0 : -HUGE_VAL;
    for (const Series &series : chart.series)
        for (const SeriesPoint &point : series.points) {
            left = std::min(left, point.x);
            right = std::max(right, point.x);
            const bool spread = series.kind != Series::Kind::Published; // that of published points is not drawn
            // std::min(a, NaN) is a
            bottom = std::min(std::min(bottom, point.y), spread ? point.low : NAN);
            top = std::max(std::max(top, point.y), spread ? point.high : NAN);
        }
    if (left > right)
        return;
    if (!chart.logarithmicX)
        plot.xAxis->setRange(QCPRange(0, 1.03 * right));
    else if (chart.xTicks.empty())
        plot.xAxis->setRange(chart_axes::paddedDecades(left, right));
    else
        plot.xAxis->setRange(left / 1.25, right * 1.25);
    plot.yAxis->setRange(chart_axes::padded(bottom, top, chart.leastSpan));
}

void addCaption(QCustomPlot &plot)
{
    auto *caption = new QCPTextElement(&plot);
    caption->setObjectName(QStringLiteral("caption"));
    caption->setTextFlags(Qt::AlignLeft | Qt::AlignTop);
    plot.plotLayout()->addElement(plot.plotLayout()->rowCount(), 0, caption);
}

bool hasRoomForCaption(QSize size)
{
    return size.height() >= leastHeightForCaption;
}

void setCaption(QCustomPlot &plot, const QStringList &sentences, const plot_style::Theme &theme, QSize size, bool evenIfLow)
{
    auto *caption = plot.findChild<QCPTextElement *>(QStringLiteral("caption"));
    QFont font = theme.font;
    if (font.pixelSize() > 0)
        font.setPixelSize(qRound(printCaptionScale * font.pixelSize()));
    else
        font.setPointSizeF(captionScale * font.pointSizeF());
    caption->setFont(font);
    caption->setTextColor(theme.axis);
    // One that is only hidden would keep its room.
    const bool fits = !sentences.isEmpty() && (evenIfLow || hasRoomForCaption(size));
    caption->setText(fits ? wrapped(sentences, QFontMetrics(font), size.width() - 24) : QString());
    caption->setMargins(fits ? QMargins(8, 2, 8, 6) : QMargins());
    caption->setVisible(fits);
}

} // namespace awb::series_drawing
