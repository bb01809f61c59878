#include "core/train/ablation_engine.h"

#include <algorithm>
#include <chrono>

#include <torch/types.h>

#include <ATen/Parallel.h>

#include "core/error.h"
#include "core/methods/parameters.h"
#include "core/train/computation.h"
#include "core/train/devices.h"
#include "core/train/evaluate.h"

namespace awb {
namespace {

constexpr int timedBatches = 4, timedRounds = 5;

/// Some of the dev set's examples, and what is kept of their last pass.
struct Part {
    std::vector<int> examples;
    Batch batch;
    bool keeps = false; ///< hidden states, from one score to the next
    LayerStates states;
    std::vector<LayerSites> active; ///< what `states` belongs to; empty: nothing known
    torch::Tensor logits;           ///< (B, outputs)
};

/// Logits of the dev set: with all adapters, and without those of each span.
struct Spans {
    std::vector<float> whole;
    std::vector<std::vector<std::vector<float>>> without; ///< [first][last - first]
};

std::size_t bytesOf(const std::vector<torch::Tensor> &tensors)
{
    std::size_t bytes = 0;
    for (const torch::Tensor &tensor : tensors)
        bytes += tensor.defined() ? std::size_t(tensor.nbytes()) : 0;
    return bytes;
}

void askStop(const AblationEngine::Stop &stop)
{
    if (stop && stop())
        throw Stopped();
}

} // namespace

struct AblationEngine::Impl {
    TrainSpec spec;
    Checkpoint checkpoint; // its mapping holds the frozen weights
    EncodedDataset data;
    Computation computation;
    int layers;
    std::vector<LayerSites> exists;
    std::vector<Part> parts;
    std::int64_t computed = 0;

    Impl(const TrainSpec &runSpec, Checkpoint own, EncodedDataset dataset)
        : spec(runSpec), checkpoint(std::move(own)), data(std::move(dataset)),
          computation(checkpoint, spec.method, data.outputs(), spec.recipe, spec.seed), layers(checkpoint.shape().layers)
    {
        for (int i = 0; i < layers; ++i)
            exists.push_back(sitesOf(spec.method, i));
    }

