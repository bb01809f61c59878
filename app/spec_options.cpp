#include "app/spec_options.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include <CLI/CLI.hpp>

#include "core/error.h"
#include "core/model/checkpoint.h"
#include "core/spec_json.h"
#include "core/methods/methods.h"
#include "core/recipe_limits.h"
#include "core/store/machine_precision.h"
#include "core/train/precision.h"
#include "core/train/devices.h"

namespace awb {
namespace {

/// Empty: training can use it.
std::string unknownDevice(const std::string &name)
{
    if (hasDevice(name))
        return {};
    return "There is no device \"" + name + "\" here; `awb devices` lists those that are.";
}

/// The other checks of a number let one that is none through.
std::string notANumber(const std::string &text)
{
    char *end = nullptr;
    return std::isfinite(std::strtod(text.c_str(), &end)) ? std::string() : text + " is not a number";
}

/// The parser would turn a negative number into a large one.
std::string notASeed(const std::string &text)
{
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    return error == std::errc() && end == text.data() + text.size()
               ? std::string()
               : text + " is no whole number from 0 to " + std::to_string(std::numeric_limits<std::uint64_t>::max());
}

template <typename T>
CLI::Range rangeOf(const recipe_limits::Range<T> &limits)
{
    return CLI::Range(limits.least, limits.most);
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
        ->check(rangeOf(recipe_limits::learningRate));
    command.add_option("--epochs", recipe.epochs, "Passes over the training examples")
        ->check(rangeOf(recipe_limits::epochs))
        ->capture_default_str();
    command.add_option("--batch", recipe.batch, "Examples per step")
        ->check(rangeOf(recipe_limits::batch))
        ->capture_default_str();
    command.add_option("--max-length", recipe.maxLength, "Tokens per example, special tokens included")
        ->check(rangeOf(recipe_limits::maxLength))
        ->capture_default_str();
    command.add_option("--seed", options.spec.seed, "Of data order, initialisation and dropout")
        ->check(CLI::Validator(notASeed, ""))
        ->capture_default_str();
    command.add_option("--precision", options.precision, "float32, bfloat16, or auto: the faster one here")
        ->check(CLI::IsMember({"auto", "float32", "bfloat16"}))
        ->capture_default_str();
    command.add_option("--device", recipe.device, "As `awb devices` lists them")
        ->check(CLI::Validator(unknownDevice, ""))
        ->capture_default_str();
    command.add_option("--threads", recipe.threads, "CPU threads; 0: all cores")
        ->check(rangeOf(recipe_limits::threads))
        ->capture_default_str();
    command.add_option("--init-std", recipe.initStd, "Standard deviation of the adapters' initialisation")
        ->check(rangeOf(recipe_limits::initStd))
        ->capture_default_str();
    command.add_option("--warmup", recipe.warmup, "Share of all steps with rising learning rate")
        ->check(rangeOf(recipe_limits::warmup))
        ->capture_default_str();
    command.add_option("--weight-decay", recipe.weightDecay, "Decoupled weight decay")
        ->check(rangeOf(recipe_limits::weightDecay))
        ->capture_default_str();
    command.add_option("--clip", recipe.clip, "Gradient clipping: largest global norm; 0: off")
        ->check(rangeOf(recipe_limits::clip))
        ->capture_default_str();
    command.add_option("--dropout", recipe.dropout, "Hidden and attention dropout (else the checkpoint's own)")
        ->check(rangeOf(recipe_limits::dropout));
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
    const ModelShape shape = Checkpoint::open(folder).shape();
    if (here.spec.recipe.maxLength > shape.positions) // said now rather than by a failed run
        throw Error("The checkpoint " + here.spec.checkpoint + " has " + std::to_string(shape.positions) +
                    " positions, so --max-length can be no more than that.");
    return specFromOptions(here, shape.layers);
}

} // namespace awb
