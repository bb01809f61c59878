#include "core/study/tradeoff.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>

#include "core/spec_json.h"
#include "core/methods/methods.h"
#include "core/study/csv.h"
#include "core/study/study.h"

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

/// "3e-4" rather than "0.0003" or "3e-04".
std::string learningRate(double value)
{
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
    std::string result(text, end);
    const auto zero = result.find_last_of("+-") + 1;
    while (zero + 1 < result.size() && result[zero] == '0')
        result.erase(zero, 1);
    return result;
}

/// The settings that can tell two points of one method and size apart, each as the words of a label.
std::vector<std::string> settings(const TrainSpec &spec)
{
    const Recipe &recipe = spec.recipe;
    return {spec.dataset,
            spec.checkpoint,
            "lr " + learningRate(recipe.learningRate),
            std::to_string(recipe.epochs) + (recipe.epochs == 1 ? " epoch" : " epochs"),
            "batch " + std::to_string(recipe.batch),
            "length " + std::to_string(recipe.maxLength),
            "warm-up " + csv::number(recipe.warmup),
            "initialisation " + csv::number(recipe.initStd),
            "weight decay " + csv::number(recipe.weightDecay),
            "clip " + csv::number(recipe.clip),
            recipe.dropout < 0 ? "the checkpoint's dropout" : "dropout " + csv::number(recipe.dropout),
            recipe.biasCorrection ? "bias correction" : "no bias correction",
            recipe.partialBatch ? "partial batches" : "whole batches",
            recipe.plainPath ? "plain path" : "fast path",
            toString(recipe.precision),
            recipe.device,
            spec.method.activation,
            "training " + joined(spec.method.train, " ")};
}

struct Group {
    TrainSpec spec;
    Point point;
    std::map<std::uint64_t, const Run *> bySeed;
};

std::vector<Group> grouped(const std::vector<Run> &runs)
{
    std::vector<Group> groups;
    for (const Run &run : runs) {
        if (run.state != RunState::Done || !run.score || !std::isfinite(*run.score))
            continue;
        const TrainSpec spec = withoutSeed(run.spec);
        auto group = std::find_if(groups.begin(), groups.end(), [&](const Group &other) {
            return other.spec == spec && other.point.metric == run.metric && other.point.trainable == run.trainable;
        });
        if (group == groups.end()) {
            Point point;
            point.method = spec.method.name;
            point.label = describe(spec.method, static_cast<int>(spec.method.sites.size()));
            point.metric = run.metric;
            point.trainable = run.trainable;
            group = groups.insert(groups.end(), Group{spec, point, {}});
        }
        const Run *&counted = group->bySeed[run.spec.seed];
        if (!counted || counted->id < run.id)
            counted = &run;
    }
    return groups;
}

void summarise(Group &group)
{
    for (const auto &[seed, run] : group.bySeed) {
        group.point.runs.push_back(run->id);
        group.point.scores.push_back(*run->score);
    }
    const MeanSem summary = meanSem(group.point.scores);
    group.point.mean = summary.mean;
    group.point.sem = summary.sem;
    group.point.n = summary.n;
}

/// Adds to the labels that several groups share whatever setting is not the same in all of them.
void tellApart(std::vector<Group> &groups)
{
    std::map<std::string, std::vector<Group *>> byLabel;
    for (Group &group : groups)
        byLabel[group.point.label].push_back(&group);
    for (const auto &[label, same] : byLabel) {
        std::vector<std::vector<std::string>> all;
        for (const Group *group : same)
            all.push_back(settings(group->spec));
        for (std::size_t k = 0; k < all.front().size(); ++k) {
            if (std::all_of(all.begin(), all.end(), [&](const auto &one) { return one[k] == all.front()[k]; }))
                continue;
            for (std::size_t i = 0; i < same.size(); ++i)
                same[i]->point.label += ", " + all[i][k];
        }
    }
}

} // namespace

MeanSem meanSem(const std::vector<double> &values)
{
    MeanSem result;
    result.n = static_cast<int>(values.size());
    if (values.empty())
        return result;
    for (const double value : values)
        result.mean += value / result.n;
    if (result.n < 2)
        return result;
    double squares = 0;
    for (const double value : values)
        squares += (value - result.mean) * (value - result.mean);
    result.sem = std::sqrt(squares / (result.n - 1) / result.n);
    return result;
}

bool sameButSeed(const TrainSpec &a, const TrainSpec &b)
{
    return withoutSeed(a) == withoutSeed(b);
}

std::vector<Point> tradeoffPoints(const std::vector<Run> &runs)
{
    std::vector<Group> groups = grouped(runs);
    tellApart(groups);
    std::vector<Point> points;
    for (Group &group : groups) {
        summarise(group);
        points.push_back(std::move(group.point));
    }
    std::sort(points.begin(), points.end(), [](const Point &a, const Point &b) {
        return std::tie(a.method, a.trainable, a.label) < std::tie(b.method, b.trainable, b.label);
    });
    return points;
}

std::vector<TrainSpec> quickStudy()
{
    return specsOf(*presetStudy(quickStudyName), 0); // its methods do not depend on the number of layers
}

std::string toCsv(const std::vector<Point> &points)
{
    std::string text = csv::row({"method", "label", "metric", "trainable", "mean", "sem", "n", "runs"});
    for (const Point &point : points)
        text += csv::row({point.method, point.label, point.metric, std::to_string(point.trainable), csv::number(point.mean),
                          csv::number(point.sem), std::to_string(point.n), csv::numbers(point.runs)});
    return text;
}

} // namespace awb
