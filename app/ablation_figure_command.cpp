#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/figure_file.h"
#include "core/files.h"
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
    std::string out, published;
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

#ifdef AWB_FIGURES
void draw(const AblationMap &map, const Run &run, const Options &options, bool drop)
{
    const OffscreenApplication application;
    const QString file = QString::fromStdString(options.out);
    if (drop) {
        AdapterDropPlot plot;
        plot.setMap(map, run);
        plot.exportTo(file);
        return;
    }
    AblationPlot plot;
    plot.setMap(map, run);
    plot.setPublished(publishedIndex(options.published));
    plot.exportTo(file);
}
#else
void draw(const AblationMap &, const Run &, const Options &options, bool)
{
    throw builtWithoutFigures(options.out);
}
#endif

int figure(Context &context, Options &options, bool drop)
{
    const std::string type = figureType(options.out);
    publishedIndex(options.published);
    const auto run = context.store().run(options.run);
    const auto map = context.store().ablation(options.run);
    const std::string number = std::to_string(options.run);
    if (!run)
        throw Error("There is no run " + number + "; `awb runs list` shows those that are.");
    if (!map)
        throw Error("Run " + number + " has no ablation map yet; `awb ablation " + number + "` computes it.");
    if (type == ".csv")
        writeFileAtomically(options.out, toCsv(*map, *run));
    else
        draw(*map, *run, options, drop);
    context.print({{"out", options.out}, {"run", options.run}}, options.out);
    return 0;
}

} // namespace

void addAblationFigures(CLI::App &command, Context &context)
{
    const auto options = std::make_shared<Options>();
    const auto add = [&](const char *name, const char *what, bool drop) {
        CLI::App *sub = command.add_subcommand(name, what);
        sub->add_option("--run", options->run, "Number of a run whose map is computed")->required();
        sub->add_option("--out", options->out, figureOut)->required();
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
