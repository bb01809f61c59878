#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/data/batch.h"
#include "core/model/checkpoint.h"
#include "core/types.h"

namespace awb {

/// A task ready for training: encoded parts and what the head and the metrics need.
struct EncodedDataset {
    EncodedTexts train, dev, test;
    Task task = Task::Classification;
    std::vector<std::string> classes; ///< empty for regression
    std::vector<std::string> metrics; ///< first: the task's own

    int outputs() const { return task == Task::Regression ? 1 : int(classes.size()); }
};
EncodedDataset encodeDataset(const Dataset &dataset, const WordPiece &tokenizer, int maxLength);

/// What a part of the data scores: metric values in the order of EncodedDataset::metrics, and the predictions.
struct Evaluation {
    std::vector<double> metrics;
    double loss = 0;                ///< mean
    std::vector<int> predicted;     ///< classification
    std::vector<float> scores;      ///< regression
    std::vector<float> logits;      ///< (examples, outputs), row-major
};

struct TrainHooks {
    std::function<void(const Progress &)> progress;
    std::function<void(const std::vector<Measurement> &)> measured; ///< once per epoch
    std::function<bool()> stopRequested; ///< asked between batches; true: snapshot, then Stopped is thrown
};

/// Where a run keeps its files. Empty paths: nothing is kept.
struct TrainFiles {
    std::filesystem::path weights;  ///< safetensors of the trained tensors, head included
    std::filesystem::path snapshot; ///< to go on from after a stop; removed at the end
};

struct TrainResult {
    Evaluation dev;       ///< after the last epoch
    std::vector<double> lossPerStep;
    Provenance provenance; ///< hashes left empty
    std::int64_t trainable = 0, total = 0;
};

/// Trains `spec` from the checkpoint and returns the dev result. The plain path: LibTorch and autograd, CPU and CUDA.
/// Throws Error (diverged, out of memory, weights missing or not finite) or Stopped.
TrainResult train(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &data, const TrainFiles &files,
                  const TrainHooks &hooks);

/// Scores a part with stored weights. Throws Error when they do not fit the spec.
Evaluation evaluate(const TrainSpec &spec, const Checkpoint &checkpoint, const std::filesystem::path &weights,
                    const EncodedTexts &part, const EncodedDataset &data);

/// A compute device that this LibTorch can use here.
struct DeviceInfo {
    std::string name;        ///< "cpu", "cuda:0"
    std::string description; ///< "AMD EPYC, 2 cores, AVX512 with bfloat16"
    std::int64_t memory = 0; ///< bytes
};
std::vector<DeviceInfo> devices();
std::string libtorchVersion();

} // namespace awb
