#include "core/study/pareto.h"

#include <algorithm>
#include <cmath>

namespace awb {

namespace {

bool beats(const ParetoPoint &a, const ParetoPoint &b)
{
    if (a.cost > b.cost)
        return false;
    const double error = std::hypot(a.sem, b.sem);
    return a.mean - b.mean > error || (error == 0 && a.mean == b.mean && a.cost < b.cost);
}

} // namespace

std::vector<std::size_t> paretoFront(const std::vector<ParetoPoint> &points)
{
    std::vector<std::size_t> front;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (std::none_of(points.begin(), points.end(), [&](const ParetoPoint &other) { return beats(other, points[i]); }))
            front.push_back(i);
    std::stable_sort(front.begin(), front.end(),
                     [&](std::size_t a, std::size_t b) { return points[a].cost < points[b].cost; });
    return front;
}

} // namespace awb
