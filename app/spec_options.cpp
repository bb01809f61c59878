#include "app/spec_options.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "core/model/checkpoint.h"
#include "core/spec_json.h"
#include "core/methods/methods.h"
#include "core/store/machine_precision.h"
#include "core/train/precision.h"
#include "core/train/train.h"

namespace awb {
namespace {

/// Empty: training can use it. "cuda" is the first of its kind.
std::string unknownDevice(const std::string &name)
{
    for (const DeviceInfo &device : devices())
        if (device.name == name || device.name == name + ":0")
            return {};
    return "There is no device \"" + name + "\" here; `awb devices` lists those that are.";
}

/// The other checks of a number let one that is none through.
std::string notANumber(const std::string &text)
{
    char *end = nullptr;
    return std::isfinite(std::strtod(text.c_str(), &end)) ? std::string() : text + " is not a number";
}

void addRecipeOptions(CLI::App &command, SpecOptions &options)
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
    command.add_option("--seed", options.spec.seed, "Of data order, initialisation and dropout")
        ->check(CLI::NonNegativeNumber) // which the parser would turn into a large one
        ->capture_default_str();
    command.add_option("--precision", options.precision, "float32, bfloat16, or auto: the faster one here")
        ->check(CLI::IsMember({"auto", "float32", "bfloat16"}))
        ->capture_default_str();
    command.add_option("--device", recipe.device, "As `awb devices` lists them")
        ->check(CLI::Validator(unknownDevice, ""))
        ->capture_default_str();
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
    command.add_flag("--bias-correction", recipe.biasCorrection,
                     "Adam's; BERT's optimizer has none, and its first steps are larger");
    command.add_flag("--plain-path", recipe.plainPath, "LibTorch's autograd even where the fast path serves");
    command.add_flag("--partial-batch", recipe.partialBatch, "Train on the last, smaller batch of an epoch too");
    for (const char *name : {"--lr", "--init-std", "--warmup", "--weight-decay", "--clip", "--dropout"})
        command.get_option(name)->check(CLI::Validator(notANumber, ""));
}

} // namespace

void addSpecOptions(CLI::App &command, SpecOptions &options)
{
    command.add_option("--checkpoint", options.spec.checkpoint, "Name in the library")->required();
    command.add_option("--dataset", options.spec.dataset, "Name in the library")->required();
    addMethodOptions(command, options.method);
    addRecipeOptions(command, options);
}

TrainSpec specFromOptions(const SpecOptions &options, int layers)
{
    TrainSpec spec = options.spec;
    spec.method = methodFromOptions(options.method, layers);
    spec.recipe.precision =
        options.precision == "auto" ? fastestPrecision(spec.recipe.device) : precisionFromString(options.precision);
    if (const std::string warning = precisionWarning(spec.recipe); !warning.empty())
        std::fprintf(stderr, "%s\n", warning.c_str());
    if (!options.rateGiven)
        spec.recipe.learningRate = methodEntry(spec.method.name).learningRate;
    return spec;
}

TrainSpec specFromOptions(Context &context, const SpecOptions &options)
{
    Store &store = context.store();
    const auto folder = store.resolve(store.checkpoint(options.spec.checkpoint).folder);
    store.dataset(options.spec.dataset); // throws, listing the known names
    SpecOptions here = options;
    if (here.precision == "auto")
        here.precision = toString(machinePrecision(store, here.spec.recipe.device));
    return specFromOptions(here, Checkpoint::open(folder).shape().layers);
}

} // namespace awb
