#include "core/study/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace awb {

MeanSem meanSem(const std::vector<double> &values)
{
    MeanSem result;
    result.n = static_cast<int>(values.size());
    if (values.empty())
        return result;
    for (const double value : values)
        result.mean += value / result.n;
    if (result.n < 2)
        return result;
    double squares = 0;
    for (const double value : values)
        squares += (value - result.mean) * (value - result.mean);
    result.sem = std::sqrt(squares / (result.n - 1) / result.n);
    return result;
}

double percentile(std::vector<double> values, double q)
{
    std::sort(values.begin(), values.end());
    const double place = q * double(values.size() - 1);
    const auto below = std::size_t(place);
    if (below + 1 >= values.size())
        return values.back();
    return values[below] + (place - double(below)) * (values[below + 1] - values[below]);
}

} // namespace awb
