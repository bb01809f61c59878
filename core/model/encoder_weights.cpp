#include <algorithm>
#include <cstring>

#include <torch/types.h>

#include "core/content_hash.h"
#include "core/error.h"
#include "core/methods/parameters.h"
#include "core/model/encoder.h"
#include "core/random.h"

/// Weights into the model: from the checkpoint, by drawing, from a file of trained tensors.
namespace awb {
namespace {

torch::ScalarType scalarType(ElementType type)
{
    switch (type) {
    case ElementType::Float64:
        return torch::kFloat64;
    case ElementType::Float32:
        return torch::kFloat32;
    case ElementType::Float16:
        return torch::kFloat16;
    case ElementType::BFloat16:
        return torch::kBFloat16;
    default:
        throw Error("A weight of type " + toString(type) + " is no floating-point number.");
    }
}

/// The tensor as it lies in the file, without a copy where it is aligned.
torch::Tensor viewOf(const TensorView &view)
{
    const torch::ScalarType type = scalarType(view.type);
    if (reinterpret_cast<std::uintptr_t>(view.data.data()) % elementSize(view.type) == 0)
        return torch::from_blob(const_cast<std::byte *>(view.data.data()), view.shape, type);
    torch::Tensor copy = torch::empty(view.shape, type);
    std::memcpy(copy.data_ptr(), view.data.data(), view.data.size());
    return copy;
}

bool isOurs(const std::string &name)
{
    return name.find(".adapter.") != std::string::npos || name.rfind("classifier.", 0) == 0;
}

/// Number of the layer in "encoder.layer.3....", -1 for embeddings, `layers` for pooler and head.
int partOf(const std::string &name, int layers)
{
    if (name.rfind("embeddings.", 0) == 0)
        return -1;
    if (name.rfind("encoder.layer.", 0) == 0)
        return std::stoi(name.substr(14));
    return layers;
}

} // namespace

void AdaptedBertImpl::loadFrozen(const Checkpoint &checkpoint)
{
    const std::string folder = checkpoint.folder().string();
    for (auto &entry : named_parameters()) {
        if (isOurs(entry.key()))
            continue;
        const TensorView *view = checkpoint.find(entry.key());
        if (!view)
            throw Error("The checkpoint " + folder + " has no tensor " + entry.key() +
                        "; get a complete BERT checkpoint (weights with encoder, embeddings and pooler).");
        const torch::Tensor stored = viewOf(*view);
        if (!torch::isfinite(stored).all().item<bool>())
            throw Error("The tensor " + entry.key() + " of the checkpoint " + folder +
                        " contains NaN or infinite values; the file is damaged, get it again.");
        const bool trained = trains(m_method, entry.key());
        const bool norm = entry.key().find(".LayerNorm.") != std::string::npos;
        const torch::Tensor value = stored.to(m_device, trained || norm ? torch::kFloat32 : m_type);
        // set_data keeps the mapping's own memory for a frozen float32 weight: no copy of the model in memory.
        entry.value().set_data(trained && value.is_alias_of(stored) ? value.clone() : value);
    }
    checkpoint.requireUnchanged();
}

void AdaptedBertImpl::draw(double initStd, std::uint64_t seed)
{
    constexpr std::uint64_t initialisation = 1;
    for (auto &entry : named_parameters()) {
        if (!isOurs(entry.key()))
            continue;
        torch::Tensor values = torch::zeros(entry.value().sizes(), torch::kFloat32);
        if (entry.key().ends_with(".weight")) {
            const double std = entry.key().rfind("classifier.", 0) == 0 ? 0.02 : initStd;
            const std::uint64_t key = streamKey(streamKey(seed, initialisation), textHash(entry.key()));
            for (std::int64_t i = 0; i < values.numel(); ++i)
                values.data_ptr<float>()[i] = float(std * randomTruncatedNormal(key, std::uint64_t(i)));
        }
        entry.value().set_data(values.to(m_device));
    }
}

void AdaptedBertImpl::freeze()
{
    m_lowestTrained = m_shape.layers;
    for (auto &entry : named_parameters()) {
        const bool trained = trains(m_method, entry.key());
        entry.value().set_requires_grad(trained);
        if (trained)
            m_lowestTrained = std::min(m_lowestTrained, partOf(entry.key(), m_shape.layers));
    }
}

void AdaptedBertImpl::loadTrained(const TensorFile &file, const std::string &fileName)
{
    torch::NoGradGuard noGrad;
    for (auto &[name, parameter] : trained()) {
        const auto &views = file.tensors();
        const auto found = std::find_if(views.begin(), views.end(), [&](const TensorView &v) { return v.name == name; });
        if (found == views.end() || found->shape != parameter.sizes().vec())
            throw Error(fileName + " does not fit the run: " + name +
                        (found == views.end() ? " is missing" : " has another shape") + "; compute the run again.");
        if (found->type != ElementType::Float32 || !torch::isfinite(viewOf(*found)).all().item<bool>())
            throw Error(fileName + " is damaged: " + name +
                        " holds values that are no finite float32; compute the run again.");
        parameter.copy_(viewOf(*found));
    }
}

} // namespace awb
