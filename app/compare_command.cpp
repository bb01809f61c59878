#include <algorithm>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "core/spec_json.h"
#include "core/store/dev_outcome.h"

namespace awb {

namespace {

struct Options {
    std::vector<std::int64_t> runs;
    std::size_t most = 20;
};

/// "recipe.epochs" for what stands in an object within the object.
Json flat(const Json &spec)
{
    Json all = Json::object();
    for (const auto &[key, value] : spec.items())
        if (value.is_object())
            for (const auto &[inner, deep] : value.items())
                all[key + "." + inner] = deep;
        else
            all[key] = value;
    return all;
}

/// Settings that are not the same in both: "recipe.learning_rate" -> both values.
Json differencesOf(const Run &one, const Run &other)
{
    const Json all[] = {flat(Json::parse(toJson(one.spec))), flat(Json::parse(toJson(other.spec)))};
    Json differences = Json::object();
    for (const Json &spec : all)
        for (const auto &[key, value] : spec.items())
            if (const Json values = {all[0].value(key, Json()), all[1].value(key, Json())}; values[0] != values[1])
                differences[key] = values;
    return differences;
}

std::string saidOf(const DevOutcome &outcome, std::size_t which, std::size_t example)
{
    const double value = outcome.predicted[which][example];
    return outcome.task == Task::Regression ? scoreText(value) : outcome.classes.at(std::size_t(value));
}

Json disagreementsOf(const DevOutcome &outcome, const std::vector<std::size_t> &indices)
{
    Json all = Json::array();
    for (const std::size_t i : indices) {
        const Example &example = outcome.examples[i];
        Json one{{"label", outcome.task == Task::Regression ? Json(example.score)
                                                            : Json(outcome.classes.at(std::size_t(example.label)))},
                 {"said", {saidOf(outcome, 0, i), saidOf(outcome, 1, i)}},
                 {"text", example.a}};
        if (!example.b.empty())
            one["text_b"] = example.b;
        all.push_back(one);
    }
    return all;
}

/// Rows of labels, columns of predictions.
Json confusionJson(const DevOutcome &outcome, std::size_t which)
{
    const std::vector<std::size_t> counts = confusionOf(outcome, which);
    Json rows = Json::array();
    for (std::size_t i = 0, n = outcome.classes.size(); i < counts.size(); i += n)
        rows.push_back(std::vector<std::size_t>(counts.begin() + std::ptrdiff_t(i), counts.begin() + std::ptrdiff_t(i + n)));
    return rows;
}

std::string confusionText(const DevOutcome &outcome, std::size_t which, std::int64_t run)
{
    std::vector<std::vector<std::string>> rows{{"label \\ said by " + std::to_string(run)}};
    rows[0].insert(rows[0].end(), outcome.classes.begin(), outcome.classes.end());
    const std::vector<std::size_t> counts = confusionOf(outcome, which);
    for (std::size_t gold = 0, n = outcome.classes.size(); gold < n && !counts.empty(); ++gold) {
        rows.push_back({outcome.classes[gold]});
        for (std::size_t said = 0; said < n; ++said)
            rows.back().push_back(std::to_string(counts[gold * n + said]));
    }
    return counts.empty() ? std::string() : columnsText(rows) + "\n";
}

std::string textOf(const Json &differences, const DevOutcome &outcome, const Json &disagreements, const Run &one,
                   const Run &other, std::size_t most)
{
    std::vector<std::vector<std::string>> rows{{"", "run " + std::to_string(one.id), "run " + std::to_string(other.id)}};
    rows.push_back({"method", methodText(one.spec.method), methodText(other.spec.method)});
    const auto score = [](const Run &run) { return run.score ? scoreText(*run.score) : std::string("no number"); };
    if (one.metric == other.metric)
        rows.push_back({one.metric + " on dev", score(one), score(other)});
    else
        rows.push_back({"on dev", score(one) + " (" + one.metric + ")", score(other) + " (" + other.metric + ")"});
    for (const auto &[key, values] : differences.items())
        rows.push_back({key, values[0].dump(), values[1].dump()});
    std::string text = columnsText(rows) + "\n" + confusionText(outcome, 0, one.id) + confusionText(outcome, 1, other.id);
    text += "They disagree on " + std::to_string(disagreements.size()) + " of " + std::to_string(outcome.examples.size()) +
            " dev examples" + (disagreements.size() > most ? ", the first " + std::to_string(most) : std::string());
    text += disagreements.empty()
                ? ".\n"
                : " (label; run " + std::to_string(one.id) + " : run " + std::to_string(other.id) + "; text):\n";
    for (std::size_t i = 0; i < std::min(most, disagreements.size()); ++i) {
        const Json &example = disagreements[i];
        const Json &label = example["label"];
        text += "  " + (label.is_string() ? label.get<std::string>() : scoreText(label.get<double>())) + "; " +
                example["said"][0].get<std::string>() + " : " + example["said"][1].get<std::string>() + "; " +
                example["text"].get<std::string>() +
                (example.contains("text_b") ? " | " + example["text_b"].get<std::string>() : std::string()) + "\n";
    }
    return text;
}

/// null: no number.
Json scoreJson(const Run &run)
{
    return run.score ? Json(*run.score) : Json();
}

int compare(Context &context, const Options &options)
{
    std::vector<Run> runs;
    for (const std::int64_t id : options.runs)
        runs.push_back(existingRun(context, id));
    const DevOutcome outcome = devOutcome(context.store(), runs);
    const Json differences = differencesOf(runs[0], runs[1]);
    const Json disagreements = disagreementsOf(outcome, awb::disagreements(outcome));
    context.print({{"runs", options.runs},
                   {"differences", differences},
                   {"metrics", {runs[0].metric, runs[1].metric}},
                   {"scores", {scoreJson(runs[0]), scoreJson(runs[1])}},
                   {"classes", outcome.classes},
                   {"confusion", {confusionJson(outcome, 0), confusionJson(outcome, 1)}},
                   {"examples", outcome.examples.size()},
                   {"disagreements", disagreements}},
                  textOf(differences, outcome, disagreements, runs[0], runs[1], options.most));
    return 0;
}

} // namespace

void addCompareRuns(CLI::App &runs, Context &context)
{
    const auto options = std::make_shared<Options>();
    CLI::App *sub = runs.add_subcommand(
        "compare", "Two finished runs of a task: settings that differ, confusion matrices, dev examples they disagree on");
    sub->add_option("run", options->runs, "Numbers of the runs")->required()->expected(2);
    sub->add_option("--most", options->most, "Examples to print; --json has all")->capture_default_str();
    sub->callback([&context, options] { context.action = [&context, options] { return compare(context, *options); }; });
}

} // namespace awb
