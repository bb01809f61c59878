#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "app/spec_options.h"
#include "core/spec_json.h"
#include "core/store/bench.h"

namespace awb {
namespace {

struct BenchOptions {
    SpecOptions spec;
    int skip = 5, steps = 60;
    bool evaluation = false;
};

int bench(Context &context, BenchOptions &options)
{
    const TrainSpec spec = specFromOptions(context, options.spec);
    const BenchResult result = benchTraining(context.store(), spec, options.skip, options.steps, options.evaluation);
    Json object{{"path", result.path},
                {"precision", toString(spec.recipe.precision)},
                {"method", methodText(spec.method)},
                {"trainable", result.trainable},
                {"steps", result.steps},
                {"median_step_ms", 1e3 * result.medianStep},
                {"p90_step_ms", 1e3 * result.p90Step},
                {"examples_per_s", result.examplesPerSecond},
                {"tokens_per_s", result.tokensPerSecond},
                {"tokens_per_example", result.tokensPerExample},
                {"data_share", result.dataShare},
                {"optimizer_share", result.optimizerShare},
                {"peak_rss_mb", double(result.peakMemory) / (1 << 20)},
                {"device", result.provenance.device},
                {"threads", result.provenance.threads},
                {"libtorch", result.provenance.libtorch}};
    if (options.evaluation)
        object["evaluation_s"] = result.evaluationSeconds;
    const auto rounded = [](double value) { return withThousands(std::int64_t(value + 0.5)); };
    std::vector<std::string> head{"work", "path", "precision", "ms/step", "examples/s", "tokens/s", "peak memory"};
    std::vector<std::string> line{spec.dataset + ", " + methodText(spec.method),
                                  result.path,
                                  toString(spec.recipe.precision),
                                  rounded(1e3 * result.medianStep),
                                  rounded(result.examplesPerSecond),
                                  rounded(result.tokensPerSecond),
                                  bytesText(result.peakMemory)};
    if (options.evaluation) {
        head.push_back("scoring dev, ms");
        line.push_back(rounded(1e3 * result.evaluationSeconds));
    }
    context.print(object, columnsText({head, line}));
    return 0;
}

} // namespace

void addBenchCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<BenchOptions>();
    CLI::App *command = app.add_subcommand("bench", "Measure training steps; nothing is stored");
    addSpecOptions(*command, options->spec);
    command->add_option("--steps", options->steps, "Steps that are measured")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    command->add_option("--skip", options->skip, "Steps before them that are not")
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    command->add_flag("--evaluation", options->evaluation, "Measure how long it takes to score dev, too");
    command->callback([&context, options] { context.action = [&context, options] { return bench(context, *options); }; });
}

} // namespace awb
