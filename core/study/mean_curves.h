#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/types.h"

namespace awb {

/// A point of a learning curve over seeds.
struct CurvePoint {
    int step = 0; ///< optimizer steps done
    double epoch = 0;
    double mean = 0, sem = 0; ///< sem 0 when n = 1
    int n = 0;                ///< runs that have got there
};

/// The learning curve of runs that differ in the seed only.
struct MeanCurve {
    std::string label;  ///< "adapters, m = 64"
    std::string method; ///< key of resources/methods.json
    std::string dataset, checkpoint;
    std::string metric; ///< of `score`; empty while no run has scored
    std::vector<std::int64_t> runs;
    std::vector<CurvePoint> loss, score; ///< by step; the score is the task's own metric on dev, as stored
};

/// Curves of the runs' stored measurements (by run id), one per group of runs that differ in the seed only, by method, then
/// size. Values that are no numbers are left out; runs without any measurement too.
std::vector<MeanCurve> meanCurves(const std::vector<Run> &runs,
                                  const std::map<std::int64_t, std::vector<Measurement>> &measurements);

/// label,method,dataset,checkpoint,name,step,epoch,mean,sem,n,runs (RFC 4180); name is "loss" or "dev.METRIC", and sem is
/// empty for one run.
std::string toCsv(const std::vector<MeanCurve> &curves);

} // namespace awb
