#include "core/store/study_queue.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "core/model/checkpoint.h"
#include "core/study/spec_hash.h"

namespace awb {

namespace {

int layersOf(const Store &store, const std::string &checkpoint)
{
    return Checkpoint::open(store.resolve(store.checkpoint(checkpoint).folder)).shape().layers;
}

void requireDatasets(const Store &store, const Study &study)
{
    std::set<std::string> known;
    for (const Manifest &manifest : store.datasets())
        known.insert(manifest.name);
    std::string missing;
    for (const std::string &name : study.datasets)
        if (!known.contains(name))
            missing += (missing.empty() ? "" : ", ") + name;
    if (!missing.empty())
        throw Error("The study " + study.name + " needs data sets that the library has not: " + missing +
                    "; add them under these names, or name others in the study's \"datasets\".");
}

} // namespace

StudyState studyState(const Store &store, const Study &study, const TaskSizes &sizes)
{
    requireDatasets(store, study);
    StudyState state;
    state.specs = specsOf(study, layersOf(store, study.checkpoint));
    std::unordered_map<TrainSpec, const Run *, SpecHash> existing;
    const std::vector<Run> runs = store.runsOfStudy(study.name);
    for (const Run &run : runs)
        if (run.state != RunState::Failed && run.state != RunState::Cancelled)
            existing[run.spec] = &run; // the newest of repeats
    std::vector<TrainSpec> ahead;
    for (const TrainSpec &spec : state.specs) {
        const auto found = existing.find(spec);
        if (found == existing.end())
            state.missing.push_back(spec);
        else
            state.runs.push_back(found->second->id);
        if (found != existing.end() && found->second->state == RunState::Done)
            ++state.done;
        else
            ahead.push_back(spec);
    }
    if (!ahead.empty())
        state.expected = expectedTime(ahead, store.finishedRuns({}, study.checkpoint), sizes);
    return state;
}

TaskSize readTaskSize(const Manifest &manifest)
{
    const std::vector<Example> train = loadDataset(manifest).train;
    TaskSize size{std::int64_t(train.size()), {}};
    const std::size_t every = std::max<std::size_t>(1, train.size() / 500);
    for (std::size_t i = 0; i < train.size(); i += every) {
        const Example &example = train[i];
        // About four bytes a token in English, and the special tokens.
        size.tokens.push_back(int((example.a.size() + example.b.size()) / 4) + (example.b.empty() ? 2 : 3));
    }
    return size;
}

std::vector<std::int64_t> queueStudy(Store &store, const Study &study)
{
    const StudyState state = studyState(store, study);
    store.saveStudy(study);
    std::vector<std::int64_t> ahead;
    for (const std::int64_t id : state.runs) {
        const auto run = store.run(id);
        if (!run || run->state == RunState::Done)
            continue;
        if (run->state == RunState::Paused)
            store.resume(id);
        ahead.push_back(id);
    }
    const auto added = store.enqueue(state.missing, study.name);
    ahead.insert(ahead.end(), added.begin(), added.end());
    return ahead;
}

std::vector<std::int64_t> unfinishedRuns(const Store &store, const std::string &study)
{
    std::vector<std::int64_t> ids;
    for (const Run &run : store.runsOfStudy(study))
        if (run.state == RunState::Queued || run.state == RunState::Paused || run.state == RunState::Running)
            ids.push_back(run.id);
    return ids;
}

int cancelStudy(Store &store, const std::string &study)
{
    std::vector<std::int64_t> ids = unfinishedRuns(store, study);
    // From the end of the queue, so that nothing is begun meanwhile.
    std::sort(ids.begin(), ids.end(), std::greater());
    for (const std::int64_t id : ids)
        store.cancel(id);
    return int(ids.size());
}

bool replacesAnother(const Store &store, const Study &study)
{
    const auto stored = store.study(study.name);
    return stored && !(*stored == study);
}

int deleteStudy(Store &store, const std::string &name)
{
    if (!store.study(name))
        throw Error(presetStudy(name) ? "The study " + name +
                                            " comes with the program and is not stored in the library: "
                                            "there is nothing to delete."
                                      : "The library has no study \"" + name + "\"; `awb study list` names them.");
    const std::vector<Run> runs = store.runsOfStudy(name);
    store.removeStudy(name);
    return int(std::ranges::count(runs, RunState::Done, &Run::state));
}

StudyResults studyResults(const Store &store, const Study &study)
{
    StudyResults results{study, store.runsOfStudy(study.name), {}, store.testScores(study.name)};
    // An edit or a merge may leave runs under its name that it no longer asks for.
    std::erase_if(results.runs, [&](const Run &run) {
        return run.spec.checkpoint != study.checkpoint ||
               std::ranges::find(study.datasets, run.spec.dataset) == study.datasets.end();
    });
    if (study.selection.epoch == Selection::Epoch::Best)
        results.bestEpochs = store.bestEpochScores(study.name);
    return results;
}

ScoreRule scoreRule(const Store &store, const std::string &name)
{
    const auto stored = store.study(name);
    const Study *known = stored ? &*stored : presetStudy(name);
    ScoreRule rule;
    if (known)
        rule.selection = known->selection;
    if (rule.selection.epoch == Selection::Epoch::Best)
        rule.bestEpochs = store.bestEpochScores(name);
    return rule;
}

Study findStudy(const Store &store, const std::string &nameOrFile)
{
    if (auto stored = store.study(nameOrFile))
        return *stored;
    if (const Study *preset = presetStudy(nameOrFile))
        return *preset;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(nameOrFile, ignored)) {
        try {
            return studyFromJson(readFile(nameOrFile));
        } catch (const Error &error) {
            throw Error(std::string("The file ") + nameOrFile + ": " + error.what());
        }
    }
    std::string names;
    for (const Study &preset : presetStudies())
        names += (names.empty() ? "" : ", ") + preset.name;
    throw Error("There is neither a study nor a file \"" + nameOrFile + "\"; prepared studies are: " + names + ".");
}

} // namespace awb
