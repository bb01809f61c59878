#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace awb {

class Store;

/// What one measured training costs; medians over its steps.
struct BenchResult {
    std::string path;                   ///< engine path: "fast", "plain"
    int steps = 0;                      ///< measured, after the warm-up steps
    double medianStep = 0, p90Step = 0; ///< seconds
    double examplesPerSecond = 0, tokensPerSecond = 0;
    double tokensPerExample = 0;
    std::int64_t trainable = 0;
    std::int64_t peakMemory = 0; ///< bytes, resident
    Provenance provenance;
};

/// Trains `spec` for `steps` steps after 5 that are not counted, and stores nothing.
BenchResult benchTraining(Store &store, const TrainSpec &spec, int steps);

} // namespace awb
