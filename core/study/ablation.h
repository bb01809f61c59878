#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace awb {

/// What a trained run scores on dev when some of its adapters are taken out, without training again (Houlsby et al. 2019,
/// section 3.6 and Figure 6). NaN: the metric is not a number there.
struct AblationMap {
    std::string metric;                       ///< the task's own
    double score = 0;                         ///< with all adapters
    std::vector<std::vector<double>> removed; ///< removed[first][last - first]: without those of layers first..last
    /// seconds[n]: time of one example in a batch without the adapters of the n lowest layers, 0..L (AdapterDrop).
    std::vector<double> seconds;
    std::string device; ///< that measured the time
    int threads = 0;

    int layers() const { return int(removed.size()); }
    double scoreWithout(int first, int last) const { return removed[std::size_t(first)][std::size_t(last - first)]; }
    /// With the adapters of the n lowest layers dropped.
    double scoreDropped(int n) const { return n == 0 ? score : scoreWithout(0, n - 1); }

    bool operator==(const AblationMap &) const = default;
};

/// One row per cell, then one per point of the AdapterDrop curve, with what names the run.
std::string toCsv(const AblationMap &map, const Run &run);

/// Throws Error for a run without adapters to take out.
void requireAdapters(const Run &run);

/// All sites of `layers` layers but those of first..last.
std::vector<LayerSites> sitesWithout(int layers, int first, int last);

} // namespace awb
