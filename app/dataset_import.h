#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace CLI {
class App;
}

namespace awb {

/// The options of `datasets add`. Empty: as recognised or guessed.
struct ImportOptions {
    std::string path, name;
    std::string dev, test;          ///< further files, else as the layout has them
    std::string text, text2, label; ///< columns, by number from 0 or by header name
    std::string kind;               ///< delimited | label-text | json-lines | orange-tab
    std::string delimiter;          ///< a character, or tab, comma, semicolon, bar, space
    std::string quoting, header;    ///< on | off
    std::string labelUntil;
    std::string task;               ///< classification | regression
    std::vector<std::string> merge; ///< "raw=class"
    std::vector<std::string> drop;  ///< raw labels
    std::string split;              ///< "80/10/10"
    std::optional<std::uint64_t> splitSeed;
    std::string metrics; ///< "f1, accuracy"
};

void addImportOptions(CLI::App &command, ImportOptions &options);
/// Recognises or guesses the layout, applies the options, and completes the manifest. Reads the file; registers nothing.
Manifest manifestFromOptions(const ImportOptions &options);

} // namespace awb
