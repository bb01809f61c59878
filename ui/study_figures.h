#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "core/store/store.h"
#include "core/study/ablation.h"
#include "core/study/selection.h"
#include "core/study/tradeoff.h"
#include "ui/study_chart.h"

namespace awb {

/// What the figures of a study show.
struct StudyFigures {
    StudyResults results;
    std::map<std::string, StudyChart> curves;      ///< learning curves, by data set
    std::map<std::string, ScoreRule> rules;        ///< of the trade-offs, by data set
    std::map<std::int64_t, AblationMap> ablations; ///< by run
};

/// Takes long where runs have long curves: for a worker.
StudyFigures readStudyFigures(const Store &store, const Study &study);
/// What is to be called in turn to write every chart that has a point (PDF and its numbers as CSV), the ablation maps, and
/// every table (Markdown) into a folder, for the study's archive. Each draws, so it belongs on the thread of the window,
/// which can do something else in between.
std::deque<std::function<void()>> drawings(const StudyFigures &figures, const std::filesystem::path &folder);
/// All at once.
void writeStudyFigures(const Store &store, const Study &study, const std::filesystem::path &folder);

} // namespace awb
