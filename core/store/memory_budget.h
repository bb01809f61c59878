#pragma once

#include <filesystem>

namespace awb {

/// Whether one more run may be computed beside others: half of the memory is free or can be freed, of the machine's and, in
/// a container with a limit of its own (cgroup version 2 or 1), of that. `root`: of the file system that /proc and /sys are
/// read from.
bool memoryIsPlenty(const std::filesystem::path &root = "/");

} // namespace awb
