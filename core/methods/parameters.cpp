#include "core/methods/parameters.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "core/methods/methods.h"

namespace awb {

namespace {

enum Size { None, Hidden, FeedForward, Vocabulary, Positions, Segments, Bottleneck, Outputs, SizeCount };

struct Tensor {
    std::string_view name;
    Size rows;
    Size columns; ///< None: a vector
};

constexpr Tensor embeddingTables[] = {
    {"embeddings.word_embeddings.weight", Vocabulary, Hidden},
    {"embeddings.position_embeddings.weight", Positions, Hidden},
    {"embeddings.token_type_embeddings.weight", Segments, Hidden},
};
constexpr Tensor attention[] = {
    {"attention.self.query.weight", Hidden, Hidden},   {"attention.self.query.bias", Hidden, None},
    {"attention.self.key.weight", Hidden, Hidden},     {"attention.self.key.bias", Hidden, None},
    {"attention.self.value.weight", Hidden, Hidden},   {"attention.self.value.bias", Hidden, None},
    {"attention.output.dense.weight", Hidden, Hidden}, {"attention.output.dense.bias", Hidden, None},
};
constexpr Tensor feedForward[] = {
    {"intermediate.dense.weight", FeedForward, Hidden},
    {"intermediate.dense.bias", FeedForward, None},
    {"output.dense.weight", Hidden, FeedForward},
    {"output.dense.bias", Hidden, None},
};
constexpr Tensor adapter[] = {
    {"adapter.down.weight", Bottleneck, Hidden},
    {"adapter.down.bias", Bottleneck, None},
    {"adapter.up.weight", Hidden, Bottleneck},
    {"adapter.up.bias", Hidden, None},
};
constexpr Tensor layerNorm[] = {{"LayerNorm.weight", Hidden, None}, {"LayerNorm.bias", Hidden, None}};
constexpr Tensor pooler[] = {{"pooler.dense.weight", Hidden, Hidden}, {"pooler.dense.bias", Hidden, None}};
constexpr Tensor head[] = {{"classifier.weight", Outputs, Hidden}, {"classifier.bias", Outputs, None}};

struct Sizes {
    std::int64_t of[SizeCount];
    std::int64_t elements(const Tensor &tensor) const { return of[tensor.rows] * of[tensor.columns]; }
};

Sizes sizesOf(const ModelShape &shape, const Method &method, int outputs)
{
    return {
        {1, shape.hidden, shape.feedForward, shape.vocabulary, shape.positions, shape.segments, method.bottleneck, outputs}};
}

constexpr std::string_view layerPrefix = "encoder.layer.", adapted = "{adapted}";

/// The glob with the number of the name's layer in place of "{adapted}"; empty, which matches nothing, when that layer holds
/// no adapter.
std::string globFor(std::string glob, const Method &method, std::string_view name)
{
    if (!name.starts_with(layerPrefix))
        return {};
    name.remove_prefix(layerPrefix.size());
    const std::string number(name.substr(0, name.find('.')));
    if (sitesOf(method, std::stoi(number)) == LayerSites{false, false})
        return {};
    return glob.replace(glob.find(adapted), adapted.size(), number);
}

/// Calls visit(name, tensor) for each.
template <class Visit>
void visitTensors(const std::string &prefix, std::span<const Tensor> tensors, Visit &&visit)
{
    std::string name = prefix;
    for (const Tensor &tensor : tensors) {
        name.resize(prefix.size());
        name += tensor.name;
        visit(name, tensor);
    }
}

template <class Visit>
void visitLayer(int layer, LayerSites sites, Visit &&visit)
{
    const std::string prefix = "encoder.layer." + std::to_string(layer) + ".";
    visitTensors(prefix, attention, visit);
    if (sites.attention)
        visitTensors(prefix + "attention.output.", adapter, visit);
    visitTensors(prefix + "attention.output.", layerNorm, visit);
    visitTensors(prefix, feedForward, visit);
    if (sites.feedForward)
        visitTensors(prefix + "output.", adapter, visit);
    visitTensors(prefix + "output.", layerNorm, visit);
}

struct Counter {
    const Method &method;
    const Sizes &sizes;
    std::int64_t trainable = 0, total = 0;

    void operator()(const std::string &name, const Tensor &tensor)
    {
        const std::int64_t elements = sizes.elements(tensor);
        total += elements;
        if (trains(method, name))
            trainable += elements;
    }
};

/// Globs without digits cannot tell the layers apart: the number in a name is always met by a '*'.
bool treatsLayersAlike(const Method &method)
{
    return std::none_of(method.train.begin(), method.train.end(),
                        [](const std::string &glob) { return glob.find_first_of("0123456789") != std::string::npos; });
}

} // namespace

std::int64_t Parameter::elements() const
{
    std::int64_t product = 1;
    for (const std::int64_t size : shape)
        product *= size;
    return product;
}

bool trains(const Method &method, std::string_view name)
{
    return std::any_of(method.train.begin(), method.train.end(), [&](const std::string &glob) {
        return glob.find(adapted) == glob.npos ? matchesGlob(glob, name) : matchesGlob(globFor(glob, method, name), name);
    });
}

std::vector<Parameter> parameterTable(const ModelShape &shape, const Method &method, int outputs)
{
    const Sizes sizes = sizesOf(shape, method, outputs);
    std::vector<Parameter> table;
    const auto add = [&](const std::string &name, const Tensor &tensor) {
        std::vector<std::int64_t> dimensions = {sizes.of[tensor.rows]};
        if (tensor.columns != None)
            dimensions.push_back(sizes.of[tensor.columns]);
        table.push_back({name, std::move(dimensions), trains(method, name)});
    };
    visitTensors({}, embeddingTables, add);
    visitTensors("embeddings.", layerNorm, add);
    for (int layer = 0; layer < shape.layers; ++layer)
        visitLayer(layer, sitesOf(method, layer), add);
    visitTensors({}, pooler, add);
    visitTensors({}, head, add);
    return table;
}

double ParameterCount::share() const
{
    return total > adapters ? static_cast<double>(trainable) / static_cast<double>(total - adapters) : 0;
}

ParameterCount countParameters(const ModelShape &shape, const Method &method, int outputs)
{
    const Sizes sizes = sizesOf(shape, method, outputs);
    const bool alike = treatsLayersAlike(method);
    Counter all{method, sizes};
    std::optional<Counter> known[2][2]; // of a layer with these sites, when the layers are alike
    ParameterCount count;
    visitTensors({}, embeddingTables, all);
    count.tables = all.trainable;
    visitTensors("embeddings.", layerNorm, all);
    for (int layer = 0; layer < shape.layers; ++layer) {
        const LayerSites sites = sitesOf(method, layer);
        std::optional<Counter> &one = known[sites.attention][sites.feedForward];
        if (!one || !alike) {
            one.emplace(Counter{method, sizes});
            visitLayer(layer, sites, *one);
        }
        all.trainable += one->trainable;
        all.total += one->total;
        for (const Tensor &tensor : adapter)
            count.adapters += sizes.elements(tensor) * (int(sites.attention) + int(sites.feedForward));
    }
    visitTensors({}, pooler, all);
    visitTensors({}, head, all);
    count.trainable = all.trainable;
    count.total = all.total;
    count.fileBytes = 4 * all.trainable;
    return count;
}

LayerSites sitesOf(const Method &method, int layer)
{
    if (method.bottleneck <= 0)
        return {false, false};
    return layer < static_cast<int>(method.sites.size()) ? method.sites[layer] : LayerSites{};
}

} // namespace awb
