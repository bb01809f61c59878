#include <algorithm>
#include <set>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/figure_file.h"
#include "core/files.h"
#include "core/store/study_queue.h"
#include "core/study/ablation.h"
#include "core/study/published.h"

#ifdef AWB_FIGURES
#include "app/offscreen.h"
#include "ui/ablation_plot.h"
#include "ui/adapter_drop_plot.h"
#endif

namespace awb {

namespace {

struct Options {
    std::int64_t run = 0;
    std::string study, dataset, out, published;
    int dpi = 0;
};

/// -1: none
int publishedIndex(const std::string &task)
{
    const auto &all = publishedAblations();
    std::string names;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].task == task)
            return int(i);
        names += (names.empty() ? "" : ", ") + all[i].task;
    }
    if (!task.empty())
        throw UsageError("There is no published ablation map of " + task + "; there are those of " + names + ".");
    return -1;
}

/// The adapter run that the study's selection chose for its task, of several seeds the first that has a map.
std::int64_t runOfStudy(const Store &store, const Options &options)
{
    const StudyResults results = studyResults(store, findStudy(store, options.study));
    const Selection &selection = results.study.selection;
    auto chosen = bestOfSweeps(outcomes(results.runs, selection, results.study.counting, results.bestEpochs));
    std::erase_if(chosen, [](const Chosen &one) { return one.method().bottleneck <= 0; });
    std::set<std::string> tasks;
    for (const Chosen &one : chosen)
        tasks.insert(one.dataset());
    std::string names;
    for (const std::string &task : tasks)
        names += (names.empty() ? "" : ", ") + task;
    if (tasks.empty())
        throw Error("The study " + options.study + " has no finished run with adapters, so no ablation map.");
    if (options.dataset.empty() && tasks.size() > 1)
        throw Error("The study " + options.study + " has adapters for several tasks; name one with --dataset: " + names +
                    ".");
    const std::string task = options.dataset.empty() ? *tasks.begin() : options.dataset;
    if (!tasks.contains(task))
        throw Error("The study " + options.study + " has no finished run with adapters for " + task + "; it has for " +
                    names + ".");
    std::erase_if(chosen, [&](const Chosen &one) { return one.dataset() != task; });
    const auto best = std::ranges::min_element(chosen, chosenBefore,
                                               [](const Chosen &one) -> const SettingResult & { return one.outcome; });
    const auto runs = chosenRuns(best->outcome, selection);
    const auto mapped = std::ranges::find_if(runs, [&](std::int64_t run) { return store.ablation(run).has_value(); });
    return mapped == runs.end() ? runs.front() : *mapped;
}

#ifdef AWB_FIGURES
void draw(const AblationMap &map, const Run &run, const Options &options, bool drop)
{
    const OffscreenApplication application;
    const QString file = QString::fromStdString(options.out);
    if (drop) {
        AdapterDropPlot plot;
        plot.setMap(map, run);
        plot.exportTo(file, options.dpi);
        return;
    }
    AblationPlot plot;
    plot.setMap(map, run);
    plot.setPublished(publishedIndex(options.published));
    plot.exportTo(file, options.dpi);
}
#else
void draw(const AblationMap &, const Run &, const Options &options, bool)
{
    throw builtWithoutFigures(options.out);
}
#endif

int figure(Context &context, Options &options, bool drop)
{
    const std::string type = figureType(options.out, options.dpi);
    publishedIndex(options.published);
    if (!options.study.empty())
        options.run = runOfStudy(context.store(), options);
    const Run run = existingRun(context, options.run);
    const auto map = context.store().ablation(options.run);
    const std::string number = std::to_string(options.run);
    requireAdapters(run);
    if (!map)
        throw Error("Run " + number + " has no ablation map yet; `awb ablation " + number + "` computes it.");
    if (type == ".csv")
        writeFileAtomically(options.out, toCsv(*map, run));
    else
        draw(*map, run, options, drop);
    context.print({{"out", options.out}, {"run", options.run}}, options.out);
    return 0;
}

} // namespace

void addAblationFigures(CLI::App &command, Context &context)
{
    const auto options = std::make_shared<Options>();
    const auto add = [&](const char *name, const char *what, bool drop) {
        CLI::App *sub = command.add_subcommand(name, what);
        CLI::Option_group *which = sub->add_option_group("Run", "Whose ablation is drawn");
        which->add_option("--run", options->run, "Number of a run whose map is computed");
        CLI::Option *study =
            which->add_option("--study", options->study, "Of a study the adapters that its selection chose");
        which->require_option(1);
        sub->add_option("--dataset", options->dataset, "Task of the study, where it has several")->needs(study);
        sub->add_option("--out", options->out, figureOut)->required();
        addDpi(*sub, options->dpi);
        sub->callback([&context, options, drop] {
            context.action = [&context, options, drop] { return figure(context, *options, drop); };
        });
        return sub;
    };
    add("ablation", "Heat map of the score without the adapters of each span of layers", false)
        ->add_option("--published", options->published, "A map of the paper beside it: MNLI-m or CoLA");
    add("adapterdrop", "Score and time without the adapters of the lowest layers", true);
}

} // namespace awb
