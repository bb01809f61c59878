#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/model/encoder.h"
#include "core/model/frozen_packs.h"
#include "core/model/kernels/product.h"
#include "core/model/kernels/rows.h"

/// The weights of a model as the fast path multiplies with them. Internal to core: includes torch.
namespace awb::fast {

/// Where the gradient of one trained parameter is summed: in a buffer of its own for each share of the batch, but for the
/// first share in the parameter's gradient itself where the shapes are equal.
struct Slot {
    torch::Tensor parameter;
    std::int64_t offset = 0;           ///< in the buffer
    std::int64_t rows = 0, stride = 0; ///< padding included

    bool isPadded() const { return rows * stride != parameter.numel(); }
};

/// All trained parameters except the embeddings.
struct Slots {
    std::vector<Slot> slots;
    std::int64_t size = 0; ///< of a buffer, in float32 numbers
    /// Of the first share's buffer: 0 where it has nothing to hold.
    std::int64_t sizeOfFirst() const;
    /// Makes all but the matrices of a buffer zero, which are stored before they are added to.
    void clear(float *sums) const;
    /// Number of the slot, -1 for a frozen parameter. Matrices are padded to (rows, stride).
    int add(const torch::Tensor &parameter, std::int64_t rows = 1, std::int64_t stride = 0);
};

/// The gradients that one share of the batch sums.
struct GradientSums {
    const Slots &slots;
    float *values;     ///< the share's buffer
    bool first;        ///< block of the share: a matrix's gradient is stored, not added to what lies there
    bool inParameters; ///< of the first share, whose sums are the parameters' gradients, zero before the step

    float *of(int number) const
    {
        const Slot &slot = slots.slots[std::size_t(number)];
        return inParameters && !slot.isPadded() ? slot.parameter.grad().data_ptr<float>() : values + slot.offset;
    }
};

/// y = x W^T + b, W (out, in).
template <typename T>
struct DenseWeights {
    std::shared_ptr<DensePack<T>> pack; ///< of its own where it is trained, else shared with other runs
    std::vector<Dense> parts;           ///< several share one product: key and value
    std::vector<int> weightSlots, biasSlots;
    std::int64_t in = 0, out = 0; ///< padding included
    bool trained = false;

    void load(DensePack<T> &into) const;
};
template <typename T>
struct AdapterWeights {
    DenseWeights<T> down, up;
    kernels::Activation activation = kernels::Activation::GeluTanh;
    bool exists = false;
};
struct LayerNormWeights {
    LayerNorm module{nullptr};
    int weightSlot = -1, biasSlot = -1;
    kernels::NormWeights values() const;
};
/// dense, dropout, adapter, residual, LayerNorm
template <typename T>
struct OutputWeights {
    DenseWeights<T> dense;
    AdapterWeights<T> adapter;
    LayerNormWeights norm;
};
template <typename T>
struct LayerWeights {
    DenseWeights<T> query, keyValue, intermediate;
    OutputWeights<T> attention, output;
};

template <typename T>
struct ModelWeights {
    std::vector<LayerWeights<T>> layers;
    DenseWeights<T> pooler;
    LayerNormWeights embeddingNorm;
    int classifierWeight = -1, classifierBias = -1;
    Slots slots;

    ModelWeights(AdaptedBert &model, FrozenPacks &frozen);
    /// Packs what the optimizer has changed.
    void refresh();
};

/// Adds the sums of the first `shares` buffers, in their order, to the parameters' gradients: of the first buffer what is
/// padded, the rest is there.
void addGradients(const Slots &slots, const std::vector<kernels::Buffer<float>> &sums, std::int64_t shares);
/// Sums of token, position and segment embeddings of some rows of the batch: (rows, d).
void lookUp(const Embeddings &embeddings, const Batch &batch, std::span<const std::int32_t> rows, float *sums);
/// Adds the rows of `gradient` (T, d) to the gradients of the trained embedding tables.
void addEmbeddingGradients(const Embeddings &embeddings, const Batch &batch, const float *gradient);

extern template struct ModelWeights<float>;
extern template struct ModelWeights<kernels::BFloat16>;

} // namespace awb::fast
