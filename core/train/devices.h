#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/types.h"

namespace awb {

/// Cores that this process may use.
int defaultThreads();
/// Whether a run's numbers do not depend on the number of threads and it needs no other device, so that it may be computed
/// beside others on a changing share of the cores.
bool sharesTheCores(const Recipe &recipe);

/// A compute device that this LibTorch can use here.
struct DeviceInfo {
    std::string name;        ///< "cpu", "cuda:0"
    std::string description; ///< "AMD EPYC, 2 cores, AVX512 with bfloat16"
    std::int64_t memory = 0; ///< bytes
};
std::vector<DeviceInfo> devices();
/// Whether one of devices() has this name; "cuda" is the first of its kind.
bool hasDevice(const std::string &name);
std::string libtorchVersion();
/// Program, LibTorch, device, threads and path of a run of such a model with this recipe on this machine.
Provenance provenanceOf(const ModelShape &shape, const Recipe &recipe);
/// Most bytes since the last resetPeakMemory(): resident ones of this process for the CPU, for another device ("cuda:0")
/// what tensors had of its memory.
std::int64_t peakMemory(const std::string &device = "cpu");
void resetPeakMemory(const std::string &device = "cpu");

} // namespace awb
