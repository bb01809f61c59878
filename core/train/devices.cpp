#include "core/train/devices.h"

#include <algorithm>
#include <fstream>
#include <sched.h>
#include <string>

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <torch/cuda.h>
#include <torch/csrc/api/include/torch/version.h>

#include "core/model/kernels/product.h"
#include "core/train/computation.h"
#include "version.h"

namespace awb {
namespace {

/// Value of the first "key : value" line of a /proc file.
std::string procValue(const char *file, const std::string &key)
{
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        if (line.rfind(key, 0) == 0 && line.find(':') != std::string::npos) {
            const auto at = line.find_first_not_of(" \t", line.find(':') + 1);
            return at == std::string::npos ? std::string() : line.substr(at);
        }
    return {};
}

std::string cpuDescription()
{
    std::string name = procValue("/proc/cpuinfo", "model name");
    std::string features = at::get_cpu_capability();
    if (procValue("/proc/cpuinfo", "flags").find("amx_bf16") != std::string::npos)
        features += ", AMX";
    else if (procValue("/proc/cpuinfo", "flags").find("avx512_bf16") != std::string::npos)
        features += " with bfloat16";
    return (name.empty() ? "CPU" : name) + ", " + std::to_string(defaultThreads()) + " cores, " + features;
}

/// Of a device that is no CPU.
c10::DeviceAllocator &allocatorOf(const at::Device &device)
{
    at::globalContext().lazyInitDevice(device.type()); // before that there is none
    return *c10::getDeviceAllocator(device.type());
}

c10::DeviceIndex indexOf(const at::Device &device)
{
    return device.has_index() ? device.index() : c10::DeviceIndex(0);
}

} // namespace

int defaultThreads()
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? std::max(1, CPU_COUNT(&cores)) : 1;
}

bool sharesTheCores(const Recipe &recipe)
{
    const bool multiplies = recipe.precision == Precision::Float32 || kernels::multipliesBFloat16();
    return recipe.device == "cpu" && recipe.threads == 0 && !recipe.plainPath && multiplies;
}

std::vector<DeviceInfo> devices()
{
    const std::int64_t kilobytes = std::atoll(procValue("/proc/meminfo", "MemTotal").c_str());
    std::vector<DeviceInfo> result{{"cpu", cpuDescription(), kilobytes * 1024}};
    if (torch::cuda::is_available())
        for (std::size_t i = 0; i < std::size_t(torch::cuda::device_count()); ++i)
            result.push_back({"cuda:" + std::to_string(i), "CUDA device " + std::to_string(i), 0});
    return result;
}

bool hasDevice(const std::string &name)
{
    return std::ranges::any_of(devices(),
                               [&](const DeviceInfo &device) { return device.name == name || device.name == name + ":0"; });
}

std::string libtorchVersion()
{
    return TORCH_VERSION;
}

std::int64_t peakMemory(const std::string &device)
{
    if (const at::Device other(device); !other.is_cpu()) {
        const auto stats = allocatorOf(other).getDeviceStats(indexOf(other));
        return stats.allocated_bytes[std::size_t(c10::CachingAllocator::StatType::AGGREGATE)].peak;
    }
    return std::atoll(procValue("/proc/self/status", "VmHWM").c_str()) * 1024;
}

void resetPeakMemory(const std::string &device)
{
    if (const at::Device other(device); !other.is_cpu())
        return allocatorOf(other).resetPeakStats(indexOf(other));
    std::ofstream("/proc/self/clear_refs") << "5";
}

Provenance provenanceOf(const ModelShape &shape, const Recipe &recipe)
{
    Provenance made;
    made.program = version;
    made.libtorch = libtorchVersion();
    made.path = pathOf(shape, recipe);
    made.device = recipe.device;
    made.threads = recipe.threads > 0 ? recipe.threads : defaultThreads();
    if (recipe.device == "cpu")
        made.device += " (" + cpuDescription() + ")";
    return made;
}

} // namespace awb
