#include "core/study/selection.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/study/seed_groups.h"
#include "core/study/spec_hash.h"

namespace awb {

namespace {

/// Tells most settings apart at once; what falls together is compared in full.
using SettingKey = std::tuple<std::string, std::string, int, double, int, double>;

SettingKey keyOf(const TrainSpec &spec)
{
    const Recipe &recipe = spec.recipe;
    return {spec.dataset, spec.method.name, sizeOf(spec.method), recipe.learningRate, recipe.epochs, recipe.initStd};
}

struct Group {
    const Run *first;
    std::map<std::uint64_t, const Run *> bySeed;
    std::set<std::uint64_t> lost; ///< seeds whose runs failed or diverged
};

SettingResult outcomeOf(const Group &group, const Selection &selection, CountingRule counting,
                        const std::map<std::int64_t, double> &bestEpochs)
{
    SettingResult outcome;
    outcome.spec = group.first->spec;
    outcome.metric = group.first->metric;
    outcome.parameters = counted(counting, *group.first);
    for (const auto &[seed, run] : group.bySeed) {
        outcome.runs.push_back(run->id);
        outcome.scores.push_back(scoreOf(*run, selection, bestEpochs));
    }
    const MeanSem summary = overSeeds(outcome.scores, selection);
    outcome.score = summary.mean;
    outcome.sem = summary.sem;
    if (selection.seeds == Selection::Seeds::Mean)
        outcome.lost =
            int(std::ranges::count_if(group.lost, [&](std::uint64_t seed) { return !group.bySeed.contains(seed); }));
    return outcome;
}

/// Groups of settings in the order of their first runs.
struct Groups {
    std::vector<Group> all;
    std::map<SettingKey, std::vector<std::size_t>> byKey;

