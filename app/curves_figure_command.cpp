#include <cstdio>
#include <set>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/figure_file.h"
#include "core/files.h"
#include "core/store/study_queue.h"
#include "core/study/mean_curves.h"
#include "core/study/selection.h"

#ifdef AWB_FIGURES
#include "app/offscreen.h"
#include "ui/curve_overlay.h"
#include "ui/series_plot.h"
#endif

namespace awb {

namespace {

using Measurements = std::map<std::int64_t, std::vector<Measurement>>;

struct Options {
    std::string study, dataset, out, of = "score";
    std::string title = {}; ///< of the study
    std::vector<std::int64_t> runs;
    int dpi = 0;
};

std::vector<Run> chosenRuns(Context &context, Options &options)
{
    if (options.study.empty() == options.runs.empty())
        throw UsageError("Say whose curves to draw: either --study NAME or --runs 1,2,3.");
    if (!options.study.empty()) {
        StudyResults results = studyResults(context.store(), findStudy(context.store(), options.study));
        options.title = results.study.title + " · " + results.study.checkpoint;
        std::erase_if(results.runs,
                      [](const Run &run) { return run.state == RunState::Failed || run.state == RunState::Cancelled; });
        keepTask(results, options.dataset);
        if (!options.dataset.empty())
            options.title = options.dataset + " · " + results.study.checkpoint;
        if (results.runs.empty())
            throw Error("There is no run of the study " + options.study + " whose curve could be drawn" +
                        (results.others > 0 ? ": " + othersText(results.others) : "."));
        return results.runs;
    }
    std::vector<Run> runs;
    for (const std::int64_t id : options.runs)
        runs.push_back(existingRun(context, id));
    return runs;
}

#ifdef AWB_FIGURES
void draw(const std::vector<Run> &runs, const Measurements &measurements, const Options &options)
{
    const OffscreenApplication application;
    SeriesPlot plot;
    plot.setChart(curve_overlay::chart(runs, measurements,
                                       options.of == "loss" ? curve_overlay::Quantity::Loss : curve_overlay::Quantity::Score,
                                       QString::fromStdString(options.title)));
    plot.exportTo(QString::fromStdString(options.out), options.dpi);
}
#else
void draw(const std::vector<Run> &, const Measurements &, const Options &options)
{
    throw builtWithoutFigures(options.out);
}
#endif

/// Many curves of several tasks cannot be told apart.
void sayIfMany(const std::vector<MeanCurve> &all, const Options &options)
{
    constexpr int many = 24;
    std::set<std::string> tasks;
    int drawn = 0;
    for (const MeanCurve &curve : all)
        if (!(options.of == "loss" ? curve.loss : curve.score).empty()) {
            tasks.insert(curve.dataset);
            ++drawn;
        }
    if (!options.study.empty() && tasks.size() > 1 && drawn > many)
        std::fprintf(stderr, "Drawn are %d curves of %zu tasks; --dataset draws those of one.\n", drawn, tasks.size());
}

int curves(Context &context, Options &options)
{
    const std::string type = figureType(options.out, options.dpi);
    const std::vector<Run> runs = chosenRuns(context, options);
    Measurements measurements;
    for (const Run &run : runs)
        measurements[run.id] = context.store().measurements(run.id);
    const std::vector<MeanCurve> all = meanCurves(runs, measurements);
    if (all.empty())
        throw Error("None of these runs has a curve yet; it is stored while a run trains.");
    if (type == ".csv") {
        writeFileAtomically(options.out, toCsv(all));
    } else {
        sayIfMany(all, options);
        draw(runs, measurements, options);
    }
    context.print({{"out", options.out}, {"runs", runs.size()}, {"curves", all.size()}}, options.out);
    return 0;
}

} // namespace

void addCurvesFigure(CLI::App &figure, Context &context)
{
    const auto options = std::make_shared<Options>();
    CLI::App *sub = figure.add_subcommand("curves", "Learning curves of several runs, averaged over seeds");
    sub->add_option("--study", options->study, "Name of a study: its runs but the failed and cancelled ones");
    CLI::Option *runs = sub->add_option("--runs", options->runs, "Numbers of runs: 1,2,3")->delimiter(',');
    sub->add_option("--dataset", options->dataset, "Only the study's runs on this task")->excludes(runs);
    sub->add_option("--of", options->of, "score (on dev) or loss; a .csv holds both")
        ->check(CLI::IsMember({"score", "loss"}))
        ->capture_default_str();
    sub->add_option("--out", options->out, figureOut)->required();
    addDpi(*sub, options->dpi);
    sub->callback([&context, options] { context.action = [&context, options] { return curves(context, *options); }; });
}

} // namespace awb
