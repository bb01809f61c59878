#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/checkpoint.h"

namespace awb {

/// Names of the shapes that shapeNamed() knows: "minilm-l6", "bert-tiny" ... "bert-large".
std::vector<std::string> shapeNames();
/// Throws Error listing the known names.
ModelShape shapeNamed(std::string_view name);

/// Writes a checkpoint of that shape with random weights and no vocabulary into `folder`: for measuring speed and for tests.
/// Scaled so that activations stay of ordinary size; the same shape gives the same weights. Throws Error naming the file.
Checkpoint randomCheckpoint(const std::filesystem::path &folder, const ModelShape &shape);

} // namespace awb
