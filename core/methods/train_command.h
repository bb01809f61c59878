#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace awb {

/// "0", "0-2", "0,1,5" to seeds, each once, in the order written; at most 1,000. Throws Error saying what was not
/// understood.
std::vector<std::uint64_t> parseSeeds(std::string_view text);
/// What parseSeeds reads: runs of neighbours become ranges, "0-2,5".
std::string formatSeeds(const std::vector<std::uint64_t> &seeds);

/// The `awb train` line that computes this run, names quoted for a POSIX shell. Settings at their default are left out;
/// learning rate and seed are always said.
std::string trainCommand(const TrainSpec &spec);

} // namespace awb