    /// Null: no run of this setting has been added.
    Group *find(const Run &run)
    {
        for (const std::size_t index : byKey[keyOf(run.spec)])
            if (sameButSeed(anywhere(all[index].first->spec), anywhere(run.spec)))
                return &all[index];
        return nullptr;
    }
    Group &add(const Run &run)
    {
        byKey[keyOf(run.spec)].push_back(all.size());
        return all.emplace_back(Group{&run, {}, {}});
    }
};

/// The newest finished run of each task and checkpoint: what the library has now.
std::map<std::pair<std::string, std::string>, const Run *> newestRuns(const std::vector<Run> &runs)
{
    std::map<std::pair<std::string, std::string>, const Run *> newest;
    for (const Run &run : runs)
        if (run.state == RunState::Done) {
            const Run *&known = newest[{run.spec.dataset, run.spec.checkpoint}];
            if (!known || countsBefore(run, *known))
                known = &run;
        }
    return newest;
}

/// The same task and method but for the recipe.
bool sameCurvePoint(const TrainSpec &a, const TrainSpec &b)
{
    const auto placeOf = [](const TrainSpec &spec) {
        return std::tie(spec.checkpoint, spec.dataset, spec.method.name, spec.method.bottleneck, spec.method.topLayers,
                        spec.method.activation, spec.method.train);
    };
    return placeOf(a) == placeOf(b) && storedSites(a.method.sites) == storedSites(b.method.sites);
}

std::string runsText(std::size_t n)
{
    return n == 1 ? "One run" : std::to_string(n) + " runs";
}

} // namespace

int sizeOf(const Method &method)
{
    return method.topLayers >= 0 ? method.topLayers : method.bottleneck;
}

bool isScored(const Run &run)
{
    return run.state == RunState::Done && run.score && std::isfinite(*run.score);
}

double scoreOf(const Run &run, const Selection &selection, const std::map<std::int64_t, double> &bestEpochs)
{
    const auto best = bestEpochs.find(run.id);
    return selection.epoch == Selection::Epoch::Best && best != bestEpochs.end() ? best->second : *run.score;
}

MeanSem overSeeds(const std::vector<double> &scores, const Selection &selection)
{
    MeanSem summary = meanSem(scores);
    if (selection.seeds == Selection::Seeds::Best) {
        summary.mean = *std::max_element(scores.begin(), scores.end());
        summary.sem = 0;
    }
    return summary;
}

void keepTask(StudyResults &results, const std::string &dataset)
{
    if (dataset.empty())
        return;
    const auto &tasks = results.study.datasets;
    if (std::ranges::find(tasks, dataset) == tasks.end()) {
        std::string known;
        for (const std::string &task : tasks)
            known += (known.empty() ? "" : ", ") + task;
        throw Error("The study " + results.study.name + " has no task " + dataset + "; it has " + known + ".");
    }
    std::erase_if(results.runs, [&](const Run &run) { return run.spec.dataset != dataset; });
}

std::string describeScore(const Selection &selection, bool several)
{
    std::string text = "score on dev after the ";
    text += selection.epoch == Selection::Epoch::Last ? "last epoch" : "best epoch";
    if (!several)
        return text;
    return text + (selection.seeds == Selection::Seeds::Mean ? ", mean over seeds" : ", best seed");
}

std::vector<SettingResult> outcomes(const std::vector<Run> &runs, const Selection &selection, CountingRule counting,
                                    const std::map<std::int64_t, double> &bestEpochs)
{
    Groups groups;
    const auto newest = newestRuns(runs);
    for (const Run &run : runs) {
        if (!isScored(run))
            continue;
        if (const Run &now = *newest.at({run.spec.dataset, run.spec.checkpoint});
            !sameFiles(now, run) || now.metric != run.metric)
            continue;
        Group *const known = groups.find(run);
        const Run *&counts = (known ? *known : groups.add(run)).bySeed[run.spec.seed];
        if (!counts || countsBefore(run, *counts))
            counts = &run;
    }
    for (const Run &run : runs)
        if (run.state == RunState::Failed || (run.state == RunState::Done && !isScored(run)))
            if (Group *const group = groups.find(run))
                group->lost.insert(run.spec.seed);
    std::vector<SettingResult> all;
    for (const Group &group : groups.all)
        all.push_back(outcomeOf(group, selection, counting, bestEpochs));
    return all;
}

bool chosenBefore(const SettingResult &one, const SettingResult &other)
{
    return one.lost != other.lost ? one.lost < other.lost : one.score > other.score;
}

std::vector<Chosen> bestOfSweeps(const std::vector<SettingResult> &outcomes)
{
    std::map<std::tuple<std::string, std::string, int>, std::vector<Chosen>> byPlace;
    for (const SettingResult &outcome : outcomes) {
        const TrainSpec &spec = outcome.spec;
        std::vector<Chosen> &here = byPlace[{spec.dataset, spec.method.name, sizeOf(spec.method)}];
        const auto there = std::find_if(here.begin(), here.end(), [&](const Chosen &chosen) {
            return sameCurvePoint(chosen.outcome.spec, spec) && chosen.outcome.metric == outcome.metric;
        });
        if (there == here.end()) {
            here.push_back({outcome, 1});
            continue;
        }
        ++there->settings;
        if (chosenBefore(outcome, there->outcome))
            there->outcome = outcome;
    }
    std::vector<Chosen> all;
    for (const auto &[place, here] : byPlace)
        all.insert(all.end(), here.begin(), here.end());
    return all;
}

std::vector<std::int64_t> chosenRuns(const SettingResult &outcome, const Selection &selection)
{
    if (selection.seeds == Selection::Seeds::Mean)
        return outcome.runs;
    const auto best = std::max_element(outcome.scores.begin(), outcome.scores.end());
    return {outcome.runs[std::size_t(best - outcome.scores.begin())]};
}

std::string othersText(int runs)
{
    return runsText(std::size_t(runs)) + " under the study's name " + (runs == 1 ? "has" : "have") +
           " other settings than it asks for now and " + (runs == 1 ? "is" : "are") + " left out.";
}

std::string outdatedText(int runs)
{
    return runsText(std::size_t(runs)) + (runs == 1 ? " was" : " were") +
           " computed on other data or weights than the library has now, or scored by another metric, and " +
           (runs == 1 ? "is" : "are") + " left out.";
}

std::string scoredOtherwiseText(int runs)
{
    return runsText(std::size_t(runs)) + (runs == 1 ? " is" : " are") +
           " scored by another metric than the task's newest and left out.";
}

std::vector<std::string> leftOut(const std::vector<Run> &runs, CountingRule counting)
{
    std::size_t noNumber = 0, noDepth = 0, otherFiles = 0, otherMetric = 0;
    const auto newest = newestRuns(runs);
    std::unordered_set<TrainSpec, SpecHash> finished, failures; // of failures that were tried again one, if that failed, too
    for (const Run &run : runs)
        if (run.state == RunState::Done || run.state == RunState::Failed)
            (run.state == RunState::Done ? finished : failures).insert(anywhere(run.spec));
    const auto failed = std::ranges::count_if(failures, [&](const TrainSpec &spec) { return !finished.contains(spec); });
    for (const Run &run : runs) {
        const bool done = run.state == RunState::Done;
        const Run &now = done ? *newest.at({run.spec.dataset, run.spec.checkpoint}) : run;
        otherFiles += !sameFiles(now, run);
        otherMetric += sameFiles(now, run) && now.metric != run.metric;
        noNumber += done && (!run.score || !std::isfinite(*run.score));
        const bool matters = counting == CountingRule::ShareOfModel
                                 ? run.spec.method.topLayers >= 0
                                 : counting == CountingRule::WithoutEmbeddings && run.spec.method.name == "full";
        noDepth += done && matters && run.layers == 0;
    }
    std::vector<std::string> sentences;
    if (failed > 0)
        sentences.push_back(runsText(std::size_t(failed)) + " failed and " + (failed == 1 ? "is" : "are") + " left out.");
    if (noNumber > 0)
        sentences.push_back(runsText(noNumber) + " ended without a score that is a number and " +
                            (noNumber == 1 ? "is" : "are") + " left out: the training diverged.");
    if (otherFiles > 0)
        sentences.push_back(runsText(otherFiles) + (otherFiles == 1 ? " was" : " were") +
                            " computed on other data or weights than the newest and " + (otherFiles == 1 ? "is" : "are") +
                            " left out.");
    if (otherMetric > 0)
        sentences.push_back(scoredOtherwiseText(int(otherMetric)));
    if (noDepth > 0)
        sentences.push_back(runsText(noDepth) +
                            " of an older version counted with the embeddings, since the size of those was not recorded.");
    return sentences;
}

std::vector<std::string> leftOut(const StudyResults &results, CountingRule counting)
{
    std::vector<std::string> sentences = leftOut(results.runs, counting);
    if (results.outdated > 0)
        sentences.push_back(outdatedText(results.outdated));
    if (results.others > 0)
        sentences.push_back(othersText(results.others));
    return sentences;
}

} // namespace awb
