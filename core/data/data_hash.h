#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/data/dataset.h"

namespace awb {

/// FNV-1a, 64 bits: the same on every machine.
std::uint64_t textHash(std::string_view text);

/// SHA-256 of each data file as it is now, train, dev, test, joined by ' '. Throws Error naming a file that cannot be read.
std::string sha256OfFiles(const Manifest &manifest);

/// Manifest::sha256: the above, and " read-as:HASH" where the files are read otherwise than they are without the user's
/// saying: another format, columns, task, label map or split. Metrics and the order of classes do not count. Runs with equal
/// ones had the same examples.
std::string dataSha256(const Manifest &manifest);

/// The part of Manifest::sha256 that sha256OfFiles() gives.
std::string_view fileHashes(std::string_view sha256);

} // namespace awb
