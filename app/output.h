#pragma once

#include <string>
#include <vector>

#include "app/commands.h"
#include "core/types.h"

/// How values look on the command line.
namespace awb {

/// Rows of cells as text in columns; the first row is the heading. Cells that are numbers are aligned right.
std::string columnsText(const std::vector<std::vector<std::string>> &rows);

std::string withThousands(std::int64_t number); ///< 605954 -> "605,954"
std::string bytesText(std::int64_t bytes);      ///< "2.4 MB", decimal prefixes
std::string percentText(double share);          ///< 0.0268 -> "2.68 %"
std::string scoreText(double score);            ///< four digits after the point
std::string durationText(double seconds);       ///< "48 s", "3 min 12 s", "2 h 5 min"

/// "adapters, m = 64"; the method's name where its layers are not known.
std::string methodText(const Method &method);
/// A run as the JSON object of `train`, `runs show` ...: flat keys, absent values are null.
Json runJson(const Run &run, Store &store);
/// A run in a few lines.
std::string runText(const Run &run, Store &store);

} // namespace awb
