#include "core/model/random_checkpoint.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/random.h"

namespace awb {

namespace {

struct NamedShape {
    const char *name;
    int layers, hidden, heads;
};
/// Turc et al. 2019 (the small ones), Devlin et al. 2018, Wang et al. 2020 (MiniLM).
constexpr NamedShape shapes[] = {{"minilm-l6", 6, 384, 12},   {"bert-tiny", 2, 128, 2},   {"bert-mini", 4, 256, 4},
                                 {"bert-small", 4, 512, 8},   {"bert-medium", 8, 512, 8}, {"bert-base", 12, 768, 12},
                                 {"bert-large", 24, 1024, 16}};

} // namespace

std::vector<std::string> shapeNames()
{
    std::vector<std::string> names;
    for (const NamedShape &each : shapes)
        names.push_back(each.name);
    return names;
}

ModelShape shapeNamed(std::string_view name)
{
    const auto own = std::ranges::find(shapes, name, [](const NamedShape &each) { return std::string_view(each.name); });
    if (own == std::end(shapes)) {
        std::string known;
        for (const std::string &each : shapeNames())
            known += (known.empty() ? "" : ", ") + each;
        throw Error("There is no shape " + std::string(name) + "; known are " + known + ".");
    }
    ModelShape shape;
    shape.layers = own->layers;
    shape.hidden = own->hidden;
    shape.heads = own->heads;
    shape.feedForward = 4 * own->hidden;
    shape.vocabulary = 30522;
    shape.positions = 512;
    return shape;
}

Checkpoint randomCheckpoint(const std::filesystem::path &folder, const ModelShape &shape)
{
    createFolders(folder);
    const nlohmann::json config{{"model_type", "bert"},
                                {"num_hidden_layers", shape.layers},
                                {"hidden_size", shape.hidden},
                                {"num_attention_heads", shape.heads},
                                {"intermediate_size", shape.feedForward},
                                {"vocab_size", shape.vocabulary},
                                {"max_position_embeddings", shape.positions},
                                {"type_vocab_size", shape.segments},
                                {"hidden_act", shape.activation}};
    writeFileAtomically(folder / "config.json", config.dump(2));
    std::vector<std::vector<float>> values;
    std::vector<TensorView> views;
    for (const auto &[name, sizes] : expectedTensors(shape)) {
        const bool norm = name.ends_with("LayerNorm.weight");
        const double scale = sizes.size() > 1 ? 1.5 / std::sqrt(double(sizes[1])) : 0.1;
        auto &own = values.emplace_back(std::size_t(sizes[0] * (sizes.size() > 1 ? sizes[1] : 1)));
        for (std::size_t i = 0; i < own.size(); ++i)
            own[i] = float((norm ? 1.0 : 0.0) + scale * 2 * (randomUniform(values.size(), i) - 0.5));
        views.push_back({name, ElementType::Float32, sizes, std::as_bytes(std::span(own))});
    }
    writeSafetensors(folder / "model.safetensors", views, {});
    return Checkpoint::open(folder);
}

} // namespace awb
