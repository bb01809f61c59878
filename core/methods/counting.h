#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/types.h"

namespace awb {

struct ParameterCount;

/// What the x axis of a chart counts. Houlsby et al. 2019 count differently from figure to figure.
enum class CountingRule {
    WithoutEmbeddings, ///< Figure 1: trained parameters, the embedding tables left out where they are trained
    ShareOfModel,      ///< Figures 3 (right) and 4: the top k of L layers count as k/L of the whole model. Those begin at
                       ///< k = 1; of k = 0, which is no share, every trained parameter counts
    Trained,           ///< every trained parameter
};

std::int64_t counted(CountingRule rule, const ParameterCount &count, const Method &method, int layers);
/// Of a run whose layers are not recorded every trained parameter counts.
std::int64_t counted(CountingRule rule, const Run &run);

std::string toString(CountingRule rule);                 ///< "without-embeddings" | "share-of-model" | "trained"
CountingRule countingRuleFromString(std::string_view s); ///< throws Error for anything else
/// One line for axes, tooltips and exports: "trained parameters, embedding tables not counted".
std::string describe(CountingRule rule);

} // namespace awb
