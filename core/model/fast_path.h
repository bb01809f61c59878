#pragma once

#include <memory>
#include <string>

#include "core/data/batch.h"
#include "core/data/dataset.h"
#include "core/model/encoder.h"
#include "core/model/frozen_packs.h"
#include "core/model/prefix_cache.h"

/// The fast path: forward and backward by hand, on the CPU. Internal to core: includes torch.
///
/// What it computes is what the plain path (encoder.h) computes, with the same dropout masks. It differs in the order of
/// work: each core takes some of the batch's examples through the whole model and back, the last layer is computed for the
/// [CLS] rows alone, frozen weights are packed once, and gradients exist for trained parameters only.
namespace awb {

class FastPath {
public:
    /// Nothing when the fast path can train and evaluate this model, else the reason.
    static std::string cannot(const ModelShape &shape, const Recipe &recipe);

    /// Works on the parameters of `model`, which must be in float32 and stay alive. `precision`: of products and
    /// activations. `frozen`: of the model's checkpoint; packs that another path has made already are used.
    FastPath(AdaptedBert &model, Precision precision, FrozenPacks &frozen);
    ~FastPath();

    /// Mean loss of the batch. Leaves the gradients of all trained parameters in theirs, which must be zero before. `pass`
    /// as in the plain path.
    double step(const Batch &batch, Task task, const Pass &pass);
    /// Of the cores' time in the last step, 0..1: the forward pass; the rest is the backward pass.
    double forwardShare() const;
    /// Logits, float32 (B, outputs).
    torch::Tensor forward(const Batch &batch, const Pass &pass);

    /// For passes over `texts` that keep what the layers below the lowest trained one give. Null where nothing would be
    /// saved, or where all of the texts need more than `limit` bytes.
    std::unique_ptr<PrefixCache> prefixCache(const EncodedTexts &texts, std::size_t limit) const;

    struct Engine;

private:
    std::unique_ptr<Engine> m_engine;
};

} // namespace awb
