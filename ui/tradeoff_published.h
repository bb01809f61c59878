#pragma once

#include <vector>

#include <QString>

#include "core/methods/counting.h"
#include "core/study/published.h"
#include "ui/plot_style.h"

/// Figure 4 of Houlsby et al. 2019 on the trade-off chart, hollow. Functions of their arguments.
namespace awb::tradeoff_published {

/// Those that set one task's score against trained parameters.
const std::vector<const PublishedFigure *> &figures();
/// nullptr: none of that task, e.g. "MNLI-m"
const PublishedFigure *figureOf(const std::string &task);
/// Whether its scores have a place on an axis of that metric.
bool fits(const PublishedFigure &figure, const std::string &metric);
/// Below what the plot has, and after it in the legend: "line.published.METHOD", "points.published.METHOD".
void draw(QCustomPlot &plot, const PublishedFigure &figure, const plot_style::Theme &theme);
/// Widens both ranges of the plot to hold the points too.
void widenRanges(QCustomPlot &plot, const PublishedFigure &figure);
/// What the caption says of it. `counting`, `metric`: of our points, which are those of `checkpoint`.
QString sentence(const PublishedFigure &figure, CountingRule counting, const std::string &metric,
                 const std::string &checkpoint);

} // namespace awb::tradeoff_published
