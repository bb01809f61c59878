#include "core/model/fast_path.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include <torch/types.h>

#include <ATen/Parallel.h>

#include "core/model/fast_head.h"
#include "core/model/fast_layer.h"
#include "core/model/fast_states.h"
#include "core/model/fast_weights.h"
#include "core/random.h"

#ifndef INTRA_OP_PARALLEL
#error "Without OpenMP at::parallel_for is a loop on one thread."
#endif

namespace awb {

using namespace kernels;
using namespace fast;

/// Hides the compute type.
struct FastPath::Engine {
    explicit Engine(std::int64_t outputCount) : outputs(outputCount) {}
    virtual ~Engine() = default;
    /// Fills `logits` (B, outputs) where it is not null; goes back and returns the mean loss where `task` is not null.
    virtual double run(const Batch &batch, const Pass &pass, const Task *task, float *logits) = 0;
    virtual std::unique_ptr<PrefixCache> prefixCache(const EncodedTexts &texts, std::size_t limit) const = 0;
    const std::int64_t outputs;
    double forwardShare = 0; ///< of the last step
};

namespace {

constexpr std::int64_t mostShares = 16;

/// Memory of one thread.
template <typename T>
struct Lane {
    std::vector<LayerTape<T>> layers;
    Scratch<T> scratch;
    Buffer<float> embedded, embeddedNormalised, embeddedInverse; ///< (rows, d), (rows, d), (rows)
    Buffer<T> cls;                                               ///< (examples, d) the encoder's output
    HeadTape<T> head;
    Buffer<float> gradient;                         ///< (rows, d)
    double forwardSeconds = 0, backwardSeconds = 0; ///< of the step
};

using Clock = std::chrono::steady_clock;
double secondsBetween(Clock::time_point from, Clock::time_point to)
{
    return std::chrono::duration<double>(to - from).count();
}

template <typename T>
class EngineOf : public FastPath::Engine {
public:
    EngineOf(AdaptedBert &model, FrozenPacks &frozen)
        : Engine(model->classifier->weight.size(0)), m_model(model), m_weights(model, frozen), m_shape(model->shape()),
          m_lowest(model->lowestTrained())
    {
    }

    double run(const Batch &batch, const Pass &pass, const Task *task, float *logits) override
    {
        if (m_stale)
            m_weights.refresh();
        m_stale = task != nullptr; // the optimizer will change them
        const std::vector<Block> blocks = blocksOf(batch);
        if (pass.states)
            allocate<T>(*pass.states, batch, m_shape);
        const auto shares = std::min(std::int64_t(blocks.size()), sharesThatFit());
        m_lanes.resize(std::max(m_lanes.size(), std::size_t(at::get_num_threads())));
        m_sums.resize(std::max(m_sums.size(), std::size_t(shares)));
        if (task && embeddingsTrained())
            m_embeddingGradient.reserve(std::size_t(batch.tokens()) * std::size_t(m_shape.hidden));
        std::vector<double> losses(std::size_t(shares), 0.0);
        at::parallel_for(0, shares, 1, [&](std::int64_t begin, std::int64_t end) {
            Lane<T> &lane = m_lanes[std::size_t(at::get_thread_num())];
            for (std::int64_t share = begin; share < end; ++share) {
                Buffer<float> &sums = m_sums[std::size_t(share)];
                const std::int64_t size = share == 0 ? m_weights.slots.sizeOfFirst() : m_weights.slots.size;
                if (task && size > 0) {
                    sums.reserve(std::size_t(size));
                    m_weights.slots.clear(sums.data());
                }
                const std::size_t first = blocks.size() * std::size_t(share) / std::size_t(shares);
                const std::size_t last = blocks.size() * std::size_t(share + 1) / std::size_t(shares);
                for (std::size_t i = first; i < last; ++i)
                    losses[std::size_t(share)] += runBlock(batch, blocks[i], pass, task, logits, lane,
                                                           {m_weights.slots, sums.data(), i == first, share == 0});
            }
        });
        if (!task)
            return 0;
        shareTime();
        addGradients(m_weights.slots, m_sums, shares);
        if (embeddingsTrained())
            addEmbeddingGradients(m_model->embeddings, batch, m_embeddingGradient.data());
        double loss = 0;
        for (const double part : losses)
            loss += part;
        return loss / double(batch.size());
    }

