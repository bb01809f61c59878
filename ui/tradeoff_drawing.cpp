#include "ui/tradeoff_drawing.h"

#include <algorithm>
#include <map>
#include <utility>

#include <QCoreApplication>
#include <qcustomplot.h>

#include "core/study/pareto.h"
#include "core/study/seed_groups.h"
#include "ui/chart_axes.h"
#include "ui/chart_text.h"
#include "ui/cost_text.h"
#include "ui/study_words.h"

namespace awb::tradeoff_drawing {

namespace {

QString tr(const char *words)
{
    return QCoreApplication::translate("TradeoffPlot", words);
}

struct OfMethod {
    std::string line;                       ///< study_words::lineOf()
    std::vector<const ChartPoint *> points; ///< by size

    const Method &method() const { return points.front()->run.spec.method; }
    QString name() const { return QString::fromStdString(line); }
    bool isVariant() const { return line != method().name; }
};

/// Full fine-tuning last, so that its one marker lies on top.
std::vector<OfMethod> byMethod(const std::vector<ChartPoint> &points)
{
    std::vector<OfMethod> methods;
    for (const ChartPoint &point : points) {
        const std::string line = study_words::lineOf(point.run.spec.method);
        const auto there = std::ranges::find(methods, line, &OfMethod::line);
        if (there == methods.end())
            methods.push_back({line, {&point}});
        else
            there->points.push_back(&point);
    }
    std::stable_partition(methods.begin(), methods.end(), [](const OfMethod &one) { return one.line != "full"; });
    return methods;
}

/// Of a variant in a second shade of its method's colour.
QColor colorOf(const OfMethod &ofMethod, const plot_style::Theme &theme)
{
    return plot_style::shade(plot_style::methodColor(ofMethod.method().name, theme), ofMethod.isVariant() ? 1 : 0, theme);
}

QCPGraph &addGraph(QCustomPlot &plot, const QString &name, bool inLegend)
{
    QCPGraph *graph = plot.addGraph();
    graph->setObjectName(name);
    graph->setSelectable(QCP::stNone);
    if (!inLegend)
        graph->removeFromLegend();
    return *graph;
}

/// What the points of a line have in common: all but the size and what a study sweeps, of which each size has its best.
TrainSpec lineOf(TrainSpec spec)
{
    spec = anywhere(spec);
    if (std::ranges::all_of(spec.method.sites, [](const LayerSites &s) { return s.attention && s.feedForward; }))
        spec.method.sites.clear();
    spec.method.bottleneck = spec.method.topLayers = 0;
    spec.method.train.clear(); // of top layers the size again
    spec.recipe.learningRate = spec.recipe.initStd = 0;
    spec.recipe.epochs = 0;
    spec.seed = 0;
    return spec;
}

struct Line {
    TrainSpec common;
    std::map<double, double> best = {}; ///< score by cost
    bool chosen = false;                ///< some size has several points
};

/// Those of two sizes or more. Adapters at every site make one line, those of the top half another.
std::vector<Line> linesOf(const OfMethod &ofMethod)
{
    std::vector<Line> lines;
    if (!cost_text::logarithmic(ofMethod.points.front()->axis)) // the others do not grow with the size step by step
        return lines;
    for (const ChartPoint *point : ofMethod.points) {
        if (point->point.earlier)
            continue;
        const TrainSpec common = lineOf(point->run.spec);
        auto line = std::ranges::find(lines, common, &Line::common);
        if (line == lines.end())
            line = lines.insert(lines.end(), {common});
        const auto [best, isNew] = line->best.emplace(point->x(), point->y());
        best->second = std::max(best->second, point->y());
        line->chosen |= !isNew;
    }
    std::erase_if(lines, [](const Line &line) { return line.best.size() < 2; });
    return lines;
}

void drawLines(QCustomPlot &plot, const OfMethod &ofMethod, const plot_style::Theme &theme)
{
    QColor color = colorOf(ofMethod, theme);
    color.setAlphaF(0.55F);
    for (const Line &line : linesOf(ofMethod)) {
        QCPGraph &graph = addGraph(plot, QStringLiteral("line.") + ofMethod.name(), false);
        graph.setPen(QPen(color, 1.2 * theme.scale));
        for (const auto &[x, y] : line.best)
            graph.addData(x, y);
    }
}

void drawMarkers(QCustomPlot &plot, const OfMethod &ofMethod, const plot_style::Theme &theme)
{
    QVector<double> keys, values, errors;
    auto byCost = ofMethod.points;
    std::stable_sort(byCost.begin(), byCost.end(), [](const ChartPoint *a, const ChartPoint *b) { return a->x() < b->x(); });
    for (const ChartPoint *point : byCost) {
        keys.append(point->x());
        values.append(point->y());
        errors.append(point->error());
    }
    auto *bars = new QCPErrorBars(plot.xAxis, plot.yAxis);
    bars->setObjectName(QStringLiteral("errors.") + ofMethod.name());
    bars->removeFromLegend();
    bars->setSelectable(QCP::stNone);
    bars->setPen(QPen(colorOf(ofMethod, theme), 1.2 * theme.scale));
    bars->setWhiskerWidth(5 * theme.scale);
    bars->setSymbolGap(0);
    QCPGraph &graph = addGraph(plot, QStringLiteral("points.") + ofMethod.name(), true);
    graph.setName(study_words::lineTitle(ofMethod.method()));
    graph.setLineStyle(QCPGraph::lsNone);
    QCPScatterStyle marker = plot_style::methodMarker(ofMethod.method().name, theme);
    if (ofMethod.isVariant())
        marker.setBrush(colorOf(ofMethod, theme));
    graph.setScatterStyle(marker);
    // Sorted by key: bars and points stay together by their index.
    graph.setData(keys, values, true);
    bars->setDataPlottable(&graph);
    bars->setData(errors);
}

/// Every run of the points with several seeds.
void drawSeeds(QCustomPlot &plot, const std::vector<ChartPoint> &points, const plot_style::Theme &theme)
{
    QCPGraph &graph = addGraph(plot, QStringLiteral("singleSeeds"), true);
    graph.setName(tr("Single seeds"));
    graph.setLineStyle(QCPGraph::lsNone);
    graph.setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.text, 0.8 * theme.scale), Qt::NoBrush, 4 * theme.scale));
    for (const ChartPoint &point : points)
        for (std::size_t i = 0; i < point.point.scores.size() && point.point.n > 1; ++i)
            graph.addData(point.seedX(i), point.point.scores[i] * chart_text::metricScale(point.point.metric));
}

