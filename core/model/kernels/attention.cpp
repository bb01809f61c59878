#include "core/model/kernels/attention.h"

#include <cmath>

#include "core/model/kernels/product.h"
#include "core/model/kernels/vectorize.h"

namespace awb::kernels {
namespace {

constexpr std::int64_t step = 16; // lengths are rounded up to this, so that few machine-code kernels are needed

std::int64_t padded(std::int64_t length)
{
    return length == 1 ? 1 : roundUp(length, step);
}

/// out (rows, columns) = scale * in; rows up to paddedRows are zero.
template <typename T>
AWB_INLINE void copyLoop(const T *in, std::int64_t stride, float scale, float *out, std::int64_t rows, std::int64_t columns,
                         std::int64_t paddedRows)
{
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t i = 0; i < columns; ++i)
            out[r * columns + i] = scale * toFloat(in[r * stride + i]);
    for (std::int64_t i = rows * columns; i < paddedRows * columns; ++i)
        out[i] = 0;
}

template <typename T>
AWB_INLINE void storeLoop(const float *in, std::int64_t columns, float scale, T *out, std::int64_t stride, std::int64_t rows)
{
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t i = 0; i < columns; ++i)
            out[r * stride + i] = fromFloat<T>(scale * in[r * columns + i]);
}

/// Scores (queries, padded keys) become probabilities; columns beyond the keys and rows beyond the queries become zero.
AWB_INLINE void softmaxLoop(float *scores, std::int64_t queries, std::int64_t keys, std::int64_t paddedQueries,
                            std::int64_t stride, float *logSum)
{
    for (std::int64_t r = 0; r < queries; ++r) {
        float *row = scores + r * stride;
        float largest = row[0], sum = 0;
#pragma omp simd reduction(max : largest)
        for (std::int64_t j = 0; j < keys; ++j)
            largest = row[j] > largest ? row[j] : largest;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t j = 0; j < keys; ++j) {
            row[j] = exponential(row[j] - largest);
            sum += row[j];
        }
        const float scale = 1.0f / sum;
        for (std::int64_t j = 0; j < keys; ++j)
            row[j] *= scale;
        for (std::int64_t j = keys; j < stride; ++j)
            row[j] = 0;
        if (logSum)
            logSum[r] = largest + std::log(sum);
    }
    for (std::int64_t i = queries * stride; i < paddedQueries * stride; ++i)
        scores[i] = 0;
}

/// The same from the logarithms of the sums.
AWB_INLINE void softmaxAgainLoop(float *scores, std::int64_t queries, std::int64_t keys, std::int64_t paddedQueries,
                                 std::int64_t stride, const float *logSum)
{
    for (std::int64_t r = 0; r < queries; ++r) {
        float *row = scores + r * stride;
        for (std::int64_t j = 0; j < keys; ++j)
            row[j] = exponential(row[j] - logSum[r]);
        for (std::int64_t j = keys; j < stride; ++j)
            row[j] = 0;
    }
    for (std::int64_t i = queries * stride; i < paddedQueries * stride; ++i)
        scores[i] = 0;
}

/// Gradient of dropped probabilities becomes that of the scores: p (g m - sum p g m). `dropped` is p m; masks may be null.
AWB_INLINE void softmaxBackwardLoop(float *gradient, const float *probabilities, const float *masks, std::int64_t queries,
                                    std::int64_t paddedQueries, std::int64_t stride)
{
    for (std::int64_t r = 0; r < queries; ++r) {
        float *g = gradient + r * stride;
        const float *p = probabilities + r * stride;
        if (masks)
            for (std::int64_t j = 0; j < stride; ++j)
                g[j] *= masks[r * stride + j];
        float along = 0;
#pragma omp simd reduction(+ : along)
        for (std::int64_t j = 0; j < stride; ++j)
            along += g[j] * p[j];
        for (std::int64_t j = 0; j < stride; ++j)
            g[j] = p[j] * (g[j] - along);
    }
    for (std::int64_t i = queries * stride; i < paddedQueries * stride; ++i)
        gradient[i] = 0;
}

AWB_INLINE void transposeLoop(const float *in, std::int64_t rows, std::int64_t columns, float *out)
{
    for (std::int64_t i = 0; i < columns; ++i)
        for (std::int64_t r = 0; r < rows; ++r)
            out[i * rows + r] = in[r * columns + i];
}

AWB_INLINE void multiplyLoop(float *values, const float *by, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i)
        values[i] *= by[i];
}

/// Masks of one head, (queries, stride); columns beyond the keys are zero.
AWB_INLINE void fillMasks(const AttentionDropout &dropout, const AttentionShape &shape, std::int64_t head, std::int64_t stride,
                          float *masks)
{
    for (std::int64_t r = 0; r < shape.queries; ++r) {
        const auto first = (std::uint64_t(dropout.number[r]) * std::uint64_t(shape.heads) + std::uint64_t(head)) *
                           std::uint64_t(dropout.stride);
        maskValues(dropout.mask, first, shape.keys, masks + r * stride);
        for (std::int64_t j = shape.keys; j < stride; ++j)
            masks[r * stride + j] = 0;
    }
}

