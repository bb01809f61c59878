#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/data/batch.h"
#include "core/methods/operations.h"
#include "core/model/checkpoint.h"
#include "core/types.h"

namespace awb {

class FrozenPacks;

/// A task ready for training: encoded parts and what the head and the metrics need.
struct EncodedDataset {
    EncodedTexts train, dev, test;
    Task task = Task::Classification;
    std::vector<std::string> classes; ///< empty for regression
    std::vector<std::string> metrics; ///< first: the task's own

    int outputs() const { return task == Task::Regression ? 1 : int(classes.size()); }
};
/// All parts as the checkpoint's model takes them. Throws Error: no fitting vocabulary, or pairs and a model without a
/// second kind of segment.
EncodedDataset encodeDataset(const Dataset &dataset, const Checkpoint &checkpoint, int maxLength);

/// What a part of the data scores: metric values in the order of EncodedDataset::metrics, and the predictions.
struct Evaluation {
    std::vector<double> metrics;
    double loss = 0;            ///< mean
    std::vector<int> predicted; ///< classification
    std::vector<float> scores;  ///< regression
    std::vector<float> logits;  ///< (examples, outputs), row-major
};

/// One optimizer step, for tests and measurements.
struct StepReport {
    int step = 0; ///< 1 for the first
    double loss = 0;
    Workload work;
    double seconds = 0; ///< wall time of the whole step; of it:
    double dataSeconds = 0, forwardSeconds = 0, backwardSeconds = 0, optimizerSeconds = 0;
};

/// All may be empty.
struct TrainHooks {
    std::function<void(const Progress &)> progress; ///< after every step
    std::function<void(const StepReport &)> step;
    std::function<void(const std::vector<Measurement> &)> measured; ///< once per epoch, and before a stop
    std::function<bool()> stopRequested; ///< asked between batches; true: snapshot, then Stopped is thrown
    std::function<void(int)> started;    ///< once, with the step a snapshot was taken at; 0: from the beginning
    std::function<int()>
        threads; ///< asked before each step: CPU threads to use where the spec names no number; empty: all cores
};

/// Where a run keeps its files. Empty paths: nothing is kept.
struct TrainFiles {
    std::filesystem::path weights;  ///< safetensors of the trained tensors, head included
    std::filesystem::path snapshot; ///< to go on from after a stop
    std::string inputs = {};        ///< SHA-256 of checkpoint and data: a snapshot that was made with others is not used
    double snapshotEvery = 180;     ///< seconds, beside the one at the end of each epoch
};

struct TrainResult {
    Evaluation dev;        ///< after the last epoch
    Provenance provenance; ///< hashes left empty
    std::int64_t trainable = 0, total = 0;
};

/// Trains `spec` from the checkpoint and returns the dev result, on the fast path where that serves (CPU), else on the
/// plain. Throws Error (diverged, out of memory, weights missing or not finite) or Stopped. `frozen`: what runs from the
/// same checkpoint share; null: nothing.
TrainResult train(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &data, const TrainFiles &files,
                  const TrainHooks &hooks, std::shared_ptr<FrozenPacks> frozen = nullptr);

/// Scores a part with stored weights. Throws Error when they do not fit the spec.
Evaluation evaluate(const TrainSpec &spec, const Checkpoint &checkpoint, const std::filesystem::path &weights,
                    const EncodedTexts &part, const EncodedDataset &data);

/// Wall time in seconds to score a part once with a model that is in memory, weights as drawn.
double evaluationSeconds(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedTexts &part,
                         const EncodedDataset &data);

/// Learning rate of a step (0-based): up from 0 over the first `warmup` share of `steps`, in whole steps as in the paper's
/// code, then down to 0 in a line.
double learningRateAt(int step, int steps, double warmup, double peak);

} // namespace awb
