#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/figure_file.h"
#include "core/error.h"
#include "core/files.h"
#include "core/store/study_queue.h"
#include "core/study/costs.h"
#include "core/study/selection.h"
#include "core/study/tradeoff.h"

#ifdef AWB_FIGURES
#include "app/offscreen.h"
#include "ui/tradeoff_plot.h"
#include "ui/tradeoff_published.h"
#endif

namespace awb {

namespace {

struct FigureOptions {
    std::string dataset, checkpoint, study, out, x = "parameters", counting, published;
    bool seeds = false;
    int dpi = 0;
};

/// Why there is nothing to draw.
std::string noRuns(const FigureOptions &options, const ScoreRule &rule)
{
    if (rule.others > 0)
        return "There is nothing to draw of the study " + options.study + ": " + othersText(rule.others);
    const std::string asked = options.study.empty() ? "" : " of the study " + options.study;
    if (!options.study.empty() && (options.dataset + options.checkpoint).empty())
        return "There is no finished run" + asked + " to draw; `awb study list` names what is there.";
    return "There is no finished run" + asked + (options.dataset.empty() ? "" : " on the data set " + options.dataset) +
           (options.checkpoint.empty() ? "" : " with the checkpoint " + options.checkpoint) +
           " to draw; `awb train` or `awb study quick` makes one.";
}

TaskResults resultsOf(const Store &store, const FigureOptions &options)
{
    std::error_code ignored;
    if (std::filesystem::is_regular_file(options.study, ignored))
        return taskResults(store, findStudy(store, options.study), options.dataset, options.checkpoint);
    return taskResults(store, options.study, options.dataset, options.checkpoint);
}

/// Fills in what was not given from the run that was finished last among those that fit, and returns what there is of that
/// data set and checkpoint.
TaskResults chosenResults(const Store &store, FigureOptions &options)
{
    const auto [fitting, rule, counting] = resultsOf(store, options);
    const Run *latest = nullptr;
    for (const Run &run : fitting)
        if (!latest || run.finished > latest->finished || (run.finished == latest->finished && run.id > latest->id))
            latest = &run;
    if (!latest)
        throw Error(noRuns(options, rule));
    if (options.dataset.empty() &&
        std::ranges::any_of(fitting, [&](const Run &run) { return run.spec.dataset != latest->spec.dataset; }))
        std::fprintf(stderr, "Drawn is the latest run's task, %s; --dataset chooses another.\n",
                     latest->spec.dataset.c_str());
    options.dataset = latest->spec.dataset;
    options.checkpoint = latest->spec.checkpoint;
    return resultsOf(store, options);
}

#ifdef AWB_FIGURES
void draw(const std::vector<Run> &runs, const ScoreRule &rule, CountingRule counting, const FigureOptions &options)
{
    const OffscreenApplication application;
    TradeoffPlot plot;
    plot.setAxis(costAxisFromString(options.x));
    plot.setCounting(counting);
    plot.setSeedsShown(options.seeds);
    plot.setPublished(tradeoff_published::figureOf(options.published));
    plot.setRuns(runs, QString::fromStdString(options.dataset + " · " + options.checkpoint), rule);
    plot.exportTo(QString::fromStdString(options.out), options.dpi);
}
#else
void draw(const std::vector<Run> &, const ScoreRule &, CountingRule, const FigureOptions &options)
{
    throw builtWithoutFigures(options.out);
}
#endif

int tradeoff(Context &context, FigureOptions &options)
{
    const std::string type = figureType(options.out, options.dpi);
    asTyped([&] { return costAxisFromString(options.x); }); // a wrong name is refused before anything is read
    if (!options.counting.empty())
        asTyped([&] { return countingRuleFromString(options.counting); });
    if (!options.published.empty() && options.x != toString(CostAxis::Parameters))
        throw UsageError("--published is of --x parameters; leave one of the two out.");
    if (!options.published.empty() && type == ".csv")
        throw UsageError("--published is drawn beside our points; " + options.out + " has ours alone.");
    const auto [runs, rule, ofStudy] = chosenResults(context.store(), options);
    const CountingRule counting = options.counting.empty() ? ofStudy : countingRuleFromString(options.counting);
    const auto points = tradeoffPoints(runs, counting, rule);
    if (points.empty())
        throw Error("There is nothing to draw: none of the finished runs of " + options.dataset + " with " +
                    options.checkpoint + " has a score that is a number; their training diverged.");
    if (type == ".csv")
        writeFileAtomically(options.out, toCsv(points, runs, counting, rule.selection));
    else
        draw(runs, rule, counting, options);
    context.print(
        {{"out", options.out}, {"dataset", options.dataset}, {"checkpoint", options.checkpoint}, {"points", points.size()}},
        options.out);
    return 0;
}

} // namespace

void addFigureCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<FigureOptions>();
    CLI::App *command = app.add_subcommand("figure", "Draw a chart, or write a table, of the library's runs");
    command->require_subcommand(0, 1); // with 1 CLI11 would not say which word it did not know
    command->fallthrough();
    command->callback([&context] {
        if (!context.action)
            throw UsageError("Which figure? `awb figure --help` lists them.");
    });
    CLI::App *sub = command->add_subcommand("tradeoff", "Score against trainable parameters, or another cost");
    sub->add_option("--out", options->out, figureOut)->required();
    sub->add_option("--dataset", options->dataset, "Name in the library (else the one of the latest run)");
    sub->add_option("--checkpoint", options->checkpoint, "Name in the library (else the one of the latest run)");
    sub->add_option("--study", options->study,
                    "Only runs of this study, or of the study in this file, with the scores that it selects");
    sub->add_option(
           "--x", options->x,
           "parameters, bytes (stored), speed (training, examples/s), steps (per second), memory (peak), epoch (time) or "
           "latency")
        ->capture_default_str();
    sub->add_option(
        "--counting", options->counting,
        "What counts as trained on the axis of parameters: trained, without-embeddings or share-of-model (else the "
        "study's rule, or trained)");
    addDpi(*sub, options->dpi);
    sub->add_option("--published", options->published, "Points of the paper's Figure 4 beside ours: MNLI-m or CoLA")
        ->check(CLI::IsMember({"MNLI-m", "CoLA"}));
    sub->add_flag("--seeds", options->seeds, "Every run of the points that are means over seeds too");
    sub->callback([&context, options] { context.action = [&context, options] { return tradeoff(context, *options); }; });
    addCurvesFigure(*command, context);
    addStudyFigures(*command, context);
    addAblationFigures(*command, context);
}

} // namespace awb
