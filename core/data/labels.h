#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dataset.h"

namespace awb {

/// A label as it stands in the file: without outer blanks, and only up to `labelUntil`.
std::string rawLabel(std::string_view field, char labelUntil);

/// The class of a raw label by the merge map; "" when its rows are dropped (a blank label always is, unless merged).
std::string classOf(const std::string &rawLabel, const Manifest &manifest);

/// A finite number, or nothing.
std::optional<double> parseNumber(std::string_view text);
/// The same in a file of that format: one whose fields end at semicolons may have decimal commas.
std::optional<double> parseScore(const std::string &text, const TableFormat &format);
/// Whether a label says that there is none: "", "NA", "nan", "null" ...
bool isMissing(std::string_view label);

/// Alphabetical, or by value where every class is a number.
void sortClasses(std::vector<std::string> &classes);

} // namespace awb
