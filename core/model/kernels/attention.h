#pragma once

#include <cstdint>

#include "core/model/kernels/buffer.h"
#include "core/model/kernels/rows.h"

/// Attention of one example over the rows of a packed batch, head by head, without padding rows outside.
namespace awb::kernels {

struct AttentionShape {
    std::int64_t heads, headSize;
    std::int64_t queries;                                   ///< rows that ask: all of the example's, or 1 ([CLS] alone)
    std::int64_t keys;                                      ///< rows of the example
    std::int64_t width() const { return heads * headSize; } ///< d
};

/// What a query row's dropout depends on: its number in the packed batch.
struct AttentionDropout {
    Mask mask;
    const std::int32_t *number = nullptr; ///< (queries)
    std::int64_t stride = 0;              ///< element numbers per (row, head)
};

/// Scratch memory of one thread.
struct AttentionScratch {
    Buffer<float> query, key, value, keyAcross, outGradient, head; ///< of one head, row by row
    Buffer<float> probabilities, dropped, gradient;                ///< (queries, keys)
    Buffer<std::uint64_t> numbers;                                 ///< of random words
    void reserve(const AttentionShape &shape);
};

/// out (queries, d) = softmax(q k^T / sqrt(headSize)) v per head, probabilities dropped out.
/// q: (queries, d); kv: (keys, 2 d), keys left of values. logSum: (heads, queries), kept for the backward pass; may be null.
template <typename T>
void attend(const T *q, const T *kv, const AttentionShape &shape, const AttentionDropout &dropout, T *out, float *logSum,
            AttentionScratch &scratch);

/// Gradients of q and kv from that of out (queries, d; float32). The probabilities are computed again.
template <typename T>
void attendBackward(const T *q, const T *kv, const AttentionShape &shape, const AttentionDropout &dropout,
                    const float *logSum, const float *outGradient, T *qGradient, T *kvGradient, AttentionScratch &scratch);

} // namespace awb::kernels
