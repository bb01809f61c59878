#include "core/model/checkpoint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace awb {

namespace {

constexpr std::int64_t chunk = 1 << 14; // elements; as float32 it stays in the second-level cache
constexpr std::size_t lanes = 8;        // independent sums, which the compiler keeps in vector registers

constexpr float largest = std::numeric_limits<float>::max();

template <typename Use>
void forEachChunk(const TensorView &tensor, Use use)
{
    for (std::int64_t first = 0, all = tensor.elements(); first < all; first += chunk)
        use(toFloats(tensor, first, std::min(chunk, all - first)));
}

struct Range {
    std::array<double, lanes> sum{};
    std::array<float, lanes> minimum, maximum;
    std::array<std::int32_t, lanes> finite{};

    Range()
    {
        minimum.fill(largest);
        maximum.fill(-largest);
    }

    void add(const std::vector<float> &values, std::size_t i, std::size_t lane)
    {
        const float value = values[i];
        const bool good = std::abs(value) <= largest; // false for NaN too
        sum[lane] += good ? value : 0.0f;
        finite[lane] += good;
        minimum[lane] = good && value < minimum[lane] ? value : minimum[lane];
        maximum[lane] = good && value > maximum[lane] ? value : maximum[lane];
    }

    void add(const std::vector<float> &values)
    {
        std::size_t i = 0;
        for (; i + lanes <= values.size(); i += lanes) {
            for (std::size_t lane = 0; lane < lanes; ++lane)
                add(values, i + lane, lane);
        }
        for (; i < values.size(); ++i)
            add(values, i, 0);
    }
};

} // namespace

TensorStatistics statistics(const TensorView &tensor)
{
    TensorStatistics result;
    std::int64_t finite = 0;
    double sum = 0;
    float minimum = largest, maximum = -largest;
    forEachChunk(tensor, [&](const std::vector<float> &values) {
        Range range; // one a chunk, so that its 32-bit counts suffice
        range.add(values);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            sum += range.sum[lane];
            finite += range.finite[lane];
            minimum = std::min(minimum, range.minimum[lane]);
            maximum = std::max(maximum, range.maximum[lane]);
        }
    });
    result.notFinite = tensor.elements() - finite;
    if (finite == 0)
        return result;
    result.mean = sum / static_cast<double>(finite);
    result.minimum = minimum;
    result.maximum = maximum;

    // The spread is summed around the mean: a difference of squares would lose a small spread of large values.
    std::array<double, lanes> squares{};
    std::array<std::array<std::int32_t, 64>, lanes> bins{}; // per lane, since neighbours often fall into one bin
    const double width = result.maximum - result.minimum;
    const double scale = width > 0 ? 64 / width : 0;
    forEachChunk(tensor, [&](const std::vector<float> &values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!(std::abs(values[i]) <= largest))
                continue;
            const std::size_t lane = i % lanes;
            const double difference = values[i] - result.mean;
            squares[lane] += difference * difference;
            const int bin = std::min(63, static_cast<int>((values[i] - result.minimum) * scale));
            ++bins[lane][static_cast<std::size_t>(bin)];
        }
    });
    double spread = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        spread += squares[lane];
        for (std::size_t bin = 0; bin < 64; ++bin)
            result.histogram[bin] += bins[lane][bin];
    }
    result.std = std::sqrt(spread / static_cast<double>(finite));
    return result;
}

} // namespace awb
