#pragma once

#include <string>

#include "core/types.h"

namespace awb {

/// The precision that trains fastest on a device: on the CPU float32 unless the processor has products of bfloat16 and they
/// turn out faster, which is measured once (a tenth of a second) and remembered; bfloat16 elsewhere.
Precision fastestPrecision(const std::string &device);

/// Floating-point operations per second that products of 192 rows by a matrix of 384 x 1,536 reach on all cores of the CPU
/// at once, each on its own: what the rest of a step is measured by. Takes a tenth of a second.
double productRate(Precision precision);

/// A sentence when the recipe's precision is far slower on this machine than the other; empty: it is not.
std::string precisionWarning(const Recipe &recipe);

} // namespace awb