/// Steps along the points that score better than the cheaper ones. Where these are two or more, none lies on another.
void drawFront(QCustomPlot &plot, const std::vector<ChartPoint> &points, const plot_style::Theme &theme)
{
    std::vector<ParetoPoint> all;
    std::vector<const ChartPoint *> ofNow;
    for (const ChartPoint &point : points) {
        if (point.point.earlier)
            continue;
        all.push_back({moreIsBetter(point.axis) ? -point.x() : point.x(), point.y(), point.error()});
        ofNow.push_back(&point);
    }
    const std::vector<std::size_t> front = paretoFront(all);
    if (front.size() < 2)
        return;
    QCPGraph &graph = addGraph(plot, QStringLiteral("pareto"), false);
    graph.setName(tr("Pareto front"));
    // Between two points of the front one has what the cheaper one scores.
    graph.setLineStyle(moreIsBetter(points.front().axis) ? QCPGraph::lsStepRight : QCPGraph::lsStepLeft);
    QPen pen(theme.axis, theme.scale);
    pen.setStyle(Qt::DotLine);
    graph.setPen(pen);
    for (const std::size_t i : front)
        graph.addData(ofNow[i]->x(), ofNow[i]->y());
}

QCPItemText *drawReference(QCustomPlot &plot, const ChartPoint &full, const plot_style::Theme &theme)
{
    const QColor color = plot_style::methodColor(full.point.method, theme);
    auto *line = new QCPItemStraightLine(&plot);
    line->setObjectName(QStringLiteral("reference"));
    line->setLayer(QStringLiteral("grid"));
    line->setSelectable(false);
    line->point1->setCoords(full.x(), full.y());
    line->point2->setCoords(full.x() * 10, full.y());
    QPen pen(color, theme.scale);
    pen.setDashPattern({6, 4});
    line->setPen(pen);
    auto *label = new QCPItemText(&plot);
    label->setObjectName(QStringLiteral("referenceLabel"));
    label->setSelectable(false);
    label->setPadding(QMargins(2, 1, 2, 1));
    return label;
}

