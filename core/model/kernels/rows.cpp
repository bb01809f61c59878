#include "core/model/kernels/rows.h"

#include <cmath>

#include "core/model/kernels/vectorize.h"
#include "core/random.h"

namespace awb::kernels {

Activation activationOf(const std::string &name)
{
    return name == "relu" ? Activation::Relu : name == "gelu" ? Activation::GeluErf : Activation::GeluTanh;
}

Mask::Mask(std::uint64_t ownKey, double rate)
    : key(ownKey), drop(std::uint32_t(std::lround(rate * 65536.0))), scale(float(1.0 / (1.0 - rate)))
{
}

namespace {

constexpr std::int64_t longestRow = 4096; // of a mask

AWB_INLINE void maskLoop(const Mask &mask, std::uint64_t first, std::int64_t count, float *out)
{
    alignas(64) std::uint64_t bits[longestRow / 4];
    const std::int64_t words = (count + 3) / 4;
    for (std::int64_t i = 0; i < words; ++i)
        bits[i] = randomBits(mask.key, first / 4 + std::uint64_t(i));
    alignas(64) std::uint16_t parts[longestRow]; // 16 bits each, lowest first
    std::memcpy(parts, bits, std::size_t(words) * sizeof *bits);
    const std::int32_t drop = std::int32_t(mask.drop); // compared as 32 bits, as wide as the result
    const float scale = mask.scale;                    // out might be the mask's own memory
    for (std::int64_t i = 0; i < count; ++i)
        out[i] = std::int32_t(parts[i]) >= drop ? scale : 0.0f;
}

AWB_INLINE WithSlope apply(Activation g, float x)
{
    return g == Activation::GeluErf ? geluErf(x) : g == Activation::GeluTanh ? geluTanh(x) : relu(x);
}

template <typename T>
AWB_INLINE void addBiasLoop(const float *product, std::int64_t stride, const float *bias, T *out, Extent e)
{
    for (std::int64_t r = 0; r < e.rows; ++r)
        for (std::int64_t i = 0; i < e.columns; ++i)
            out[r * e.stride + i] = fromFloat<T>(product[r * stride + i] + bias[i]);
}

template <Activation g, typename T>
AWB_INLINE void activateLoop(const float *product, std::int64_t stride, const float *bias, T *__restrict after,
                             T *__restrict slope, Extent e)
{
    for (std::int64_t r = 0; r < e.rows; ++r)
        for (std::int64_t i = 0; i < e.columns; ++i) {
            const WithSlope result = apply(g, product[r * stride + i] + bias[i]);
            after[r * e.stride + i] = fromFloat<T>(result.value);
            if (slope)
                slope[r * e.stride + i] = fromFloat<T>(result.slope);
        }
}

template <typename T>
AWB_INLINE void activateBackwardLoop(const float *gradient, std::int64_t stride, const T *slope, T *__restrict out, Extent e)
{
    for (std::int64_t r = 0; r < e.rows; ++r)
        for (std::int64_t i = 0; i < e.columns; ++i)
            out[r * e.stride + i] = fromFloat<T>(gradient[r * stride + i] * toFloat(slope[r * e.stride + i]));
}

template <typename T>
AWB_INLINE void dropLoop(const float *product, std::int64_t stride, const float *bias, const float *addend, const Mask &mask,
                         const DropPlace &place, T *out, Extent e)
{
    alignas(64) float masks[longestRow], sums[longestRow];
    for (std::int64_t r = 0; r < e.rows; ++r) {
        const float *from = product + r * stride;
        if (bias || addend) {
            const float *other = bias ? bias : addend + r * e.stride;
            for (std::int64_t i = 0; i < e.columns; ++i)
                sums[i] = from[i] + other[i];
            from = sums;
        }
        if (mask.active()) {
            maskLoop(mask, std::uint64_t(place.number[r] * place.width + place.column), e.columns, masks);
            for (std::int64_t i = 0; i < e.columns; ++i)
                out[r * e.stride + i] = fromFloat<T>(from[i] * masks[i]);
        } else {
            for (std::int64_t i = 0; i < e.columns; ++i)
                out[r * e.stride + i] = fromFloat<T>(from[i]);
        }
    }
}

template <typename T>
AWB_INLINE void normLoop(const NormInput<T> &input, const NormWeights &norm, T *normalised, float *inverse, T *y,
                         std::int64_t rows, std::int64_t d)
{
    alignas(64) float sum[longestRow];
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t i = 0; i < d; ++i)
            sum[i] = input.product ? input.product[r * d + i] : 0.0f;
        for (const T *addend : {input.a, input.b})
            if (addend)
                for (std::int64_t i = 0; i < d; ++i)
                    sum[i] += toFloat(addend[r * d + i]);
        if (input.bias)
            for (std::int64_t i = 0; i < d; ++i)
                sum[i] += input.bias[i];
        float mean = 0, squares = 0;
#pragma omp simd reduction(+ : mean)
        for (std::int64_t i = 0; i < d; ++i)
            mean += sum[i];
        mean /= float(d);
#pragma omp simd reduction(+ : squares)
        for (std::int64_t i = 0; i < d; ++i) {
            sum[i] -= mean;
            squares += sum[i] * sum[i];
        }
        const float scale = 1.0f / std::sqrt(squares / float(d) + norm.eps);
        if (inverse)
            inverse[r] = scale;
        for (std::int64_t i = 0; i < d; ++i)
            sum[i] *= scale;
        if (normalised)
            for (std::int64_t i = 0; i < d; ++i)
                normalised[r * d + i] = fromFloat<T>(sum[i]);
        for (std::int64_t i = 0; i < d; ++i)
            y[r * d + i] = fromFloat<T>(sum[i] * norm.weight[i] + norm.bias[i]);
    }
}

