#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace awb {

/// An entry of resources/methods.json.
struct MethodEntry {
    Method method;           ///< defaults; bottleneck, sites and top layers are set by the user
    std::string title;       ///< for menus and legends: "Adapters (Houlsby)"
    std::string description; ///< one sentence, for tooltips
    double learningRate = 0; ///< suggested peak
};

/// All entries, in the file's order. The file is compiled in.
const std::vector<MethodEntry> &methodTable();
/// Throws Error listing the known names.
const MethodEntry &methodEntry(std::string_view name);

/// The method that trains the k highest of `layers` layers and the head, with or without the pooler: the glob of its entry
/// that holds "{top}" is written once for each of them. Throws Error when the model has fewer than k layers.
Method topLayersMethod(const Method &entry, int k, bool pooler, int layers);
/// Whether a glob of the method names the pooler.
bool trainsPooler(const Method &method);

/// "adapters, m = 64", "adapters, m = 64, layers 3-5, feed-forward", "top layers, k = 2, without pooler", "full
/// fine-tuning": the label of a run. Layers are numbered from 0, as the checkpoint names them. Different sites per layer
/// read "attention 0-2, feed-forward 3-5"; an activation other than the paper's ends the label.
std::string describe(const Method &method, int layers);

/// Parses "3-5", "0,2,4-5", "all", "none", "top-half", "bottom-half" and "attention", "ffn", "both" into the toggles of a
/// model with `layers` layers. Throws Error saying what was not understood.
std::vector<LayerSites> parseSites(std::string_view layersText, std::string_view sitesText, int layers);

/// Sites as a spec holds them: empty when every site is on, so that the same method always compares equal.
std::vector<LayerSites> storedSites(std::vector<LayerSites> sites);

/// One entry per layer, lowest first: 'a' attention, 'f' feed-forward, '-' neither: "a,f,af,-,af,af".
std::string formatSites(const std::vector<LayerSites> &sites);
/// Reads what formatSites writes. Throws Error when an entry is not understood or there are not `layers` of them.
std::vector<LayerSites> parseLayerSites(std::string_view text, int layers);

/// Sites as the two texts that parseSites reads.
struct SiteTexts {
    std::string layers; ///< "all", "none", "0,2,4-5"
    std::string sites;  ///< "both", "attention", "ffn"
};
/// Nothing when the layers that are on differ in their sites (then only formatSites can say it).
std::optional<SiteTexts> siteTexts(const std::vector<LayerSites> &sites);

/// '*' matches any run of characters; everything else itself.
bool matchesGlob(std::string_view glob, std::string_view name);

} // namespace awb
