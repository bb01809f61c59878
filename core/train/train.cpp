#include "core/train/train.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include <torch/types.h>

#include <ATen/Parallel.h>

#include "core/error.h"
#include "core/methods/parameters.h"
#include "core/random.h"
#include "core/spec_json.h"
#include "core/study/estimate.h"
#include "core/train/adam.h"
#include "core/train/computation.h"
#include "core/train/devices.h"
#include "core/train/evaluate.h"
#include "core/train/sampler.h"
#include "core/train/snapshot.h"

namespace awb {
namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr std::uint64_t dropoutStream = 3; // of a run's seed; 1: the initialisation, 2: the order of examples

constexpr std::size_t prefixLimit = 512 << 20;    // bytes of what frozen layers give, train and dev together
constexpr std::int64_t mostSteps = 1'000'000'000; // an int counts them
constexpr int maxLossPoints = 2000;               // stored per run; more are averaged
constexpr std::size_t lossesAtOnce = 16;          // steps that a GPU is sent before their losses are waited for

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
    if (stepsPerEpoch(data.train.size(), recipe) * recipe.epochs > mostSteps)
        throw Error("These epochs make more than a billion steps; choose fewer, or a larger batch.");
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

/// Counts the runs of this process: the peak of its memory is that of all of them, and starts anew for the first alone.
class Attendance {
public:
    Attendance() : m_alone(present.fetch_add(1) == 0) {}
    ~Attendance() { --present; }
    Attendance(const Attendance &) = delete;
    Attendance &operator=(const Attendance &) = delete;

    bool alone() const { return m_alone; }

private:
    static inline std::atomic<int> present = 0;
    bool m_alone;
};

/// One run from its first step, or from its snapshot, to its end.
class Training {
public:
    Training(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &data, const TrainFiles &files,
             const TrainHooks &hooks, std::shared_ptr<FrozenPacks> frozen);

    TrainResult run();

private:
    /// A step whose loss was not read yet.
    struct DoneStep {
        int number; ///< 1 for the first
        Workload work;
        double learningRate;
        double dataSeconds, forwardSeconds, backwardSeconds;
        at::Tensor loss;
    };

    void storeCurve();
    std::string keepAll(int step);
    std::string keep(int step, bool isScored);
    void stopIfAsked(int step);
    void endEpoch(int step);
    void readLosses();
    void report(const DoneStep &step, double loss, double seconds);
    TrainResult result();

