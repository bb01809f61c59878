#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace awb {

/// Key and rate of one dropout site at one step. A mask is a pure function of both and of the element's place in the
/// packed batch, so forward, backward, another thread count, another device and another engine path draw the same one.
struct DropoutSite {
    std::uint64_t key = 0;
    double rate = 0; ///< 0: the input passes unchanged
};

/// Streams of a step's key: the layers by number, and these. Each layer's key has one stream per site.
inline constexpr std::uint64_t embeddingStream = 1000000, headStream = 1000001;
enum LayerStream : std::uint64_t { AttentionProbabilities, AttentionHidden, FeedForwardHidden };

/// x times its mask: each element is kept with probability 1 - rate and then scaled by 1 / (1 - rate).
/// Element i of the packed batch (row-major) takes 16 bits of randomBits(key, i / 4), so the rate is exact to 1/65536.
/// x: (T, d), or (R, d) of the packed batch's `rows` (R) int64.
at::Tensor dropout(const at::Tensor &x, const DropoutSite &site, const at::Tensor &rows = {});

/// The same for attention probabilities, (B, H, Q, S), whose queries are `queryRows` (B, Q) of the packed batch. The element
/// of query row t, head h and key position j is number (t H + h) attentionStride + j: padding has no part in it.
at::Tensor attentionDropout(const at::Tensor &probabilities, const at::Tensor &queryRows,
                            const std::vector<std::int64_t> &lengths, const DropoutSite &site);
inline constexpr std::int64_t attentionStride = 1024; ///< at least the longest input

/// Masks alone, by a loop on the CPU and by tensor arithmetic on other devices; both give the same bits.
/// Of elements 0 .. n - 1: (n).
at::Tensor dropoutMask(std::int64_t elements, const DropoutSite &site, at::TensorOptions options);
at::Tensor dropoutMaskByTensors(std::int64_t elements, const DropoutSite &site, at::TensorOptions options);
/// Of any element numbers (int64).
at::Tensor dropoutMaskOf(const at::Tensor &elementNumbers, const DropoutSite &site, at::ScalarType type);
/// Of attention probabilities: (B, H, Q, `longest`).
at::Tensor attentionMaskByTensors(const at::Tensor &queryRows, std::int64_t heads, std::int64_t longest,
                                  const DropoutSite &site, at::ScalarType type);

} // namespace awb
