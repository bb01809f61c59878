#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace awb {

/// A point of a figure of Houlsby et al. 2019. NaN: not in the figure.
struct PublishedPoint {
    std::string method; ///< key of resources/methods.json
    int size = 0;       ///< m, k; 0: none
    double x = 0;       ///< as the figure's axis says
    double y = 0;       ///< in points or per cent; the median where there are percentiles
    double sem = 0, p20 = 0, p80 = 0;
};

/// A figure of the paper: "1", "3-right", "4-mnli", "4-cola", "5", "6-mnli", "6-cola" (initialisation), "7".
struct PublishedFigure {
    std::string figure, backbone, task;
    std::string measure; ///< of y
    std::string axis;    ///< of x
    std::vector<PublishedPoint> points;
};

/// Figure 6: change of the score in points when the adapters of layers first..last are removed; points[first][last - first].
struct PublishedAblation {
    std::string task, backbone;
    int size = 0; ///< m
    std::vector<std::vector<double>> points;
};

/// Tables 1 and 2. Scores in the order of rows and columns; sem NaN: not given.
struct PublishedTable {
    struct Column {
        std::string method, title;
        std::string totalParameters, trainedPerTask; ///< as printed: "1.3×", "3.6 %"
        std::vector<double> scores, sems;            ///< one per task
        double total = 0;                            ///< last line of the table
    };
    std::string backbone, measure;
    std::vector<std::string> tasks;
    std::vector<std::string> metrics; ///< one per task, as ours are called
    std::vector<Column> columns;
};

/// Where the numbers come from and how exact they are.
const std::string &publishedSource();
const std::vector<PublishedFigure> &publishedFigures();
const PublishedFigure *publishedFigure(std::string_view figure); ///< nullptr: none of that name
const std::vector<PublishedAblation> &publishedAblations();
const PublishedTable &publishedTable(int number); ///< 1 or 2

} // namespace awb