    std::unique_ptr<PrefixCache> prefixCache(const EncodedTexts &texts, std::size_t limit) const override
    {
        if (m_lowest <= 0)
            return nullptr;
        const std::size_t rowBytes = std::size_t(m_shape.hidden) * sizeof(T);
        std::vector<std::int64_t> rows;
        for (int i = 0; i < texts.size(); ++i)
            rows.push_back(onlyHeadTrained() ? 1 : texts.length(i));
        if (std::size_t(std::reduce(rows.begin(), rows.end())) * rowBytes > limit)
            return nullptr;
        return std::make_unique<PrefixCache>(rows, rowBytes);
    }

private:
    /// Sets forwardShare from what the lanes have taken since the last call.
    void shareTime()
    {
        double forward = 0, backward = 0;
        for (Lane<T> &lane : m_lanes) {
            forward += std::exchange(lane.forwardSeconds, 0.0);
            backward += std::exchange(lane.backwardSeconds, 0.0);
        }
        forwardShare = forward / (forward + backward);
    }

    double rate(int part, double value, const Pass &pass) const { return pass.training && part >= m_lowest ? value : 0.0; }

    bool onlyHeadTrained() const { return m_lowest == m_shape.layers; }

    bool embeddingsTrained() const
    {
        const auto &e = m_model->embeddings;
        return e->wordEmbeddings.requires_grad() || e->positionEmbeddings.requires_grad() ||
               e->tokenTypeEmbeddings.requires_grad();
    }

    /// Sums of large models are kept for few shares.
    std::int64_t sharesThatFit() const
    {
        constexpr std::int64_t numbers = 24'000'000; // 96 MB
        return std::clamp<std::int64_t>(numbers / std::max<std::int64_t>(1, m_weights.slots.size), 2, mostShares);
    }

    LayerPlan plan(int layer, const Pass &pass, bool backward) const
    {
        const std::uint64_t key = streamKey(pass.dropoutKey, std::uint64_t(layer));
        const auto mask = [&](LayerStream stream, double value) {
            const double own = rate(layer, value, pass);
            return own > 0 ? Mask(streamKey(key, stream), own) : Mask();
        };
        LayerPlan plan;
        plan.d = m_shape.hidden;
        plan.f = m_shape.feedForward;
        plan.heads = m_shape.heads;
        plan.activation = activationOf(m_shape.activation);
        plan.active = pass.active ? pass.active->at(std::size_t(layer)) : LayerSites{};
        plan.clsOnly = layer + 1 == m_shape.layers;
        plan.keep = backward && layer >= m_lowest;
        plan.inputNeeded = layer > m_lowest;
        plan.dropout = {mask(AttentionProbabilities, m_model->attentionDropout()),
                        mask(AttentionHidden, m_model->hiddenDropout()), mask(FeedForwardHidden, m_model->hiddenDropout())};
        return plan;
    }

    double runBlock(const Batch &batch, const Block &block, const Pass &pass, const Task *task, float *logits, Lane<T> &lane,
                    const GradientSums &sums)
    {
        const auto start = Clock::now();
        const std::int64_t d = m_shape.hidden;
        lane.layers.resize(std::size_t(m_shape.layers));
        lane.cls.reserve(std::size_t(block.cls().padded * d));
        lane.gradient.reserve(std::size_t(std::max(block.all().padded, block.cls().padded) * d));
        encode(batch, block, pass, task != nullptr, lane);
        const Head<T> head{m_weights, m_model->classifier, outputs};
        head.forward(block, lane.cls.data(), headMask(pass), lane.head);
        if (logits)
            std::copy_n(lane.head.logits.data(), block.examples() * outputs, logits + block.firstExample * outputs);
        if (!task)
            return 0;
        const auto there = Clock::now();
        const double loss = lossGradient(batch, block, *task, outputs, lane.head.logits.data());
        head.backward(block, lane.cls.data(), lane.head, m_lowest < m_shape.layers ? lane.gradient.data() : nullptr, sums,
                      lane.scratch);
        for (int i = m_shape.layers - 1; i >= std::max(0, m_lowest); --i)
            layerBackward(m_weights.layers[std::size_t(i)], plan(i, pass, true), block, lane.layers[std::size_t(i)],
                          lane.scratch, sums, lane.gradient);
        if (m_lowest < 0)
            embedBackward(block, pass, lane, sums);
        lane.forwardSeconds += secondsBetween(start, there);
        lane.backwardSeconds += secondsBetween(there, Clock::now());
        return loss;
    }