template <typename T>
AWB_INLINE void forwardLoop(const T *q, const T *kv, const AttentionShape &s, const AttentionDropout &dropout, T *out,
                            float *logSum, AttentionScratch &scratch)
{
    const std::int64_t d = s.width(), n = s.headSize, queries = padded(s.queries), keys = roundUp(s.keys, step);
    const float scale = 1.0f / std::sqrt(float(n));
    float *p = scratch.probabilities.data();
    for (std::int64_t h = 0; h < s.heads; ++h) {
        copyLoop(q + h * n, d, scale, scratch.query.data(), s.queries, n, queries);
        copyLoop(kv + h * n, 2 * d, 1.0f, scratch.key.data(), s.keys, n, keys);
        copyLoop(kv + d + h * n, 2 * d, 1.0f, scratch.value.data(), s.keys, n, keys);
        transposeLoop(scratch.key.data(), keys, n, scratch.keyAcross.data());
        multiplyPlain(queries, keys, n, scratch.query.data(), n, scratch.keyAcross.data(), keys, p, keys, false);
        softmaxLoop(p, s.queries, s.keys, queries, keys, logSum ? logSum + h * s.queries : nullptr);
        if (dropout.mask.active()) {
            fillMasks(dropout, s, h, keys, scratch.masks.data());
            multiplyLoop(p, scratch.masks.data(), s.queries * keys);
        }
        multiplyPlain(queries, n, keys, p, keys, scratch.value.data(), n, scratch.head.data(), n, false);
        storeLoop(scratch.head.data(), n, 1.0f, out + h * n, d, s.queries);
    }
}

template <typename T>
AWB_INLINE void backwardLoop(const T *q, const T *kv, const AttentionShape &s, const AttentionDropout &dropout,
                             const float *logSum, const float *outGradient, T *qGradient, T *kvGradient, AttentionScratch &scratch)
{
    const std::int64_t d = s.width(), n = s.headSize, queries = padded(s.queries), keys = roundUp(s.keys, step);
    const float scale = 1.0f / std::sqrt(float(n));
    float *p = scratch.probabilities.data(), *g = scratch.gradient.data(), *across = scratch.across.data();
    float *head = scratch.head.data(), *masks = dropout.mask.active() ? scratch.masks.data() : nullptr;
    for (std::int64_t h = 0; h < s.heads; ++h) {
        copyLoop(q + h * n, d, scale, scratch.query.data(), s.queries, n, queries);
        copyLoop(kv + h * n, 2 * d, 1.0f, scratch.key.data(), s.keys, n, keys);
        copyLoop(kv + d + h * n, 2 * d, 1.0f, scratch.value.data(), s.keys, n, keys);
        transposeLoop(scratch.key.data(), keys, n, scratch.keyAcross.data());
        multiplyPlain(queries, keys, n, scratch.query.data(), n, scratch.keyAcross.data(), keys, p, keys, false);
        softmaxAgainLoop(p, s.queries, s.keys, queries, keys, logSum + h * s.queries);

        // g = gradient of the dropped probabilities = outGradient value^T
        float *outHead = scratch.gradientAcross.data(); // (queries, n)
        copyLoop(outGradient + h * n, d, 1.0f, outHead, s.queries, n, queries);
        transposeLoop(scratch.value.data(), keys, n, scratch.keyAcross.data());
        multiplyPlain(queries, keys, n, outHead, n, scratch.keyAcross.data(), keys, g, keys, false);

        // value gradient = dropped probabilities^T outGradient
        transposeLoop(p, queries, keys, across);
        if (masks) {
            fillMasks(dropout, s, h, keys, masks);
            for (std::int64_t r = 0; r < s.queries; ++r)
                for (std::int64_t j = 0; j < keys; ++j)
                    across[j * queries + r] *= masks[r * keys + j];
        }
        multiplyPlain(keys, n, queries, across, queries, outHead, n, head, n, false);
        storeLoop(head, n, 1.0f, kvGradient + d + h * n, 2 * d, s.keys);

        softmaxBackwardLoop(g, p, masks, s.queries, queries, keys);
        multiplyPlain(queries, n, keys, g, keys, scratch.key.data(), n, head, n, false);
        storeLoop(head, n, scale, qGradient + h * n, d, s.queries);
        transposeLoop(g, queries, keys, across);
        multiplyPlain(keys, n, queries, across, queries, scratch.query.data(), n, head, n, false);
        storeLoop(head, n, 1.0f, kvGradient + h * n, 2 * d, s.keys); // the query holds the scale already
    }
}

} // namespace

void AttentionScratch::reserve(const AttentionShape &s)
{
    const std::size_t n = std::size_t(s.headSize), longest = std::size_t(roundUp(s.keys, step));
    for (Buffer<float> *perRow : {&query, &key, &keyAcross, &value, &gradientAcross, &head})
        perRow->reserve(longest * n);
    for (Buffer<float> *square : {&probabilities, &masks, &across, &gradient})
        square->reserve(longest * longest);
}

// A template cannot be compiled for several processors; its specialisations can.
#define AWB_OF_TYPE(T)                                                                                                         \
    template <>                                                                                                                \
    AWB_VECTORIZE void attend(const T *q, const T *kv, const AttentionShape &shape, const AttentionDropout &dropout, T *out,   \
                              float *logSum, AttentionScratch &scratch)                                                        \
    {                                                                                                                          \
        forwardLoop(q, kv, shape, dropout, out, logSum, scratch);                                                              \
    }                                                                                                                          \
    template <>                                                                                                                \
    AWB_VECTORIZE void attendBackward(const T *q, const T *kv, const AttentionShape &shape, const AttentionDropout &dropout,   \
                                      const float *logSum, const float *outGradient, T *qGradient, T *kvGradient,              \
                                      AttentionScratch &scratch)                                                               \
    {                                                                                                                          \
        backwardLoop(q, kv, shape, dropout, logSum, outGradient, qGradient, kvGradient, scratch);                              \
    }

AWB_OF_TYPE(float)
AWB_OF_TYPE(BFloat16)

} // namespace awb::kernels
