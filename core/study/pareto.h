#pragma once

#include <cstddef>
#include <vector>

namespace awb {

/// A point that costs and scores.
struct ParetoPoint {
    double cost = 0, mean = 0, sem = 0;
};

/// Indices of the points that are worth their cost, cheapest first. The cheapest is (of equal costs the best score); a
/// dearer one only where it scores better than every point of the front before it, by more than the standard error of the
/// difference, sqrt(sem1^2 + sem2^2). So scores rise along the front.
std::vector<std::size_t> paretoFront(const std::vector<ParetoPoint> &points);

} // namespace awb
