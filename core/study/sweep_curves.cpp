#include "core/study/sweep_curves.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/methods/methods.h"
#include "core/study/csv.h"

namespace awb {

namespace {

/// What two settings of one point differ in.
std::set<std::string> differences(const TrainSpec &a, const TrainSpec &b)
{
    std::set<std::string> names;
    if (sizeOf(a.method) != sizeOf(b.method))
        names.insert("size");
    if (a.recipe.learningRate != b.recipe.learningRate)
        names.insert("learning rate");
    if (a.recipe.epochs != b.recipe.epochs)
        names.insert("epochs");
    if (a.recipe.initStd != b.recipe.initStd)
        names.insert("initialisation");
    return names;
}

/// Of all points, in the order of words: "size, epochs and initialisation".
std::string choiceOf(const std::vector<SweepCurve> &curves)
{
    std::set<std::string> differed;
    for (const SweepCurve &curve : curves)
        for (const SweepPoint &point : curve.points)
            differed.insert(point.differed.begin(), point.differed.end());
    std::string text;
    for (const char *name : {"size", "learning rate", "epochs", "initialisation"})
        if (differed.erase(name) > 0)
            text += (text.empty() ? "" : differed.empty() ? " and " : ", ") + std::string(name);
    return text;
}

} // namespace

std::vector<SweepCurve> sweepCurves(const std::vector<SettingResult> &outcomes, SweepAxis axis)
{
    std::map<std::tuple<std::string, std::string, int, bool>, std::map<double, SweepPoint>> curves;
    for (const SettingResult &outcome : outcomes) {
        const TrainSpec &spec = outcome.spec;
        const bool sigma = axis == SweepAxis::Initialisation;
        if (sigma && spec.method.bottleneck <= 0)
            continue;
        auto &curve = curves[{spec.dataset, spec.method.name, sigma ? spec.method.bottleneck : 0,
                              spec.method.topLayers >= 0 && !trainsPooler(spec.method)}];
        const double x = sigma ? spec.recipe.initStd : spec.recipe.learningRate;
        const auto [there, isNew] = curve.try_emplace(x, SweepPoint{x, outcome, 1});
        if (isNew)
            continue;
        SweepPoint &point = there->second;
        ++point.settings;
        point.differed.merge(differences(outcome.spec, point.outcome.spec));
        if (chosenBefore(outcome, point.outcome))
            point.outcome = outcome;
    }
    std::vector<SweepCurve> all;
    for (const auto &[place, byX] : curves) {
        SweepCurve curve{std::get<0>(place), std::get<1>(place), std::get<2>(place), {}};
        for (const auto &[x, point] : byX)
            curve.points.push_back(point);
        all.push_back(std::move(curve));
    }
    return all;
}

bool haveSeveralSeeds(const std::vector<SweepCurve> &curves)
{
    return std::ranges::any_of(curves, [](const SweepCurve &curve) {
        return std::ranges::any_of(curve.points, [](const SweepPoint &point) { return point.outcome.scores.size() > 1; });
    });
}

std::string sweepRule(const std::vector<SweepCurve> &curves, const Selection &selection)
{
    const std::string choice = choiceOf(curves);
    return describeScore(selection, haveSeveralSeeds(curves)) +
           (choice.empty() ? "" : "; the best " + choice + " at each, chosen on dev");
}

std::string toCsv(const std::vector<SweepCurve> &curves, SweepAxis axis, const Study &study)
{
    const std::string rule = sweepRule(curves, study.selection);
    const char *const x = axis == SweepAxis::Initialisation ? "init_std" : "learning_rate";
    std::string text =
        csv::row({"study", "task", "method", "label", x, "metric", "score", "sem", "n", "epochs", "runs", "selection"});
    for (const SweepCurve &curve : curves)
        for (const SweepPoint &point : curve.points) {
            const SettingResult &outcome = point.outcome;
            const Method &method = outcome.spec.method;
            const int averaged = study.selection.seeds == Selection::Seeds::Best ? 1 : int(outcome.scores.size());
            text +=
                csv::row({study.name, curve.dataset, curve.method, describe(method, int(method.sites.size())),
                          csv::number(point.x), outcome.metric, csv::number(outcome.score), csv::sem(outcome.sem, averaged),
                          std::to_string(outcome.scores.size()), std::to_string(outcome.spec.recipe.epochs),
                          csv::numbers(chosenRuns(outcome, study.selection)), rule});
        }
    return text;
}

} // namespace awb
