#include "core/train/computation.h"

#include <chrono>

#include <torch/types.h>

#include "core/error.h"
#include "core/spec_json.h"
#include "core/study/seed_groups.h"

namespace awb {
namespace {

using Clock = std::chrono::steady_clock;

torch::Tensor lossOf(const torch::Tensor &logits, const Batch &batch, Task task)
{
    if (task == Task::Regression)
        return torch::mse_loss(logits.squeeze(1), onDevice(torch::tensor(batch.scores), logits.device()));
    return torch::cross_entropy_loss(logits, onDevice(torch::tensor(batch.labels).to(torch::kLong), logits.device()));
}

/// The fast path rounds weights itself and wants them as they are.
Recipe inFloat32(Recipe recipe, bool fast)
{
    if (fast)
        recipe.precision = Precision::Float32;
    return recipe;
}

/// The file of a run, which cannot be fetched again as a checkpoint's can.
std::unique_ptr<TensorFile> openWeights(const std::filesystem::path &file)
{
    try {
        return TensorFile::openSafetensors(file);
    } catch (const Error &error) {
        std::string sentence = error.what();
        const std::string_view advice = "fetch it again.";
        if (sentence.ends_with(advice))
            sentence.replace(sentence.size() - advice.size(), advice.size(), "compute the run again.");
        throw Error(sentence);
    }
}

} // namespace

std::string pathOf(const ModelShape &shape, const Recipe &recipe)
{
    return recipe.plainPath || !FastPath::cannot(shape, recipe).empty() ? "plain" : "fast";
}

Computation::Computation(const Checkpoint &checkpoint, const Method &method, int outputs, const Recipe &recipe,
                         std::uint64_t seed, std::shared_ptr<FrozenPacks> frozen)
    : m_checkpoint(checkpoint), m_frozen(frozen ? std::move(frozen) : std::make_shared<FrozenPacks>()),
      m_isFast(pathOf(checkpoint.shape(), recipe) == "fast"), m_precision(recipe.precision),
      m_model(checkpoint, method, outputs, inFloat32(recipe, m_isFast), seed)
{
    m_checkpoint.release();
}

void Computation::load(const std::filesystem::path &weights, const TrainSpec &spec)
{
    const auto file = openWeights(weights);
    const auto metadata = file->metadata();
    if (const auto of = metadata.find("spec"); of != metadata.end() && anywhere(specFromJson(of->second)) != anywhere(spec))
        throw Error(weights.string() + " holds the weights of a run with other settings; compute the run again.");
    m_model->loadTrained(*file, weights.string());
}

void Computation::prepare()
{
    if (!m_isFast)
        return;
    m_fast = std::make_unique<FastPath>(m_model, m_precision, *m_frozen);
    m_checkpoint.release(); // of the frozen weights only the packs are used now
}

at::Tensor Computation::step(const Batch &batch, Task task, const Pass &pass)
{
    if (m_fast) {
        const double loss = m_fast->step(batch, task, pass);
        m_forwardShare = m_fast->forwardShare();
        return torch::scalar_tensor(loss, torch::kDouble);
    }
    const auto start = Clock::now();
    const torch::Tensor loss = lossOf(m_model->forward(batch, pass), batch, task);
    const auto there = Clock::now();
    loss.backward();
    m_forwardShare = std::chrono::duration<double>(there - start) / std::chrono::duration<double>(Clock::now() - start);
    return loss.detach();
}

PrefixCaches Computation::prefixCaches(const EncodedTexts *train, const EncodedTexts &dev, std::size_t limit) const
{
    PrefixCaches caches;
    if (!m_fast)
        return caches;
    if (train)
        caches.train = m_fast->prefixCache(*train, limit);
    caches.dev = m_fast->prefixCache(dev, limit - (caches.train ? caches.train->bytes() : 0));
    return caches;
}

torch::Tensor Computation::forward(const Batch &batch, const Pass &pass)
{
    if (m_fast)
        return m_fast->forward(batch, pass);
    const torch::NoGradGuard noGrad;
    return m_model->forward(batch, pass).to(torch::kCPU).contiguous();
}

} // namespace awb
