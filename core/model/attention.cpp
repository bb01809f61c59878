#include "core/model/attention.h"

#include <cmath>
#include <map>
#include <mutex>

#include <torch/types.h>

#include <ATen/Context.h>
#include <ATen/ops/_flash_attention_forward.h>

namespace awb {
namespace {

/// (Q, d) -> (Q, H, d/H)
torch::Tensor splitHeads(const torch::Tensor &rows, std::int64_t heads)
{
    return rows.view({rows.size(0), heads, rows.size(1) / heads});
}

double scaleOf(const Attention &a)
{
    return 1.0 / std::sqrt(double(a.query.size(1) / a.heads));
}

} // namespace

torch::Tensor paddedAttention(const Attention &a, const PackedInput &input, const DropoutSite &drop)
{
    const std::int64_t B = input.examples, S = input.longest, d = a.query.size(1);
    // Only here are the examples laid out one per row, so that products run over all heads at once.
    const auto laidOut = [&](const torch::Tensor &rows) { // (T, d) -> (B S, d)
        return input.slots.defined() ? torch::zeros({B * S, d}, rows.options()).index_copy(0, input.slots, rows) : rows;
    };
    const auto perHead = [&](const torch::Tensor &places, std::int64_t perExample) { // -> (B, H, perExample, d/H)
        return places.view({B, perExample, a.heads, d / a.heads}).transpose(1, 2);
    };
    const std::int64_t queries = a.onlyCls ? 1 : S;
    const torch::Tensor query = perHead(a.onlyCls ? a.query : laidOut(a.query), queries) * scaleOf(a);
    torch::Tensor scores = torch::matmul(query, perHead(laidOut(a.key), S).transpose(2, 3)); // (B, H, Q, S)
    if (input.keyBias.defined())
        scores = scores + input.keyBias;
    const torch::Tensor queryRows = (a.onlyCls ? input.clsRows : input.queryRows).view({B, queries});
    const torch::Tensor probabilities = attentionDropout(torch::softmax(scores, -1), queryRows, input.lengths, drop);
    const torch::Tensor attended = torch::matmul(probabilities, perHead(laidOut(a.value), S)); // (B, H, Q, d/H)
    const torch::Tensor rows = attended.transpose(1, 2).reshape({B * queries, d});
    return input.slots.defined() && !a.onlyCls ? rows.index_select(0, input.slots) : rows;
}

torch::Tensor flashAttention(const Attention &a, const PackedInput &input, const DropoutSite &drop)
{
    // The device's generator is shared by all runs: seed and call must not be torn apart.
    static std::mutex seeding;
    const std::lock_guard guard(seeding);
    if (drop.rate > 0) {
        at::Generator generator = at::globalContext().defaultGenerator(a.query.device());
        const std::lock_guard own(generator.mutex());
        generator.set_current_seed(drop.key);
    }
    const torch::Tensor ends = a.onlyCls ? input.exampleNumbers : input.offsets;
    const torch::Tensor attended = std::get<0>(
        at::_flash_attention_forward(splitHeads(a.query, a.heads), splitHeads(a.key, a.heads), splitHeads(a.value, a.heads),
                                     ends, input.offsets, a.onlyCls ? 1 : input.longest, input.longest, drop.rate,
                                     /*is_causal=*/false, /*return_debug_mask=*/false, scaleOf(a)));
    return attended.reshape({a.query.size(0), a.query.size(1)});
}

bool hasFlashAttention(torch::Device device, torch::ScalarType type, std::int64_t headSize)
{
    if (!device.is_cuda() || type != torch::kBFloat16)
        return false;
    static std::mutex trying;
    static std::map<std::pair<int, std::int64_t>, bool> known; // device and head size
    const std::lock_guard guard(trying);
    const auto [entry, isNew] = known.try_emplace({device.index(), headSize}, false);
    if (!isNew)
        return entry->second;
    try {
        const torch::NoGradGuard noGrad;
        const torch::Tensor token = torch::zeros({1, headSize}, torch::TensorOptions(device).dtype(type));
        PackedInput one;
        one.examples = one.longest = 1;
        one.offsets = torch::arange(2, torch::TensorOptions(device).dtype(torch::kInt));
        entry->second = flashAttention({token, token, token, 1, false}, one, {}).isfinite().all().item<bool>();
    } catch (const c10::Error &) { // an older card, another head size
    }
    return entry->second;
}

} // namespace awb
