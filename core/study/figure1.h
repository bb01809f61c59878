#pragma once

#include <string>
#include <vector>

#include "core/study/selection.h"

namespace awb {

/// A task's part in a point of Figure 1.
struct TaskDelta {
    Chosen chosen;
    double points = 0; ///< 100 x (score - score of full fine-tuning on the same task)
};

/// A point of Figure 1: one method and size, over tasks.
struct Figure1Point {
    std::string method; ///< key of resources/methods.json
    int size = 0;
    std::string label;
    double parameters = 0;            ///< mean over the tasks, whose heads differ in size
    double p20 = 0, p50 = 0, p80 = 0; ///< percentiles of the deltas over tasks, in points
    std::vector<TaskDelta> tasks;     ///< by name
};

struct Figure1 {
    std::vector<Figure1Point> points; ///< by method, then parameters
    int tasks = 0;                    ///< that have full fine-tuning
    std::vector<std::string> notes;   ///< sentences on tasks that could not be compared
};

/// How percentile() fills in, for tooltips and exports.
inline constexpr const char *percentileRule = "percentiles over tasks, linear between the nearest two";

/// Houlsby et al. 2019, Figure 1: the best of each sweep against full fine-tuning on the same task.
Figure1 figure1(const std::vector<Chosen> &chosen);

/// The numbers of the chart (RFC 4180), a row per point and per task of it.
std::string toCsv(const Figure1 &figure, const Study &study);

} // namespace awb
