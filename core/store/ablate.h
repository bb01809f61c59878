#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/train/ablation_engine.h"

namespace awb {

class Store;

/// Why the adapters of a run cannot be taken out, as a sentence for the user; empty: they can. Reads no weights.
std::string whyNoAblation(const Store &store, std::int64_t run);

/// Loads a run and its dev set (seconds for large ones). Throws Error with the sentence above, or when the files cannot be
/// read.
std::unique_ptr<AblationEngine> openAblation(const Store &store, std::int64_t run);

/// Computes the run's map and stores it. `progress` and `stop` as AblationEngine::map's.
AblationMap computeAblation(Store &store, std::int64_t run, const std::function<void(double)> &progress,
                            const std::function<bool()> &stop);

} // namespace awb
