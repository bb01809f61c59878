#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace awb {

/// Whether the first of these records names the columns: well-known names, or values of another kind below it.
bool looksLikeHeader(const std::vector<std::vector<std::string>> &rows);

/// Whether columns of texts or labels are often called so.
bool isColumnName(std::string_view name);

} // namespace awb
