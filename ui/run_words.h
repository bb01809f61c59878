#pragma once

#include <vector>

#include <QString>

#include "core/store/dev_outcome.h"
#include "core/types.h"

/// The words of the page about one run or two: HTML made from what the store says.
namespace awb::run_words {

/// A run with the metrics of its last scoring on dev, and on test where that was looked at.
struct RunFacts {
    Run run;
    std::vector<std::pair<std::string, double>> metrics, test;
};
RunFacts factsOf(const Run &run, const std::vector<Measurement> &measurements);

/// "Run 15 · cola · adapters, m = 64"; `layers` of its checkpoint.
QString title(const Run &run, int layers);
/// One run: everything. Two: the settings that differ, and scores and costs of both.
QString facts(const std::vector<RunFacts> &runs);
/// Confusion matrices, and of two runs the examples on which they disagree.
QString predictions(const std::vector<Run> &runs, const DevOutcome &outcome);

} // namespace awb::run_words
