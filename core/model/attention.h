#pragma once

#include "core/model/encoder.h"

/// Attention over a packed batch, each example among its own tokens; internal to core: includes torch.
namespace awb {

/// What a layer's attention is computed from. d: hidden size, H: heads, Q: T queries, or B where only [CLS] asks.
struct Attention {
    torch::Tensor query;      ///< (Q, d)
    torch::Tensor key, value; ///< (T, d)
    std::int64_t heads;
    bool onlyCls; ///< one query per example
};

/// softmax(q k^T / sqrt(d/H)) v with dropout on the probabilities, (Q, d): any device and type. Lays the examples out one
/// per row, padded to the longest, and holds all probabilities, (B, H, S, S).
torch::Tensor paddedAttention(const Attention &a, const PackedInput &input, const DropoutSite &drop);

/// The same by LibTorch's flash attention for sequences of different lengths (Dao 2023, FlashAttention-2): no padding, no
/// probabilities in memory. Its dropout masks are not those of the other paths; they follow from the site's key all the
/// same.
torch::Tensor flashAttention(const Attention &a, const PackedInput &input, const DropoutSite &drop);

/// Whether flashAttention runs there: tried once per device on a single token, since LibTorch does not say it without CUDA's
/// headers. Never on the CPU, and in bfloat16 only.
bool hasFlashAttention(torch::Device device, torch::ScalarType type, std::int64_t headSize);

} // namespace awb
