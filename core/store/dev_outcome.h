#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/types.h"

namespace awb {

class Store;

/// What a finished run says of each example of its dev part: a class index, or a score for real-valued tasks.
using DevPredictions = std::vector<double>;

/// Kept beside the weights, a number a line.
void saveDevPredictions(const std::filesystem::path &runFolder, const DevPredictions &predictions);
/// Throws Error saying why a run has none: not finished, of an older version, files gone.
DevPredictions devPredictions(const Store &store, const Run &run);

/// The dev part of a data set with what one run or two said of it.
struct DevOutcome {
    Task task = Task::Classification;
    std::vector<std::string> classes;
    std::vector<Example> examples;
    std::vector<DevPredictions> predicted; ///< of each run, in the order of examples
};
/// Reads the data set, which takes seconds when it is large. Throws Error when the runs are not of one data set, or it
/// is not as they were computed on: other files, read otherwise, or changed on disk.
DevOutcome devOutcome(const Store &store, const std::vector<Run> &runs);

/// counts[gold * classes + predicted] of run `which`; empty for real-valued tasks.
std::vector<std::size_t> confusionOf(const DevOutcome &outcome, std::size_t which);
/// Indices of the examples on which two runs disagree: in order, or for real-valued tasks those with the largest difference
/// first.
std::vector<std::size_t> disagreements(const DevOutcome &outcome);

} // namespace awb
