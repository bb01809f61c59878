#pragma once

/// What a run's folder, runs/ID of the library, holds.
namespace awb::run_files {

inline constexpr const char *weights = "adapter.safetensors";   ///< the trained tensors
inline constexpr const char *snapshot = "snapshot.safetensors"; ///< of a run that is not finished, to go on from

} // namespace awb::run_files
