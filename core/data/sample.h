#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/table.h"

namespace awb {

/// The first 256 KiB of a file, enough to see its layout: a file of any size, or with one endless line, costs no more.
struct Sample {
    std::string text;       ///< without byte-order mark
    bool truncated = false; ///< the file goes on
    char delimiter = '\0';  ///< that the file names in a first line `sep=;`, which is taken off; 0: none
};

/// Throws Error naming the file when it cannot be read, is empty or is no text.
Sample readSample(const std::filesystem::path &file);

/// Throws Error naming the file where its first bytes say that it is no text: a workbook, something packed, UTF-16.
void requireText(std::string_view start, const std::filesystem::path &file);

/// Records of a sample, header included, at most `limit`; of a truncated sample without the last, which may be cut.
/// Blank lines are left out. Not for JsonLines.
std::vector<std::vector<std::string>> sampleRows(const Sample &sample, const TableFormat &format, std::size_t limit = 1000);

/// The files of a folder, sorted. Throws Error naming the folder when it cannot be read.
std::vector<std::filesystem::path> filesIn(const std::filesystem::path &folder);

/// `s` in ASCII lower case and without outer blanks: how column names are compared.
std::string folded(std::string_view s);

/// Index of the column of that folded name, or -1.
int columnNamed(const std::vector<std::string> &header, std::string_view name);

} // namespace awb
