#include "core/train/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <torch/types.h>

#include <ATen/Parallel.h>

#include "core/error.h"
#include "core/random.h"
#include "core/spec_json.h"
#include "core/train/adam.h"
#include "core/train/computation.h"
#include "core/train/evaluate.h"
#include "core/methods/parameters.h"
#include "core/train/snapshot.h"
#include "version.h"

namespace awb {
namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

enum Stream : std::uint64_t { Initialisation = 1, Order = 2, Dropout = 3 }; // of a run's seed

constexpr std::size_t prefixLimit = 512 << 20; // bytes of what frozen layers give, train and dev together
constexpr int maxLossPoints = 2000;            // stored per run; more are averaged

/// Collects the curve between two stores: the mean loss of every `window` steps and the learning rate.
class Curve {
public:
    Curve(int steps, int perEpoch) : m_window(std::max(1, (steps + maxLossPoints - 1) / maxLossPoints)), m_perEpoch(perEpoch)
    {
    }

    void add(int step, double loss, double learningRate)
    {
        sum += loss;
        if (step % m_window != 0)
            return;
        const double epoch = double(step) / m_perEpoch;
        pending.push_back({"loss", step, epoch, sum / m_window});
        pending.push_back({"learning_rate", step, epoch, learningRate});
        sum = 0;
    }

    double sum = 0;
    std::vector<Measurement> pending;

private:
    int m_window, m_perEpoch;
};

/// The examples of a step: the epoch's order is drawn from seed and epoch, so any step can be reached directly.
class Sampler {
public:
    Sampler(const EncodedTexts &texts, const TrainSpec &spec, int perEpoch)
        : m_texts(texts), m_batch(spec.recipe.batch), m_perEpoch(perEpoch), m_key(streamKey(spec.seed, Order))
    {
    }

    Batch batch(int step)
    {
        const int epoch = step / m_perEpoch;
        if (epoch != m_epoch)
            m_order = randomOrder(m_texts.size(), streamKey(m_key, std::uint64_t(epoch)));
        m_epoch = epoch;
        const std::size_t first = std::size_t(step % m_perEpoch) * std::size_t(m_batch);
        const std::size_t count = std::min(m_order.size() - first, std::size_t(m_batch));
        return packBatch(m_texts, std::span<const int>(m_order).subspan(first, count));
    }

private:
    const EncodedTexts &m_texts;
    int m_batch, m_perEpoch;
    std::uint64_t m_key;
    std::vector<int> m_order;
    int m_epoch = -1;
};

void checkInputs(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &data)
{
    const Recipe &recipe = spec.recipe;
    if (data.train.size() == 0 || data.dev.size() == 0)
        throw Error("The data set " + spec.dataset + " has no " + (data.train.size() ? "dev" : "training") + " examples.");
    if (recipe.maxLength > checkpoint.shape().positions)
        throw Error("The maximum length " + std::to_string(recipe.maxLength) + " is more than the " +
                    std::to_string(checkpoint.shape().positions) + " positions of " + spec.checkpoint +
                    "; choose a smaller one.");
    if (recipe.epochs < 1 || recipe.batch < 1 || recipe.maxLength < 3 || !(recipe.learningRate > 0))
        throw Error("Epochs, batch and learning rate must be positive and the maximum length at least 3 tokens.");
}

Workload workOf(const Batch &batch)
{
    Workload work{batch.size(), batch.tokens(), 0};
    for (int i = 0; i < batch.size(); ++i) {
        const std::int64_t length = batch.offsets[std::size_t(i) + 1] - batch.offsets[std::size_t(i)];
        work.pairs += length * length;
    }
    return work;
}

/// Gives up, and the snapshot with it: going on from there would diverge again.
[[noreturn]] void diverged(const std::string &what, double value, int step, int steps, const TrainFiles &files)
{
    std::error_code ignored;
    std::filesystem::remove(files.snapshot, ignored);
    throw Error("The " + what + " became " + (std::isnan(value) ? "NaN" : "infinite") + " at step " + std::to_string(step) +
                " of " + std::to_string(steps) + "; try a smaller learning rate.");
}

/// Keeps this thread at the number of CPU threads that it may use now.
class ThreadShare {
public:
    ThreadShare(const Recipe &recipe, const TrainHooks &hooks) : m_recipe(recipe), m_hooks(hooks)
    {
        at::get_num_threads(); // a new thread begins with the number that another has set
        update();
    }

    void update()
    {
        const int now = m_recipe.threads > 0                          ? m_recipe.threads
                        : m_hooks.threads && sharesTheCores(m_recipe) ? m_hooks.threads()
                                                                      : defaultThreads();
        if (now != m_threads)
            at::set_num_threads(now);
        m_threads = now;
    }

private:
    const Recipe &m_recipe;
    const TrainHooks &m_hooks;
    int m_threads = 0;
};

} // namespace

double learningRateAt(int step, int steps, double warmup, double peak)
{
    const double warm = std::floor(warmup * steps); // so that the only step of a short run is not one of rate 0
    return step < warm ? peak * step / warm : peak * (steps - step) / std::max(1.0, steps - warm);
}

int stepsPerEpoch(int examples, const Recipe &recipe)
{
    const int whole = examples / recipe.batch;
    return recipe.partialBatch ? (examples + recipe.batch - 1) / recipe.batch : std::max(1, whole);
}

