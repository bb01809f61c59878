#include "core/train/precision.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <vector>

#include "core/model/kernels/product.h"
#include "core/train/devices.h"

namespace awb {

using namespace kernels;

namespace {

constexpr std::int64_t rows = 192, inner = 384, columns = 1536;

/// Seconds that a block of rows takes through the largest matrix of a layer of MiniLM's width; the best of `times`.
template <typename T>
double productSeconds(int times = 8)
{
    const std::vector<float> values(std::size_t(inner * columns), 0.5f);
    const std::vector<T> a(std::size_t(rows * inner));
    std::vector<float> c(std::size_t(rows * columns));
    Packed<T> packed;
    pack(packed, {values.data(), inner, columns, columns, 1}, inner, columns);
    double best = 1e9;
    for (int i = 0; i < times; ++i) { // the first makes the machine code
        const auto start = std::chrono::steady_clock::now();
        product(a.data(), inner, rows, packed, c.data(), columns);
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

} // namespace

Precision fastestPrecision(const std::string &device)
{
    if (device != "cpu")
        return Precision::BFloat16;
    static const bool bfloat16 = multipliesBFloat16() && productSeconds<BFloat16>() < productSeconds<float>();
    return bfloat16 ? Precision::BFloat16 : Precision::Float32;
}

double productRate(Precision precision)
{
    const int cores = defaultThreads();
    std::vector<std::future<double>> seconds;
    for (int i = 0; i < cores; ++i)
        seconds.push_back(std::async(std::launch::async, [precision] {
            constexpr int times = 30;
            return precision == Precision::BFloat16 ? productSeconds<BFloat16>(times) : productSeconds<float>(times);
        }));
    double rate = 0;
    for (std::future<double> &each : seconds)
        rate += 2.0 * rows * inner * columns / each.get();
    return rate;
}

std::string precisionWarning(const Recipe &recipe)
{
    if (recipe.device != "cpu" || recipe.precision != Precision::BFloat16 || multipliesBFloat16())
        return {};
    return "This processor has no products of bfloat16 and computes them in a roundabout way: float32 is several times as "
           "fast here.";
}

} // namespace awb