    /// Embeddings and layers: from the block's tokens to lane.cls.
    void encode(const Batch &batch, const Block &block, const Pass &pass, bool backward, Lane<T> &lane)
    {
        const int frozen = pass.prefix ? m_lowest : 0;
        int first = std::max(0, pass.firstLayer);
        if (pass.firstLayer >= 0)
            recall(block, *pass.states, pass.firstLayer, lane);
        else if (frozen > 0 && recall(batch, block, *pass.prefix, lane))
            first = frozen;
        else
            embed(batch, block, pass, lane);
        for (int i = first; i < m_shape.layers; ++i) {
            LayerPlan own = plan(i, pass, backward);
            own.attended = i == pass.firstLayer;
            layerForward(m_weights.layers[std::size_t(i)], own, block, lane.layers[std::size_t(i)], lane.scratch,
                         inputOf(i + 1, block, lane));
            if (pass.states && !own.attended)
                remember(block, *pass.states, i, lane);
            if (i + 1 == frozen)
                remember(batch, block, *pass.prefix, lane);
        }
    }

    /// Where a layer's input lies: (rows, d), or (examples, d) above the last layer.
    T *inputOf(int layer, const Block &block, Lane<T> &lane) const
    {
        if (layer == m_shape.layers)
            return lane.cls.data();
        Buffer<T> &x = lane.layers[std::size_t(layer)].x;
        x.reserve(std::size_t(block.all().padded * m_shape.hidden));
        return x.data();
    }

    void recall(const Block &block, LayerStates &states, int layer, Lane<T> &lane) const
    {
        const Kept<T> from = kept<T>(block, states, layer, m_shape);
        std::copy_n(from.input, from.inputSize, inputOf(layer, block, lane));
        Buffer<T> &attended = lane.layers[std::size_t(layer)].attention.h;
        attended.reserve(std::size_t(block.all().padded * m_shape.hidden));
        std::copy_n(from.attended, from.attendedSize, attended.data());
    }

    void remember(const Block &block, LayerStates &states, int layer, Lane<T> &lane) const
    {
        const Kept<T> to = kept<T>(block, states, layer, m_shape);
        std::copy_n(inputOf(layer, block, lane), to.inputSize, to.input);
        std::copy_n(lane.layers[std::size_t(layer)].attention.h.data(), to.attendedSize, to.attended);
    }

    /// First row of an example of the block in what the frozen layers give.
    std::int64_t prefixRow(const Block &block, std::int64_t example) const
    {
        return onlyHeadTrained() ? example : block.offsets[std::size_t(example)];
    }

    /// Fills the input of the lowest trained part when all of the block's examples are known.
    bool recall(const Batch &batch, const Block &block, const PrefixCache &prefix, Lane<T> &lane) const
    {
        const std::int32_t *numbers = batch.examples.data() + block.firstExample;
        if (!std::all_of(numbers, numbers + block.examples(), [&](std::int32_t number) { return prefix.knows(number); }))
            return false;
        T *x = inputOf(m_lowest, block, lane);
        for (std::int64_t b = 0; b < block.examples(); ++b) {
            const auto *rows = reinterpret_cast<const T *>(prefix.rows(numbers[b]));
            const std::int64_t count =
                onlyHeadTrained() ? 1 : block.offsets[std::size_t(b) + 1] - block.offsets[std::size_t(b)];
            std::copy_n(rows, count * m_shape.hidden, x + prefixRow(block, b) * m_shape.hidden);
        }
        return true;
    }

    void remember(const Batch &batch, const Block &block, PrefixCache &prefix, Lane<T> &lane) const
    {
        const T *x = inputOf(m_lowest, block, lane);
        for (std::int64_t b = 0; b < block.examples(); ++b)
            prefix.remember(batch.examples[std::size_t(block.firstExample + b)],
                            reinterpret_cast<const std::byte *>(x + prefixRow(block, b) * m_shape.hidden));
    }

    Mask embeddingMask(const Pass &pass) const
    {
        const double own = rate(-1, m_model->hiddenDropout(), pass);
        return own > 0 ? Mask(streamKey(pass.dropoutKey, embeddingStream), own) : Mask();
    }

