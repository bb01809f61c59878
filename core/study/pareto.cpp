#include "core/study/pareto.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace awb {

std::vector<std::size_t> paretoFront(const std::vector<ParetoPoint> &points)
{
    std::vector<std::size_t> byCost(points.size());
    std::iota(byCost.begin(), byCost.end(), 0);
    std::ranges::stable_sort(byCost, [&](std::size_t a, std::size_t b) {
        return points[a].cost != points[b].cost ? points[a].cost < points[b].cost : points[a].mean > points[b].mean;
    });
    std::vector<std::size_t> front;
    for (const std::size_t i : byCost)
        if (std::ranges::all_of(front, [&](std::size_t cheaper) {
                return points[i].mean - points[cheaper].mean > std::hypot(points[i].sem, points[cheaper].sem);
            }))
            front.push_back(i);
    return front;
}

} // namespace awb
