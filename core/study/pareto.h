#pragma once

#include <cstddef>
#include <vector>

namespace awb {

/// A point that costs and scores.
struct ParetoPoint {
    double cost = 0, mean = 0, sem = 0;
};

/// Indices of the points that no other beats, cheapest first. A point is beaten by one that costs no more and scores better
/// by more than the standard error of the difference, sqrt(sem1^2 + sem2^2); where neither has an error, equal scores go
/// to the cheaper.
std::vector<std::size_t> paretoFront(const std::vector<ParetoPoint> &points);

} // namespace awb
