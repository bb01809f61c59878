#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/store/store.h"

namespace awb {

/// What came into a library, in words for the user too.
struct MergeReport {
    int runs = 0;                   ///< new here
    int known = 0;                  ///< were here already: same settings, provenance and time
    int unfinished = 0;             ///< stayed where they are
    std::vector<std::string> notes; ///< sentences: a study that is another here, data that have changed
};
/// "3 runs came in; 2 were here already. ..."
std::string describe(const MergeReport &report);
std::string runsText(int count); ///< "1 run", "2 runs"

/// Takes the finished runs of another library in, with curves, weights and ablation maps, its studies, and whatever data
/// sets and checkpoints are missing here (these stay in the other library's folder). A run that is here already gets the map
/// and the weights that only the other library has. All or nothing. Throws Error naming the folder
/// when it is no library.
MergeReport mergeLibrary(Store &store, const std::filesystem::path &otherHome);

/// Writes a study with its finished runs (specs, results, curves, weights, ablation maps) to a zip archive, which is a
/// library of its own with study.json beside it. `addFigures` may put files into the folder it is given. The archive is
/// there when complete and not before. Throws Error naming the file.
void exportStudy(const Store &store, const Study &study, const std::filesystem::path &archive,
                 const std::function<void(const std::filesystem::path &folder)> &addFigures);

/// Takes in what exportStudy() wrote. All or nothing. Throws Error naming the file.
MergeReport importStudy(Store &store, const std::filesystem::path &archive);

} // namespace awb
