#include "core/study/mean_curves.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/study/csv.h"
#include "core/study/seed_groups.h"
#include "core/study/statistics.h"

namespace awb {

namespace {

using Measurements = std::map<std::int64_t, std::vector<Measurement>>;

/// Runs with one spec measure at the same steps, so that the mean is taken step by step.
std::vector<CurvePoint> meanOf(const SeedGroup &group, const Measurements &measurements, const std::string &name)
{
    struct AtStep {
        double epoch = 0;
        std::vector<double> values;
    };
    std::map<int, AtStep> steps;
    for (const Run *run : group.runs) {
        const auto own = measurements.find(run->id);
        if (own == measurements.end())
            continue;
        for (const Measurement &one : own->second)
            if (one.name == name && std::isfinite(one.value)) {
                steps[one.step].epoch = one.epoch;
                steps[one.step].values.push_back(one.value);
            }
    }
    std::vector<CurvePoint> curve;
    for (const auto &[step, at] : steps) {
        const MeanSem summary = meanSem(at.values);
        curve.push_back({step, at.epoch, summary.mean, summary.sem, summary.n});
    }
    return curve;
}

bool hasMeasured(const Run &run, const Measurements &measurements, const std::string &name)
{
    const auto own = measurements.find(run.id);
    return own != measurements.end() &&
           std::ranges::any_of(own->second, [&](const Measurement &one) { return one.name == name; });
}

/// The metric of a group: the task's own, or where no curve has that, since the task was changed meanwhile, one that is
/// there.
std::string metricOf(const SeedGroup &group, const Measurements &measurements)
{
    for (const Run *run : group.runs)
        if (!run->metric.empty() && hasMeasured(*run, measurements, "dev." + run->metric))
            return run->metric;
    for (const Run *run : group.runs)
        if (const auto own = measurements.find(run->id); own != measurements.end())
            for (const Measurement &one : own->second)
                if (one.name.starts_with("dev.") && one.name != "dev.loss")
                    return one.name.substr(4);
    return {};
}

} // namespace

std::vector<MeanCurve> meanCurves(const std::vector<Run> &runs, const Measurements &measurements)
{
    std::vector<const Run *> all;
    for (const Run &run : runs)
        if (const auto own = measurements.find(run.id); own != measurements.end() && !own->second.empty())
            all.push_back(&run);
    std::vector<MeanCurve> curves;
    std::vector<SeedGroup> groups = seedGroups(all);
    std::stable_sort(groups.begin(), groups.end(), [](const SeedGroup &a, const SeedGroup &b) {
        const auto key = [](const SeedGroup &group) {
            const Method &method = group.spec.method;
            const Recipe &recipe = group.spec.recipe;
            return std::tie(method.name, method.bottleneck, method.topLayers, recipe.learningRate, recipe.epochs,
                            recipe.initStd, group.label);
        };
        return key(a) < key(b);
    });
    for (const SeedGroup &group : groups) {
        MeanCurve curve{group.label,
                        group.spec.method.name,
                        group.spec.dataset,
                        group.spec.checkpoint,
                        metricOf(group, measurements),
                        {},
                        {},
                        {}};
        for (const Run *run : group.runs)
            curve.runs.push_back(run->id);
        curve.loss = meanOf(group, measurements, "loss");
        if (!curve.metric.empty())
            curve.score = meanOf(group, measurements, "dev." + curve.metric);
        if (!curve.loss.empty() || !curve.score.empty())
            curves.push_back(std::move(curve));
    }
    return curves;
}

std::string toCsv(const std::vector<MeanCurve> &curves)
{
    std::string text =
        csv::row({"label", "method", "dataset", "checkpoint", "name", "step", "epoch", "mean", "sem", "n", "runs"});
    const auto add = [&](const MeanCurve &curve, const std::string &name, const std::vector<CurvePoint> &points) {
        for (const CurvePoint &point : points)
            text += csv::row({curve.label, curve.method, curve.dataset, curve.checkpoint, name, std::to_string(point.step),
                              csv::number(point.epoch), csv::number(point.mean), csv::sem(point.sem, point.n),
                              std::to_string(point.n), csv::numbers(curve.runs)});
    };
    for (const MeanCurve &curve : curves) {
        add(curve, "loss", curve.loss);
        add(curve, "dev." + curve.metric, curve.score);
    }
    return text;
}

} // namespace awb
