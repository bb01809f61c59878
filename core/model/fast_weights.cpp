#include "core/model/fast_weights.h"

#include <algorithm>

#include <torch/types.h>

#include <ATen/Parallel.h>

namespace awb::fast {

using kernels::Packed;
using kernels::roundUp;

int Slots::add(const torch::Tensor &parameter, std::int64_t rows, std::int64_t stride)
{
    if (!parameter.requires_grad())
        return -1;
    if (stride == 0)
        stride = parameter.numel();
    slots.push_back({parameter, size, rows, stride});
    size += roundUp(rows * stride, 16);
    return int(slots.size()) - 1;
}

std::int64_t Slots::sizeOfFirst() const
{
    return std::ranges::any_of(slots, &Slot::isPadded) ? size : 0;
}

void Slots::clear(float *sums) const
{
    for (const Slot &slot : slots)
        if (slot.rows == 1)
            std::fill_n(sums + slot.offset, slot.stride, 0.0f);
}

kernels::NormWeights LayerNormWeights::values() const
{
    return {module->weight.data_ptr<float>(), module->bias.data_ptr<float>(), float(module->eps)};
}

namespace {

bool isTrained(const Dense &dense)
{
    return dense->weight.requires_grad() || dense->bias.requires_grad();
}

/// Gives a model's weights their slots and packs.
template <typename T>
struct Preparation {
    Slots &slots;
    FrozenPacks &frozen;

    /// `parts` lie one below the other. `name`: of a weight of the checkpoint; empty: not from there.
    void dense(DenseWeights<T> &weights, std::vector<Dense> parts, const std::string &name, std::int64_t paddedIn,
               std::int64_t paddedOut) const
    {
        weights.parts = std::move(parts);
        weights.in = paddedIn;
        weights.out = paddedOut;
        const std::int64_t rows = paddedOut / std::int64_t(weights.parts.size());
        for (const Dense &part : weights.parts) {
            weights.weightSlots.push_back(slots.add(part->weight, rows, paddedIn));
            weights.biasSlots.push_back(slots.add(part->bias));
            weights.trained = weights.trained || isTrained(part);
        }
        if (!weights.trained && !name.empty()) {
            weights.pack = frozen.get<T>(name, [&](DensePack<T> &pack) { weights.load(pack); });
        } else {
            weights.pack = std::make_shared<DensePack<T>>();
            weights.load(*weights.pack);
        }
    }

    void dense(DenseWeights<T> &weights, std::vector<Dense> parts, const std::string &name) const
    {
        const std::int64_t in = parts.front()->weight.size(1);
        const std::int64_t out = parts.front()->weight.size(0) * std::int64_t(parts.size());
        dense(weights, std::move(parts), name, in, out);
    }

    void norm(LayerNormWeights &weights, const LayerNorm &module) const
    {
        weights.module = module;
        weights.weightSlot = slots.add(module->weight);
        weights.biasSlot = slots.add(module->bias);
    }

    void output(OutputWeights<T> &weights, const Output &module, const std::string &name) const
    {
        dense(weights.dense, {module->dense}, name + ".dense");
        if (module->adapter) {
            const std::int64_t d = module->dense->weight.size(0);
            const std::int64_t m = roundUp(module->adapter->down->weight.size(0), kernels::rowTile);
            weights.adapter.exists = true;
            weights.adapter.activation = kernels::activationOf(module->adapter->activation);
            dense(weights.adapter.down, {module->adapter->down}, {}, d, m);
            dense(weights.adapter.up, {module->adapter->up}, {}, m, d);
        }
        norm(weights.norm, module->layerNorm);
    }

