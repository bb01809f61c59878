#pragma once

#include <cstdint>
#include <vector>

#include "core/model/fast_block.h"
#include "core/model/fast_weights.h"
#include "core/model/kernels/attention.h"

/// One layer forward and backward by hand for a block of the batch. Internal to core: includes torch.
namespace awb::fast {

using kernels::Buffer;

/// Dropout of one layer at one step.
struct LayerDropout {
    kernels::Mask attention, attentionHidden, feedForwardHidden;
};

/// What the end of a sub-layer keeps for the backward pass.
template <typename T>
struct OutputTape {
    Buffer<T> h;           ///< (rows, d) the adapter's input
    Buffer<T> z, slope;    ///< (rows, m) the adapter's activations and the derivative there
    Buffer<T> normalised;  ///< (rows, d)
    Buffer<float> inverse; ///< (rows)
};
/// What a layer keeps for the backward pass.
template <typename T>
struct LayerTape {
    Buffer<T> x;          ///< (rows, d) the layer's input
    Buffer<T> xCls;       ///< (examples, d), last layer only
    Buffer<T> q, kv;      ///< (queries, d), (rows, 2 d)
    Buffer<float> logSum; ///< (heads, queries) example by example
    Buffer<T> attended;   ///< (queries, d) what attention gives
    Buffer<T> h;          ///< (queries, d) between the sub-layers
    Buffer<T> slope;      ///< (queries, f) derivative of the activation
    Buffer<T> g;          ///< (queries, f) activations; only where the dense layer above them is trained
    OutputTape<T> attention, output;
};
/// Memory of one thread, used by every layer.
template <typename T>
struct Scratch {
    Buffer<float> wide;           ///< (rows, d): a product
    Buffer<T> z, rounded, narrow; ///< (rows, m), (rows, d), (rows, d)
    Buffer<T> feedForward;        ///< (rows, f)
    Buffer<T> dq, dkv;            ///< (rows, d), (rows, 2 d)
    Buffer<T> across;
    kernels::Packed<T> packed;
    kernels::AttentionScratch attention;
};

/// The shape of a model and what of a layer is computed.
struct LayerPlan {
    std::int64_t d = 0, f = 0, heads = 0;
    kernels::Activation activation = kernels::Activation::GeluErf;
    LayerSites active;        ///< adapters that act
    bool clsOnly = false;     ///< last layer: only the [CLS] rows are asked for
    bool keep = false;        ///< a backward pass will follow
    bool attended = false;    ///< tape.attention.h holds what attention gives: only the rest is computed
    bool inputNeeded = false; ///< backward pass: something below is trained
    LayerDropout dropout;
};

/// tape.x holds the input; y (queries, d) gets the output.
template <typename T>
void layerForward(const LayerWeights<T> &weights, const LayerPlan &plan, const Block &block, LayerTape<T> &tape,
                  Scratch<T> &scratch, T *y);
/// gradient (queries, d; float32) of y becomes that of x (rows, d); gradients of trained parameters go to `sums`.
template <typename T>
void layerBackward(const LayerWeights<T> &weights, const LayerPlan &plan, const Block &block, LayerTape<T> &tape,
                   Scratch<T> &scratch, const GradientSums &sums, Buffer<float> &gradient);
/// The gradient of y = x W^T + b: sums that of W, rows and stride as the slots say, and of b.
template <typename T>
void addDenseGradient(const DenseWeights<T> &weights, const T *gradient, std::int64_t gradientStride, const T *x,
                      std::int64_t xStride, std::int64_t rows, const GradientSums &sums, Scratch<T> &scratch);

} // namespace awb::fast
