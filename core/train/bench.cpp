#include "core/train/bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>

#include "core/error.h"
#include "core/methods/parameters.h"
#include "core/model/frozen_packs.h"
#include "core/study/estimate.h"
#include "core/study/statistics.h"
#include "core/train/devices.h"
#include "core/train/precision.h"

namespace awb {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int fewestSteps = 3;
constexpr int mostTogether = 8; // as the queue

/// What the counted steps of one repetition took, all runs together.
struct Repetition {
    std::vector<double> steps; ///< seconds
    StepReport sum;            ///< of them
    double seconds = 0;        ///< from start to end
    std::int64_t peakMemory = 0;

    void add(const StepReport &step)
    {
        steps.push_back(step.seconds);
        addToSum(step);
    }
    void add(const Repetition &other)
    {
        steps.insert(steps.end(), other.steps.begin(), other.steps.end());
        addToSum(other.sum);
        peakMemory = std::max(peakMemory, other.peakMemory);
    }
    double examplesPerSecond() const { return double(sum.work.examples) / seconds; }

private:
    void addToSum(const StepReport &more)
    {
        sum.loss += more.loss;
        sum.work.examples += more.work.examples;
        sum.work.tokens += more.work.tokens;
        sum.work.pairs += more.work.pairs;
        sum.seconds += more.seconds;
        sum.dataSeconds += more.dataSeconds;
        sum.forwardSeconds += more.forwardSeconds;
        sum.backwardSeconds += more.backwardSeconds;
        sum.optimizerSeconds += more.optimizerSeconds;
    }
};

class Bench {
public:
    Bench(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &texts, const BenchSettings &settings)
        : m_spec(spec), m_checkpoint(checkpoint), m_texts(texts), m_settings(settings),
          m_together(sharesTheCores(spec.recipe) ? std::min({settings.runs, mostTogether, defaultThreads()}) : 1)
    {
        const int steps = settings.steps + (settings.runs > 1 ? 0 : settings.skip);
        m_spec.recipe.epochs = steps / int(stepsPerEpoch(texts.train.size(), spec.recipe)) + 1;
    }

    Repetition repetition()
    {
        Repetition result;
        if (m_settings.runs == 1) {
            run(m_spec, m_settings.skip, result, nullptr);
            result.seconds = result.sum.seconds;
        } else {
            const auto start = Clock::now();
            together(result);
            result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
        }
        result.peakMemory = peakMemory();
        return result;
    }

private:
    void run(const TrainSpec &spec, int skip, Repetition &into, std::shared_ptr<FrozenPacks> frozen)
    {
        int done = 0;
        double seconds = 0;
        TrainHooks hooks;
        hooks.threads = [this] { return std::max(1, defaultThreads() / m_together); };
        hooks.step = [&](const StepReport &step) {
            if (++done <= skip)
                return;
            seconds += step.seconds;
            const std::lock_guard guard(m_mutex);
            into.add(step);
        };
        hooks.stopRequested = [&] {
            return done >= skip + m_settings.steps ||
                   (m_settings.seconds > 0 && seconds >= m_settings.seconds && done >= skip + fewestSteps);
        };
        try {
            train(spec, m_checkpoint, m_texts, {}, hooks, std::move(frozen));
        } catch (const Stopped &) {
        }
    }

    void together(Repetition &into)
    {
        const auto frozen = std::make_shared<FrozenPacks>();
        std::atomic<int> next = 0;
        std::vector<std::future<void>> members;
        for (int i = 0; i < m_together; ++i)
            members.push_back(std::async(std::launch::async, [&] {
                for (int number = next++; number < m_settings.runs; number = next++) {
                    TrainSpec spec = m_spec;
                    spec.seed += std::uint64_t(number);
                    run(spec, 0, into, frozen);
                }
            }));
        for (std::future<void> &member : members)
            member.wait(); // all of them, before an error of one leaves this function
        for (std::future<void> &member : members)
            member.get();
    }

    TrainSpec m_spec;
    const Checkpoint &m_checkpoint;
    const EncodedDataset &m_texts;
    const BenchSettings &m_settings;
    int m_together;
    std::mutex m_mutex;
};

} // namespace

BenchResult benchTraining(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedDataset &texts,
                          const BenchSettings &settings)
{
    Bench bench(spec, checkpoint, texts, settings);
    BenchResult result;
    Repetition all;
    std::vector<double> rates;
    for (int i = 0; i < settings.repetitions; ++i) {
        const Repetition one = bench.repetition();
        if (one.steps.empty())
            throw Error("Nothing was measured: ask for at least one step.");
        rates.push_back(one.examplesPerSecond());
        all.add(one);
    }
    result.steps = int(all.steps.size());
    result.medianStep = percentile(all.steps, 0.5);
    result.p90Step = percentile(all.steps, 0.9);
    result.examplesPerSecond = percentile(rates, 0.5);
    result.slowest = percentile(rates, 0);
    result.fastest = percentile(rates, 1);
    result.peakMemory = all.peakMemory;
    result.loss = all.sum.loss / double(all.steps.size());
    result.tokensPerExample = double(all.sum.work.tokens) / double(all.sum.work.examples);
    result.tokensPerSecond = result.examplesPerSecond * result.tokensPerExample;
    result.trainable = countParameters(checkpoint.shape(), spec.method, texts.outputs()).trainable;
    const Operations operations = productOperations(checkpoint.shape(), spec.method, texts.outputs(), all.sum.work);
    result.operationsPerSecond =
        double(operations.forward + operations.backward) / double(all.sum.work.examples) * result.examplesPerSecond;
    result.productRate = spec.recipe.device == "cpu" ? productRate(spec.recipe.precision) : 0;
    result.dataShare = all.sum.dataSeconds / all.sum.seconds;
    result.forwardShare = all.sum.forwardSeconds / all.sum.seconds;
    result.backwardShare = all.sum.backwardSeconds / all.sum.seconds;
    result.optimizerShare = all.sum.optimizerSeconds / all.sum.seconds;
    if (settings.evaluation)
        result.evaluationSeconds = evaluationSeconds(spec, checkpoint, texts.dev, texts);
    result.provenance = provenanceOf(checkpoint.shape(), spec.recipe);
    result.path = result.provenance.path;
    return result;
}

} // namespace awb
