#pragma once

#include "core/model/checkpoint.h"
#include "core/train/train.h"

namespace awb {

struct BenchSettings {
    int skip = 5, steps = 20; ///< of each repetition: not counted, counted
    int repetitions = 3;
    double seconds = 0;      ///< a repetition ends after that long, but not before three counted steps; 0: no limit
    int runs = 1;            ///< computed side by side as the queue does, with seeds of their own
    bool evaluation = false; ///< score dev, too
};

/// What training costs. Medians are percentile()'s: of two repetitions the mean.
struct BenchResult {
    std::string path;                   ///< engine path: "fast", "plain"
    int steps = 0;                      ///< measured
    double medianStep = 0, p90Step = 0; ///< seconds, of one run
    double examplesPerSecond = 0;       ///< of all runs together; median of the repetitions
    double slowest = 0, fastest = 0;    ///< examples per second of those
    double tokensPerSecond = 0, tokensPerExample = 0;
    std::int64_t trainable = 0;
    double loss = 0; ///< mean of the counted steps': on another path, precision or device the same but for rounding
    double operationsPerSecond = 0; ///< productOperations() of the work by its time
    double productRate = 0;         ///< the same of nothing but products here, see productRate(); 0: not measured
    double dataShare = 0, forwardShare = 0, backwardShare = 0, optimizerShare = 0; ///< of the steps' time
    double evaluationSeconds = 0;                                                  ///< to score dev once; 0: not measured
    std::int64_t peakMemory = 0;                                                   ///< bytes, resident
    Provenance provenance;
};

/// Trains `spec` for a while, again and again. Stores nothing. Of one run the steps are timed, of several all that happens
/// from the first one's start to the last one's end. Throws Error as train().
BenchResult benchTraining(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &texts,
                          const BenchSettings &settings);

} // namespace awb