/// Pixels that `box` shares with markers and error bars.
double covered(const QRectF &box, const QCustomPlot &plot, const std::vector<ChartPoint> &points, double margin)
{
    double area = 0;
    for (const ChartPoint &point : points) {
        const double x = plot.xAxis->coordToPixel(point.x());
        const double top = plot.yAxis->coordToPixel(point.y() + point.error());
        const double bottom = plot.yAxis->coordToPixel(point.y() - point.error());
        const QRectF mark(x - margin, top - margin, 2 * margin, bottom - top + 2 * margin);
        const QRectF common = mark.intersected(box);
        area += common.width() * common.height();
    }
    return area;
}

} // namespace

double ChartPoint::x() const
{
    const double value = costOf(point, axis) * cost_text::scale(axis);
    return cost_text::logarithmic(axis) ? std::max(1.0, value) : value;
}

double ChartPoint::seedX(std::size_t i) const
{
    const double value = costOf(point, i, axis) * cost_text::scale(axis);
    return value > 0 ? value : x();
}

double ChartPoint::y() const
{
    return point.mean * chart_text::metricScale(point.metric);
}

bool ChartPoint::hasBar() const
{
    return point.n > 1 && selection.seeds == Selection::Seeds::Mean;
}

double ChartPoint::error() const
{
    return hasBar() ? point.sem * chart_text::metricScale(point.metric) : 0;
}

const ChartPoint *fullFineTuning(const std::vector<ChartPoint> &points)
{
    const ChartPoint *best = nullptr;
    for (const ChartPoint &point : points)
        if (point.point.method == "full" && !point.point.earlier && (!best || point.point.mean > best->point.mean))
            best = &point;
    return best;
}

QString choiceNote(const std::vector<ChartPoint> &points)
{
    const auto full = std::ranges::count_if(
        points, [](const ChartPoint &one) { return one.point.method == "full" && !one.point.earlier; });
    const bool lines = std::ranges::any_of(
        byMethod(points), [](const OfMethod &ofMethod) { return std::ranges::any_of(linesOf(ofMethod), &Line::chosen); });
    if (full > 1)
        return lines ? tr("Lines and the reference take the best of each size.")
                     : tr("The reference is the best of full fine-tuning.");
    return lines ? tr("Lines take the best of each size.") : QString();
}

QCPItemText *drawPoints(QCustomPlot &plot, const std::vector<ChartPoint> &points, bool seeds, const plot_style::Theme &theme)
{
    plot.clearPlottables();
    plot.clearItems();
    const ChartPoint *full = fullFineTuning(points);
    const auto methods = byMethod(points);
    drawFront(plot, points, theme);
    for (const OfMethod &ofMethod : methods)
        drawLines(plot, ofMethod, theme);
    for (const OfMethod &ofMethod : methods)
        drawMarkers(plot, ofMethod, theme);
    if (seeds)
        drawSeeds(plot, points, theme);
    if (auto *front = plot.findChild<QCPGraph *>(QStringLiteral("pareto")))
        front->addToLegend(); // after the methods, though it lies below them
    return full ? drawReference(plot, *full, theme) : nullptr;
}

void addMark(QCustomPlot &plot, const QString &name, const QCPScatterStyle &style, const std::vector<QPointF> &places)
{
    QCPGraph &graph = addGraph(plot, name, false);
    graph.setLayer(QStringLiteral("overlay"));
    graph.setLineStyle(QCPGraph::lsNone);
    graph.setScatterStyle(style);
    for (const QPointF &place : places)
        graph.addData(place.x(), place.y());
}

