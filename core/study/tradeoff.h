#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/methods/counting.h"
#include "core/study/seed_groups.h"
#include "core/study/study.h"
#include "core/types.h"

namespace awb {

/// Which scores of its runs a point stands for: by the selection of a study; without one after the last epoch, mean over
/// seeds.
struct ScoreRule {
    Selection selection;
    std::map<std::int64_t, double> bestEpochs; ///< Store::bestEpochScores(); used where the best epoch is wanted
    int others = 0;   ///< finished runs under the study's name that it does not ask for, which have no point
    int outdated = 0; ///< ones on other data or weights than the library's, or scored by another metric, which have none
};

/// Groups finished runs of one data set and checkpoint that differ in the seed only into points, ordered by method, then
/// trainable parameters. Runs without a finite score are left out, and of runs with several metrics all but those with the
/// newest run's, since scores of two metrics share no axis. Of several runs with one seed the newest counts, since
/// a repeat would pretend to a smaller standard error. Where points of one method and size differ in the recipe, their
/// labels say in what.
std::vector<Point> tradeoffPoints(const std::vector<Run> &runs, CountingRule counting = CountingRule::Trained,
                                  const ScoreRule &rule = {});
/// How many finished runs tradeoffPoints() leaves out since they are scored by another metric than the newest.
int scoredOtherwise(const std::vector<Run> &runs);

/// Which scores the points show, for captions, tooltips and exports.
std::string tradeoffRule(const Selection &selection);

/// How many runs were computed at the same time as each run of a point, itself included; in the order of its runs. `runs`
/// holds those.
std::vector<std::int64_t> togetherOf(const Point &point, const std::vector<Run> &runs);

/// Points as CSV (RFC 4180): method,label,metric,trainable,mean,sem (empty for one seed and for the best one),n,runs, and
/// the means of what the runs cost
/// (stored_bytes,examples_per_second,steps_per_second,peak_memory,epoch_seconds,inference_seconds; empty where not
/// recorded), together (togetherOf(), as `runs` tell), then parameters,rules: what `counting`, with which the points were
/// made, counts, and what the numbers mean. Run numbers are separated by spaces.
std::string toCsv(const std::vector<Point> &points, const std::vector<Run> &runs,
                  CountingRule counting = CountingRule::Trained, const Selection &selection = {});

} // namespace awb
