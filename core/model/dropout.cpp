#include "core/model/dropout.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include "core/model/encoder.h"
#include "core/random.h"

namespace awb {
namespace {

std::uint32_t threshold(double rate)
{
    return std::uint32_t(std::lround(rate * 65536.0));
}

/// Mask values of `count` consecutive elements from number `first` on; first is a multiple of 4.
template <typename T>
void fillMask(T *out, std::int64_t first, std::int64_t count, std::uint64_t key, std::uint32_t drop, T scale)
{
    for (std::int64_t i = 0; i < count; i += 4) {
        const std::uint64_t bits = randomBits(key, std::uint64_t(first + i) / 4);
        const std::int64_t n = std::min<std::int64_t>(4, count - i);
        for (std::int64_t j = 0; j < n; ++j)
            out[i + j] = ((bits >> (16 * j)) & 0xFFFF) >= drop ? scale : T(0);
    }
}

/// Logical shift right of int64 elements.
at::Tensor shiftRight(const at::Tensor &z, int bits)
{
    return at::bitwise_and(at::bitwise_right_shift(z, bits), (std::int64_t(1) << (64 - bits)) - 1);
}

/// randomBits of core/random.h on int64 tensors.
at::Tensor randomBitsOf(std::uint64_t key, const at::Tensor &counter)
{
    at::Tensor z = (counter + 1) * std::int64_t(0x9E3779B97F4A7C15ull) + std::int64_t(key);
    z = at::bitwise_xor(z, shiftRight(z, 30)) * std::int64_t(0xBF58476D1CE4E5B9ull);
    z = at::bitwise_xor(z, shiftRight(z, 27)) * std::int64_t(0x94D049BB133111EBull);
    return at::bitwise_xor(z, shiftRight(z, 31));
}

} // namespace

at::Tensor dropoutMaskOf(const at::Tensor &elementNumbers, const DropoutSite &site, at::ScalarType type)
{
    const at::Tensor bits = randomBitsOf(site.key, at::bitwise_right_shift(elementNumbers, 2));
    const at::Tensor part = at::bitwise_and(at::bitwise_right_shift(bits, at::bitwise_and(elementNumbers, 3) * 16), 0xFFFF);
    return part.ge(std::int64_t(threshold(site.rate))).to(type).mul_(1.0 / (1.0 - site.rate));
}

at::Tensor dropoutMask(std::int64_t elements, const DropoutSite &site, at::TensorOptions options)
{
    if (!options.device().is_cpu())
        return dropoutMaskOf(at::arange(elements, options.dtype(at::kLong)), site, options.dtype().toScalarType());
    at::Tensor mask = at::empty({elements}, options);
    AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, mask.scalar_type(), "dropoutMask", [&] {
        scalar_t *out = mask.data_ptr<scalar_t>();
        at::parallel_for(0, (elements + 4095) / 4096, 4, [&](std::int64_t begin, std::int64_t end) {
            const std::int64_t first = begin * 4096;
            fillMask(out + first, first, std::min(end * 4096, elements) - first, site.key, threshold(site.rate),
                     scalar_t(1.0 / (1.0 - site.rate)));
        });
    });
    return mask;
}

at::Tensor dropout(const at::Tensor &x, const DropoutSite &site)
{
    if (site.rate <= 0)
        return x;
    return x * dropoutMask(x.numel(), site, x.options().requires_grad(false)).view_as(x);
}

at::Tensor attentionDropout(const at::Tensor &probabilities, const PackedInput &input, const DropoutSite &site)
{
    if (site.rate <= 0)
        return probabilities;
    const std::int64_t heads = probabilities.size(1), longest = input.longest;
    if (!probabilities.device().is_cpu()) {
        const auto options = input.queryRows.options();
        const at::Tensor head = at::arange(heads, options).view({1, heads, 1, 1});
        const at::Tensor key = at::arange(longest, options).view({1, 1, 1, longest});
        const at::Tensor number =
            (input.queryRows.view({input.examples, 1, longest, 1}) * heads + head) * attentionStride + key;
        return probabilities * dropoutMaskOf(number, site, probabilities.scalar_type());
    }
    at::Tensor mask = at::zeros(probabilities.sizes(), probabilities.options().requires_grad(false));
    AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, mask.scalar_type(), "attentionDropout", [&] {
        scalar_t *out = mask.data_ptr<scalar_t>();
        const std::int64_t *rows = input.queryRows.data_ptr<std::int64_t>();
        at::parallel_for(0, input.examples * heads, 8, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t bh = begin; bh < end; ++bh) {
                const std::int64_t b = bh / heads, h = bh % heads, length = input.lengths[std::size_t(b)];
                for (std::int64_t i = 0; i < length; ++i)
                    fillMask(out + (bh * longest + i) * longest, (rows[b * longest + i] * heads + h) * attentionStride,
                             length, site.key, threshold(site.rate), scalar_t(1.0 / (1.0 - site.rate)));
            }
        });
    });
    return probabilities * mask;
}

} // namespace awb
