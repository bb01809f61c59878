#include "core/store/study_queue.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/error.h"
#include "core/files.h"
#include "core/model/checkpoint.h"
#include "core/recipe_limits.h"
#include "core/study/csv.h"
#include "core/study/seed_groups.h"
#include "core/study/spec_hash.h"
#include "core/train/devices.h"

namespace awb {

namespace {

ModelShape shapeOf(const Store &store, const Study &study)
{
    return readShape(store.resolve(store.checkpoint(study.checkpoint).folder));
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
        throw Error("The study " + study.name + " needs data sets that the library lacks: " + missing +
                    "; add them under these names, or name others in the study's \"datasets\".");
}

/// Waits, is paused or is being computed.
bool isAhead(const Run &run)
{
    return run.state == RunState::Queued || run.state == RunState::Paused || run.state == RunState::Running;
}

/// Whether a finished run used other data or weights than the library has now, or is scored by another metric, as far as
/// that is recorded and the library still has them.
class Outdated {
public:
    Outdated(const Store &store, const Study &study)
    {
        for (const CheckpointEntry &entry : store.checkpoints())
            if (entry.name == study.checkpoint)
                m_checkpoint = entry.sha256;
        for (Manifest &manifest : store.datasets())
            m_tasks[manifest.name] = std::move(manifest);
    }