    Mask headMask(const Pass &pass) const
    {
        const double own = pass.training ? m_model->hiddenDropout() : 0.0;
        return own > 0 ? Mask(streamKey(pass.dropoutKey, headStream), own) : Mask();
    }

    void embed(const Batch &batch, const Block &block, const Pass &pass, Lane<T> &lane)
    {
        const std::int64_t d = m_shape.hidden, rows = block.all().count, padded = block.all().padded;
        for (Buffer<float> *buffer : {&lane.embedded, &lane.embeddedNormalised})
            buffer->reserve(std::size_t(padded * d));
        lane.embeddedInverse.reserve(std::size_t(padded));
        lane.layers.front().x.reserve(std::size_t(padded * d));
        float *sum = lane.embedded.data();
        lookUp(m_model->embeddings, batch, block.numbers, sum);
        normRows<float>({.product = sum}, m_weights.embeddingNorm.values(), lane.embeddedNormalised.data(),
                        lane.embeddedInverse.data(), sum, rows, d);
        dropRows(sum, d, nullptr, nullptr, embeddingMask(pass), {block.numbers.data(), 0, d}, lane.layers.front().x.data(),
                 {rows, d, d});
    }

    void embedBackward(const Block &block, const Pass &pass, Lane<T> &lane, const GradientSums &sums)
    {
        const std::int64_t d = m_shape.hidden, rows = block.all().count;
        float *g = lane.gradient.data();
        dropRows(g, d, nullptr, nullptr, embeddingMask(pass), {block.numbers.data(), 0, d}, g, {rows, d, d});
        const LayerNormWeights &norm = m_weights.embeddingNorm;
        float *unused = lane.embedded.data();
        normRowsBackward(g, lane.embeddedNormalised.data(), lane.embeddedInverse.data(), norm.values().weight, g,
                         norm.weightSlot < 0 ? unused : sums.of(norm.weightSlot),
                         norm.biasSlot < 0 ? unused : sums.of(norm.biasSlot), rows, d);
        if (embeddingsTrained())
            std::copy_n(g, rows * d, m_embeddingGradient.data() + std::int64_t(block.numbers.front()) * d);
    }

    AdaptedBert m_model;
    ModelWeights<T> m_weights;
    ModelShape m_shape;
    int m_lowest;
    bool m_stale = false;
    std::vector<Lane<T>> m_lanes;
    std::vector<Buffer<float>> m_sums;
    Buffer<float> m_embeddingGradient; ///< (tokens, d)
};

} // namespace

std::string FastPath::cannot(const ModelShape &shape, const Recipe &recipe)
{
    if (recipe.device != "cpu")
        return "it serves the CPU only";
    if (recipe.precision == Precision::BFloat16 && !multipliesBFloat16())
        return "this processor has no bfloat16 products";
    if (shape.hidden % 4 != 0 || shape.hidden > 4096)
        return "the model's hidden size is not a multiple of 4 up to 4096";
    if (shape.feedForward % 2 != 0)
        return "the size of the model's feed-forward layer is odd";
    if (shape.positions > attentionStride)
        return "the model's inputs are longer than " + std::to_string(attentionStride) + " tokens";
    return {};
}

FastPath::FastPath(AdaptedBert &model, Precision precision, FrozenPacks &frozen)
{
    if (precision == Precision::BFloat16)
        m_engine = std::make_unique<EngineOf<BFloat16>>(model, frozen);
    else
        m_engine = std::make_unique<EngineOf<float>>(model, frozen);
}

FastPath::~FastPath() = default;

std::unique_ptr<PrefixCache> FastPath::prefixCache(const EncodedTexts &texts, std::size_t limit) const
{
    return m_engine->prefixCache(texts, limit);
}

double FastPath::step(const Batch &batch, Task task, const Pass &pass)
{
    return m_engine->run(batch, pass, &task, nullptr);
}

double FastPath::forwardShare() const
{
    return m_engine->forwardShare;
}

torch::Tensor FastPath::forward(const Batch &batch, const Pass &pass)
{
    torch::Tensor logits = torch::empty({batch.size(), m_engine->outputs}, torch::kFloat32);
    m_engine->run(batch, pass, nullptr, logits.data_ptr<float>());
    return logits;
}

} // namespace awb
