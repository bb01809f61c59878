#include "core/study/sweep_curves.h"

#include <map>
#include <tuple>

#include "core/methods/methods.h"
#include "core/study/csv.h"

namespace awb {

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
        ++there->second.settings;
        if (chosenBefore(outcome, there->second.outcome))
            there->second.outcome = outcome;
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

std::string toCsv(const std::vector<SweepCurve> &curves, SweepAxis axis, const Study &study)
{
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
                          csv::numbers(chosenRuns(outcome, study.selection)), describe(study.selection)});
        }
    return text;
}

} // namespace awb
