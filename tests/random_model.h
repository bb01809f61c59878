#pragma once

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/methods/methods.h"
#include "core/methods/parameters.h"
#include "core/model/checkpoint.h"
#include "core/random.h"

namespace awb::test {

/// A checkpoint of that shape with random weights in `folder`; scaled so that activations stay of ordinary size.
inline Checkpoint randomCheckpoint(const std::filesystem::path &folder, const ModelShape &shape)
{
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "config.json") << nlohmann::json{{"model_type", "bert"},
                                                            {"num_hidden_layers", shape.layers},
                                                            {"hidden_size", shape.hidden},
                                                            {"num_attention_heads", shape.heads},
                                                            {"intermediate_size", shape.feedForward},
                                                            {"vocab_size", shape.vocabulary},
                                                            {"max_position_embeddings", shape.positions},
                                                            {"type_vocab_size", shape.segments},
                                                            {"hidden_act", shape.activation}};
    std::vector<std::vector<float>> values;
    std::vector<TensorView> views;
    for (const Parameter &parameter : parameterTable(shape, methodEntry("head").method, 2)) {
        if (parameter.name.starts_with("classifier."))
            continue;
        const bool norm = parameter.name.ends_with("LayerNorm.weight");
        const double scale = parameter.shape.size() > 1 ? 1.5 / std::sqrt(double(parameter.shape[1])) : 0.1;
        auto &own = values.emplace_back(std::size_t(parameter.elements()));
        for (std::size_t i = 0; i < own.size(); ++i)
            own[i] = float((norm ? 1.0 : 0.0) + scale * 2 * (randomUniform(values.size(), i) - 0.5));
        views.push_back({parameter.name, ElementType::Float32, parameter.shape, std::as_bytes(std::span(own))});
    }
    writeSafetensors(folder / "model.safetensors", views, {});
    return Checkpoint::open(folder);
}

} // namespace awb::test
