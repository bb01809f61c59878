#pragma once

#include <string>

#include "core/types.h"

namespace awb {

/// The precision that trains fastest on a device: on the CPU float32 unless the processor has products of bfloat16 and they
/// turn out faster, which is measured once (a tenth of a second) and remembered; bfloat16 elsewhere.
Precision fastestPrecision(const std::string &device);

/// A sentence when the recipe's precision is far slower on this machine than the other; empty: it is not.
std::string precisionWarning(const Recipe &recipe);

} // namespace awb
