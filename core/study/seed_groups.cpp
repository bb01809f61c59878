#include "core/study/seed_groups.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/content_hash.h"
#include "core/methods/methods.h"
#include "core/spec_json.h"
#include "core/study/csv.h"

namespace awb {

namespace {

/// What makes a point: the spec without what does not change its numbers or only repeats it.
TrainSpec withoutSeed(TrainSpec spec)
{
    spec.seed = 0;
    spec.recipe.threads = 0;
    const bool everywhere = std::all_of(spec.method.sites.begin(), spec.method.sites.end(),
                                        [](const LayerSites &sites) { return sites == LayerSites{}; });
    if (everywhere || spec.method.bottleneck == 0)
        spec.method.sites.clear();
    return spec;
}

std::string joined(const std::vector<std::string> &words, const char *between)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : between) + word;
    return text;
}

/// The settings that can tell two points of one task, method and size apart, each as the words of a label.
std::vector<std::string> settings(const TrainSpec &spec)
{
    const Recipe &recipe = spec.recipe;
    return {"lr " + csv::powerOfTen(recipe.learningRate),
            std::to_string(recipe.epochs) + (recipe.epochs == 1 ? " epoch" : " epochs"),
            "batch " + std::to_string(recipe.batch),
            "length " + std::to_string(recipe.maxLength),
            "warm-up " + csv::number(recipe.warmup),
            "initialisation " + csv::number(recipe.initStd),
            "weight decay " + csv::number(recipe.weightDecay),
            "clip " + csv::number(recipe.clip),
            recipe.dropout < 0 ? "the checkpoint's dropout" : "dropout " + csv::number(recipe.dropout),
            recipe.biasCorrection ? "bias correction" : "no bias correction",
            recipe.partialBatch ? "last, smaller batch" : "whole batches",
            recipe.plainPath ? "plain path" : "fast path",
            toString(recipe.precision),
            recipe.device,
            spec.method.activation,
            "training " + joined(spec.method.train, " ")};
}

struct Growing {
    SeedGroup group;
    std::map<std::uint64_t, const Run *> bySeed;

    bool takes(const Run &run, const TrainSpec &spec) const
    {
        // What is trained and scored may have changed with the data set's files; a run that is not done does not know yet.
        const Run &mine = *bySeed.begin()->second;
        const bool known = mine.state == RunState::Done && run.state == RunState::Done;
        return group.spec == spec &&
               (!known || (mine.metric == run.metric && mine.trainable == run.trainable && sameFiles(mine, run)));
    }
};

/// When the last of its runs was finished, and its number.
std::pair<std::string, std::int64_t> newestOf(const SeedGroup &group)
{
    std::pair<std::string, std::int64_t> newest;
    for (const Run *run : group.runs)
        newest = std::max(newest, {run->finished, run->id});
    return newest;
}

/// Adds to the labels task or checkpoint where there are several, and to those that several groups share whatever setting
/// is not the same in all of them.
void tellApart(std::vector<SeedGroup> &groups)
{
    for (std::string TrainSpec::*place : {&TrainSpec::dataset, &TrainSpec::checkpoint})
        if (std::ranges::any_of(groups, [&](const auto &one) { return one.spec.*place != groups.front().spec.*place; }))
            for (SeedGroup &group : groups)
                group.label += ", " + group.spec.*place;
    std::map<std::string, std::vector<SeedGroup *>> byLabel;
    for (SeedGroup &group : groups)
        byLabel[group.label].push_back(&group);
    for (const auto &[label, same] : byLabel) {
        std::vector<std::vector<std::string>> all;
        for (const SeedGroup *group : same)
            all.push_back(settings(group->spec));
        for (std::size_t k = 0; k < all.front().size(); ++k) {
            if (std::all_of(all.begin(), all.end(), [&](const auto &one) { return one[k] == all.front()[k]; }))
                continue;
            for (std::size_t i = 0; i < same.size(); ++i)
                same[i]->label += ", " + all[i][k];
        }
    }
}

/// The newest of a task and checkpoint are what the library has now.
void markEarlier(std::vector<SeedGroup> &groups)
{
    std::map<std::pair<std::string, std::string>, const SeedGroup *> newest;
    for (const SeedGroup &group : groups)
        if (group.runs.front()->state == RunState::Done) {
            const SeedGroup *&known = newest[{group.spec.dataset, group.spec.checkpoint}];
            if (!known || newestOf(group) > newestOf(*known))
                known = &group;
        }
    for (SeedGroup &group : groups) {
        const auto now = newest.find({group.spec.dataset, group.spec.checkpoint});
        const bool otherFiles =
            group.runs.front()->state == RunState::Done && !sameFiles(*now->second->runs.front(), *group.runs.front());
        group.earlier = otherFiles || std::ranges::any_of(groups, [&](const SeedGroup &other) {
                            return other.spec == group.spec && newestOf(other) > newestOf(group);
                        });
        if (group.earlier)
            group.label += ", of earlier data";
    }
}

} // namespace

TrainSpec anywhere(TrainSpec spec)
{
    spec.recipe.device.clear();
    spec.recipe.threads = 0;
    return spec;
}

bool countsBefore(const Run &run, const Run &other)
{
    const auto rank = [](const Run &one) { return std::tuple(one.state == RunState::Done, one.finished, one.id); };
    return rank(run) > rank(other);
}

bool sameCheckpoint(const std::string &a, const std::string &b)
{
    if (a.empty() || b.empty() || a == b)
        return true;
    const std::string_view files = fileHashes(a), otherFiles = fileHashes(b);
    return (files == a) != (otherFiles == b) && files == otherFiles;
}

bool sameFiles(const Run &a, const Run &b)
{
    const std::string &one = a.provenance.dataSha256, &other = b.provenance.dataSha256;
    return (one.empty() || other.empty() || one == other) &&
           sameCheckpoint(a.provenance.checkpointSha256, b.provenance.checkpointSha256);
}

bool sameButSeed(const TrainSpec &a, const TrainSpec &b)
{
    return withoutSeed(a) == withoutSeed(b);
}

std::vector<SeedGroup> seedGroups(const std::vector<const Run *> &runs)
{
    std::vector<Growing> growing;
    for (const Run *run : runs) {
        const TrainSpec spec = withoutSeed(run->spec);
        auto found = std::find_if(growing.begin(), growing.end(), [&](const Growing &one) { return one.takes(*run, spec); });
        if (found == growing.end()) {
            const std::string label = describe(spec.method, static_cast<int>(spec.method.sites.size()));
            found = growing.insert(growing.end(), Growing{{spec, label, false, {}}, {}});
        }
        const Run *&counted = found->bySeed[run->spec.seed];
        if (!counted || countsBefore(*run, *counted))
            counted = run;
    }
    std::vector<SeedGroup> groups;
    for (Growing &one : growing) {
        for (const auto &[seed, run] : one.bySeed)
            one.group.runs.push_back(run);
        groups.push_back(std::move(one.group));
    }
    tellApart(groups);
    markEarlier(groups);
    return groups;
}

} // namespace awb
