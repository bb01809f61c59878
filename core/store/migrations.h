#pragma once

#include <vector>

namespace awb {

/// Statements that bring a library from schema i to i + 1, one entry per version. An entry that was released never
/// changes; a new schema is a new entry.
const std::vector<const char *> &migrations();

} // namespace awb
