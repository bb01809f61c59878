#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/store/store.h"
#include "core/study/estimate.h"
#include "core/study/selection.h"
#include "core/study/tradeoff.h"

namespace awb {

/// How far a study is.
struct StudyState {
    std::vector<TrainSpec> specs; ///< of all its runs
    /// Those without a run that waits, is under way, or is finished on today's data and weights, scored by today's metric.
    std::vector<TrainSpec> missing;
    std::vector<std::int64_t> runs; ///< of the others, in the order of specs
    int done = 0;
    int ahead = 0; ///< runs of its name that wait, are paused or are being computed, also those it no longer asks for
    TimeEstimate expected; ///< of what is not done yet
};

/// Compares a study with the runs of its name. `sizes`: of data sets, as readTaskSize() tells; which ones the expected time
/// lacks, it says. Throws Error naming the checkpoint or the data sets that the library lacks.
StudyState studyState(const Store &store, const Study &study, const TaskSizes &sizes = {});
/// Reads a data set, which takes seconds for large ones. Throws Error as loadDataset() does.
TaskSize readTaskSize(const Manifest &manifest);

/// Throws Error where no run of the study could be computed here: its texts are longer than the checkpoint's positions, its
/// device is another machine's, its checkpoint cannot be read, or its recipe is beyond recipe_limits.h.
void requireComputable(const Store &store, const Study &study);
/// Throws Error where a setting lies beyond what a recipe may hold. Asked before computing too, since a stored study may be
/// older than these limits.
void requireLimits(const Study &study);

/// The runs under a study's name that wait or are paused and that it, as it is now, does not ask for. Throws Error where the
/// study does not fit its checkpoint.
std::vector<Run> noLongerAsked(const Store &store, const Study &study);
/// Stores the study in the place of one of its name, and cancels what is no longer asked for. Returns how many. Throws as
/// noLongerAsked().
int replaceStudy(Store &store, const Study &study);

/// replaceStudy(), then queues what the study lacks in one transaction, lets paused runs go on, and returns all its runs
/// that are not done yet, in queue order. Called again it only completes: what is finished stays.
std::vector<std::int64_t> queueStudy(Store &store, const Study &study);

/// Runs of a study that wait, are paused or are being computed.
std::vector<std::int64_t> unfinishedRuns(const Store &store, const std::string &study);
/// Cancels them; those at work stop within one batch. What is finished stays. Returns how many.
int cancelStudy(Store &store, const std::string &study);

/// Whether the library holds another study under this one's name, which saving or queueing this one would replace.
bool replacesAnother(const Store &store, const Study &study);
/// Forgets a study; its finished runs stay without its name, those that wait are cancelled. Returns how many finished ones
/// stay. Throws Error when none of that name is stored, or one of its runs is being computed.
int deleteStudy(Store &store, const std::string &name);

/// What the store holds of a study.
StudyResults studyResults(const Store &store, const Study &study);

/// What a trade-off is made of.
struct TaskResults {
    std::vector<Run> runs; ///< finished ones of one data set and checkpoint
    ScoreRule rule;
    CountingRule counting = CountingRule::Trained; ///< the study's, where there is one
};

/// The finished runs of a data set and checkpoint (empty names mean any); of a study only those that it asks for, with the
/// scores that it selects. A study that neither library nor presets know has all runs under its name, with the scores after
/// their last epoch. `study` empty: every run.
TaskResults taskResults(const Store &store, const std::string &study, const std::string &dataset,
                        const std::string &checkpoint);
TaskResults taskResults(const Store &store, const Study &study, const std::string &dataset, const std::string &checkpoint);

/// A study by the name of a stored one or of a preset; a stored one goes first.
std::optional<Study> knownStudy(const Store &store, const std::string &name);
/// The same, or from a file. Throws Error listing the names.
Study findStudy(const Store &store, const std::string &nameOrFile);

} // namespace awb
