#include <algorithm>
#include <cmath>
#include <optional>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/figure_file.h"
#include "core/files.h"
#include "core/store/study_queue.h"
#include "core/study/figure1.h"
#include "core/study/result_table.h"
#include "core/study/selection.h"
#include "core/study/sweep_curves.h"

#ifdef AWB_FIGURES
#include "app/offscreen.h"
#include "ui/series_plot.h"
#include "ui/study_charts.h"
#endif

namespace awb {

namespace {

struct Options {
    std::string figure, study, dataset, out, counting, part, published;
    bool noPublished = false, tasks = false;
    int dpi = 0;
};

std::string numbersOf(const StudyResults &results, const Options &options)
{
    const auto all = outcomes(results.runs, results.study.selection, results.study.counting, results.bestEpochs);
    if (options.figure == "figure1") {
        const Figure1 figure = figure1(bestOfSweeps(all));
        if (figure.points.empty())
            throw Error("There is nothing to write to " + options.out + ": " +
                        (figure.notes.empty() ? "no run has a score that is a number." : figure.notes.front()));
        return toCsv(figure, results.study);
    }
    const SweepAxis axis = options.figure == "init" ? SweepAxis::Initialisation : SweepAxis::LearningRate;
    const auto curves = sweepCurves(all, axis);
    if (curves.empty())
        throw Error("There is nothing to write to " + options.out + ": the study " + results.study.name +
                    " has no finished run of a method with that setting.");
    return toCsv(curves, axis, results.study);
}

#ifdef AWB_FIGURES
void draw(const StudyResults &results, const Options &options)
{
    const OffscreenApplication application;
    const study_charts::Options chosen{results.study.counting, !options.noPublished, options.tasks, options.published};
    SeriesPlot plot;
    plot.setChart(options.figure == "figure1" ? study_charts::figure1Chart(results, chosen)
                  : options.figure == "init"  ? study_charts::initialisationChart(results, chosen)
                                              : study_charts::learningRateChart(results, chosen));
    plot.exportTo(QString::fromStdString(options.out), options.dpi);
}
#else
void draw(const StudyResults &, const Options &options)
{
    throw builtWithoutFigures(options.out);
}
#endif

/// The study's results, of which there must be some.
StudyResults resultsFor(Context &context, const Options &options)
{
    std::optional<CountingRule> counting;
    if (!options.counting.empty())
        counting = asTyped([&] { return countingRuleFromString(options.counting); });
    Study study = findStudy(context.store(), options.study);
    study.counting = counting.value_or(study.counting);
    StudyResults results = studyResults(context.store(), study);
    keepTask(results, options.dataset);
    if (std::ranges::count(results.runs, RunState::Done, &Run::state) == 0)
        throw Error("The study " + study.name + " has no finished run to draw; `awb study run " + study.name +
                    "` computes it.");
    return results;
}

void report(Context &context, const Options &options)
{
    context.print({{"out", options.out}, {"study", options.study}, {"figure", options.figure}}, options.out);
}

int figure(Context &context, Options &options)
{
    const std::string type = figureType(options.out, options.dpi);
    const StudyResults results = resultsFor(context, options);
    if (type == ".csv")
        writeFileAtomically(options.out, numbersOf(results, options));
    else
        draw(results, options);
    report(context, options);
    return 0;
}

int table(Context &context, Options &options)
{
    if (options.out.empty())
        throw UsageError("--out names no file.");
    options.out = std::filesystem::absolute(options.out).string();
    const std::string type = endingOf(options.out);
    asTyped([&] { return tableText({}, type); }); // no table is written to another
    ResultTable table = resultTable(resultsFor(context, options), options.figure == "table1" ? 1 : 2,
                                    options.part == "test" ? Part::Test : Part::Dev);
    if (options.noPublished)
        std::erase_if(table.methods, [](const TableMethod &method) { return method.published; });
    if (table.methods.empty())
        throw Error("The study " + options.study + " has no finished run of a method of that table.");
    const bool scored = std::ranges::any_of(table.methods, [](const TableMethod &method) {
        return !method.published &&
               std::ranges::any_of(method.cells, [](const TableCell &cell) { return !std::isnan(cell.score); });
    });
    if (options.part == "test" && !scored)
        throw Error("No run that the table chooses has been scored on test; `awb study test " + options.study +
                    "` does that.");
    writeFileAtomically(options.out, tableText(table, type));
    report(context, options);
    return 0;
}

} // namespace

void addStudyFigures(CLI::App &command, Context &context)
{
    const auto options = std::make_shared<Options>();
    const auto addCommand = [&](const char *name, const char *what, const char *out, int (*action)(Context &, Options &)) {
        CLI::App *sub = command.add_subcommand(name, what);
        sub->add_option("--study", options->study, "Name of a study")->required();
        sub->add_option("--out", options->out, out)->required();
        sub->callback([&context, options, name, action] {
            options->figure = name;
            context.action = [&context, options, action] { return action(context, *options); };
        });
        return sub;
    };
    const auto addCounting = [&](CLI::App *sub) {
        sub->add_option("--counting", options->counting,
                        "What counts as trained: without-embeddings, share-of-model or trained (else as the study says)");
    };
    CLI::Option *noPublished = nullptr; // of the command added last
    const auto add = [&](const char *name, const char *what) {
        CLI::App *sub = addCommand(name, what, figureOut, figure);
        addDpi(*sub, options->dpi);
        noPublished = sub->add_flag("--no-published", options->noPublished, "Leave out the points of the paper");
        return sub;
    };
    CLI::App *figure1 =
        add("figure1", "Difference to full fine-tuning against trained parameters, over the tasks of a study");
    figure1
        ->add_option("--published", options->published, "Whose points of the paper (else those of the study's experiment)")
        ->check(CLI::IsMember({"BERT-large", "BERT-base"}))
        ->excludes(noPublished);
    figure1->add_flag("--tasks", options->tasks, "A thin line per task too");
    addCounting(figure1);
    for (CLI::App *sub :
         {add("init", "Score against the initialisation of the adapters"), add("lr", "Score against the learning rate")})
        sub->add_option("--dataset", options->dataset, "Only this task of the study");
    const char *const out = "FILE.csv, .tex or .md";
    for (CLI::App *sub :
         {addCommand("table1", "Full fine-tuning, adapters of the best size and of 64, per task", out, table),
          addCommand("table2", "Full fine-tuning, top layers and adapters of the best size, per task", out, table)}) {
        sub->add_option("--part", options->part, "Scores on dev, or on test as `awb study test` computed them")
            ->check(CLI::IsMember({"dev", "test"}));
        sub->add_flag("--no-published", options->noPublished, "Leave out the paper's columns");
        addCounting(sub);
    }
}

} // namespace awb
