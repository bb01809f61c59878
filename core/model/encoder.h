#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "core/data/batch.h"
#include "core/model/checkpoint.h"
#include "core/model/dropout.h"
#include "core/types.h"

/// The plain path: BERT with adapters (Houlsby et al. 2019, section 2.1) as LibTorch modules over packed batches.
/// Internal to core: includes torch. Modules and tensors carry the checkpoint's names.
namespace awb {

/// A packed batch as tensors. T tokens, B examples, S tokens in the longest one.
struct PackedInput {
    torch::Tensor ids, segments, positions; ///< (T) int64
    torch::Tensor clsRows;                  ///< (B) int64: row of each example's [CLS]
    std::vector<std::int64_t> lengths;      ///< B
    std::int64_t examples = 0, longest = 0; ///< B, S

    // For padded attention.
    torch::Tensor queryRows; ///< (B S) int64: row of each place of the padded (B S) layout, 0 for padding
    torch::Tensor slots;     ///< (T) int64: place of each row; undefined: no padding
    torch::Tensor keyBias;   ///< (B, 1, 1, S): 0, or -inf for padding; undefined: no padding

    // For flash attention; undefined: the padded one.
    torch::Tensor offsets;        ///< (B+1) int32: first row of each example, and T
    torch::Tensor exampleNumbers; ///< (B+1) int32: 0 .. B
};
/// Copies the batch to the device without waiting for it.
PackedInput packedInput(const Batch &batch, torch::Device device, torch::ScalarType type, bool flash = false);
/// A tensor of the CPU on the device, copied without waiting for it.
torch::Tensor onDevice(const torch::Tensor &tensor, torch::Device device);

/// What an evaluation leaves of each layer, so that another one can start in the middle. In the compute type.
struct LayerStates {
    std::vector<torch::Tensor> input;    ///< (T, d) of the layer
    std::vector<torch::Tensor> attended; ///< (T, d) its attention's output before the adapter; last layer: (B, d)
};

class PrefixCache;

/// How one forward pass is to be done.
struct Pass {
    bool training = false;                           ///< dropout on
    std::uint64_t dropoutKey = 0;                    ///< of this step
    const std::vector<LayerSites> *active = nullptr; ///< ablation: only these adapters act; null: all that exist
    LayerStates *states = nullptr;                   ///< evaluation: filled from `firstLayer` on; null: nothing is kept
    /// The pass starts at this layer's first adapter, with what `states` holds of it; -1: with the texts.
    int firstLayer = -1;
    PrefixCache *prefix = nullptr; ///< fast path: of the part that the batch is drawn from; null: compute all layers
};

/// y = x W^T + b. A frozen weight is stored in the compute type, a trained one in float32 and cast for the product.
struct DenseImpl : torch::nn::Module {
    DenseImpl(std::int64_t in, std::int64_t out);
    torch::Tensor forward(const torch::Tensor &x); ///< (T, in) -> (T, out)
    torch::Tensor weight, bias;
};
TORCH_MODULE(Dense);

struct LayerNormImpl : torch::nn::Module {
    LayerNormImpl(std::int64_t size, double eps);
    torch::Tensor forward(const torch::Tensor &x);
    torch::Tensor weight, bias;
    double eps;
};
TORCH_MODULE(LayerNorm);

/// A(h) = h + W_up g(W_down h + b_down) + b_up.
struct AdapterImpl : torch::nn::Module {
    AdapterImpl(std::int64_t hidden, std::int64_t bottleneck, std::string activation);
    torch::Tensor forward(const torch::Tensor &h);
    Dense down{nullptr}, up{nullptr};
    std::string activation;
};
TORCH_MODULE(Adapter);

struct EmbeddingsImpl : torch::nn::Module {
    explicit EmbeddingsImpl(const ModelShape &shape);
    torch::Tensor forward(const PackedInput &input, torch::ScalarType type); ///< (T, d), before dropout
    torch::Tensor wordEmbeddings, positionEmbeddings, tokenTypeEmbeddings;
    LayerNorm layerNorm{nullptr};
};
TORCH_MODULE(Embeddings);

/// The end of a sub-layer: dense, dropout, adapter, residual, LayerNorm.
struct OutputImpl : torch::nn::Module {
    OutputImpl(std::int64_t in, const ModelShape &shape, int bottleneck, const std::string &activation);
    /// What the adapter gets. `rows`: as dropout's.
    torch::Tensor project(const torch::Tensor &x, const DropoutSite &drop, const torch::Tensor &rows);
    torch::Tensor finish(const torch::Tensor &h, const torch::Tensor &residual, bool adapt);
    Dense dense{nullptr};
    LayerNorm layerNorm{nullptr};
    Adapter adapter{nullptr}; ///< null: none here
};
TORCH_MODULE(Output);

struct LayerImpl : torch::nn::Module {
    LayerImpl(const ModelShape &shape, const Method &method, LayerSites sites);
    /// (T, d) -> (T, d): attention up to its adapter. `streams`: dropout stream of this layer and step; rates 0: evaluation.
    /// `onlyCls`: -> (B, d), of the [CLS] rows alone, which is all that the pooler reads of the last layer.
    torch::Tensor attend(const torch::Tensor &x, const PackedInput &input, bool onlyCls, std::uint64_t streams,
                         double hiddenRate, double attentionRate);
    /// The rest of the layer: (T or B, d) of both -> the same.
    torch::Tensor finish(const torch::Tensor &attended, const torch::Tensor &x, const torch::Tensor &rows,
                         std::uint64_t streams, double hiddenRate, LayerSites active);
    Dense query{nullptr}, key{nullptr}, value{nullptr}, intermediate{nullptr};
    Output attentionOutput{nullptr}, output{nullptr};
    std::int64_t heads;
    std::string activation;
};
TORCH_MODULE(Layer);

/// BERT, adapters and head; trained parameters in float32, frozen ones in the compute type.
struct AdaptedBertImpl : torch::nn::Module {
    /// Loads the checkpoint and draws adapters and head from `seed`. Throws Error naming the tensor: missing, NaN.
    AdaptedBertImpl(const Checkpoint &checkpoint, const Method &method, int outputs, const Recipe &recipe,
                    std::uint64_t seed);

