#include "core/study/study.h"

#include <algorithm>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/study/selection.h"
#include "core/study/spec_hash.h"

namespace awb::resources {
extern const char *const studies; // resources/studies.json
}

namespace awb {

namespace {

/// Each entry, followed by its small version: the entry patched (RFC 7396) with its "small".
std::vector<Study> readPresets()
{
    std::vector<Study> presets;
    for (nlohmann::ordered_json entry : nlohmann::ordered_json::parse(resources::studies)) {
        const nlohmann::ordered_json small = entry.value("small", nlohmann::ordered_json());
        entry.erase("small");
        presets.push_back(studyFromJson(entry.dump()));
        if (small.is_null())
            continue;
        const std::string name = presets.back().name;
        entry.erase("notes"); // on the paper's own setting, which the small version leaves anyway
        entry["paper"] = name;
        entry["title"] = presets.back().title + ", small";
        entry.merge_patch(small);
        entry["name"] = name + "-small";
        presets.push_back(studyFromJson(entry.dump()));
    }
    return presets;
}

template <typename T>
std::vector<T> orElse(std::vector<T> values, T usual)
{
    return values.empty() ? std::vector<T>{usual} : values;
}

/// The methods of an arm, one per size.
std::vector<Method> methodsOf(const StudyArm &arm, int layers)
{
    const Method &entry = methodEntry(arm.method).method;
    if (entry.bottleneck <= 0 && !arm.initStds.empty())
        throw Error("The method " + arm.method + " of the study has no adapters to initialise: leave out \"init_stds\".");
    if (entry.topLayers < 0 && entry.bottleneck <= 0) {
        if (!arm.sizes.empty())
            throw Error("The method " + arm.method + " of the study has no sizes: leave out \"sizes\".");
        return {entry};
    }
    std::vector<Method> methods;
    for (const int size : orElse(arm.sizes, entry.topLayers >= 0 ? entry.topLayers : entry.bottleneck)) {
        if (entry.topLayers < 0 && size < 1)
            throw Error("Adapters of size 0 are none: take size 1 or more, or the method layer-norm.");
        methods.push_back(entry.topLayers >= 0 ? topLayersMethod(entry, size, arm.pooler, layers) : entry);
        if (entry.topLayers < 0)
            methods.back().bottleneck = size;
    }
    return methods;
}

/// Every recipe of an arm.
std::vector<Recipe> recipesOf(const StudyArm &arm, const Recipe &shared)
{
    std::vector<Recipe> recipes;
    for (const double rate : orElse(arm.learningRates, methodEntry(arm.method).learningRate))
        for (const int epochs : orElse(arm.epochs, shared.epochs))
            for (const double initStd : orElse(arm.initStds, shared.initStd)) {
                recipes.push_back(shared);
                recipes.back().learningRate = rate;
                recipes.back().epochs = epochs;
                recipes.back().initStd = initStd;
            }
    return recipes;
}

} // namespace

const std::vector<Study> &presetStudies()
{
    static const std::vector<Study> presets = readPresets();
    return presets;
}

const Study *presetStudy(std::string_view name)
{
    const auto &all = presetStudies();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Study &study) { return study.name == name; });
    return found == all.end() ? nullptr : &*found;
}

std::vector<TrainSpec> specsOf(const Study &study, int layers)
{
    std::vector<TrainSpec> ofOneTask;
    for (const StudyArm &arm : study.arms)
        for (const Method &method : methodsOf(arm, layers))
            for (const Recipe &recipe : recipesOf(arm, study.recipe))
                ofOneTask.push_back({study.checkpoint, {}, method, recipe, 0});
    std::vector<TrainSpec> specs;
    std::unordered_set<TrainSpec, SpecHash> seen;
    for (const std::uint64_t seed : study.seeds)
        for (const std::string &dataset : study.datasets)
            for (TrainSpec spec : ofOneTask) {
                spec.dataset = dataset;
                spec.seed = seed;
                if (seen.insert(spec).second)
                    specs.push_back(std::move(spec));
            }
    return specs;
}

std::size_t numberOfRuns(const Study &study)
{
    const auto atLeastOne = [](std::size_t n) { return std::max<std::size_t>(n, 1); };
    std::size_t runs = 0;
    for (const StudyArm &arm : study.arms)
        runs += atLeastOne(arm.sizes.size()) * atLeastOne(arm.learningRates.size()) * atLeastOne(arm.epochs.size()) *
                atLeastOne(arm.initStds.size());
    return runs * study.datasets.size() * study.seeds.size();
}

std::string describe(const Selection &selection)
{
    return describeScore(selection) + "; best of the sweep per task and size, chosen on dev";
}

} // namespace awb
