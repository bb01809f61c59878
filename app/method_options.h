#pragma once

#include <string>

#include "app/commands.h"
#include "core/types.h"

namespace awb {

/// The options of `params` and `train` that say what is inserted and trained.
struct MethodOptions {
    std::string name = "adapter";
    int bottleneck = 0;     ///< 0: the method's own
    std::string layers;     ///< empty: all
    std::string sites;      ///< empty: both
    std::string layerSites; ///< "a,f,af,-": instead of layers and sites
    std::string activation; ///< empty: the method's own
    int top = -1;           ///< -1: the method's own
    bool noPooler = false;
};

void addMethodOptions(CLI::App &command, MethodOptions &options);
/// The method for a model of `layers` layers. Throws UsageError when the options contradict each other or
/// the model.
Method methodFromOptions(const MethodOptions &options, int layers);

/// Folder of a checkpoint given by its name in the library or by its folder. A name of the library goes first.
/// Throws Error when it is neither.
std::filesystem::path checkpointFolder(Context &context, const std::string &nameOrFolder);

} // namespace awb
