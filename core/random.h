#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

/// Counter-based random numbers: value number i of a stream is a pure function of (key, i). No global state, no order of
/// drawing: the same spec gives the same numbers on any thread count, and a backward pass can draw its mask again.
namespace awb {

/// A well-mixed 64-bit function of key and counter (the finaliser of SplitMix64; Steele, Lea, Flood 2014).
inline std::uint64_t randomBits(std::uint64_t key, std::uint64_t counter)
{
    std::uint64_t z = key + (counter + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/// A key for a stream within a stream: e.g. streamKey(streamKey(seed, Dropout), step).
inline std::uint64_t streamKey(std::uint64_t key, std::uint64_t stream)
{
    return randomBits(key ^ 0xD6E8FEB86659FD93ull, stream);
}

/// Uniform in [0, 1), 53 bits.
inline double randomUniform(std::uint64_t key, std::uint64_t counter)
{
    return double(randomBits(key, counter) >> 11) * 0x1.0p-53;
}

/// Standard normal, redrawn beyond two standard deviations (the truncated normal of the paper's code), Box-Muller.
inline double randomTruncatedNormal(std::uint64_t key, std::uint64_t counter)
{
    const std::uint64_t own = streamKey(key, counter);
    for (std::uint64_t i = 0;; i += 2) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - randomUniform(own, i)));
        const double value = radius * std::cos(6.283185307179586 * randomUniform(own, i + 1));
        if (std::abs(value) <= 2.0)
            return value;
    }
}

/// 0..n-1 in an order that depends on key only (Fisher-Yates).
inline std::vector<int> randomOrder(int n, std::uint64_t key)
{
    std::vector<int> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    for (int i = n - 1; i > 0; --i)
        std::swap(order[std::size_t(i)], order[std::size_t(randomBits(key, std::uint64_t(i)) % std::uint64_t(i + 1))]);
    return order;
}

} // namespace awb
