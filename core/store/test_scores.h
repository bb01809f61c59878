#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/study/study.h"

namespace awb {

class Store;

/// Scores a finished run on the test part of its data set, with its weights after the last epoch, and stores each metric of
/// the task as the measurement "test.METRIC". Takes as long as loading the data set and one pass over that part. Throws
/// Error: not finished, weights gone, files changed, no labelled test examples.
void scoreOnTest(Store &store, std::int64_t run);

/// What came of scoring a study on test.
struct TestReport {
    int scored = 0;                 ///< runs that were
    std::vector<std::string> notes; ///< a sentence for each that could not be, and for each data set without test labels
};

/// Scores those of a study's runs that Tables 1 and 2 choose on dev and that have no score on test yet; test is looked at
/// for no other run. `progress`: runs looked at, of how many. `stop`: asked between runs; true: Stopped is thrown, and what
/// is scored stays.
TestReport scoreChosenOnTest(Store &store, const Study &study, const std::function<void(int done, int of)> &progress,
                             const std::function<bool()> &stop);

} // namespace awb