    const TrainSpec &m_spec;
    const Recipe &m_recipe;
    const Checkpoint &m_checkpoint;
    const EncodedDataset &m_data;
    const TrainFiles &m_files;
    const TrainHooks &m_hooks;
    ThreadShare m_share;
    Computation m_computation;
    Adam m_adam;
    const int m_perEpoch, m_steps;
    const std::string m_specJson, m_snapshotOf;
    Sampler m_sampler;
    Curve m_curve;
    PrefixCaches m_prefixes;
    SnapshotState m_kept; ///< the latest snapshot
    int m_firstStep = 0;
    double m_secondsBefore = 0; ///< before the snapshot that the run went on from
    Clock::time_point m_start;
    const std::size_t m_readAtOnce;
    std::vector<DoneStep> m_unread;
    Clock::time_point m_unreadSince; ///< start of the first of them
    Evaluation m_dev;
    double m_trainSeconds = 0, m_scoringSeconds = 0; ///< the first with m_trainSteps and m_examples
    std::int64_t m_trainSteps = 0, m_examples = 0;
    Clock::time_point m_keptAt; ///< when a snapshot was written or tried last
};

Training::Training(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &data, const TrainFiles &files,
                   const TrainHooks &hooks, std::shared_ptr<FrozenPacks> frozen)
    : m_spec(spec), m_recipe(spec.recipe), m_checkpoint(checkpoint), m_data(data), m_files(files), m_hooks(hooks),
      m_share(m_recipe, hooks),
      m_computation(checkpoint, spec.method, data.outputs(), m_recipe, spec.seed, std::move(frozen)),
      m_adam(m_computation.model()->trained(), m_recipe), m_perEpoch(int(stepsPerEpoch(data.train.size(), m_recipe))),
      m_steps(m_perEpoch * m_recipe.epochs), m_specJson(toJson(spec)), m_snapshotOf(m_specJson + files.inputs),
      m_sampler(data.train, spec, m_perEpoch), m_curve(m_steps, m_perEpoch),
      m_readAtOnce(m_recipe.device == "cpu" ? 1 : lossesAtOnce)
{
    if (m_recipe.device != "cpu")
        resetPeakMemory(m_recipe.device); // which is there, or the model would not be on it
    if (loadSnapshot(files.snapshot, m_kept, m_snapshotOf, m_adam.state()))
        m_curve.sum = m_kept.lossSum;
    m_adam.setSteps(m_kept.step);
    m_firstStep = m_kept.step;
    m_secondsBefore = m_kept.seconds;
    m_trainSeconds = m_kept.trainSeconds;
    m_trainSteps = m_kept.trainSteps;
    m_examples = m_kept.trainExamples;
    m_computation.prepare();
    m_prefixes = m_computation.prefixCaches(m_recipe.epochs > 1 ? &data.train : nullptr, data.dev, prefixLimit);
    if (hooks.started)
        hooks.started(m_firstStep);
    m_start = m_keptAt = Clock::now();
}

TrainResult Training::run()
{
    if (!m_kept.scored)
        endEpoch(m_firstStep);
    for (int step = m_firstStep; step < m_steps; ++step) {
        stopIfAsked(step);
        const auto start = Clock::now();
        if (m_unread.empty())
            m_unreadSince = start;
        m_share.update();
        const double learningRate = learningRateAt(step, m_steps, m_recipe.warmup, m_recipe.learningRate);
        const Batch batch = m_sampler.batch(step);
        const double dataSeconds = secondsSince(start);

        const Pass pass{.training = true,
                        .dropoutKey = streamKey(streamKey(m_spec.seed, dropoutStream), std::uint64_t(step)),
                        .prefix = m_prefixes.train.get()};
        const at::Tensor loss = m_computation.step(batch, m_data.task, pass);
        const double modelSeconds = secondsSince(start) - dataSeconds;
        const double forwardSeconds = m_computation.forwardShare() * modelSeconds;
        m_adam.step(learningRate);

        m_unread.push_back(
            {step + 1, workOf(batch), learningRate, dataSeconds, forwardSeconds, modelSeconds - forwardSeconds, loss});
        if (m_unread.size() == m_readAtOnce)
            readLosses();
        if ((step + 1) % m_perEpoch == 0)
            endEpoch(step + 1);
        else if (!m_files.snapshot.empty() && secondsSince(m_keptAt) >= m_files.snapshotEvery)
            keepAll(step + 1);
    }
    return result();
}

/// Waits for the device, if it is not the CPU, and reports what was done since the last time. The wait counts to the
/// optimizer's share of each step.
void Training::readLosses()
{
    if (m_unread.empty())
        return;
    std::vector<at::Tensor> losses;
    for (const DoneStep &step : m_unread)
        losses.push_back(step.loss);
    const at::Tensor values = at::stack(losses).to(at::kCPU, at::kDouble);
    const double seconds = secondsSince(m_unreadSince) / double(m_unread.size());
    for (std::size_t i = 0; i < m_unread.size(); ++i) {
        const double loss = values.const_data_ptr<double>()[i];
        if (!std::isfinite(loss)) {
            m_computation.requireUnchanged(); // else that is why
            diverged("loss", loss, m_unread[i].number, m_steps, m_files);
        }
        report(m_unread[i], loss, seconds);
    }
    m_unread.clear();
}

void Training::report(const DoneStep &step, double loss, double seconds)
{
    m_trainSeconds += seconds;
    ++m_trainSteps;
    m_examples += step.work.examples;
    m_curve.add(step.number, loss, step.learningRate);
    if (m_hooks.progress)
        m_hooks.progress({0, step.number, m_steps, loss, step.learningRate, double(m_examples) / m_trainSeconds,
                          double(m_trainSteps) / m_trainSeconds});
    if (m_hooks.step)
        m_hooks.step({step.number, loss, step.work, seconds, step.dataSeconds, step.forwardSeconds, step.backwardSeconds,
                      seconds - step.dataSeconds - step.forwardSeconds - step.backwardSeconds});
}

void Training::endEpoch(int step)
{
    readLosses();
    const auto before = Clock::now();
    // The last one is the inference time, and a new text goes through all layers.
    PrefixCache *prefix = step < m_steps ? m_prefixes.dev.get() : nullptr;
    try {
        m_dev = evaluateModel(m_computation, m_data.dev, m_data, {.prefix = prefix}, m_hooks.stopRequested);
    } catch (const Stopped &) {
        storeCurve();
        throw Stopped(keep(step, false));
    }
    m_scoringSeconds = secondsSince(before);
    if (!std::isfinite(m_dev.loss))
        diverged("loss on dev", m_dev.loss, step, m_steps, m_files);
    const double epoch = double(step) / m_perEpoch;
    for (std::size_t i = 0; i < m_data.metrics.size(); ++i)
        m_curve.pending.push_back({"dev." + m_data.metrics[i], step, epoch, m_dev.metrics[i]});
    m_curve.pending.push_back({"dev.loss", step, epoch, m_dev.loss});
    storeCurve();
    if (step < m_steps)
        keep(step, true);
}

void Training::stopIfAsked(int step)
{
    if (!m_hooks.stopRequested || !m_hooks.stopRequested())
        return;
    throw Stopped(keepAll(step));
}

/// Curve and snapshot within an epoch.
std::string Training::keepAll(int step)
{
    readLosses();
    storeCurve();
    return keep(step, true);
}

void Training::storeCurve()
{
    if (m_hooks.measured && !m_curve.pending.empty())
        m_hooks.measured(m_curve.pending);
    m_curve.pending.clear();
}

/// Writes a snapshot. Gives the sentence about what is lost when that fails (a full disk, say): the one before it is still
/// there then, and a run that is not stopped needs none to go on.
std::string Training::keep(int step, bool isScored)
{
    if (m_files.snapshot.empty())
        return {};
    m_computation.requireUnchanged();
    m_keptAt = Clock::now();
    const SnapshotState now{step,         m_curve.sum, m_secondsBefore + secondsSince(m_start), isScored, m_trainSeconds,
                            m_trainSteps, m_examples};
    try {
        saveSnapshot(m_files.snapshot, now, m_snapshotOf, m_adam.state());
        m_kept = now;
        return {};
    } catch (const Error &error) {
        return "Step " + std::to_string(step) + " could not be kept, so the run will go on from step " +
               std::to_string(m_kept.step) + ". " + error.what();
    }
}

TrainResult Training::result()
{
    TrainResult result;
    if (!m_files.weights.empty())
        saveTensors(m_files.weights, m_computation.model()->trained(), {{"format", "pt"}, {"spec", m_specJson}});
    const ParameterCount count = countParameters(m_checkpoint.shape(), m_spec.method, m_data.outputs());
    result.trainable = count.trainable;
    result.total = count.total;
    result.provenance = provenanceOf(m_checkpoint.shape(), m_recipe);
    result.provenance.seconds = m_secondsBefore + secondsSince(m_start);
    result.provenance.stepsPerSecond = m_trainSeconds > 0 ? double(m_trainSteps) / m_trainSeconds : 0;
    result.provenance.examplesPerSecond = m_trainSeconds > 0 ? double(m_examples) / m_trainSeconds : 0;
    result.provenance.peakMemory = peakMemory(m_recipe.device);
    result.provenance.inferenceSeconds = m_data.dev.size() ? m_scoringSeconds / m_data.dev.size() : 0;
    result.dev = std::move(m_dev);
    return result;
}

} // namespace

double learningRateAt(int step, int steps, double warmup, double peak)
{
    const double warm = std::floor(warmup * steps); // so that the only step of a short run is not one of rate 0
    return step < warm ? peak * step / warm : peak * (steps - step) / std::max(1.0, steps - warm);
}

TrainResult train(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &data, const TrainFiles &files,
                  const TrainHooks &hooks, std::shared_ptr<FrozenPacks> frozen)
{
    checkInputs(spec, checkpoint, data);
    const Attendance here;
    if (here.alone())
        resetPeakMemory();
    return Training(spec, checkpoint, data, files, hooks, std::move(frozen)).run();
}

} // namespace awb
