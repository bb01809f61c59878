#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/types.h"

namespace awb {

/// Expected computing time of runs as the queue computes them: as many together as those that were measured.
struct TimeEstimate {
    double seconds = 0; ///< of the runs that could be estimated
    int runs = 0;       ///< that could be
    int unknown = 0;    ///< nothing like them has been computed yet
};

/// Estimates from what finished runs of the same checkpoint, device and precision took per step, evaluation included; those
/// that share the data set count first, then the method, then the length of texts, then the batch; among equals the newest,
/// so that the estimate corrects itself while a study runs. `trainingExamples`: of data sets that no finished run tells
/// the number of steps of.
TimeEstimate expectedTime(const std::vector<TrainSpec> &specs, const std::vector<Run> &finished,
                          const std::map<std::string, std::int64_t> &trainingExamples = {});

} // namespace awb
