#pragma once

#include <string>

#include "core/data/dataset.h"

namespace awb {

/// SHA-256 of each data file as it is now, train, dev, test, joined by ' '. Throws Error naming a file that cannot be read.
std::string sha256OfFiles(const Manifest &manifest);

/// Manifest::sha256: the above, and " read-as:HASH" where the files are read otherwise than they are without the user's
/// saying: another format, columns, task, label map or split. Metrics and the order of classes do not count. Runs with equal
/// ones had the same examples.
std::string dataSha256(const Manifest &manifest);

} // namespace awb