    /// Logits, float32 (B, outputs).
    torch::Tensor forward(const Batch &batch, const Pass &pass);
    /// Trained parameters with their names, in the model's order.
    std::vector<std::pair<std::string, torch::Tensor>> trained() const;
    /// Writes values over trained parameters. Throws Error when one is missing or has another shape.
    void loadTrained(const TensorFile &file, const std::string &fileName);

    torch::Device device() const { return m_device; }
    const ModelShape &shape() const { return m_shape; }
    double hiddenDropout() const { return m_hiddenDropout; }
    double attentionDropout() const { return m_attentionDropout; }
    /// Layer; -1: embeddings; shape.layers: nothing below the pooler. Dropout is off below it.
    int lowestTrained() const { return m_lowestTrained; }

    Embeddings embeddings{nullptr};
    std::vector<Layer> layer;
    Dense pooler{nullptr}, classifier{nullptr};

private:
    void loadFrozen(const Checkpoint &checkpoint);
    void draw(double initStd, std::uint64_t seed);
    void freeze();

    ModelShape m_shape;
    Method m_method;
    double m_hiddenDropout, m_attentionDropout;
    int m_lowestTrained = 0;
    torch::Device m_device;
    torch::ScalarType m_type;
    bool m_flash; ///< attention without padding
};
TORCH_MODULE(AdaptedBert);

/// "cpu", "cuda:0" -> device; throws Error when this machine or this LibTorch has none.
torch::Device deviceOf(const std::string &name);

} // namespace awb
