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
    double dataShare = 0, optimizerShare = 0; ///< of the steps' time; the rest is forward and backward
    double evaluationSeconds = 0;             ///< to score dev once; 0: not measured
    std::int64_t peakMemory = 0;              ///< bytes, resident
    Provenance provenance;
};

/// Trains `spec` for `steps` steps after `skip` that are not counted, then scores dev if asked to. Stores nothing.
BenchResult benchTraining(Store &store, const TrainSpec &spec, int skip, int steps, bool evaluation);

} // namespace awb
