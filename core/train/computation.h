#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/model/encoder.h"
#include "core/model/fast_path.h"

/// Internal to core/train: includes torch.
namespace awb {

/// For Pass::prefix, as FastPath's; null where nothing is kept, as on the plain path.
struct PrefixCaches {
    std::unique_ptr<PrefixCache> train, dev;
};

/// A model and the path that computes it: the fast one where it serves the model and the recipe does not ask for the plain.
class Computation {
public:
    /// As AdaptedBertImpl's constructor. `frozen`: packs of the checkpoint that other computations share, null: none.
    Computation(const Checkpoint &checkpoint, const Method &method, int outputs, const Recipe &recipe, std::uint64_t seed,
                std::shared_ptr<FrozenPacks> frozen = nullptr);

    AdaptedBert &model() { return m_model; }
    /// Takes the trained parameters that a run of this spec has left, a safetensors file. Throws Error naming it where it is
    /// damaged or another run's.
    void load(const std::filesystem::path &weights, const TrainSpec &spec);
    /// As Checkpoint's: what was computed so far counts once this has returned.
    void requireUnchanged() const { m_checkpoint.requireUnchanged(); }
    /// Makes the fast path's copies of the weights: once, when the parameters have their place in memory and their values.
    void prepare();
    /// Mean loss of the batch, one number, which on another device than the CPU may still be computed: reading it waits.
    /// Leaves the gradients of the trained parameters in theirs, which must be zero before.
    at::Tensor step(const Batch &batch, Task task, const Pass &pass);
    /// Of the time of the last step, 0..1: the forward pass; the rest is the backward pass.
    double forwardShare() const { return m_forwardShare; }
    /// The caches that fit into `limit` bytes together, train's first. `train` null: it is passed over once only.
    PrefixCaches prefixCaches(const EncodedTexts *train, const EncodedTexts &dev, std::size_t limit) const;
    /// Logits, float32 (B, outputs).
    torch::Tensor forward(const Batch &batch, const Pass &pass);

private:
    const Checkpoint &m_checkpoint;
    std::shared_ptr<FrozenPacks> m_frozen;
    bool m_isFast;
    Precision m_precision;
    double m_forwardShare = 0;
    AdaptedBert m_model;
    std::unique_ptr<FastPath> m_fast;
};

/// "fast" or "plain": the path that serves a recipe on this machine.
std::string pathOf(const ModelShape &shape, const Recipe &recipe);

} // namespace awb
