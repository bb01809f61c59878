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
    int steps = 60;
};

int bench(Context &context, BenchOptions &options)
{
    const TrainSpec spec = specFromOptions(context, options.spec);
    const BenchResult result = benchTraining(context.store(), spec, options.steps);
    const Json object{{"path", result.path},
                      {"precision", toString(spec.recipe.precision)},
                      {"method", methodText(spec.method)},
                      {"trainable", result.trainable},
                      {"steps", result.steps},
                      {"median_step_ms", 1e3 * result.medianStep},
                      {"p90_step_ms", 1e3 * result.p90Step},
                      {"examples_per_s", result.examplesPerSecond},
                      {"tokens_per_s", result.tokensPerSecond},
                      {"tokens_per_example", result.tokensPerExample},
                      {"peak_rss_mb", double(result.peakMemory) / (1 << 20)},
                      {"device", result.provenance.device},
                      {"threads", result.provenance.threads},
                      {"libtorch", result.provenance.libtorch}};
    const auto rounded = [](double value) { return withThousands(std::int64_t(value + 0.5)); };
    context.print(object,
                  columnsText({{"work", "path", "precision", "ms/step", "examples/s", "tokens/s", "peak memory"},
                               {spec.dataset + ", " + methodText(spec.method), result.path, toString(spec.recipe.precision),
                                rounded(1e3 * result.medianStep), rounded(result.examplesPerSecond),
                                rounded(result.tokensPerSecond), bytesText(result.peakMemory)}}));
    return 0;
}

} // namespace

void addBenchCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<BenchOptions>();
    CLI::App *command = app.add_subcommand("bench", "Measure training steps; nothing is stored");
    addSpecOptions(*command, options->spec);
    command->add_option("--steps", options->steps, "Steps that are measured, after 5 that are not")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    command->callback([&context, options] { context.action = [&context, options] { return bench(context, *options); }; });
}

} // namespace awb
