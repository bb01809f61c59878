#include "core/study/tradeoff.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/study/costs.h"
#include "core/study/csv.h"
#include "core/study/selection.h"
#include "core/study/study.h"

namespace awb {

namespace {

Point pointOf(const SeedGroup &group, CountingRule counting, const ScoreRule &rule)
{
    Point point;
    point.method = group.spec.method.name;
    point.label = group.label;
    point.earlier = group.earlier;
    point.metric = group.runs.front()->metric;
    point.trainable = group.runs.front()->trainable;
    point.parameters = counted(counting, *group.runs.front());
    for (const Run *run : group.runs) {
        point.runs.push_back(run->id);
        point.scores.push_back(scoreOf(*run, rule.selection, rule.bestEpochs));
        point.costs.push_back(costsOf(*run));
    }
    const MeanSem summary = overSeeds(point.scores, rule.selection);
    point.mean = summary.mean;
    point.sem = summary.sem;
    point.n = summary.n;
    return point;
}

/// What the run that was finished last is scored by.
std::string newestMetric(const std::vector<Run> &runs)
{
    const Run *newest = nullptr;
    for (const Run &run : runs)
        if (isScored(run) && (!newest || countsBefore(run, *newest)))
            newest = &run;
    return newest ? newest->metric : std::string();
}

} // namespace

int scoredOtherwise(const std::vector<Run> &runs)
{
    const std::string metric = newestMetric(runs);
    return int(std::ranges::count_if(runs, [&](const Run &run) { return isScored(run) && run.metric != metric; }));
}

std::vector<Point> tradeoffPoints(const std::vector<Run> &runs, CountingRule counting, const ScoreRule &rule)
{
    std::vector<const Run *> scored;
    for (const Run &run : runs)
        if (isScored(run))
            scored.push_back(&run);
    const std::string metric = newestMetric(runs);
    std::erase_if(scored, [&](const Run *run) { return run->metric != metric; });
    std::vector<Point> points;
    for (const SeedGroup &group : seedGroups(scored))
        points.push_back(pointOf(group, counting, rule));
    std::sort(points.begin(), points.end(), [](const Point &a, const Point &b) {
        return std::tie(a.method, a.trainable, a.label) < std::tie(b.method, b.trainable, b.label);
    });
    return points;
}

std::string tradeoffRule(const Selection &selection)
{
    return describeScore(selection) + "; every setting is a point of its own, none is chosen";
}

std::vector<std::int64_t> togetherOf(const Point &point, const std::vector<Run> &runs)
{
    std::vector<std::int64_t> together;
    for (const std::int64_t id : point.runs)
        if (const auto run = std::ranges::find(runs, id, &Run::id); run != runs.end())
            together.push_back(run->provenance.together);
    return together;
}

std::string toCsv(const std::vector<Point> &points, const std::vector<Run> &runs, CountingRule counting,
                  const Selection &selection)
{
    const std::string rules = tradeoffRule(selection) + "; parameters: " + describe(counting);
    std::string text = csv::row(
        {"method", "label", "metric", "trainable", "mean", "sem", "n", "runs"},
        {"stored_bytes", "examples_per_second", "steps_per_second", "peak_memory", "epoch_seconds", "inference_seconds"},
        {"together", "parameters", "rules"});
    for (const Point &point : points) {
        const int averaged = selection.seeds == Selection::Seeds::Best ? 1 : point.n;
        std::vector<std::string> costs;
        for (const CostAxis axis : costAxes()) {
            const double cost = costOf(point, axis);
            const bool bytes = axis == CostAxis::StoredBytes || axis == CostAxis::PeakMemory;
            if (axis != CostAxis::Parameters)
                costs.push_back(!(cost > 0) ? "" : bytes ? std::to_string(std::llround(cost)) : csv::number(cost));
        }
        text += csv::row({point.method, point.label, point.metric, std::to_string(point.trainable), csv::number(point.mean),
                          csv::sem(point.sem, averaged), std::to_string(point.n), csv::numbers(point.runs)},
                         costs, {csv::numbers(togetherOf(point, runs)), std::to_string(point.parameters), rules});
    }
    return text;
}

} // namespace awb
