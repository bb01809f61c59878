#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dataset.h"
#include "core/error.h"

namespace awb {

/// How a file is read without the user's saying: recognised, else guessed. All but name, licence and hash; dev and test
/// files beside it are found by their names. Throws Error when it cannot be read.
Manifest firstLook(const std::filesystem::path &file);

/// As firstLook(), for a file whose layout is not known.
Manifest guessedLook(const std::filesystem::path &file);

/// How data sets call the file of development examples, folded, the usual one first.
const std::vector<std::string> &devNames();

/// The data files of a folder whose train file is called train, by the names of another part: "Dev.tsv" beside "train.csv".
std::vector<std::filesystem::path> filesBeside(const std::filesystem::path &train, const std::vector<std::string> &parts);

/// A file that is laid out as train's is, or in a way of its own with the same columns: where they have those names, or
/// without names where they stand. Its label may be missing; nothing when a text is. Throws Error when it cannot be read.
std::optional<DataFile> laidOutAs(const DataFile &train, const std::filesystem::path &file);

/// Task, classes and metrics, as completeManifest() sets them.
void setTaskAndClasses(Manifest &manifest, bool guessTask);

/// Whether the first of these records names the columns: well-known names, or values of another kind below it.
bool looksLikeHeader(const std::vector<std::vector<std::string>> &rows);

/// Whether the quotes of a whole file read as quotes.
bool readsQuoted(const std::filesystem::path &file, char delimiter);

/// What is to be said of a file that is no JSON Lines but JSON.
Error oneJsonDocument(const std::filesystem::path &file);

/// Whether columns of texts or labels are often called so.
bool isColumnName(std::string_view name);

} // namespace awb