TrainResult train(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &data, const TrainFiles &files,
                  const TrainHooks &hooks, std::shared_ptr<FrozenPacks> frozen)
{
    checkInputs(spec, checkpoint, data);
    const Recipe &recipe = spec.recipe;
    resetPeakMemory();
    ThreadShare share(recipe, hooks);

    Computation computation(checkpoint, spec.method, data.outputs(), recipe, spec.seed, std::move(frozen));
    if (recipe.device != "cpu")
        resetPeakMemory(recipe.device); // which is there, or the model would not be on it
    AdaptedBert &model = computation.model();
    Adam adam(model->trained(), recipe);

    const int perEpoch = stepsPerEpoch(data.train.size(), recipe), steps = perEpoch * recipe.epochs;
    const std::string specJson = toJson(spec), snapshotOf = specJson + files.inputs;
    Sampler sampler(data.train, spec, perEpoch);
    Curve curve(steps, perEpoch);
    Evaluation dev;
    SnapshotState done;
    if (loadSnapshot(files.snapshot, done, snapshotOf, adam.state()))
        curve.sum = done.lossSum;
    adam.setSteps(done.step);
    computation.prepare();
    const auto trainPrefix = recipe.epochs > 1 ? computation.prefixCache(data.train, prefixLimit) : nullptr;
    const auto devPrefix = computation.prefixCache(data.dev, prefixLimit - (trainPrefix ? trainPrefix->bytes() : 0));
    if (hooks.started)
        hooks.started(done.step);

    const auto store = [&] {
        if (hooks.measured && !curve.pending.empty())
            hooks.measured(curve.pending);
        curve.pending.clear();
    };
    const auto start = Clock::now();
    const int firstStep = done.step;
    const double secondsBefore = done.seconds;
    double trainSeconds = 0;
    std::int64_t examples = 0;
    // Gives the sentence about what is lost when it fails (a full disk, say): the snapshot before it is still there then,
    // and a run that is not stopped needs none to go on.
    const auto keep = [&](int step, bool isScored) -> std::string {
        const SnapshotState now{step, curve.sum, secondsBefore + secondsSince(start), isScored};
        if (files.snapshot.empty())
            return {};
        try {
            saveSnapshot(files.snapshot, now, snapshotOf, adam.state());
            done = now;
            return {};
        } catch (const Error &error) {
            return "Step " + std::to_string(step) + " could not be kept, so the run will go on from step " +
                   std::to_string(done.step) + ". " + error.what();
        }
    };

    double scoringSeconds = 0;
    const auto endEpoch = [&](int step) {
        const auto before = Clock::now();
        // The last one is the inference time, and a new text goes through all layers.
        PrefixCache *prefix = step < steps ? devPrefix.get() : nullptr;
        try {
            dev = evaluateModel(computation, data.dev, data, {.prefix = prefix}, hooks.stopRequested);
        } catch (const Stopped &) {
            store();
            throw Stopped(keep(step, false));
        }
        scoringSeconds = secondsSince(before);
        if (!std::isfinite(dev.loss))
            diverged("loss on dev", dev.loss, step, steps, files);
        const double epoch = double(step) / perEpoch;
        for (std::size_t i = 0; i < data.metrics.size(); ++i)
            curve.pending.push_back({"dev." + data.metrics[i], step, epoch, dev.metrics[i]});
        curve.pending.push_back({"dev.loss", step, epoch, dev.loss});
        store();
        if (step < steps)
            keep(step, true);
    };
    if (!done.scored)
        endEpoch(firstStep);

    for (int step = firstStep; step < steps; ++step) {
        if (hooks.stopRequested && hooks.stopRequested()) {
            store();
            throw Stopped(keep(step, true));
        }
        const auto stepStart = Clock::now();
        share.update();
        const double learningRate = learningRateAt(step, steps, recipe.warmup, recipe.learningRate);
        const Batch batch = sampler.batch(step);
        const double dataSeconds = secondsSince(stepStart);

        const Pass pass{.training = true,
                        .dropoutKey = streamKey(streamKey(spec.seed, Dropout), std::uint64_t(step)),
                        .prefix = trainPrefix.get()};
        const double lossValue = computation.step(batch, data.task, pass);
        const double inModel = secondsSince(stepStart) - dataSeconds;
        adam.step(learningRate);

        if (!std::isfinite(lossValue))
            diverged("loss", lossValue, step + 1, steps, files);
        const double seconds = secondsSince(stepStart);
        trainSeconds += seconds;
        examples += batch.size();
        curve.add(step + 1, lossValue, learningRate);
        if (hooks.progress)
            hooks.progress({0, step + 1, steps, lossValue, learningRate, double(examples) / trainSeconds});
        if (hooks.step)
            hooks.step({step + 1, lossValue, workOf(batch), seconds, dataSeconds, computation.forwardShare() * inModel,
                        (1 - computation.forwardShare()) * inModel, seconds - dataSeconds - inModel});

        if ((step + 1) % perEpoch == 0)
            endEpoch(step + 1);
    }

    TrainResult result;
    result.dev = std::move(dev);
    if (!files.weights.empty())
        saveTensors(files.weights, model->trained(), {{"format", "pt"}, {"spec", specJson}});
    const ParameterCount count = countParameters(checkpoint.shape(), spec.method, data.outputs());
    result.trainable = count.trainable;
    result.total = count.total;
    result.provenance = provenanceOf(checkpoint.shape(), recipe);
    result.provenance.seconds = secondsBefore + secondsSince(start);
    result.provenance.stepsPerSecond = trainSeconds > 0 ? (steps - firstStep) / trainSeconds : 0;
    result.provenance.examplesPerSecond = trainSeconds > 0 ? double(examples) / trainSeconds : 0;
    result.provenance.peakMemory = peakMemory(recipe.device);
    result.provenance.inferenceSeconds = data.dev.size() ? scoringSeconds / data.dev.size() : 0;
    return result;
}

} // namespace awb
