#pragma once

#include <string>

#include "core/types.h"

namespace awb {

class Store;

/// fastestPrecision() of a device, which the library remembers by the processor's name once it was measured.
Precision machinePrecision(Store &store, const std::string &device);

} // namespace awb
