#pragma once

#include "core/data/dataset.h"
#include "core/model/fast_block.h"
#include "core/model/fast_layer.h"
#include "core/model/fast_weights.h"

/// Pooler, classifier and loss of a block's examples. Internal to core: includes torch.
namespace awb::fast {

/// What the head keeps for the backward pass.
template <typename T>
struct HeadTape {
    Buffer<float> pooled, mask; ///< (examples, d)
    Buffer<float> logits;       ///< (examples, outputs); the loss's gradient once that is known
    Buffer<T> gradient;         ///< (examples, d) of the pooler's product
};

template <typename T>
struct Head {
    const ModelWeights<T> &weights;
    const Dense &classifier;
    std::int64_t outputs;

    /// cls (examples, d): the encoder's output.
    void forward(const Block &block, const T *cls, const kernels::Mask &mask, HeadTape<T> &tape) const;
    /// The head's gradients go to `sums`, that of cls to `gradient`, which is null where nobody needs it.
    void backward(const Block &block, const T *cls, HeadTape<T> &tape, float *gradient, const GradientSums &sums,
                  Scratch<T> &scratch) const;
};

/// Sum of the block's losses (cross-entropy, or squared error for a score); logits (examples, outputs) become the gradient
/// of the batch's mean loss.
double lossGradient(const Batch &batch, const Block &block, Task task, std::int64_t outputs, float *logits);

} // namespace awb::fast
