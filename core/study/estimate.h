#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/types.h"

namespace awb {

/// Optimizer steps of one epoch: whole batches only unless `partialBatch`, at least one.
std::int64_t stepsPerEpoch(std::int64_t examples, const Recipe &recipe);

/// How much a data set gives to train on.
struct TaskSize {
    std::int64_t examples = 0; ///< of train
    std::vector<int> tokens;   ///< of a sample of them, each roughly
};
using TaskSizes = std::map<std::string, TaskSize>; ///< by the data set's name

/// Expected computing time of runs as the queue computes them: as many together as those that were measured.
struct TimeEstimate {
    double seconds = 0;            ///< of the runs that could be estimated
    int runs = 0;                  ///< that could be
    int rough = 0;                 ///< of them those estimated from another task
    int unknown = 0;               ///< nothing like them has been computed yet
    std::set<std::string> unsized; ///< data sets whose sizes would make the estimate possible, or better
};

/// Estimates from what finished runs of the same checkpoint, device and precision took per step, evaluation included; those
/// that share the data set count first, then the method, then the length of texts, then the batch; among equals the newest,
/// so that the estimate corrects itself while a study runs. A task that no such run had is scaled from another one by
/// `sizes`: by its examples and by how many tokens they have.
TimeEstimate expectedTime(const std::vector<TrainSpec> &specs, const std::vector<Run> &finished,
                          const TaskSizes &sizes = {});

} // namespace awb
