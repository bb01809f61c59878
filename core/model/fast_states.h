#pragma once

#include <torch/types.h>

#include "core/model/encoder.h"
#include "core/model/fast_block.h"

/// What the fast path keeps of a pass for later ones that begin higher up. Internal to core/model.
namespace awb::fast {

template <typename T>
void allocate(LayerStates &states, const Batch &batch, const ModelShape &shape)
{
    const auto layers = std::size_t(shape.layers);
    states.input.resize(layers);
    states.attended.resize(layers);
    for (std::size_t i = 0; i < layers; ++i) {
        const auto rows = [&](std::int64_t count) {
            return torch::empty({count, shape.hidden}, sizeof(T) == 4 ? torch::kFloat32 : torch::kBFloat16);
        };
        if (!states.input[i].defined())
            states.input[i] = rows(batch.tokens());
        if (!states.attended[i].defined())
            states.attended[i] = rows(i + 1 == layers ? batch.size() : batch.tokens());
    }
}

/// A block's rows in a layer's states: where its input and what its attention gives lie, and how many numbers they are.
template <typename T>
struct Kept {
    T *input, *attended;
    std::int64_t inputSize, attendedSize;
};

template <typename T>
Kept<T> kept(const Block &block, LayerStates &states, int layer, const ModelShape &shape)
{
    const std::int64_t d = shape.hidden, first = std::int64_t(block.numbers.front()) * d;
    const bool last = layer + 1 == shape.layers;
    const auto data = [&](std::vector<torch::Tensor> &of) { return static_cast<T *>(of[std::size_t(layer)].data_ptr()); };
    return {data(states.input) + first, data(states.attended) + (last ? block.firstExample * d : first),
            block.all().count * d, (last ? block.cls() : block.all()).count * d};
}

} // namespace awb::fast