    void layer(LayerWeights<T> &weights, const Layer &module, const std::string &name) const
    {
        dense(weights.query, {module->query}, name + ".attention.self.query");
        dense(weights.keyValue, {module->key, module->value}, name + ".attention.self.key");
        output(weights.attention, module->attentionOutput, name + ".attention.output");
        dense(weights.intermediate, {module->intermediate}, name + ".intermediate.dense");
        output(weights.output, module->output, name + ".output");
    }
};

template <typename T>
std::vector<DenseWeights<T> *> denses(LayerWeights<T> &layer)
{
    std::vector<DenseWeights<T> *> all{&layer.query, &layer.keyValue, &layer.attention.dense, &layer.intermediate,
                                       &layer.output.dense};
    for (OutputWeights<T> *output : {&layer.attention, &layer.output})
        if (output->adapter.exists)
            all.insert(all.end(), {&output->adapter.down, &output->adapter.up});
    return all;
}

} // namespace

template <typename T>
void DenseWeights<T>::load(DensePack<T> &into) const
{
    into.bias.assign(std::size_t(out), 0.0f);
    std::vector<float> stacked;
    kernels::Source source{parts.front()->weight.template data_ptr<float>(), parts.front()->weight.size(0),
                           parts.front()->weight.size(1), parts.front()->weight.size(1), 1};
    std::int64_t row = 0;
    for (const Dense &part : parts) {
        std::copy_n(part->bias.template data_ptr<float>(), part->bias.numel(), into.bias.begin() + row);
        row += part->weight.size(0);
        if (parts.size() > 1) {
            const float *values = part->weight.template data_ptr<float>();
            stacked.insert(stacked.end(), values, values + part->weight.numel());
            source = {stacked.data(), row, source.columns, source.columns, 1};
        }
    }
    kernels::pack(into.backward, source, out, in);
    kernels::pack(into.forward, {source.data, source.columns, source.rows, 1, source.columns}, in, out);
}

template <typename T>
ModelWeights<T>::ModelWeights(AdaptedBert &model, FrozenPacks &frozen) : layers(model->layer.size())
{
    const Preparation<T> prepare{slots, frozen};
    prepare.norm(embeddingNorm, model->embeddings->layerNorm);
    for (std::size_t i = 0; i < layers.size(); ++i)
        prepare.layer(layers[i], model->layer[i], "encoder.layer." + std::to_string(i));
    prepare.dense(pooler, {model->pooler}, "pooler.dense");
    classifierWeight = slots.add(model->classifier->weight);
    classifierBias = slots.add(model->classifier->bias);
}

template <typename T>
void ModelWeights<T>::refresh()
{
    std::vector<DenseWeights<T> *> changed;
    for (LayerWeights<T> &layer : layers)
        for (DenseWeights<T> *dense : denses(layer))
            if (dense->trained)
                changed.push_back(dense);
    if (pooler.trained)
        changed.push_back(&pooler);
    at::parallel_for(0, std::int64_t(changed.size()), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            changed[std::size_t(i)]->load(*changed[std::size_t(i)]->pack);
    });
}

void addGradients(const Slots &slots, const std::vector<kernels::Buffer<float>> &sums, std::int64_t shares)
{
    at::parallel_for(0, std::int64_t(slots.slots.size()), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t s = begin; s < end; ++s) {
            const Slot &slot = slots.slots[std::size_t(s)];
            const bool matrix = slot.rows > 1;
            const std::int64_t rows = matrix ? slot.parameter.size(0) : 1, columns = slot.parameter.numel() / rows;
            float *to = slot.parameter.grad().data_ptr<float>();
            for (std::int64_t share = slot.isPadded() ? 0 : 1; share < shares; ++share) {
                const float *from = sums[std::size_t(share)].data() + slot.offset;
                kernels::store({from, rows, columns, slot.stride}, to, columns, true);
            }
        }
    });
}

void lookUp(const Embeddings &embeddings, const Batch &batch, std::span<const std::int32_t> rows, float *sums)
{
    const std::int64_t d = embeddings->wordEmbeddings.size(1);
    const float *words = embeddings->wordEmbeddings.data_ptr<float>();
    const float *positions = embeddings->positionEmbeddings.data_ptr<float>();
    const float *types = embeddings->tokenTypeEmbeddings.data_ptr<float>();
    for (const std::int32_t number : rows) {
        const auto row = std::size_t(number);
        const float *word = words + batch.ids[row] * d, *position = positions + batch.positions[row] * d;
        const float *type = types + batch.segments[row] * d;
        for (std::int64_t i = 0; i < d; ++i)
            sums[i] = word[i] + type[i] + position[i];
        sums += d;
    }
}

void addEmbeddingGradients(const Embeddings &embeddings, const Batch &batch, const float *gradient)
{
    const auto add = [&](const torch::Tensor &table, const std::vector<std::int32_t> &numbers) {
        if (!table.requires_grad())
            return;
        const std::int64_t d = table.size(1);
        float *to = table.grad().data_ptr<float>();
        at::parallel_for(0, d, 64, [&](std::int64_t begin, std::int64_t end) {
            for (std::size_t row = 0; row < numbers.size(); ++row)
                for (std::int64_t i = begin; i < end; ++i)
                    to[numbers[row] * d + i] += gradient[std::int64_t(row) * d + i];
        });
    };
    add(embeddings->wordEmbeddings, batch.ids);
    add(embeddings->positionEmbeddings, batch.positions);
    add(embeddings->tokenTypeEmbeddings, batch.segments);
}

template struct ModelWeights<float>;
template struct ModelWeights<kernels::BFloat16>;

} // namespace awb::fast