    bool operator()(const Run &run) const
    {
        if (run.state != RunState::Done)
            return false;
        if (!sameCheckpoint(run.provenance.checkpointSha256, m_checkpoint))
            return true;
        const auto found = m_tasks.find(run.spec.dataset);
        if (found == m_tasks.end())
            return false;
        const Manifest &now = found->second;
        const auto differs = [](const std::string &then, const std::string &today) {
            return !then.empty() && !today.empty() && then != today;
        };
        return differs(run.provenance.dataSha256, now.sha256) ||
               differs(run.metric, now.metrics.empty() ? std::string() : now.metrics.front());
    }

private:
    std::string m_checkpoint; ///< SHA-256; empty: the library has none of that name
    std::map<std::string, Manifest> m_tasks;
};

/// Takes away the outdated runs of tasks that have others. Returns how many.
int dropOutdated(std::vector<Run> &runs, const Outdated &outdated)
{
    std::set<std::string> current;
    for (const Run &run : runs)
        if (run.state == RunState::Done && !outdated(run))
            current.insert(run.spec.dataset);
    return int(std::erase_if(runs, [&](const Run &run) { return current.contains(run.spec.dataset) && outdated(run); }));
}

/// Takes away the runs under a study's name that it does not ask for: an edit or a merge may leave such. Returns how many
/// finished ones.
int dropOthers(std::vector<Run> &runs, const Study &study)
{
    const auto before = std::ranges::count(runs, RunState::Done, &Run::state);
    std::erase_if(runs, [&](const Run &run) {
        return run.spec.checkpoint != study.checkpoint ||
               std::ranges::find(study.datasets, run.spec.dataset) == study.datasets.end();
    });
    const auto known = std::ranges::find_if(runs, [](const Run &run) { return run.layers > 0; });
    std::unordered_set<TrainSpec, SpecHash> asked;
    try {
        if (known != runs.end())
            for (TrainSpec &spec : specsOf(study, known->layers))
                asked.insert(anywhere(std::move(spec)));
    } catch (const Error &) {
        // Methods that do not fit the checkpoint; studyState() says so.
    }
    if (!asked.empty()) // else it cannot be told, as of runs of older versions
        std::erase_if(runs, [&](const Run &run) { return !asked.contains(anywhere(run.spec)); });
    return int(before - std::ranges::count(runs, RunState::Done, &Run::state));
}

/// Those under a study's name; empty names: of any task, of any checkpoint.
std::vector<Run> finishedRuns(const Store &store, const std::string &study, const std::string &dataset,
                              const std::string &checkpoint)
{
    std::vector<Run> runs = store.runsOfStudy(study);
    std::erase_if(runs, [&](const Run &run) {
        return run.state != RunState::Done || (!dataset.empty() && run.spec.dataset != dataset) ||
               (!checkpoint.empty() && run.spec.checkpoint != checkpoint);
    });
    return runs;
}

} // namespace

StudyState studyState(const Store &store, const Study &study, const TaskSizes &sizes)
{
    requireDatasets(store, study);
    StudyState state;
    state.specs = specsOf(study, shapeOf(store, study).layers);
    const Outdated outdated(store, study);
    std::unordered_map<TrainSpec, const Run *, SpecHash> existing;
    const std::vector<Run> runs = store.runsOfStudy(study.name);
    for (const Run &run : runs) {
        state.ahead += isAhead(run);
        if (run.state != RunState::Failed && run.state != RunState::Cancelled && !outdated(run)) {
            const Run *&counted = existing[anywhere(run.spec)];
            if (!counted || countsBefore(run, *counted))
                counted = &run;
        }
    }
    std::vector<TrainSpec> ahead;
    for (const TrainSpec &spec : state.specs) {
        const auto found = existing.find(anywhere(spec));
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

void requireLimits(const Study &study)
{
    const Recipe &recipe = study.recipe;
    const auto require = [&](const char *what, double value, const recipe_limits::Range<double> &limits) {
        if (!limits.holds(value))
            throw Error("The " + std::string(what) + " of the study " + study.name + " is " + csv::number(value) +
                        "; it must be from " + csv::number(limits.least) + " to " + csv::number(limits.most) + ".");
    };
    require("initialisation (\"init_std\")", recipe.initStd, recipe_limits::initStd);
    require("weight decay", recipe.weightDecay, recipe_limits::weightDecay);
    require("gradient clipping (\"clip\")", recipe.clip, recipe_limits::clip);
    if (recipe.dropout >= 0) // else the checkpoint's
        require("dropout", recipe.dropout, recipe_limits::dropout);
    for (const StudyArm &arm : study.arms) {
        for (const double rate : arm.learningRates)
            require("learning rate", rate, recipe_limits::learningRate);
        for (const double std : arm.initStds)
            require("initialisation (\"init_stds\")", std, recipe_limits::initStd);
    }
}

void requireComputable(const Store &store, const Study &study)
{
    requireDatasets(store, study);
    requireLimits(study);
    // With its weights, since hundreds of runs would fail one by one without them.
    const Checkpoint checkpoint = Checkpoint::open(store.resolve(store.checkpoint(study.checkpoint).folder));
    const int positions = checkpoint.shape().positions;
    if (study.recipe.maxLength > positions)
        throw Error("The study " + study.name + " takes texts of up to " + std::to_string(study.recipe.maxLength) +
                    " tokens, and the checkpoint " + study.checkpoint + " has " + std::to_string(positions) +
                    " positions; choose a maximum length of no more than that.");
    if (!hasDevice(study.recipe.device))
        throw Error("The study " + study.name + " is to be computed on \"" + study.recipe.device +
                    "\", which is not here; `awb devices` lists those that are.");
}

std::vector<Run> noLongerAsked(const Store &store, const Study &study)
{
    std::unordered_set<TrainSpec, SpecHash> asked;
    for (TrainSpec &spec : specsOf(study, shapeOf(store, study).layers))
        asked.insert(anywhere(std::move(spec)));
    std::vector<Run> runs = store.runsOfStudy(study.name);
    std::erase_if(runs, [&](const Run &run) {
        return (run.state != RunState::Queued && run.state != RunState::Paused) || asked.contains(anywhere(run.spec));
    });
    return runs;
}

int replaceStudy(Store &store, const Study &study)
{
    const std::vector<Run> dropped = noLongerAsked(store, study);
    store.saveStudy(study);
    for (const Run &run : dropped)
        store.cancel(run.id);
    return int(dropped.size());
}

std::vector<std::int64_t> queueStudy(Store &store, const Study &study)
{
    const StudyState state = studyState(store, study);
    replaceStudy(store, study);
    std::vector<std::int64_t> ahead;
    for (const std::int64_t id : state.runs) {
        const auto run = store.run(id);
        if (!run || run->state == RunState::Done)
            continue;
        if (run->state == RunState::Paused)
            store.resume(id);
        ahead.push_back(id);
    }
    const auto added = store.enqueueMissing(state.missing, study.name);
    ahead.insert(ahead.end(), added.begin(), added.end());
    return ahead;
}

std::vector<std::int64_t> unfinishedRuns(const Store &store, const std::string &study)
{
    std::vector<std::int64_t> ids;
    for (const Run &run : store.runsOfStudy(study))
        if (isAhead(run))
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
    results.others = dropOthers(results.runs, study);
    results.outdated = dropOutdated(results.runs, Outdated(store, study));
    if (study.selection.epoch == Selection::Epoch::Best)
        results.bestEpochs = store.bestEpochScores(study.name);
    return results;
}

TaskResults taskResults(const Store &store, const std::string &study, const std::string &dataset,
                        const std::string &checkpoint)
{
    if (study.empty())
        return {store.finishedRuns(dataset, checkpoint), {}, CountingRule::Trained};
    if (const auto known = knownStudy(store, study))
        return taskResults(store, *known, dataset, checkpoint);
    return {finishedRuns(store, study, dataset, checkpoint), {}, CountingRule::Trained};
}

TaskResults taskResults(const Store &store, const Study &study, const std::string &dataset, const std::string &checkpoint)
{
    TaskResults results{finishedRuns(store, study.name, dataset, checkpoint), {}, study.counting};
    results.rule.selection = study.selection;
    results.rule.others = dropOthers(results.runs, study);
    results.rule.outdated = dropOutdated(results.runs, Outdated(store, study));
    if (study.selection.epoch == Selection::Epoch::Best)
        results.rule.bestEpochs = store.bestEpochScores(study.name);
    return results;
}

std::optional<Study> knownStudy(const Store &store, const std::string &name)
{
    if (auto stored = store.study(name))
        return stored;
    const Study *preset = presetStudy(name);
    return preset ? std::optional(*preset) : std::nullopt;
}

Study findStudy(const Store &store, const std::string &nameOrFile)
{
    if (auto known = knownStudy(store, nameOrFile))
        return *known;
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