void drawMarks(QCustomPlot &plot, const std::vector<ChartPoint> &points, int selected, int cursor,
               const plot_style::Theme &theme)
{
    for (const char *name : {"selection", "cursor", "seeds"})
        if (auto *old = plot.findChild<QCPGraph *>(QLatin1String(name)))
            plot.removeGraph(old);
    const int count = static_cast<int>(points.size());
    if (selected >= 0 && selected < count)
        addMark(plot, QStringLiteral("selection"),
                QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.highlight, 2.5), Qt::NoBrush, 18),
                {{points[selected].x(), points[selected].y()}});
    if (cursor < 0 || cursor >= count)
        return;
    const ChartPoint &point = points[cursor];
    const double scale = chart_text::metricScale(point.point.metric);
    addMark(plot, QStringLiteral("cursor"), plot_style::methodMarker(point.point.method, theme, 13),
            {{point.x(), point.y()}});
    std::vector<QPointF> seeds;
    for (std::size_t i = 0; i < point.point.scores.size(); ++i)
        seeds.emplace_back(point.seedX(i), point.point.scores[i] * scale);
    if (seeds.size() > 1)
        addMark(plot, QStringLiteral("seeds"),
                QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.text, 1.2), QBrush(theme.background), 5), seeds);
}

void fitRanges(QCustomPlot &plot, const std::vector<ChartPoint> &points, bool seeds)
{
    if (points.empty())
        return;
    double left = points.front().x(), right = left;
    double low = points.front().y(), high = low;
    for (const ChartPoint &point : points) {
        left = std::min(left, point.x());
        right = std::max(right, point.x());
        low = std::min(low, point.y() - point.error());
        high = std::max(high, point.y() + point.error());
        for (std::size_t i = 0; i < point.point.scores.size() && seeds; ++i) {
            const double score = point.point.scores[i] * chart_text::metricScale(point.point.metric);
            low = std::min(low, score);
            high = std::max(high, score);
            left = std::min(left, point.seedX(i));
            right = std::max(right, point.seedX(i));
        }
    }
    // From 0, so that half the distance is half the cost.
    plot.xAxis->setRange(cost_text::logarithmic(points.front().axis) ? chart_axes::paddedDecades(left, right)
                                                                     : QCPRange(0, 1.08 * right));
    QCPRange scores = chart_axes::padded(low, high, 0.02 * chart_text::metricScale(points.front().point.metric));
    scores.upper += 0.05 * scores.size(); // room for the reference line's label
    plot.yAxis->setRange(scores);
    chart_axes::limitTicks(*plot.yAxis, chart_text::metricLimits(points.front().point.metric));
}

void placeReferenceLabel(QCustomPlot &plot, const std::vector<ChartPoint> &points, QCPItemText &label)
{
    const ChartPoint *full = fullFineTuning(points);
    if (!full)
        return;
    const QRectF area = plot.axisRect()->rect();
    const double y = plot.yAxis->coordToPixel(full->y());
    label.setVisible(area.top() < y && y < area.bottom());
    label.setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    label.position->setType(QCPItemPosition::ptAbsolute);
    const QString score = chart_text::score(full->point.metric, full->point.mean);
    double least = -1;
    for (const QString &text : {tr("full fine-tuning %1").arg(score), score}) {
        const QSizeF size = QFontMetricsF(label.font()).size(0, text) + QSizeF(4, 2);
        for (const double place : {0.01, 0.99, 0.25, 0.5, 0.75}) {
            for (const double top : {y - size.height() - 1, y + 2}) {
                const QPointF corner(area.left() + place * (area.width() - size.width()), top);
                const QRectF box(corner, size);
                const double cost = covered(box, plot, points, 0.35 * size.height()) + (area.contains(box) ? 0 : 1e6) +
                                    (text == score ? 20 : 0);
                if (least >= 0 && cost >= least)
                    continue;
                least = cost;
                label.setText(text);
                label.position->setCoords(corner);
            }
        }
    }
}

} // namespace awb::tradeoff_drawing
