#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/methods/counting.h"
#include "core/types.h"

namespace awb {

/// One method of a study and the values it is swept over. Where a list is empty, the one value in brackets is meant.
struct StudyArm {
    std::string method;                ///< key of resources/methods.json
    std::vector<int> sizes;            ///< m of adapters, k of top layers [the method's own]
    bool pooler = true;                ///< of top layers
    std::vector<double> learningRates; ///< [the method's suggestion]
    std::vector<int> epochs;           ///< [the recipe's]
    std::vector<double> initStds;      ///< [the recipe's]

    bool operator==(const StudyArm &) const = default;
};

/// Which score stands for what was computed more than once. All of it looks at dev only.
struct Selection {
    enum class Epoch { Last, Best } epoch = Epoch::Last; ///< of a run's epochs
    enum class Seeds { Mean, Best } seeds = Seeds::Mean; ///< of runs that differ in the seed only

    bool operator==(const Selection &) const = default;
};

/// An experiment: tasks x methods x sizes x learning rates x epochs x seeds on one checkpoint. An entry of
/// resources/studies.json, a file of the user, a row of the store.
struct Study {
    std::string name;  ///< key; the runs carry it
    std::string title; ///< "GLUE trade-off (Figures 1 and 3, left)"
    std::string checkpoint;
    std::vector<std::string> datasets;
    std::vector<StudyArm> arms;
    std::vector<std::uint64_t> seeds = {0};
    Recipe recipe; ///< what all runs share; learning rate and epochs are the arms'
    Selection selection;
    CountingRule counting = CountingRule::WithoutEmbeddings; ///< what its charts count
    std::string paper;              ///< preset with the paper's own setting, to say the differences; empty: none
    std::vector<std::string> notes; ///< sentences on what the paper leaves open or does differently

    bool operator==(const Study &) const = default;
};

/// Throws Error naming the key that is missing, unknown or of the wrong type.
Study studyFromJson(std::string_view json);
/// Indented, for people to edit; settings at their default are left out.
std::string toJson(const Study &study);

/// The quick study on the sample library: election tweets, adapters m = 1, 8, 64, head only, full fine-tuning, one epoch.
inline constexpr const char *quickStudyName = "quick";

/// The studies that come with the program: the quick study, the paper's own, and a small version of each for a CPU
/// ("NAME-small").
const std::vector<Study> &presetStudies();
const Study *presetStudy(std::string_view name); ///< nullptr: none of that name

/// Every run of the study, each once. Seeds vary slowest, then tasks, so that a chart is complete early. `layers`: of the
/// checkpoint. Throws Error when an arm asks for more top layers than that or for a method that is not known.
std::vector<TrainSpec> specsOf(const Study &study, int layers);

/// How many runs the study asks for, without looking at a checkpoint.
std::size_t numberOfRuns(const Study &study);

/// What differs from the paper's setting, a sentence each: the study's notes, then each setting that is not as in the preset
/// that `paper` names, then each part of the recipe that is not the paper's.
std::vector<std::string> differencesFromPaper(const Study &study);

/// "score on dev after the last epoch, mean over seeds; best of the sweep per task and size, chosen on dev"
std::string describe(const Selection &selection);

} // namespace awb
