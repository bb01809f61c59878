#include "core/study/figure1.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/methods/methods.h"
#include "core/study/csv.h"

namespace awb {

namespace {

/// The best full fine-tuning per task.
std::map<std::string, const Chosen *> references(const std::vector<Chosen> &chosen)
{
    std::map<std::string, const Chosen *> best;
    for (const Chosen &one : chosen) {
        if (one.method().name != "full")
            continue;
        const Chosen *&there = best[one.dataset()];
        if (!there || chosenBefore(one.outcome, there->outcome))
            there = &one;
    }
    return best;
}

void summarise(Figure1Point &point)
{
    std::vector<double> deltas;
    point.parameters = 0;
    for (const TaskDelta &task : point.tasks) {
        deltas.push_back(task.points);
        point.parameters += double(task.chosen.outcome.parameters) / double(point.tasks.size());
    }
    point.p20 = percentile(deltas, 0.2);
    point.p50 = percentile(deltas, 0.5);
    point.p80 = percentile(deltas, 0.8);
}

} // namespace

Figure1 figure1(const std::vector<Chosen> &chosen)
{
    Figure1 figure;
    const auto full = references(chosen);
    figure.tasks = int(full.size());
    std::map<std::tuple<std::string, int, std::string>, Figure1Point> points;
    std::vector<std::string> without;
    for (const Chosen &one : chosen) {
        const auto reference = full.find(one.dataset());
        if (reference == full.end()) {
            if (without.empty() || without.back() != one.dataset())
                without.push_back(one.dataset());
            continue;
        }
        if (one.outcome.metric != reference->second->outcome.metric)
            continue;
        const std::string label = describe(one.method(), int(one.method().sites.size()));
        Figure1Point &point = points[{one.method().name, sizeOf(one.method()), label}];
        point.method = one.method().name;
        point.size = sizeOf(one.method());
        point.label = label;
        point.tasks.push_back({one, 100 * (one.outcome.score - reference->second->outcome.score)});
    }
    for (const std::string &task : without)
        figure.notes.push_back(task + " is left out: it has no finished run of full fine-tuning to compare with.");
    for (auto &[key, point] : points) {
        summarise(point);
        figure.points.push_back(std::move(point));
    }
    std::sort(figure.points.begin(), figure.points.end(), [](const Figure1Point &a, const Figure1Point &b) {
        return std::tie(a.method, a.parameters, a.label) < std::tie(b.method, b.parameters, b.label);
    });
    return figure;
}

std::string toCsv(const Figure1 &figure, const Study &study)
{
    std::string text = csv::row({"study", "method", "label", "parameters", "task", "delta", "p20", "p50", "p80", "tasks",
                                 "score", "metric", "runs", "selection", "counting", "percentiles"});
    for (const Figure1Point &point : figure.points) {
        const std::vector<std::string> head = {study.name, point.method, point.label, csv::number(point.parameters)};
        const std::vector<std::string> rules = {describe(study.selection), describe(study.counting), percentileRule};
        text += csv::row(head,
                         {"", "", csv::number(point.p20), csv::number(point.p50), csv::number(point.p80),
                          std::to_string(point.tasks.size()), "", "", ""},
                         rules);
        for (const TaskDelta &task : point.tasks) {
            const SettingResult &outcome = task.chosen.outcome;
            text += csv::row({study.name, point.method, point.label, std::to_string(outcome.parameters)},
                             {task.chosen.dataset(), csv::number(task.points), "", "", "", "", csv::number(outcome.score),
                              outcome.metric, csv::numbers(chosenRuns(outcome, study.selection))},
                             rules);
        }
    }
    return text;
}

} // namespace awb
