#pragma once

#include <cstdint>
#include <cstring>

/// A function with AWB_VECTORIZE is compiled for AVX-512, AVX2 and any x86-64; the loader picks the best for the processor.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define AWB_VECTORIZE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define AWB_VECTORIZE
#endif
/// Loops that are to become part of such a function.
#define AWB_INLINE __attribute__((always_inline)) inline

/// Elementary functions as arithmetic without branches, so that loops over them become vector code.
namespace awb::kernels {

/// e^x, relative error below 2e-7; 0 below -87, largest float above 88.
AWB_INLINE float exponential(float x)
{
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    const float n = float(std::int32_t(x * 1.44269504f + (x < 0 ? -0.5f : 0.5f))); // nearest whole power of 2
    const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;                  // ln 2 in two parts; |r| <= ln 2 / 2
    // Taylor's series to r^7: the remainder is below half a unit in the last place on that interval.
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const std::int32_t power = (std::int32_t(n) + 127) << 23;
    float scale;
    std::memcpy(&scale, &power, sizeof scale);
    return p * scale;
}

/// A value and its derivative at the same point.
struct WithSlope {
    float value, slope;
};

/// x Phi(x): GELU with the error function (Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7).
AWB_INLINE WithSlope geluErf(float x)
{
    const float magnitude = x < 0 ? -x : x, z = magnitude * 0.70710678f;
    const float t = 1.0f / (1.0f + 0.3275911f * z);
    const float density = exponential(-0.5f * x * x);
    const float series =
        ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
    const float half = 0.5f * series * density; // Phi(-|x|)
    const float phi = x < 0 ? half : 1.0f - half;
    return {x * phi, phi + x * 0.39894228f * density};
}

/// The tanh form of GELU, as in the paper's code.
AWB_INLINE WithSlope geluTanh(float x)
{
    const float inner = 0.79788456f * (x + 0.044715f * x * x * x);
    const float e = exponential(2.0f * (inner > 20.0f ? 20.0f : inner));
    const float tanh = 1.0f - 2.0f / (e + 1.0f);
    const float slope = 0.79788456f * (1.0f + 3.0f * 0.044715f * x * x);
    return {0.5f * x * (1.0f + tanh), 0.5f * (1.0f + tanh) + 0.5f * x * (1.0f - tanh * tanh) * slope};
}

AWB_INLINE WithSlope relu(float x)
{
    return {x > 0 ? x : 0.0f, x > 0 ? 1.0f : 0.0f};
}

} // namespace awb::kernels
