#include "core/store/study_queue.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/model/checkpoint.h"
#include "core/spec_json.h"

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

/// Training examples of those data sets of the study that no finished run tells the steps of.
std::map<std::string, std::int64_t> countExamples(const Store &store, const Study &study, const std::vector<Run> &finished)
{
    std::map<std::string, std::int64_t> examples;
    for (const std::string &name : study.datasets) {
        const bool told = std::any_of(finished.begin(), finished.end(), [&](const Run &run) {
            return run.spec.dataset == name && run.spec.checkpoint == study.checkpoint;
        });
        if (!told)
            examples[name] = std::int64_t(loadDataset(store.dataset(name)).train.size());
    }
    return examples;
}

} // namespace

StudyState studyState(const Store &store, const Study &study, bool readDatasets)
{
    requireDatasets(store, study);
    StudyState state;
    state.specs = specsOf(study, layersOf(store, study.checkpoint));
    std::map<std::string, const Run *> existing;
    const std::vector<Run> runs = store.runsOfStudy(study.name);
    for (const Run &run : runs)
        if (run.state != RunState::Failed && run.state != RunState::Cancelled)
            existing[toJson(run.spec)] = &run; // the newest of repeats
    std::vector<TrainSpec> ahead;
    for (const TrainSpec &spec : state.specs) {
        const auto found = existing.find(toJson(spec));
        if (found == existing.end())
            state.missing.push_back(spec);
        else
            state.runs.push_back(found->second->id);
        if (found != existing.end() && found->second->state == RunState::Done)
            ++state.done;
        else
            ahead.push_back(spec);
    }
    const std::vector<Run> finished = store.finishedRuns({}, study.checkpoint);
    if (!ahead.empty() && !finished.empty())
        state.expected = expectedTime(
            ahead, finished, readDatasets ? countExamples(store, study, finished) : std::map<std::string, std::int64_t>());
    else
        state.expected.unknown = int(ahead.size());
    return state;
}

std::vector<std::int64_t> queueStudy(Store &store, const Study &study)
{
    const StudyState state = studyState(store, study, false);
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
