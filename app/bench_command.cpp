#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "app/bench_library.h"
#include "app/bench_output.h"
#include "app/commands.h"
#include "app/figure_file.h"
#include "app/output.h"
#include "app/spec_options.h"
#include "core/error.h"
#include "core/files.h"
#include "core/methods/methods.h"
#include "core/model/random_checkpoint.h"
#include "core/spec_json.h"

#ifdef AWB_FIGURES
#include "app/offscreen.h"
#include "ui/growth_chart.h"
#include "ui/series_plot.h"
#endif

namespace awb {
namespace {

using bench_output::Line;

struct BenchOptions {
    SpecOptions spec;
    BenchSettings settings;
    std::string shape = "minilm-l6", grow, out;
    int length = 32, library = 0;
};

Line ofLibrary(Context &context, const BenchOptions &options)
{
    if (options.spec.spec.checkpoint.empty() || options.spec.spec.dataset.empty())
        throw UsageError(
            "Name both a checkpoint and a data set of the library, or neither: then random weights and texts are "
            "measured.");
    Store &store = context.store();
    const TrainSpec spec = specFromOptions(context, options.spec);
    const Checkpoint checkpoint = Checkpoint::open(store.resolve(store.checkpoint(spec.checkpoint).folder));
    const EncodedDataset texts = encodeDataset(loadDataset(store.dataset(spec.dataset)), checkpoint, spec.recipe.maxLength);
    return {spec.dataset + ", " + methodText(spec.method), spec, benchTraining(spec, checkpoint, texts, options.settings)};
}

RandomWork randomWork(const BenchOptions &options)
{
    const ModelShape shape = shapeNamed(options.shape);
    const TrainSpec spec = specFromOptions(options.spec, shape.layers);
    return {shape, spec.method, spec.recipe, options.length};
}

#ifdef AWB_FIGURES
void draw(const BenchOptions &options, const std::vector<GrowthPoint> &points, const std::string &title,
          const std::string &csv)
{
    const OffscreenApplication application;
    SeriesPlot plot;
    plot.setChart(growthChart(growthNamed(options.grow), points, QString::fromStdString(title), csv));
    plot.exportTo(QString::fromStdString(options.out));
}
#else
void draw(const BenchOptions &options, const std::vector<GrowthPoint> &, const std::string &, const std::string &)
{
    throw builtWithoutFigures(options.out);
}
#endif

/// Both paths where the fast one serves, so that they stand beside each other.
int grow(Context &context, BenchOptions &options)
{
    const std::string type = options.out.empty() ? "" : figureType(options.out, 0);
    const auto folder = std::filesystem::path(options.out).parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder)) // before minutes of measuring
        throw Error("There is no folder " + folder.string() + " to write " + options.out + " into.");
    RandomWork work = randomWork(options);
    const Growth growth = growthNamed(options.grow);
    std::vector<GrowthPoint> points;
    std::vector<Line> lines;
    for (const bool plain : {false, true}) {
        if (plain && points.front().result.path == "plain")
            break;
        work.recipe.plainPath = work.recipe.plainPath || plain;
        benchGrowth(growth, work, options.settings, [&](const GrowthPoint &point) {
            points.push_back(point);
            lines.push_back(
                {options.grow + " " + std::to_string(point.value), {{}, {}, work.method, work.recipe, 0}, point.result});
            std::fprintf(stderr, "%s, %s path: %s examples/s\n", lines.back().work.c_str(), point.result.path.c_str(),
                         withThousands(std::int64_t(point.result.examplesPerSecond + 0.5)).c_str());
        });
    }
    const std::string csv = bench_output::csv(options.grow, points, work.recipe.precision);
    const std::string method =
        growth == Growth::Bottleneck ? methodEntry(work.method.name).title : methodText(work.method); // m is the axis then
    const std::string title = options.shape + ", " + method + ", " + toString(work.recipe.precision);
    if (type == ".csv")
        writeFileAtomically(options.out, csv);
    else if (!type.empty())
        draw(options, points, title, csv);
    Json all = Json::array();
    for (const Line &line : lines)
        all.push_back(bench_output::json(line));
    context.print({{"grow", options.grow}, {"points", all}}, bench_output::text(lines));
    return 0;
}

int bench(Context &context, BenchOptions &options)
{
    const bool library = !options.spec.spec.checkpoint.empty() || !options.spec.spec.dataset.empty();
    if (options.library > 0)
        return benchLibrary(context, options.library);
    if (!options.grow.empty()) {
        if (library)
            throw UsageError("--grow measures random weights and texts; leave out the checkpoint and the data set.");
        return grow(context, options);
    }
    if (!options.out.empty())
        throw UsageError("--out draws what --grow measures; say what is to grow.");
    Line line;
    if (library) {
        line = ofLibrary(context, options);
    } else {
        const RandomWork work = randomWork(options);
        line = {options.shape + ", " + std::to_string(work.length) + " tokens, " + methodText(work.method),
                {{}, {}, work.method, work.recipe, 0},
                benchRandom(work, options.settings)};
    }
    context.print(bench_output::json(line), bench_output::text({line}));
    return 0;
}

} // namespace

void addBenchCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<BenchOptions>();
    CLI::App *command = app.add_subcommand("bench", "Measure training steps, or a large library; nothing is stored");
    addSpecOptions(*command, options->spec);
    command->get_option("--checkpoint")->required(false);
    command->get_option("--dataset")->required(false);
    command
        ->add_option("--shape", options->shape,
                     "Without checkpoint and data set: random weights of this shape, random texts")
        ->check(CLI::IsMember(shapeNames()))
        ->capture_default_str();
    command->add_option("--length", options->length, "Tokens of each random text")
        ->check(CLI::Range(3, 512))
        ->capture_default_str();
    command->add_option("--grow", options->grow, "Measure how the cost grows with one thing, on both paths")
        ->check(CLI::IsMember(growthNames()));
    command->add_option("--out", options->out, "Of --grow: " + std::string(figureOut));
    command
        ->add_option("--library", options->library,
                     "Instead: the window and the charts with a library of at least so many runs")
        ->check(CLI::Range(1, 1000000));
    BenchSettings &settings = options->settings;
    command->add_option("--steps", settings.steps, "Steps of a repetition that are measured")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    command->add_option("--skip", settings.skip, "Steps before them that are not")
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    command->add_option("--repetitions", settings.repetitions, "From the start each")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command
        ->add_option("--seconds", settings.seconds, "End a repetition after that long, but not before three steps; 0: never")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    command->add_option("--runs", settings.runs, "Runs side by side, start included")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_flag("--evaluation", settings.evaluation, "Measure how long it takes to score dev, too");
    command->callback([&context, options] { context.action = [&context, options] { return bench(context, *options); }; });
}

} // namespace awb
