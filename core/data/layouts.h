#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/data/dataset.h"

/// The known layouts, one function each. Each looks at the first rows of a file and returns a manifest (without name,
/// licence and hashes) or nothing. Files of the same data set beside it are found by their names.
namespace awb {

std::optional<Manifest> recogniseGlue(const std::filesystem::path &file);
std::optional<Manifest> recogniseLabelText(const std::filesystem::path &file); ///< SST-2 sentences, Subj, TREC
std::optional<Manifest> recogniseSms(const std::filesystem::path &file);
std::optional<Manifest> recogniseOrange(const std::filesystem::path &file);
std::optional<Manifest> recogniseCrowdflower(const std::filesystem::path &file);

/// Orange's text column, given the first records (header lines included): marked for use, else as title, else the string
/// column with the longest texts; -1: none.
int orangeTextColumn(const std::vector<std::vector<std::string>> &rows);

} // namespace awb
