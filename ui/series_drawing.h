#pragma once

#include "ui/plot_style.h"
#include "ui/study_chart.h"

/// How a StudyChart is put on a plot. Functions of their arguments.
namespace awb::series_drawing {

/// Replaces all plottables and items. Object names: "band.NAME", "line.NAME", "points.NAME", "errors.NAME", "zero".
void draw(QCustomPlot &plot, const StudyChart &chart, const plot_style::Theme &theme);
/// Sets both axes to hold all points, bands and error bars.
void fitRanges(QCustomPlot &plot, const StudyChart &chart);
/// Adds the row below the axes that holds the caption. For a new plot.
void addCaption(QCustomPlot &plot);
bool hasRoomForCaption(QSize size);
/// Breaks the caption into lines that fit; leaves it out where the plot has no room for one, unless `evenIfLow`. Call after
/// the plot's style was applied.
void setCaption(QCustomPlot &plot, const QStringList &sentences, const plot_style::Theme &theme, QSize size,
                bool evenIfLow = false);

} // namespace awb::series_drawing
