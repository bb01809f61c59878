#pragma once

#include <cstdint>
#include <cstring>

/// Numbers of the compute type: float, or bfloat16 as its 16 bits. Written so that the compiler makes vector code of loops
/// over them.
namespace awb::kernels {

constexpr std::int64_t roundUp(std::int64_t n, std::int64_t to)
{
    return (n + to - 1) / to * to;
}

/// The upper half of a float32.
struct BFloat16 {
    std::uint16_t bits;
};

inline float toFloat(float value)
{
    return value;
}

inline float toFloat(BFloat16 value)
{
    const std::uint32_t bits = std::uint32_t(value.bits) << 16;
    float result;
    std::memcpy(&result, &bits, sizeof result);
    return result;
}

template <typename T>
inline T fromFloat(float value);

template <>
inline float fromFloat<float>(float value)
{
    return value;
}

/// Rounds to nearest, ties to even. The processor's own NaN stays one.
template <>
inline BFloat16 fromFloat<BFloat16>(float value)
{
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return {std::uint16_t((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16)};
}

} // namespace awb::kernels