template <typename T>
AWB_INLINE void normBackwardLoop(float *gradient, const T *normalised, const float *inverse, const float *weight, T *rounded,
                                 float *weightGradient, float *biasGradient, std::int64_t rows, std::int64_t d)
{
    for (std::int64_t r = 0; r < rows; ++r) {
        float *g = gradient + r * d;
        const T *x = normalised + r * d;
        float mean = 0, along = 0; // of g weight, and of its product with x
#pragma omp simd reduction(+ : mean, along)
        for (std::int64_t i = 0; i < d; ++i) {
            const float value = toFloat(x[i]), weighted = g[i] * weight[i];
            weightGradient[i] += g[i] * value;
            biasGradient[i] += g[i];
            mean += weighted;
            along += weighted * value;
        }
        mean /= float(d);
        along /= float(d);
        for (std::int64_t i = 0; i < d; ++i) {
            g[i] = inverse[r] * (g[i] * weight[i] - mean - toFloat(x[i]) * along);
            rounded[r * d + i] = fromFloat<T>(g[i]);
        }
    }
}

template <typename T>
AWB_INLINE void sumLoop(const T *values, std::int64_t stride, float *sum, std::int64_t rows, std::int64_t columns)
{
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t i = 0; i < columns; ++i)
            sum[i] += toFloat(values[r * stride + i]);
}

template <typename T>
AWB_INLINE void transposeLoop(const T *values, Extent e, T *out, std::int64_t outStride, std::int64_t paddedRows)
{
    for (std::int64_t i = 0; i < e.columns; ++i) {
        T *to = out + i * outStride;
        for (std::int64_t r = 0; r < e.rows; ++r)
            to[r] = values[r * e.stride + i];
        for (std::int64_t r = e.rows; r < paddedRows; ++r)
            to[r] = T{};
    }
}

} // namespace

AWB_VECTORIZE void maskValues(const Mask &mask, std::uint64_t first, std::int64_t count, float *out)
{
    maskLoop(mask, first, count, out);
}

// Each loop for both compute types. A template cannot be compiled for several processors; its specialisations can.
#define AWB_OF_TYPE(T)                                                                                                      \
    template <>                                                                                                             \
    AWB_VECTORIZE void addBias(const float *product, std::int64_t stride, const float *bias, T *out, Extent e)              \
    {                                                                                                                       \
        addBiasLoop(product, stride, bias, out, e);                                                                         \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void activate(Activation g, const float *product, std::int64_t stride, const float *bias, T *after,       \
                                T *slope, Extent e)                                                                         \
    {                                                                                                                       \
        if (g == Activation::GeluErf)                                                                                       \
            activateLoop<Activation::GeluErf>(product, stride, bias, after, slope, e);                                      \
        else if (g == Activation::GeluTanh)                                                                                 \
            activateLoop<Activation::GeluTanh>(product, stride, bias, after, slope, e);                                     \
        else                                                                                                                \
            activateLoop<Activation::Relu>(product, stride, bias, after, slope, e);                                         \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void activateBackward(const float *gradient, std::int64_t stride, const T *slope, T *out, Extent e)       \
    {                                                                                                                       \
        activateBackwardLoop(gradient, stride, slope, out, e);                                                              \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void dropRows(const float *product, std::int64_t stride, const float *bias, const float *addend,          \
                                const Mask &mask, const DropPlace &place, T *out, Extent e)                                 \
    {                                                                                                                       \
        dropLoop(product, stride, bias, addend, mask, place, out, e);                                                       \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void normRows(const NormInput<T> &input, const NormWeights &norm, T *normalised, float *inverse, T *y,    \
                                std::int64_t rows, std::int64_t d)                                                          \
    {                                                                                                                       \
        normLoop(input, norm, normalised, inverse, y, rows, d);                                                             \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void normRowsBackward(float *gradient, const T *normalised, const float *inverse, const float *weight,    \
                                        T *rounded, float *weightGradient, float *biasGradient, std::int64_t rows,          \
                                        std::int64_t d)                                                                     \
    {                                                                                                                       \
        normBackwardLoop(gradient, normalised, inverse, weight, rounded, weightGradient, biasGradient, rows, d);            \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void sumRows(const T *values, std::int64_t stride, float *sum, std::int64_t rows, std::int64_t columns)   \
    {                                                                                                                       \
        sumLoop(values, stride, sum, rows, columns);                                                                        \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void transposed(const T *values, Extent e, T *out, std::int64_t outStride, std::int64_t paddedRows)       \
    {                                                                                                                       \
        transposeLoop(values, e, out, outStride, paddedRows);                                                               \
    }

AWB_OF_TYPE(float)
AWB_OF_TYPE(BFloat16)

} // namespace awb::kernels
