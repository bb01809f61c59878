#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <QString>
#include <QStringList>

/// What the charts of a study are: plain data, made from results and drawn by SeriesPlot.
namespace awb {

/// A point of a line.
struct SeriesPoint {
    double x = 0, y = 0;
    double low = std::numeric_limits<double>::quiet_NaN(); ///< of its band or error bar; NaN: none
    double high = std::numeric_limits<double>::quiet_NaN();
    QString words;                       ///< rich text for the tooltip
    std::int64_t run = 0;                ///< chosen when the point is clicked; 0: none
    std::vector<std::int64_t> runs = {}; ///< all that it stands for: marked when one of them is selected
};

/// A line of points, in the order of x.
struct Series {
    enum class Kind {
        Band,     ///< line with markers and a band from low to high
        Bars,     ///< line with markers and error bars
        Thin,     ///< thin line with small markers, not in the legend: a single task or seed
        Published ///< dashed line with hollow markers
    } kind = Kind::Bars;
    QString name;       ///< of the plot's objects: "line.NAME", "points.NAME", "band.NAME"
    QString title;      ///< for the legend
    std::string method; ///< gives colour and marker
    int shade = 0;      ///< tells series of one method apart: 0, 1, 2 ...
    std::vector<SeriesPoint> points;
};

struct StudyChart {
    QString title, xLabel, yLabel;
    QStringList caption; ///< rules that the numbers follow, below the chart
    bool logarithmicX = true;
    std::vector<double> xTicks; ///< that are labelled, and between which the axis ends; empty: decades or even steps
    bool zeroLine = false;
    double leastSpan = 1; ///< of the y axis, so that noise does not fill it
    std::vector<Series> series; ///< ours are without markers where a line has more points than these could show
    std::string csv;    ///< the numbers of exactly this chart
    QString nothing;    ///< why there is nothing to draw
    QString summary;    ///< for screen readers
    bool empty() const; ///< no point that is ours
};

} // namespace awb
