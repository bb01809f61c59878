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

kernels::NormWeights LayerNormWeights::values() const
{
    return {module->weight.data_ptr<float>(), module->bias.data_ptr<float>(), float(module->eps)};
}

namespace {

bool isTrained(const Dense &dense)
{
    return dense->weight.requires_grad() || dense->bias.requires_grad();
}

/// Sizes of a dense layer and the slots of its parameters; `parts` lie one below the other.
template <typename T>
void prepare(DenseWeights<T> &weights, std::vector<Dense> parts, Slots &slots, std::int64_t paddedIn, std::int64_t paddedOut)
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
    weights.load();
}

template <typename T> void prepare(DenseWeights<T> &weights, std::vector<Dense> parts, Slots &slots)
{
    const std::int64_t in = parts.front()->weight.size(1), out = parts.front()->weight.size(0) * std::int64_t(parts.size());
    prepare(weights, std::move(parts), slots, in, out);
}

void prepare(LayerNormWeights &weights, const LayerNorm &module, Slots &slots)
{
    weights.module = module;
    weights.weightSlot = slots.add(module->weight);
    weights.biasSlot = slots.add(module->bias);
}

template <typename T> void prepare(OutputWeights<T> &weights, const Output &module, Slots &slots)
{
    prepare(weights.dense, {module->dense}, slots);
    if (module->adapter) {
        const std::int64_t d = module->dense->weight.size(0);
        const std::int64_t m = roundUp(module->adapter->down->weight.size(0), kernels::rowTile);
        weights.adapter.exists = true;
        weights.adapter.activation = kernels::activationOf(module->adapter->activation);
        prepare(weights.adapter.down, {module->adapter->down}, slots, d, m);
        prepare(weights.adapter.up, {module->adapter->up}, slots, m, d);
    }
    prepare(weights.norm, module->layerNorm, slots);
}

template <typename T> std::vector<DenseWeights<T> *> denses(LayerWeights<T> &layer)
{
    std::vector<DenseWeights<T> *> all{&layer.query, &layer.keyValue, &layer.attention.dense, &layer.intermediate,
                                       &layer.output.dense};
    for (OutputWeights<T> *output : {&layer.attention, &layer.output})
        if (output->adapter.exists)
            all.insert(all.end(), {&output->adapter.down, &output->adapter.up});
    return all;
}

} // namespace

template <typename T> void DenseWeights<T>::load()
{
    bias.assign(std::size_t(out), 0.0f);
    std::vector<float> stacked;
    kernels::Source source{parts.front()->weight.template data_ptr<float>(), parts.front()->weight.size(0),
                           parts.front()->weight.size(1), parts.front()->weight.size(1), 1};
    std::int64_t row = 0;
    for (const Dense &part : parts) {
        std::copy_n(part->bias.template data_ptr<float>(), part->bias.numel(), bias.begin() + row);
        row += part->weight.size(0);
        if (parts.size() > 1) {
            const float *values = part->weight.template data_ptr<float>();
            stacked.insert(stacked.end(), values, values + part->weight.numel());
            source = {stacked.data(), row, source.columns, source.columns, 1};
        }
    }
    kernels::pack(backward, source, out, in);
    kernels::pack(forward, {source.data, source.columns, source.rows, 1, source.columns}, in, out);
}

template <typename T> ModelWeights<T>::ModelWeights(AdaptedBert &model) : layers(model->layer.size())
{
    prepare(embeddingNorm, model->embeddings->layerNorm, slots);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const Layer &module = model->layer[i];
        LayerWeights<T> &layer = layers[i];
        prepare(layer.query, {module->query}, slots);
        prepare(layer.keyValue, {module->key, module->value}, slots);
        prepare(layer.attention, module->attentionOutput, slots);
        prepare(layer.intermediate, {module->intermediate}, slots);
        prepare(layer.output, module->output, slots);
    }
    prepare(pooler, {model->pooler}, slots);
    classifierWeight = slots.add(model->classifier->weight);
    classifierBias = slots.add(model->classifier->bias);
}

template <typename T> void ModelWeights<T>::refresh()
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
            changed[std::size_t(i)]->load();
    });
}

template struct ModelWeights<float>;
template struct ModelWeights<kernels::BFloat16>;

} // namespace awb::fast
