#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace awb {

constexpr std::size_t maxClasses = 1000; ///< a column with more values holds texts or scores

/// Recognises a folder or file by its layout: GLUE's tasks (file names, header or none, columns, label order, metrics), the
/// SST-2 sentences and Subj `label text` files, TREC (coarse labels), the SMS collection, Orange `.tab`.
/// `path` is a folder with train/dev/test files or one file. Nothing when the layout is unknown.
std::optional<Manifest> recognise(const std::filesystem::path &path, const std::string &name);

/// What a first look at an unknown file suggests: its format, text and label columns, classes. The import dialog and
/// `awb datasets add` start from it. Throws Error when the file cannot be read.
Manifest guessManifest(const std::filesystem::path &file, const std::string &name);

/// Guess of the format alone: kind, delimiter, quoting, header, from the first 256 KiB.
TableFormat guessFormat(const std::filesystem::path &file);

/// Distinct values of a column in order of frequency, with counts; at most `limit`.
std::vector<std::pair<std::string, std::size_t>> distinctValues(const Table &table, int column, std::size_t limit);

/// Completes a manifest whose train file, columns and merge map are set: task, classes (sorted; earlier ones are replaced),
/// metrics (earlier ones stay where they fit the task), sha256. The task becomes Regression where no label is merged and
/// the labels are numbers with fractions. Throws Error for more than 1000 classes.
void completeManifest(Manifest &manifest, bool guessTask = true);
} // namespace awb
