#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/train/bench.h"

namespace awb {

/// Work that needs no library: random weights of a shape and random texts, all of one length.
struct RandomWork {
    ModelShape shape;
    Method method;
    Recipe recipe;
    int length = 32; ///< tokens of each text, special tokens included
};
/// Measures it. The weights lie in a temporary folder meanwhile. Throws Error as benchTraining(), and where the length is
/// not one of the model's.
BenchResult benchRandom(const RandomWork &work, const BenchSettings &settings);

/// What grows while all else stays.
enum class Growth { Length, Batch, Bottleneck, Layers, Runs };
std::vector<std::string> growthNames();    ///< "length" ...
Growth growthNamed(std::string_view name); ///< throws Error listing the known names

struct GrowthPoint {
    int value = 0; ///< of what grows
    BenchResult result;
};
/// Measures the work at each size: 16 to 512 tokens, batches of 8 to 256, bottlenecks of 1 to 512, 2 to 24 layers, 1 to 16
/// runs side by side. `measured` is called after each.
std::vector<GrowthPoint> benchGrowth(Growth growth, const RandomWork &work, const BenchSettings &settings,
                                     const std::function<void(const GrowthPoint &)> &measured);

} // namespace awb
