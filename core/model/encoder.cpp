#include "core/model/encoder.h"

#include <algorithm>
#include <limits>

#include <torch/types.h>
#include <torch/cuda.h>

#include "core/error.h"
#include "core/model/attention.h"
#include "core/random.h"
#include "core/methods/parameters.h"

namespace awb {
namespace {

torch::Tensor activate(const torch::Tensor &x, const std::string &activation)
{
    if (activation == "relu")
        return torch::relu(x);
    return torch::gelu(x, activation == "gelu" ? "none" : "tanh");
}

torch::Tensor emptyParameter(std::vector<std::int64_t> shape)
{
    return torch::empty(shape, torch::kFloat32);
}

/// A module that only gives its children a longer name: "attention" + "self" + "query".
torch::nn::Module &group(torch::nn::Module &parent, const std::string &name)
{
    return *parent.register_module(name, std::make_shared<torch::nn::Module>(name));
}

/// The padded layout of a batch.
void layOut(const Batch &batch, torch::Device device, torch::ScalarType type, PackedInput &input)
{
    const std::int64_t places = input.examples * input.longest;
    torch::Tensor slots = torch::empty({batch.tokens()}, torch::kLong), queryRows = torch::zeros({places}, torch::kLong);
    torch::Tensor keyBias = torch::zeros({input.examples, 1, 1, input.longest});
    for (std::int64_t b = 0; b < input.examples; ++b) {
        const std::int64_t first = batch.offsets[std::size_t(b)], length = input.lengths[std::size_t(b)];
        for (std::int64_t i = 0; i < length; ++i) {
            slots.data_ptr<std::int64_t>()[first + i] = b * input.longest + i;
            queryRows.data_ptr<std::int64_t>()[b * input.longest + i] = first + i;
        }
        for (std::int64_t i = length; i < input.longest; ++i)
            keyBias.data_ptr<float>()[b * input.longest + i] = -std::numeric_limits<float>::infinity();
    }
    input.queryRows = onDevice(queryRows, device);
    if (places != batch.tokens()) {
        input.slots = onDevice(slots, device);
        input.keyBias = onDevice(keyBias.to(type), device);
    }
}

} // namespace

torch::Tensor onDevice(const torch::Tensor &tensor, torch::Device device)
{
    // From pageable memory the copy would wait for all that the device has to do.
    return device.is_cpu() ? tensor : tensor.pin_memory().to(device, /*non_blocking=*/true);
}

PackedInput packedInput(const Batch &batch, torch::Device device, torch::ScalarType type, bool flash)
{
    PackedInput input;
    input.examples = batch.size();
    const std::int64_t B = input.examples, T = batch.tokens();
    for (int b = 0; b < batch.size(); ++b)
        input.lengths.push_back(batch.offsets[std::size_t(b) + 1] - batch.offsets[std::size_t(b)]);
    input.longest = *std::max_element(input.lengths.begin(), input.lengths.end());

    std::vector<std::int64_t> all; // one copy for all
    for (const auto *values : {&batch.ids, &batch.segments, &batch.positions, &batch.offsets})
        all.insert(all.end(), values->begin(), values->end());
    const auto parts = onDevice(torch::tensor(all), device).split_with_sizes({T, T, T, B + 1});
    input.ids = parts[0];
    input.segments = parts[1];
    input.positions = parts[2];
    input.clsRows = parts[3].narrow(0, 0, B);
    if (flash) {
        input.offsets = parts[3].to(torch::kInt);
        input.exampleNumbers = torch::arange(B + 1, input.offsets.options());
    } else {
        layOut(batch, device, type, input);
    }
    return input;
}

DenseImpl::DenseImpl(std::int64_t in, std::int64_t out)
    : weight(register_parameter("weight", emptyParameter({out, in}))),
      bias(register_parameter("bias", emptyParameter({out})))
{
}

torch::Tensor DenseImpl::forward(const torch::Tensor &x)
{
    return torch::linear(x, weight.to(x.scalar_type()), bias.to(x.scalar_type()));
}

LayerNormImpl::LayerNormImpl(std::int64_t size, double epsilon)
    : weight(register_parameter("weight", emptyParameter({size}))), bias(register_parameter("bias", emptyParameter({size}))),
      eps(epsilon)
{
}

torch::Tensor LayerNormImpl::forward(const torch::Tensor &x)
{
    // Always normalised in float32: weight and bias differ from 1 and 0 by less than bfloat16 resolves.
    return torch::layer_norm(x.to(torch::kFloat32), {weight.size(0)}, weight, bias, eps).to(x.scalar_type());
}

AdapterImpl::AdapterImpl(std::int64_t hidden, std::int64_t bottleneck, std::string adapterActivation)
    : down(register_module("down", Dense(hidden, bottleneck))), up(register_module("up", Dense(bottleneck, hidden))),
      activation(std::move(adapterActivation))
{
}

torch::Tensor AdapterImpl::forward(const torch::Tensor &h)
{
    const torch::Tensor z = activate(down(h), activation); // (T, m)
    return h + up(z);                                      // (T, d)
}

EmbeddingsImpl::EmbeddingsImpl(const ModelShape &shape)
{
    const auto table = [&](const char *name, std::int64_t rows) {
        return group(*this, name).register_parameter("weight", emptyParameter({rows, shape.hidden}));
    };
    wordEmbeddings = table("word_embeddings", shape.vocabulary);
    positionEmbeddings = table("position_embeddings", shape.positions);
    tokenTypeEmbeddings = table("token_type_embeddings", shape.segments);
    layerNorm = register_module("LayerNorm", LayerNorm(shape.hidden, shape.layerNormEps));
}

torch::Tensor EmbeddingsImpl::forward(const PackedInput &input, torch::ScalarType type)
{
    const torch::Tensor sum = torch::embedding(wordEmbeddings, input.ids) +
                              torch::embedding(tokenTypeEmbeddings, input.segments) +
                              torch::embedding(positionEmbeddings, input.positions); // (T, d)
    return layerNorm(sum.to(type));
}

OutputImpl::OutputImpl(std::int64_t in, const ModelShape &shape, int bottleneck, const std::string &activation)
    : dense(register_module("dense", Dense(in, shape.hidden))),
      layerNorm(register_module("LayerNorm", LayerNorm(shape.hidden, shape.layerNormEps))), adapter(nullptr)
{
    if (bottleneck > 0)
        adapter = register_module("adapter", Adapter(shape.hidden, bottleneck, activation));
}

torch::Tensor OutputImpl::project(const torch::Tensor &x, const DropoutSite &drop, const torch::Tensor &rows)
{
    return dropout(dense(x), drop, rows); // (T or B, d)
}

torch::Tensor OutputImpl::finish(const torch::Tensor &h, const torch::Tensor &residual, bool adapt)
{
    return layerNorm((adapt && adapter ? adapter(h) : h) + residual); // (T, d)
}

LayerImpl::LayerImpl(const ModelShape &shape, const Method &method, LayerSites sites)
    : heads(shape.heads), activation(shape.activation)
{
    const std::int64_t d = shape.hidden;
    torch::nn::Module &attention = group(*this, "attention");
    torch::nn::Module &self = group(attention, "self");
    query = self.register_module("query", Dense(d, d));
    key = self.register_module("key", Dense(d, d));
    value = self.register_module("value", Dense(d, d));
    attentionOutput =
        attention.register_module("output", Output(d, shape, sites.attention ? method.bottleneck : 0, method.activation));
    intermediate = group(*this, "intermediate").register_module("dense", Dense(d, shape.feedForward));
    output = register_module("output",
                             Output(shape.feedForward, shape, sites.feedForward ? method.bottleneck : 0, method.activation));
}

torch::Tensor LayerImpl::attend(const torch::Tensor &x, const PackedInput &input, bool onlyCls, std::uint64_t streams,
                                double hiddenRate, double attentionRate)
{
    const torch::Tensor rows = onlyCls ? input.clsRows : torch::Tensor();
    const Attention attention{query(onlyCls ? x.index_select(0, rows) : x), key(x), value(x), heads, onlyCls};
    const DropoutSite drop{streamKey(streams, AttentionProbabilities), attentionRate};
    const torch::Tensor attended =
        input.offsets.defined() ? flashAttention(attention, input, drop) : paddedAttention(attention, input, drop);
    return attentionOutput->project(attended, {streamKey(streams, AttentionHidden), hiddenRate}, rows); // (T or B, d)
}

torch::Tensor LayerImpl::finish(const torch::Tensor &attended, const torch::Tensor &x, const torch::Tensor &rows,
                                std::uint64_t streams, double hiddenRate, LayerSites active)
{
    const torch::Tensor h = attentionOutput->finish(attended, x, active.attention); // (T or B, d)
    const torch::Tensor wide = activate(intermediate(h), activation);               // (T or B, f)
    const DropoutSite drop{streamKey(streams, FeedForwardHidden), hiddenRate};
    return output->finish(output->project(wide, drop, rows), h, active.feedForward);
}

AdaptedBertImpl::AdaptedBertImpl(const Checkpoint &checkpoint, const Method &method, int outputs, const Recipe &recipe,
                                 std::uint64_t seed)
    : m_shape(checkpoint.shape()), m_method(method),
      m_hiddenDropout(recipe.dropout < 0 ? m_shape.hiddenDropout : recipe.dropout),
      m_attentionDropout(recipe.dropout < 0 ? m_shape.attentionDropout : recipe.dropout), m_device(deviceOf(recipe.device)),
      m_type(recipe.precision == Precision::BFloat16 ? torch::kBFloat16 : torch::kFloat32),
      m_flash(hasFlashAttention(m_device, m_type, m_shape.hidden / m_shape.heads))
{
    torch::NoGradGuard noGrad;
    embeddings = register_module("embeddings", Embeddings(m_shape));
    torch::nn::Module &layers = group(group(*this, "encoder"), "layer");
    for (int i = 0; i < m_shape.layers; ++i)
        layer.push_back(layers.register_module(std::to_string(i), Layer(m_shape, method, sitesOf(method, i))));
    pooler = group(*this, "pooler").register_module("dense", Dense(m_shape.hidden, m_shape.hidden));
    classifier = register_module("classifier", Dense(m_shape.hidden, outputs));
    loadFrozen(checkpoint);
    draw(recipe.initStd, seed);
    freeze();
}

torch::Tensor AdaptedBertImpl::forward(const Batch &batch, const Pass &pass)
{
    const PackedInput input = packedInput(batch, m_device, m_type, m_flash);
    // Nothing is learnt below the lowest trained part, so its dropout would only be noise in fixed features.
    const auto rate = [&](int part, double value) { return pass.training && part >= m_lowestTrained ? value : 0.0; };

    torch::Tensor x = pass.firstLayer < 0 ? embeddings->forward(input, m_type) // (T, d)
                                          : pass.states->input.at(std::size_t(pass.firstLayer));
    if (pass.firstLayer < 0)
        x = dropout(x, {streamKey(pass.dropoutKey, embeddingStream), rate(-1, m_hiddenDropout)});
    if (pass.states) {
        pass.states->input.resize(layer.size());
        pass.states->attended.resize(layer.size());
    }
    for (int i = std::max(0, pass.firstLayer); i < m_shape.layers; ++i) {
        const LayerSites active = pass.active ? pass.active->at(std::size_t(i)) : LayerSites{};
        const std::uint64_t key = streamKey(pass.dropoutKey, std::uint64_t(i));
        Layer &own = layer[std::size_t(i)];
        const bool onlyCls = i + 1 == m_shape.layers;
        const torch::Tensor attended = i == pass.firstLayer ? pass.states->attended.at(std::size_t(i))
                                                            : own->attend(x, input, onlyCls, key, rate(i, m_hiddenDropout),
                                                                          rate(i, m_attentionDropout));
        if (pass.states) {
            pass.states->input[std::size_t(i)] = x;
            pass.states->attended[std::size_t(i)] = attended;
        }
        const torch::Tensor rows = onlyCls ? input.clsRows : torch::Tensor();
        x = own->finish(attended, onlyCls ? x.index_select(0, rows) : x, rows, key, rate(i, m_hiddenDropout), active);
    }
    const torch::Tensor pooled = torch::tanh(pooler(x)); // (B, d)
    const DropoutSite drop{streamKey(pass.dropoutKey, headStream), pass.training ? m_hiddenDropout : 0.0};
    return classifier(dropout(pooled, drop)).to(torch::kFloat32); // (B, C)
}

std::vector<std::pair<std::string, torch::Tensor>> AdaptedBertImpl::trained() const
{
    std::vector<std::pair<std::string, torch::Tensor>> result;
    for (const auto &entry : named_parameters())
        if (entry.value().requires_grad())
            result.emplace_back(entry.key(), entry.value());
    return result;
}

torch::Device deviceOf(const std::string &name)
{
    if (name == "cpu")
        return torch::kCPU;
    if (name.rfind("cuda", 0) == 0) {
        const int index = name.size() > 5 ? std::atoi(name.c_str() + 5) : 0;
        if (!torch::cuda::is_available() || index >= int(torch::cuda::device_count()))
            throw Error("The device " + name + " is not available here; `awb devices` lists those that are.");
        return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
    }
    throw Error("There is no device \"" + name + "\"; `awb devices` lists those that are.");
}

} // namespace awb
