#include "core/train/snapshot.h"

#include <cstring>

#include <torch/types.h>
#include <nlohmann/json.hpp>

#include "core/model/tensor_file.h"

namespace awb {
namespace {

constexpr const char *stateKey = "state", *ofKey = "of"; // keys of the file's metadata

} // namespace

void saveTensors(const std::filesystem::path &file, const std::vector<std::pair<std::string, at::Tensor>> &tensors,
                 const std::map<std::string, std::string> &metadata)
{
    std::vector<at::Tensor> held; // contiguous CPU copies that the views point into
    std::vector<TensorView> views;
    for (const auto &[name, tensor] : tensors) {
        held.push_back(tensor.detach().to(at::kCPU, at::kFloat).contiguous());
        const auto *bytes = static_cast<const std::byte *>(held.back().data_ptr());
        views.push_back({name, ElementType::Float32, tensor.sizes().vec(), {bytes, held.back().nbytes()}});
    }
    writeSafetensors(file, views, metadata);
}

void saveSnapshot(const std::filesystem::path &file, const SnapshotState &state, const std::string &of,
                  const std::vector<std::pair<std::string, at::Tensor>> &tensors)
{
    const nlohmann::json json = {{"step", state.step},
                                 {"loss_sum", state.lossSum},
                                 {"seconds", state.seconds},
                                 {"scored", state.scored},
                                 {"train_seconds", state.trainSeconds},
                                 {"train_steps", state.trainSteps},
                                 {"train_examples", state.trainExamples}};
    saveTensors(file, tensors, {{stateKey, json.dump()}, {ofKey, of}});
}

bool loadSnapshot(const std::filesystem::path &file, SnapshotState &state, const std::string &of,
                  const std::vector<std::pair<std::string, at::Tensor>> &tensors)
{
    if (file.empty() || !std::filesystem::exists(file))
        return false;
    try {
        const auto stored = TensorFile::openSafetensors(file);
        const auto metadata = stored->metadata();
        if (metadata.at(ofKey) != of || stored->tensors().size() != tensors.size())
            return false;
        for (std::size_t i = 0; i < tensors.size(); ++i)
            if (stored->tensors()[i].name != tensors[i].first ||
                stored->tensors()[i].shape != tensors[i].second.sizes().vec())
                return false;
        const auto json = nlohmann::json::parse(metadata.at(stateKey));
        state = {json.at("step").get<int>(),
                 json.at("loss_sum").get<double>(),
                 json.at("seconds").get<double>(),
                 json.value("scored", true),
                 json.value("train_seconds", 0.0),
                 json.value("train_steps", std::int64_t(0)),
                 json.value("train_examples", std::int64_t(0))};
        const torch::NoGradGuard noGrad;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            const TensorView &view = stored->tensors()[i];
            at::Tensor values = at::empty(view.shape, at::kFloat);
            std::memcpy(values.data_ptr(), view.data.data(), view.data.size());
            tensors[i].second.copy_(values);
        }
        return true;
    } catch (const std::exception &) {
        return false; // a damaged snapshot only costs time: the run starts from the beginning
    }
}

} // namespace awb
