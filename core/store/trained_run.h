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

/// The same, where what it says now can stand beside its stored score. Its device is the CPU where it was trained on one
/// that is not here. Throws Error too when its data set or checkpoint has other files now.
TrainedRun comparableRun(const Store &store, std::int64_t id);

} // namespace awb
