#include "core/model/kernels/attention.h"

#include <algorithm>
#include <cmath>

#include "core/model/kernels/product.h"
#include "core/model/kernels/small_product.h"
#include "core/model/kernels/vectorize.h"
#include "core/random.h"

// Rows of scratch matrices are rounded up to whole registers: loops over them come in nests of `wideCount`, and what is
// beyond the keys is zero.
namespace awb::kernels {
namespace {

/// 512 bits: 8 rows of a product fit into registers; with 256 bits 4, and shuffles cost more than they bring.
bool wideRegisters()
{
    return columnTile == widestTile;
}

/// Sizes of one head's matrices.
struct HeadSize {
    std::int64_t queries, keys, n; ///< n: headSize
    std::int64_t keyStride, nStride;
    float scale;
    Wide lastKeys; ///< 1 for the keys of a row's last register, 0 beyond them

    AWB_INLINE explicit HeadSize(const AttentionShape &s)
        : queries(s.queries), keys(s.keys), n(s.headSize), keyStride(roundUp(s.keys, wideCount)),
          nStride(roundUp(s.headSize, wideCount)), scale(1.0f / std::sqrt(float(s.headSize)))
    {
        for (int i = 0; i < wideCount; ++i)
            lastKeys[i] = keyStride - wideCount + i < keys ? 1.0f : 0.0f;
    }
};

/// out (rows, nStride) = scale * in; rows up to whole registers are zero.
template <typename T>
AWB_INLINE void loadHead(const T *in, std::int64_t stride, float scale, std::int64_t rows, const HeadSize &size, float *out)
{
    std::fill(out + rows * size.nStride, out + roundUp(rows, wideCount) * size.nStride, 0.0f);
    for (std::int64_t r = 0; r < rows; ++r) {
        const T *from = in + r * stride;
        float *to = out + r * size.nStride;
        std::int64_t c = 0;
        for (; c + wideCount <= size.n; c += wideCount)
            for (std::int64_t i = 0; i < wideCount; ++i)
                to[c + i] = scale * toFloat(from[c + i]);
        for (; c < size.n; ++c)
            to[c] = scale * toFloat(from[c]);
    }
}

/// out (rows, n) = scale * in
template <typename T>
AWB_INLINE void storeHead(const float *in, float scale, std::int64_t rows, const HeadSize &size, T *out, std::int64_t stride)
{
    for (std::int64_t r = 0; r < rows; ++r) {
        const float *from = in + r * size.nStride;
        T *to = out + r * stride;
        std::int64_t c = 0;
        for (; c + wideCount <= size.n; c += wideCount)
            for (std::int64_t i = 0; i < wideCount; ++i)
                to[c + i] = fromFloat<T>(scale * from[c + i]);
        for (; c < size.n; ++c)
            to[c] = fromFloat<T>(scale * from[c]);
    }
}

/// out (n, keyStride) = in (keys, n) transposed
AWB_INLINE void transposeKeys(const float *in, const HeadSize &size, float *out)
{
    if (wideRegisters()) {
        for (std::int64_t r = 0; r < size.keyStride; r += wideCount)
            for (std::int64_t i = 0; i < size.nStride; i += wideCount)
                transposeSquare(in + r * size.nStride + i, size.nStride, out + i * size.keyStride + r, size.keyStride);
        return;
    }
    for (std::int64_t i = 0; i < size.n; ++i)
        for (std::int64_t r = 0; r < size.keyStride; ++r)
            out[i * size.keyStride + r] = in[r * size.nStride + i];
}

/// row = e^(row - offset); beyond the keys 0
AWB_INLINE void exponentials(float *row, float offset, const HeadSize &size)
{
    for (std::int64_t j = 0; j < size.keyStride; j += wideCount)
        for (std::int64_t i = 0; i < wideCount; ++i)
            row[j + i] = exponential(row[j + i] - offset);
    float *last = row + size.keyStride - wideCount;
    put(at(last) * size.lastKeys, last);
}

/// Largest of a row's keys.
AWB_INLINE float rowMaximum(const float *row, const HeadSize &size)
{
    const std::int64_t last = size.keyStride - wideCount;
    constexpr float far = 1e30f;
    Wide largest = at(row + last) * size.lastKeys + (size.lastKeys - 1.0f) * far;
    for (std::int64_t j = 0; j < last; j += wideCount)
        largest = largerOf(largest, at(row + j));
    return largestOf(largest);
}

AWB_INLINE float rowSum(const float *row, std::int64_t stride)
{
    Wide sum = {};
    for (std::int64_t j = 0; j < stride; j += wideCount)
        sum += at(row + j);
    return sumOf(sum);
}

/// Scores (queries, keyStride) become probabilities.
AWB_INLINE void softmax(float *scores, const HeadSize &size, float *logSum)
{
    for (std::int64_t r = 0; r < size.queries; ++r) {
        float *row = scores + r * size.keyStride;
        const float largest = rowMaximum(row, size);
        exponentials(row, largest, size);
        const float sum = rowSum(row, size.keyStride), scale = 1.0f / sum;
        for (std::int64_t j = 0; j < size.keyStride; j += wideCount)
            for (std::int64_t i = 0; i < wideCount; ++i)
                row[j + i] *= scale;
        if (logSum)
            logSum[r] = largest + std::log(sum);
    }
}

/// Gradient g of dropped probabilities becomes that of the scores: p (g m - sum p g m), m the masks. `dropped` is p m.
AWB_INLINE void softmaxBackward(float *gradient, const float *probabilities, const float *dropped, const HeadSize &size)
{
    for (std::int64_t r = 0; r < size.queries; ++r) {
        float *g = gradient + r * size.keyStride;
        const float *p = probabilities + r * size.keyStride, *pm = dropped + r * size.keyStride;
        for (std::int64_t j = 0; j < size.keyStride; j += wideCount)
            for (std::int64_t i = 0; i < wideCount; ++i)
                g[j + i] *= pm[j + i];
        const float along = rowSum(g, size.keyStride);
        for (std::int64_t j = 0; j < size.keyStride; j += wideCount)
            for (std::int64_t i = 0; i < wideCount; ++i)
                g[j + i] -= along * p[j + i];
    }
}

/// Numbers of the random words (4 elements each) of the first head's masks, (queries, keyStride / 4).
AWB_INLINE void fillWordNumbers(const AttentionDropout &dropout, const AttentionShape &shape, const HeadSize &size,
                                std::uint64_t *numbers)
{
    const std::int64_t words = size.keyStride / 4;
    for (std::int64_t r = 0; r < size.queries; ++r) {
        const std::uint64_t first =
            std::uint64_t(dropout.number[r]) * std::uint64_t(shape.heads) * std::uint64_t(dropout.stride) / 4;
        for (std::int64_t i = 0; i < words; ++i)
            numbers[r * words + i] = first + std::uint64_t(i);
    }
}

/// out = values times the masks of one head, (queries, keyStride)
AWB_INLINE void applyMasks(const AttentionDropout &dropout, std::int64_t head, const HeadSize &size,
                           const std::uint64_t *numbers, const float *values, float *out)
{
    constexpr std::int64_t most = 256;
    const std::uint64_t key = dropout.mask.key, own = std::uint64_t(head) * std::uint64_t(dropout.stride) / 4;
    const std::int32_t drop = std::int32_t(dropout.mask.drop);
    const float scale = dropout.mask.scale;
    const std::int64_t all = size.queries * size.keyStride / 4;
    for (std::int64_t first = 0; first < all; first += most) {
        const std::int64_t count = std::min(most, all - first);
        alignas(64) std::uint64_t bits[most];
        alignas(64) std::uint16_t parts[4 * most]; // 16 bits each, lowest first
        for (std::int64_t i = 0; i < count; ++i)
            bits[i] = randomBits(key, numbers[first + i] + own);
        std::memcpy(parts, bits, std::size_t(count) * sizeof *bits);
        for (std::int64_t i = 0; i < 4 * count; ++i)
            out[4 * first + i] = std::int32_t(parts[i]) >= drop ? values[4 * first + i] * scale : 0.0f;
    }
}

template <int R, typename T>
AWB_INLINE void forward(const T *q, const T *kv, const AttentionShape &s, const AttentionDropout &dropout, T *out,
                        float *logSum, AttentionScratch &scratch)
{
    const HeadSize size(s);
    const std::int64_t d = s.width(), keyStride = size.keyStride, n = size.nStride;
    float *query = scratch.query.data(), *key = scratch.key.data(), *value = scratch.value.data();
    float *across = scratch.keyAcross.data(), *p = scratch.probabilities.data(), *head = scratch.head.data();
    if (dropout.mask.active())
        fillWordNumbers(dropout, s, size, scratch.numbers.data());
    for (std::int64_t h = 0; h < s.heads; ++h) {
        loadHead(q + h * size.n, d, size.scale, size.queries, size, query);
        loadHead(kv + h * size.n, 2 * d, 1.0f, size.keys, size, key);
        loadHead(kv + d + h * size.n, 2 * d, 1.0f, size.keys, size, value);
        transposeKeys(key, size, across);
        multiplySmall<R>(size.queries, keyStride, size.n, {query, n, 1}, across, keyStride, p, keyStride);
        softmax(p, size, logSum ? logSum + h * size.queries : nullptr);
        if (dropout.mask.active())
            applyMasks(dropout, h, size, scratch.numbers.data(), p, p);
        multiplySmall<R>(size.queries, n, size.keys, {p, keyStride, 1}, value, n, head, n);
        storeHead(head, 1.0f, size.queries, size, out + h * size.n, d);
    }
}

template <int R, typename T>
AWB_INLINE void backward(const T *q, const T *kv, const AttentionShape &s, const AttentionDropout &dropout,
                         const float *logSum, const float *outGradient, T *qGradient, T *kvGradient,
                         AttentionScratch &scratch)
{
    const HeadSize size(s);
    const std::int64_t d = s.width(), keyStride = size.keyStride, n = size.nStride;
    float *query = scratch.query.data(), *key = scratch.key.data(), *value = scratch.value.data();
    float *across = scratch.keyAcross.data(), *p = scratch.probabilities.data(), *g = scratch.gradient.data();
    float *head = scratch.head.data(), *outHead = scratch.outGradient.data(), *dropped = p;
    if (dropout.mask.active()) {
        fillWordNumbers(dropout, s, size, scratch.numbers.data());
        dropped = scratch.dropped.data();
    }
    for (std::int64_t h = 0; h < s.heads; ++h) {
        loadHead(q + h * size.n, d, size.scale, size.queries, size, query);
        loadHead(kv + h * size.n, 2 * d, 1.0f, size.keys, size, key);
        loadHead(kv + d + h * size.n, 2 * d, 1.0f, size.keys, size, value);
        loadHead(outGradient + h * size.n, d, 1.0f, size.queries, size, outHead);
        transposeKeys(key, size, across);
        multiplySmall<R>(size.queries, keyStride, size.n, {query, n, 1}, across, keyStride, p, keyStride);
        for (std::int64_t r = 0; r < size.queries; ++r)
            exponentials(p + r * keyStride, logSum[h * size.queries + r], size);
        if (dropout.mask.active())
            applyMasks(dropout, h, size, scratch.numbers.data(), p, dropped);

        // g: the gradient of the dropped probabilities, then of the scores
        transposeKeys(value, size, across);
        multiplySmall<R>(size.queries, keyStride, size.n, {outHead, n, 1}, across, keyStride, g, keyStride);
        softmaxBackward(g, p, dropped, size);

        multiplySmall<R>(size.keys, n, size.queries, {dropped, 1, keyStride}, outHead, n, head, n);
        storeHead(head, 1.0f, size.keys, size, kvGradient + d + h * size.n, 2 * d);
        multiplySmall<R>(size.queries, n, size.keys, {g, keyStride, 1}, key, n, head, n);
        storeHead(head, size.scale, size.queries, size, qGradient + h * size.n, d);
        multiplySmall<R>(size.keys, n, size.queries, {g, 1, keyStride}, query, n, head, n);
        storeHead(head, 1.0f, size.keys, size, kvGradient + h * size.n, 2 * d); // the query holds the scale already
    }
}

} // namespace

void AttentionScratch::reserve(const AttentionShape &s)
{
    const auto longest = std::size_t(roundUp(s.keys, wideCount)), n = std::size_t(roundUp(s.headSize, wideCount));
    for (Buffer<float> *perRow : {&query, &key, &value, &keyAcross, &outGradient, &head})
        perRow->reserve(longest * n);
    for (Buffer<float> *square : {&probabilities, &dropped, &gradient})
        square->reserve(longest * longest);
    numbers.reserve(longest * longest / 4);
}

// A template cannot be compiled for several processors; its specialisations can.
#define AWB_OF_TYPE(T)                                                                                                      \
    template <>                                                                                                             \
    AWB_VECTORIZE void attend(const T *q, const T *kv, const AttentionShape &shape, const AttentionDropout &dropout,        \
                              T *out, float *logSum, AttentionScratch &scratch)                                             \
    {                                                                                                                       \
        if (wideRegisters())                                                                                                \
            forward<8>(q, kv, shape, dropout, out, logSum, scratch);                                                        \
        else                                                                                                                \
            forward<4>(q, kv, shape, dropout, out, logSum, scratch);                                                        \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void attendBackward(const T *q, const T *kv, const AttentionShape &shape,                                 \
                                      const AttentionDropout &dropout, const float *logSum, const float *outGradient,       \
                                      T *qGradient, T *kvGradient, AttentionScratch &scratch)                               \
    {                                                                                                                       \
        if (wideRegisters())                                                                                                \
            backward<8>(q, kv, shape, dropout, logSum, outGradient, qGradient, kvGradient, scratch);                        \
        else                                                                                                                \
            backward<4>(q, kv, shape, dropout, logSum, outGradient, qGradient, kvGradient, scratch);                        \
    }

AWB_OF_TYPE(float)
AWB_OF_TYPE(BFloat16)

} // namespace awb::kernels
