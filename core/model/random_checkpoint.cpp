#include "core/model/random_checkpoint.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/files.h"
#include "core/random.h"

namespace awb {

Checkpoint randomCheckpoint(const std::filesystem::path &folder, const ModelShape &shape)
{
    std::filesystem::create_directories(folder);
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
