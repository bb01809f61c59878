#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace awb {

/// What the x axis of a trade-off chart can hold.
enum class CostAxis {
    Parameters,
    StoredBytes,
    ExamplesPerSecond,
    StepsPerSecond,
    PeakMemory,
    EpochSeconds,
    InferenceSeconds
};

/// All axes, in the order in which they are offered.
const std::vector<CostAxis> &costAxes();
std::string toString(CostAxis axis);                  ///< "parameters", "bytes", "speed", "steps", "memory" ...
CostAxis costAxisFromString(const std::string &name); ///< throws Error listing the names
inline bool moreIsBetter(CostAxis axis)
{
    return axis == CostAxis::ExamplesPerSecond || axis == CostAxis::StepsPerSecond;
}

/// What a finished run cost, from its row alone.
Costs costsOf(const Run &run);
/// That cost of the single run `i` of a point; 0: not recorded.
double costOf(const Point &point, std::size_t i, CostAxis axis);
/// The mean over the runs that recorded it; 0: none has.
double costOf(const Point &point, CostAxis axis);

} // namespace awb
