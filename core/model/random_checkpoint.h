#pragma once

#include <filesystem>

#include "core/model/checkpoint.h"

namespace awb {

/// Writes a checkpoint of that shape with random weights and no vocabulary into `folder`: for measuring speed and for tests.
/// Scaled so that activations stay of ordinary size; the same shape gives the same weights. Throws Error naming the file.
Checkpoint randomCheckpoint(const std::filesystem::path &folder, const ModelShape &shape);

} // namespace awb
