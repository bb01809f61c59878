#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/model/checkpoint.h"
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
/// that is not here. Throws Error too when its data set or checkpoint is another in the library now; reads no file of them.
TrainedRun comparableRun(const Store &store, std::int64_t id);

/// The data set of a finished run. Throws Error when it has other files or is read otherwise now.
Manifest comparableDataset(const Store &store, const Run &run);

/// SHA-256 as a run's provenance has it, once the files are found to be those that were registered (ones without a SHA-256
/// may be any). Throws Error when they have changed. Reads all of them.
std::string unchangedSha256(const Manifest &manifest);
std::string unchangedSha256(const CheckpointEntry &entry, const Checkpoint &checkpoint);
/// A data set of the library, to look at: with a note where its files have changed since it was added. Throws as
/// loadDataset().
Dataset registeredDataset(const Manifest &manifest);
/// The library's checkpoint of this name. Throws Error too when it cannot be read.
Checkpoint openUnchanged(const Store &store, const std::string &name);
/// Finished runs that another reading of their data set (files, columns, labels, first metric) sets apart.
int runsLeftBehind(const Store &store, const Manifest &before, const Manifest &now);
/// A task's metrics with the run's own first, whichever is the task's first by now.
std::vector<std::string> metricsFor(const Run &run, std::vector<std::string> metrics);
/// Throws an Error that begins with the sentence and says what to do.
[[noreturn]] void refuseChanged(const std::string &sentence);

} // namespace awb
