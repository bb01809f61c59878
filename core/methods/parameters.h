#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace awb {

/// One tensor of an adapted model and whether it is trained.
struct Parameter {
    std::string name; ///< as the checkpoint names it; adapters:
                      ///< encoder.layer.I.{attention.output,output}.adapter.{down,up}.{weight,bias}
    std::vector<std::int64_t> shape;
    bool trained = false;

    std::int64_t elements() const;
};

/// The (name, shape, trained) table that follows from config, method and number of outputs (classes; 1 for regression).
/// No torch, no weights. Encoder order; adapters stand between their projection and its LayerNorm, the head comes last.
/// "full" trains everything, embeddings and pooler included.
std::vector<Parameter> parameterTable(const ModelShape &shape, const Method &method, int outputs);

struct ParameterCount {
    std::int64_t trainable = 0;
    std::int64_t total = 0;     ///< whole model with adapters and head
    std::int64_t fileBytes = 0; ///< of the trained tensors stored as float32 safetensors, without the header (a few kB)
    std::int64_t adapters = 0;  ///< in all adapters; total - adapters is the model before the insertion
    std::int64_t tables = 0;    ///< those of `trainable` that lie in the token, position and segment tables

    /// Trainable share of the model before the insertion, 0..1.
    double share() const;
};
/// Microseconds: follows the slider. N(m) = 2L(2md+d+m) + (4L+2)d + Cd + C for adapters (paper, section 2.1 as corrected
/// by its released code).
ParameterCount countParameters(const ModelShape &shape, const Method &method, int outputs);

/// Whether a glob of the method names the parameter. "{adapted}" in a glob stands for the number of any layer that holds an
/// adapter.
bool trains(const Method &method, std::string_view name);

/// The sites of that layer that hold an adapter; none where `bottleneck` is 0.
LayerSites sitesOf(const Method &method, int layer);

} // namespace awb
