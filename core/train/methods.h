#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace awb {

/// An entry of resources/methods.json.
struct MethodEntry {
    Method method;            ///< defaults; bottleneck and sites are set by the user
    std::string title;        ///< for menus and legends: "Adapters (Houlsby)"
    std::string description;  ///< one sentence, for tooltips
    double learningRate = 0;  ///< suggested peak
};

/// All entries, in the file's order. The file is compiled in.
const std::vector<MethodEntry> &methodTable();
/// Throws Error listing the known names.
const MethodEntry &methodEntry(std::string_view name);

/// "adapters, m = 64", "adapters, m = 64, layers 3-5, feed-forward", "full fine-tuning".
std::string describe(const Method &method, int layers);

/// Parses "3-5", "0,2,4-5", "all", "none", "top-half", "bottom-half" and "attention", "ffn", "both" into the toggles of a model with
/// `layers` layers. Throws Error saying what was not understood.
std::vector<LayerSites> parseSites(std::string_view layersText, std::string_view sitesText, int layers);

/// '*' matches any run of characters; everything else itself.
bool matchesGlob(std::string_view glob, std::string_view name);

} // namespace awb
