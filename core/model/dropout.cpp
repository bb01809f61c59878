#include "core/model/dropout.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

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

/// Mask values of the four elements of each counter: (..., n) int64 -> (..., 4 n). A hash serves four elements, so
/// this is several times as fast as hashing for each.
at::Tensor masksOfFour(const at::Tensor &counters, const DropoutSite &site, at::ScalarType type)
{
    // The parts lie in memory as int16 one after the other; with the sign bit flipped they compare as unsigned ones.
    const at::Tensor parts = at::bitwise_xor(randomBitsOf(site.key, counters).view(at::kShort), std::int64_t(-32768));
    return parts.ge(std::int64_t(threshold(site.rate)) - 32768).to(type).mul_(1.0 / (1.0 - site.rate));
}

} // namespace

at::Tensor dropoutMaskOf(const at::Tensor &elementNumbers, const DropoutSite &site, at::ScalarType type)
{
    const at::Tensor bits = randomBitsOf(site.key, at::bitwise_right_shift(elementNumbers, 2));
    const at::Tensor part = at::bitwise_and(at::bitwise_right_shift(bits, at::bitwise_and(elementNumbers, 3) * 16), 0xFFFF);
    return part.ge(std::int64_t(threshold(site.rate))).to(type).mul_(1.0 / (1.0 - site.rate));
}

at::Tensor dropoutMaskByTensors(std::int64_t elements, const DropoutSite &site, at::TensorOptions options)
{
    const at::Tensor counters = at::arange((elements + 3) / 4, options.dtype(at::kLong));
    return masksOfFour(counters, site, options.dtype().toScalarType()).narrow(0, 0, elements);
}

at::Tensor dropoutMask(std::int64_t elements, const DropoutSite &site, at::TensorOptions options)
{
    if (!options.device().is_cpu())
        return dropoutMaskByTensors(elements, site, options);
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

at::Tensor attentionMaskByTensors(const at::Tensor &queryRows, std::int64_t heads, std::int64_t longest,
                                  const DropoutSite &site, at::ScalarType type)
{
    const auto options = queryRows.options();
    const at::Tensor head = at::arange(heads, options).view({1, heads, 1, 1});
    const at::Tensor keys = at::arange((longest + 3) / 4, options);                                         // four at a time
    const at::Tensor first = (queryRows.unsqueeze(1).unsqueeze(-1) * heads + head) * (attentionStride / 4); // (B, H, Q, 1)
    return masksOfFour(first + keys, site, type).narrow(-1, 0, longest);
}

at::Tensor dropout(const at::Tensor &x, const DropoutSite &site, const at::Tensor &rows)
{
    if (site.rate <= 0)
        return x;
    if (!rows.defined())
        return x * dropoutMask(x.numel(), site, x.options().requires_grad(false)).view_as(x);
    const at::Tensor numbers = rows.unsqueeze(1) * x.size(1) + at::arange(x.size(1), rows.options()); // (R, d)
    return x * dropoutMaskOf(numbers, site, x.scalar_type());
}

at::Tensor attentionDropout(const at::Tensor &probabilities, const at::Tensor &queryRows,
                            const std::vector<std::int64_t> &lengths, const DropoutSite &site)
{
    if (site.rate <= 0)
        return probabilities;
    const std::int64_t heads = probabilities.size(1), queries = probabilities.size(2), longest = probabilities.size(3);
    if (!probabilities.device().is_cpu())
        return probabilities * attentionMaskByTensors(queryRows, heads, longest, site, probabilities.scalar_type());
    at::Tensor mask = at::zeros(probabilities.sizes(), probabilities.options().requires_grad(false));
    AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, mask.scalar_type(), "attentionDropout", [&] {
        scalar_t *out = mask.data_ptr<scalar_t>();
        const std::int64_t *rows = queryRows.const_data_ptr<std::int64_t>();
        at::parallel_for(0, std::int64_t(lengths.size()) * heads, 8, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t bh = begin; bh < end; ++bh) {
                const std::int64_t b = bh / heads, h = bh % heads, length = lengths[std::size_t(b)];
                for (std::int64_t i = 0; i < std::min(queries, length); ++i)
                    fillMask(out + (bh * queries + i) * longest, (rows[b * queries + i] * heads + h) * attentionStride,
                             length, site.key, threshold(site.rate), scalar_t(1.0 / (1.0 - site.rate)));
            }
        });
    });
    return probabilities * mask;
}

} // namespace awb
