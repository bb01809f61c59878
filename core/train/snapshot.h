#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

/// Internal to core/train: includes torch.
namespace awb {

/// Writes float32 tensors by write-sync-rename.
void saveTensors(const std::filesystem::path &file, const std::vector<std::pair<std::string, at::Tensor>> &tensors,
                 const std::map<std::string, std::string> &metadata);

/// What is needed to go on bit for bit: all else (order, dropout) is a function of spec and step.
struct SnapshotState {
    int step = 0;       ///< optimizer steps done
    double lossSum = 0; ///< of the steps since the last stored measurement
    double seconds = 0; ///< computed so far
    bool scored = true; ///< false: the step ends an epoch, whose dev score is not computed yet
    /// Of the steps so far, as far as they were timed (older snapshots do not tell).
    double trainSeconds = 0;
    std::int64_t trainSteps = 0, trainExamples = 0;
};

/// Writes state and optimizer tensors; `of`, the settings and what they are applied to, guards against going on with others.
void saveSnapshot(const std::filesystem::path &file, const SnapshotState &state, const std::string &of,
                  const std::vector<std::pair<std::string, at::Tensor>> &tensors);
/// Reads into the given tensors. False, and nothing changed, when there is no usable snapshot of the same.
bool loadSnapshot(const std::filesystem::path &file, SnapshotState &state, const std::string &of,
                  const std::vector<std::pair<std::string, at::Tensor>> &tensors);

} // namespace awb
