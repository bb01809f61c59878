#pragma once

#include <vector>

#include "core/methods/counting.h"
#include "core/study/seed_groups.h"
#include "core/types.h"

namespace awb {

/// Mean and standard error of the mean, sd/sqrt(n) with sd over n - 1; sem 0 for n < 2.
struct MeanSem {
    double mean = 0, sem = 0;
    int n = 0;
};
MeanSem meanSem(const std::vector<double> &values);

/// Groups finished runs of one data set and checkpoint that differ in the seed only into points, ordered by method, then
/// trainable parameters. Runs without a finite score are left out. Of several runs with one seed the newest counts, since
/// a repeat would pretend to a smaller standard error. Where points of one method and size differ in the recipe, their
/// labels say in what.
std::vector<Point> tradeoffPoints(const std::vector<Run> &runs, CountingRule counting = CountingRule::Trained);

/// Which scores the points show, for tooltips and exports.
inline constexpr const char *tradeoffRule =
    "score on dev after the last epoch, mean over seeds; every setting is a point of its own, none is chosen";

/// The quick study on the sample library: election tweets, adapters m = 1, 8, 64, head only, full fine-tuning, one epoch.
inline constexpr const char *quickStudyName = "quick";

/// Points as CSV (RFC 4180): method,label,metric,trainable,mean,sem,n,runs, and the means of what the runs cost
/// (stored_bytes,examples_per_second,peak_memory,epoch_seconds,inference_seconds; empty where not recorded), then
/// parameters,rules: what `counting`, with which the points were made, counts, and what the numbers mean. Run numbers are
/// separated by spaces.
std::string toCsv(const std::vector<Point> &points, CountingRule counting = CountingRule::Trained);

} // namespace awb
