#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/study/statistics.h"
#include "core/study/study.h"
#include "core/types.h"

namespace awb {

/// A study and what the store holds of it: all that its charts are made of.
struct StudyResults {
    Study study;
    std::vector<Run> runs;                     ///< of Store::runsOfStudy() those that it asks for
    std::map<std::int64_t, double> bestEpochs; ///< Store::bestEpochScores()
    std::map<std::int64_t, double> testScores; ///< Store::testScores()
    int others = 0;   ///< finished runs under its name that it does not ask for, which are not among `runs`
    int outdated = 0; ///< ones on other data or weights than the library's, or scored by another metric; not among `runs`
};

/// What one setting gave: runs that differ in the seed only.
struct SettingResult {
    TrainSpec spec;     ///< of the setting; the seed is the first run's
    std::string metric; ///< the task's first
    double score = 0;   ///< by the selection's rules, 0..1 (correlations -1..1)
    double sem = 0;     ///< standard error of the mean over seeds; 0 for one seed and where the best seed stands
    std::vector<std::int64_t> runs;
    std::vector<double> scores; ///< one per seed, in the order of runs
    int lost = 0;               ///< seeds without a score, since their runs failed or diverged; 0 where the best seed stands
    std::int64_t parameters = 0; ///< by the study's way of counting
};

/// The best setting of a sweep for one task, method and size.
struct Chosen {
    SettingResult outcome;
    int settings = 1; ///< learning rates, epochs ... that were compared

    const std::string &dataset() const { return outcome.spec.dataset; }
    const Method &method() const { return outcome.spec.method; }
};

/// m of adapters, k of top layers, 0 for methods without a size.
int sizeOf(const Method &method);

/// Whether a run is finished and has a score that is a number.
bool isScored(const Run &run);
/// The score of a finished run: after its last epoch or the best of its epochs, as the selection says. A run whose best
/// epoch is not known stands with its last.
double scoreOf(const Run &run, const Selection &selection, const std::map<std::int64_t, double> &bestEpochs);
/// Seeds in one number, by the selection: their mean and its standard error, or the best of them with sem 0.
MeanSem overSeeds(const std::vector<double> &scores, const Selection &selection);

/// Every setting with a result, in the order of first runs. Runs that are not finished, whose score is no number, or which
/// used other data, weights or another metric than the task's newest are left out; of several runs with one seed the one
/// that was finished last counts, on whatever device. `bestEpochs`: Store::bestEpochScores(), looked at only where the
/// selection wants the best epoch.
std::vector<SettingResult> outcomes(const std::vector<Run> &runs, const Selection &selection, CountingRule counting,
                                    const std::map<std::int64_t, double> &bestEpochs = {});

/// Leaves out the runs of other tasks; empty: none. Throws Error where the study does not have that one.
void keepTask(StudyResults &results, const std::string &dataset);
/// The part of describe(Selection) on a single setting: "score on dev after the last epoch, mean over seeds"; on seeds only
/// where there are `several`.
std::string describeScore(const Selection &selection, bool several = true);

/// Whether a setting goes before another when one is chosen on dev: the higher score, but whatever of its seeds are left,
/// one that lost fewer.
bool chosenBefore(const SettingResult &one, const SettingResult &other);

/// The best setting per task, method and size, by chosenBefore(); of equals the first. Ordered by task, method, size.
std::vector<Chosen> bestOfSweeps(const std::vector<SettingResult> &outcomes);

/// The runs that a result stands for: those of all its seeds, or where the best seed counts, that one.
std::vector<std::int64_t> chosenRuns(const SettingResult &outcome, const Selection &selection);

/// The sentences on runs under a study's name that it does not ask for, on those that data, weights and metric of now have
/// left behind, and on those of another metric than the newest.
std::string othersText(int runs);
std::string outdatedText(int runs);
std::string scoredOtherwiseText(int runs);

/// What the reader of a chart must know of runs that are not in it, a sentence each: failed, without a score, of other data
/// or another metric, counted by another rule for want of a recorded depth, no longer asked for. Empty: nothing.
std::vector<std::string> leftOut(const std::vector<Run> &runs, CountingRule counting);
std::vector<std::string> leftOut(const StudyResults &results, CountingRule counting);

} // namespace awb