    void makeParts(std::size_t bytesKept);
    std::vector<LayerSites> acting(std::vector<LayerSites> active) const;
    torch::Tensor forward(const Batch &batch, const std::vector<LayerSites> &active, LayerStates *states, int first);
    void refresh(Part &part, const std::vector<LayerSites> &active);
    void put(const Part &part, const torch::Tensor &logits, std::vector<float> &all) const;
    double metricOf(std::vector<float> logits) const { return scored(std::move(logits), data.dev, data).metrics.front(); }
    std::size_t numbers() const { return std::size_t(data.dev.size()) * std::size_t(data.outputs()); }
    bool hasAdapters(int layer) const
    {
        return exists[std::size_t(layer)].attention || exists[std::size_t(layer)].feedForward;
    }
    void useThreads() const { at::set_num_threads(spec.recipe.threads > 0 ? spec.recipe.threads : defaultThreads()); }
    void computeSpans(const Part &part, Spans &spans, const Stop &stop);
    std::vector<double> timeDrops(const std::function<void(double)> &progress, const Stop &stop);
};

/// The first batches, by length, keep their states as long as there is room.
void AblationEngine::Impl::makeParts(std::size_t bytesKept)
{
    const std::size_t number = spec.recipe.precision == Precision::BFloat16 ? 2 : 4;
    for (std::vector<int> &examples : evaluationBatches(data.dev)) {
        Part part;
        part.batch = packBatch(data.dev, examples);
        part.examples = std::move(examples);
        const std::size_t bytes =
            2 * std::size_t(layers) * std::size_t(part.batch.tokens()) * std::size_t(checkpoint.shape().hidden) * number;
        part.keeps = bytes <= bytesKept;
        bytesKept -= part.keeps ? bytes : 0;
        parts.push_back(std::move(part));
    }
}

/// Without the sites that have no adapter, so that a toggle there is no change.
std::vector<LayerSites> AblationEngine::Impl::acting(std::vector<LayerSites> active) const
{
    active.resize(std::size_t(layers));
    for (std::size_t i = 0; i < active.size(); ++i)
        active[i] = {active[i].attention && exists[i].attention, active[i].feedForward && exists[i].feedForward};
    return active;
}

torch::Tensor AblationEngine::Impl::forward(const Batch &batch, const std::vector<LayerSites> &active, LayerStates *states,
                                            int first)
{
    computed += layers - std::max(0, first);
    return computation.forward(batch, {.active = &active, .states = states, .firstLayer = first});
}

void AblationEngine::Impl::refresh(Part &part, const std::vector<LayerSites> &active)
{
    if (part.active == active)
        return;
    int first = -1;
    if (part.keeps && !part.active.empty())
        first = int(std::mismatch(active.begin(), active.end(), part.active.begin()).first - active.begin());
    part.active.clear(); // unknown if this ends with an error
    part.logits = forward(part.batch, active, part.keeps ? &part.states : nullptr, first);
    part.active = active;
}

/// Logits of a part into those of the dev set, in its order.
void AblationEngine::Impl::put(const Part &part, const torch::Tensor &logits, std::vector<float> &all) const
{
    const std::ptrdiff_t outputs = data.outputs();
    for (std::size_t i = 0; i < part.examples.size(); ++i)
        std::copy_n(logits.data_ptr<float>() + std::ptrdiff_t(i) * outputs, outputs,
                    all.begin() + part.examples[i] * outputs);
}

AblationEngine::AblationEngine(const TrainSpec &spec, Checkpoint checkpoint, const std::filesystem::path &weights,
                               EncodedDataset data, std::size_t bytesKept)
    : m(std::make_unique<Impl>(spec, std::move(checkpoint), std::move(data)))
{
    if (m->data.dev.size() == 0)
        throw Error("The data set " + spec.dataset + " has no dev part, so there is nothing to score the run on.");
    m->useThreads();
    m->computation.load(weights, spec);
    m->computation.prepare();
    m->makeParts(bytesKept);
}

AblationEngine::~AblationEngine() = default;

double AblationEngine::score(const std::vector<LayerSites> &active, const Stop &stop)
{
    m->useThreads();
    const std::vector<LayerSites> wanted = m->acting(active);
    std::vector<float> logits(m->numbers());
    for (Part &part : m->parts) {
        askStop(stop);
        m->refresh(part, wanted);
        m->put(part, part.logits, logits);
    }
    m->computation.requireUnchanged();
    return m->metricOf(std::move(logits));
}

/// A span differs from the one that ends a layer below in its last layer alone, so each goes on from the last.
void AblationEngine::Impl::computeSpans(const Part &part, Spans &spans, const Stop &stop)
{
    LayerStates base, states;
    const torch::Tensor full = forward(part.batch, acting(sitesWithout(layers, 0, -1)), &base, -1);
    put(part, full, spans.whole);
    states.input.resize(std::size_t(layers));
    states.attended.resize(std::size_t(layers));
    for (int first = 0; first < layers; ++first) {
        torch::Tensor logits = full;
        bool changed = false; // from the pass with all adapters
        for (int last = first; last < layers; ++last) {
            askStop(stop);
            if (hasAdapters(last)) {
                const auto at = std::size_t(last);
                if (!changed) {
                    states.input[at] = base.input[at].clone(); // passes write where they find memory
                    states.attended[at] = base.attended[at].clone();
                }
                changed = true;
                logits = forward(part.batch, acting(sitesWithout(layers, first, last)), &states, last);
            }
            put(part, logits, spans.without[std::size_t(first)][std::size_t(last - first)]);
        }
    }
}

AblationMap AblationEngine::map(const std::function<void(double)> &progress, const Stop &stop)
{
    constexpr double shareOfSpans = 0.7; // of the time; the rest is for that of the AdapterDrop points
    m->useThreads();
    const std::size_t layers = std::size_t(m->layers), numbers = m->numbers();
    Spans spans{std::vector<float>(numbers), {}};
    for (std::size_t first = 0; first < layers; ++first)
        spans.without.emplace_back(layers - first, std::vector<float>(numbers));
    for (std::size_t i = 0; i < m->parts.size(); ++i) {
        m->computeSpans(m->parts[i], spans, stop);
        if (progress)
            progress(shareOfSpans * double(i + 1) / double(m->parts.size()));
    }

    AblationMap map;
    map.metric = m->data.metrics.front();
    map.score = m->metricOf(std::move(spans.whole));
    for (auto &row : spans.without) {
        auto &scores = map.removed.emplace_back();
        for (std::vector<float> &logits : row)
            scores.push_back(m->metricOf(std::move(logits)));
    }
    map.seconds = m->timeDrops(
        [&](double share) {
            if (progress)
                progress(shareOfSpans + (1 - shareOfSpans) * share);
        },
        stop);
    m->computation.requireUnchanged();
    const Provenance made = provenanceOf(m->checkpoint.shape(), m->spec.recipe);
    map.device = made.device;
    map.threads = made.threads;
    return map;
}

/// The shortest of some rounds: other work on the machine only adds to a time. The points of a round follow each other, so
/// that a slow moment does not meet one of them alone.
std::vector<double> AblationEngine::Impl::timeDrops(const std::function<void(double)> &progress, const Stop &stop)
{
    using Clock = std::chrono::steady_clock;
    std::vector<double> best(std::size_t(layers) + 1, 1e300);
    const std::size_t count = std::min<std::size_t>(timedBatches, parts.size());
    for (int round = 0; round < timedRounds; ++round) {
        for (int n = 0; n <= layers; ++n) {
            const std::vector<LayerSites> active = acting(sitesWithout(layers, 0, n - 1));
            std::size_t examples = 0;
            const auto start = Clock::now();
            for (std::size_t i = 0; i < count; ++i) { // spread over the lengths
                const Part &part = parts[i * parts.size() / count];
                forward(part.batch, active, nullptr, -1);
                examples += part.examples.size();
                askStop(stop);
            }
            const std::chrono::duration<double> taken = Clock::now() - start;
            best[std::size_t(n)] = std::min(best[std::size_t(n)], taken.count() / double(examples));
        }
        progress(double(round + 1) / timedRounds);
    }
    return best;
}

int AblationEngine::layers() const
{
    return m->layers;
}

std::int64_t AblationEngine::layersComputed() const
{
    return m->computed;
}

std::size_t AblationEngine::bytesKept() const
{
    std::size_t bytes = 0;
    for (const Part &part : m->parts)
        bytes += bytesOf(part.states.input) + bytesOf(part.states.attended);
    return bytes;
}

} // namespace awb
