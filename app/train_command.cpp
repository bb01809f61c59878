#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/method_options.h"
#include "app/output.h"
#include "app/working.h"
#include "core/error.h"
#include "core/model/checkpoint.h"
#include "core/spec_json.h"
#include "core/train/methods.h"

namespace awb {

namespace {

struct TrainOptions {
    TrainSpec spec;
    MethodOptions method;
    std::string precision = "float32";
    bool rateGiven = false;
};

int train(Context &context, TrainOptions &options)
{
    Store &store = context.store();
    TrainSpec &spec = options.spec;
    const auto folder = store.resolve(store.checkpoint(spec.checkpoint).folder);
    store.dataset(spec.dataset); // throws, listing the known names
    spec.method = methodFromOptions(options.method, Checkpoint::open(folder).shape().layers);
    spec.recipe.precision = precisionFromString(options.precision);
    if (!options.rateGiven)
        spec.recipe.learningRate = methodEntry(spec.method.name).learningRate;

    const std::int64_t id = store.enqueue({spec}).front();
    work(context, id);
    const auto run = store.run(id);
    if (!run)
        throw Error("Run " + std::to_string(id) + " was deleted while it was worked on.");
    requireDone(*run);
    context.print(runJson(*run, store), runText(*run, store));
    return 0;
}

void addRecipeOptions(CLI::App &command, TrainOptions &options)
{
    Recipe &recipe = options.spec.recipe;
    command
        .add_option_function<double>(
            "--lr",
            [&options](double rate) {
                options.spec.recipe.learningRate = rate;
                options.rateGiven = true;
            },
            "Peak learning rate (else the method's own)")
        ->check(CLI::PositiveNumber);
    command.add_option("--epochs", recipe.epochs, "Passes over the training examples")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    command.add_option("--batch", recipe.batch, "Examples per step")->check(CLI::Range(1, 65536))->capture_default_str();
    command.add_option("--max-length", recipe.maxLength, "Tokens per example, special tokens included")
        ->check(CLI::Range(3, 65536))
        ->capture_default_str();
    command.add_option("--seed", options.spec.seed, "Of data order, initialisation and dropout")->capture_default_str();
    command.add_option("--precision", options.precision, "float32 or bfloat16")
        ->check(CLI::IsMember({"float32", "bfloat16"}))
        ->capture_default_str();
    command.add_option("--device", recipe.device, "As `awb devices` lists them")->capture_default_str();
    command.add_option("--threads", recipe.threads, "CPU threads; 0: all cores")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
    command.add_option("--init-std", recipe.initStd, "Standard deviation of the adapters' initialisation")
        ->check(CLI::Range(0.0, 10.0))
        ->capture_default_str();
    command.add_option("--warmup", recipe.warmup, "Share of all steps with rising learning rate")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command.add_option("--weight-decay", recipe.weightDecay, "Decoupled weight decay")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    command.add_option("--clip", recipe.clip, "Global gradient norm; 0: off")
        ->check(CLI::Range(0.0, 1e9))
        ->capture_default_str();
    command.add_option("--dropout", recipe.dropout, "Hidden and attention dropout (else the checkpoint's own)")
        ->check(CLI::Range(0.0, 0.99));
    command.add_flag("--bias-correction", recipe.biasCorrection, "Adam's; BERT's optimizer has none");
    command.add_flag("--partial-batch", recipe.partialBatch, "Train on the last, smaller batch of an epoch too");
}

int workAll(Context &context)
{
    Store &store = context.store();
    std::vector<std::int64_t> waiting;
    for (const Run &run : store.runs())
        if (run.state == RunState::Queued || run.state == RunState::Running)
            waiting.push_back(run.id);
    work(context, 0);
    Json runs = Json::array();
    std::string text;
    int failed = 0;
    for (const std::int64_t id : waiting)
        if (const auto run = store.run(id)) {
            runs.push_back(runJson(*run, store));
            text += runText(*run, store);
            failed += run->state == RunState::Failed;
        }
    context.print({{"runs", runs}, {"failed", failed}}, waiting.empty() ? "The queue is empty." : text);
    return failed > 0 ? 1 : 0;
}

} // namespace

void addTrainCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<TrainOptions>();
    CLI::App *command = app.add_subcommand("train", "Queue a run and work on it until it is done");
    command->add_option("--checkpoint", options->spec.checkpoint, "Name in the library")->required();
    command->add_option("--dataset", options->spec.dataset, "Name in the library")->required();
    addMethodOptions(*command, options->method);
    addRecipeOptions(*command, *options);
    command->callback([&context, options] { context.action = [&context, options] { return train(context, *options); }; });
}

void addWorkCommand(CLI::App &app, Context &context)
{
    app.add_subcommand("work", "Work on the queue until it is empty")->callback([&context] {
        context.action = [&context] { return workAll(context); };
    });
}

} // namespace awb
