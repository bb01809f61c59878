#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace awb {

struct PackedInput;

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
/// Element i of x (row-major) takes 16 bits of randomBits(key, i / 4), so the rate is exact to 1/65536. x: (T, d)
at::Tensor dropout(const at::Tensor &x, const DropoutSite &site);

/// The same for attention probabilities, (B, H, S, S). The element of query row t (in the packed batch), head h and key
/// position j is number (t H + h) attentionStride + j: padding has no part in it.
at::Tensor attentionDropout(const at::Tensor &probabilities, const PackedInput &input, const DropoutSite &site);
inline constexpr std::int64_t attentionStride = 1024; ///< at least the longest input

/// The mask alone, for `elements` elements or for given element numbers (int64), on the CPU by a loop and elsewhere by
/// tensor arithmetic; both give the same bits.
at::Tensor dropoutMask(std::int64_t elements, const DropoutSite &site, at::TensorOptions options);
at::Tensor dropoutMaskOf(const at::Tensor &elementNumbers, const DropoutSite &site, at::ScalarType type);

} // namespace awb
