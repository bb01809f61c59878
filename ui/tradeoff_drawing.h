#pragma once

#include <vector>

#include <QString>

#include "core/study/costs.h"
#include "core/study/study.h"
#include "core/types.h"
#include "ui/plot_style.h"

class QCPItemText;
class QCPScatterStyle;

/// How the trade-off chart puts points on a plot, and how it words them. Functions of their arguments.
namespace awb::tradeoff_drawing {

/// A point and a run of it: the run knows the recipe, the model's size and the metric.
struct ChartPoint {
    Point point;
    Run run;
    CostAxis axis = CostAxis::Parameters;
    Selection selection;                ///< which scores the point shows
    std::vector<std::int64_t> together; ///< togetherOf() the point
    double x() const;                   ///< mean cost in the axis' unit; at least 1 on a log axis, which has no 0
    double seedX(std::size_t i) const;  ///< the same of a single run; the mean where that has not recorded it
    double y() const;                   ///< mean in the axis' unit
    double error() const;
    bool hasBar() const; ///< whether it is a mean of several seeds, with their standard error
};

/// The best full fine-tuning point; nullptr: none.
const ChartPoint *fullFineTuning(const std::vector<ChartPoint> &points);

/// `points` in the order of tradeoffPoints(). Replaces all plottables and items: per method a line through the best point of
/// each size (method, sites; on the axes that grow with it), error bars where there are several seeds, markers, the single
/// seeds where asked for, the reference line with its label (returned; nullptr: no full fine-tuning), and steps along the
/// Pareto front where it has two points or more. Object names: "line.METHOD", "points.METHOD", "errors.METHOD",
/// "singleSeeds", "pareto", "reference", "referenceLabel".
QCPItemText *drawPoints(QCustomPlot &plot, const std::vector<ChartPoint> &points, bool seeds,
                        const plot_style::Theme &theme);
/// Rings round the selected and the hovered point and the hovered one's single seeds; -1: none. Queues nothing.
void drawMarks(QCustomPlot &plot, const std::vector<ChartPoint> &points, int selected, int cursor,
               const plot_style::Theme &theme);
/// A graph of markers above all others, on the overlay.
void addMark(QCustomPlot &plot, const QString &name, const QCPScatterStyle &style, const std::vector<QPointF> &places);
/// Sets both axes to hold all points, error bars, single seeds where drawn, and the reference line.
void fitRanges(QCustomPlot &plot, const std::vector<ChartPoint> &points, bool seeds);
/// Moves the reference line's label to where it covers the fewest points. Call when axes and sizes are known.
void placeReferenceLabel(QCustomPlot &plot, const std::vector<ChartPoint> &points, QCPItemText &label);

/// Everything about a point, as HTML.
QString tooltip(const ChartPoint &point, const ChartPoint *full);
/// One line about a point, for screen readers.
QString spoken(const ChartPoint &point);
/// A sentence for below the chart on what lines and reference take where there are several points to choose from; else
/// empty.
QString choiceNote(const std::vector<ChartPoint> &points);
/// A sentence for below the chart where its axis holds what runs take from each other and points were computed in different
/// company; else empty.
QString companyNote(const std::vector<ChartPoint> &points);
/// A sentence or two about the whole chart.
QString summary(const std::vector<ChartPoint> &points);

} // namespace awb::tradeoff_drawing
