#pragma once

#include <filesystem>
#include <string>

#include "core/store/store.h"

namespace awb {

/// A finished run whose weights are there.
struct TrainedRun {
    Run run;
    std::filesystem::path weights; ///< safetensors, absolute
};

/// Throws Error: no such run, not finished, weights gone.
TrainedRun trainedRun(const Store &store, std::int64_t id);

} // namespace awb
