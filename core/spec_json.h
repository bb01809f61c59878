#pragma once

#include <string>
#include <string_view>

#include "core/types.h"

/// Specs as JSON, the same in the store, in files and on the command line. Unknown keys are kept out, missing keys take
/// their defaults, so older files stay readable.
namespace awb {

std::string toJson(const TrainSpec &spec);
/// Throws Error when `json` is not an object or a value has the wrong type.
TrainSpec specFromJson(std::string_view json);

std::string toString(Precision precision);         ///< "float32" | "bfloat16"
Precision precisionFromString(std::string_view s); ///< throws Error for anything else
std::string toString(RunState state);              ///< "queued" | "paused" | "running" | "done" | "failed" | "cancelled"
RunState runStateFromString(std::string_view s);

} // namespace awb
