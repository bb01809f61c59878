#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace awb {

/// Keys and values of one line of JSON Lines, in order. A text stands for itself, null for "", any other value for its
/// JSON. Throws std::runtime_error (no sentence for the user) when the line is not one JSON object.
std::vector<std::pair<std::string, std::string>> parseJsonLine(std::string_view line);

} // namespace awb
