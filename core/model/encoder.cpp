#include "core/model/encoder.h"

#include <cmath>
#include <limits>

#include <torch/types.h>
#include <torch/cuda.h>

#include "core/error.h"
#include "core/random.h"
#include "core/methods/methods.h"
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

} // namespace

PackedInput packedInput(const Batch &batch, torch::Device device, torch::ScalarType type)
{
    PackedInput input;
    input.examples = batch.size();
    const std::int64_t tokens = batch.tokens();
    for (int b = 0; b < batch.size(); ++b) {
        input.lengths.push_back(batch.offsets[std::size_t(b) + 1] - batch.offsets[std::size_t(b)]);
        input.longest = std::max(input.longest, input.lengths.back());
    }
    const std::int64_t places = input.examples * input.longest;
    torch::Tensor slots = torch::empty({tokens}, torch::kLong), queryRows = torch::zeros({places}, torch::kLong);
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
    const auto rows = [&](const std::vector<std::int32_t> &values, std::int64_t n) {
        return torch::from_blob(const_cast<std::int32_t *>(values.data()), {n}, torch::kInt32).to(torch::kLong).to(device);
    };
    input.ids = rows(batch.ids, tokens);
    input.segments = rows(batch.segments, tokens);
    input.positions = rows(batch.positions, tokens);
    input.clsRows = rows(batch.offsets, input.examples);
    input.queryRows = queryRows.to(device);
    if (places != tokens) {
        input.slots = slots.to(device);
        input.keyBias = keyBias.to(type).to(device);
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

torch::Tensor OutputImpl::project(const torch::Tensor &x, const DropoutSite &drop)
{
    return dropout(dense(x), drop); // (T, d)
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

torch::Tensor LayerImpl::attend(const torch::Tensor &x, const PackedInput &input, const DropoutSite &drop)
{
    const std::int64_t B = input.examples, S = input.longest, d = x.size(1);
    // Only here are the examples laid out one per row, so that products run over all heads at once.
    const auto perHead = [&](const torch::Tensor &rows) { // (T, d) -> (B, H, S, d/H)
        const torch::Tensor padded =
            input.slots.defined() ? torch::zeros({B * S, d}, rows.options()).index_copy(0, input.slots, rows) : rows;
        return padded.view({B, S, heads, d / heads}).transpose(1, 2);
    };
    const double scale = 1.0 / std::sqrt(double(d / heads));
    torch::Tensor scores = torch::matmul(perHead(query(x) * scale), perHead(key(x)).transpose(2, 3)); // (B, H, S, S)
    if (input.keyBias.defined())
        scores = scores + input.keyBias;
    const torch::Tensor probabilities = attentionDropout(torch::softmax(scores, -1), input, drop);
    const torch::Tensor heard = torch::matmul(probabilities, perHead(value(x))); // (B, H, S, d/H)
    const torch::Tensor rows = heard.transpose(1, 2).reshape({B * S, d});
    return input.slots.defined() ? rows.index_select(0, input.slots) : rows; // (T, d)
}

torch::Tensor LayerImpl::hear(const torch::Tensor &x, const PackedInput &input, std::uint64_t streams, double hiddenRate,
                              double attentionRate)
{
    const torch::Tensor heard = attend(x, input, {streamKey(streams, AttentionProbabilities), attentionRate});
    return attentionOutput->project(heard, {streamKey(streams, AttentionHidden), hiddenRate}); // (T, d)
}

torch::Tensor LayerImpl::finish(const torch::Tensor &heard, const torch::Tensor &x, std::uint64_t streams, double hiddenRate,
                                LayerSites active)
{
    const torch::Tensor h = attentionOutput->finish(heard, x, active.attention); // (T, d)
    const torch::Tensor wide = activate(intermediate(h), activation);            // (T, f)
    return output->finish(output->project(wide, {streamKey(streams, FeedForwardHidden), hiddenRate}), h, active.feedForward);
}

AdaptedBertImpl::AdaptedBertImpl(const Checkpoint &checkpoint, const Method &method, int outputs, const Recipe &recipe,
                                 std::uint64_t seed)
    : m_shape(checkpoint.shape()), m_method(method),
      m_hiddenDropout(recipe.dropout < 0 ? m_shape.hiddenDropout : recipe.dropout),
      m_attentionDropout(recipe.dropout < 0 ? m_shape.attentionDropout : recipe.dropout), m_device(deviceOf(recipe.device)),
      m_type(recipe.precision == Precision::BFloat16 ? torch::kBFloat16 : torch::kFloat32)
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
    const PackedInput input = packedInput(batch, m_device, m_type);
    // Nothing is learnt below the lowest trained part, so its dropout would only be noise in fixed features.
    const auto rate = [&](int part, double value) { return pass.training && part >= m_lowestTrained ? value : 0.0; };

    torch::Tensor x = pass.firstLayer < 0 ? embeddings->forward(input, m_type) // (T, d)
                                          : pass.states->input.at(std::size_t(pass.firstLayer));
    if (pass.firstLayer < 0)
        x = dropout(x, {streamKey(pass.dropoutKey, embeddingStream), rate(-1, m_hiddenDropout)});
    if (pass.states) {
        pass.states->input.resize(layer.size());
        pass.states->heard.resize(layer.size());
    }
    for (int i = std::max(0, pass.firstLayer); i < m_shape.layers; ++i) {
        const LayerSites active = pass.active ? pass.active->at(std::size_t(i)) : LayerSites{};
        const std::uint64_t key = streamKey(pass.dropoutKey, std::uint64_t(i));
        Layer &own = layer[std::size_t(i)];
        const torch::Tensor heard = i == pass.firstLayer
                                        ? pass.states->heard.at(std::size_t(i))
                                        : own->hear(x, input, key, rate(i, m_hiddenDropout), rate(i, m_attentionDropout));
        if (pass.states) {
            pass.states->input[std::size_t(i)] = x;
            pass.states->heard[std::size_t(i)] = heard;
        }
        x = own->finish(heard, x, key, rate(i, m_hiddenDropout), active);
    }
    const torch::Tensor cls = x.index_select(0, input.clsRows); // (B, d)
    const torch::Tensor pooled = torch::tanh(pooler(cls));
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
