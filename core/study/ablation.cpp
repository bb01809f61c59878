#include "core/study/ablation.h"

#include <algorithm>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/methods/parameters.h"
#include "core/study/csv.h"

namespace awb {

void requireAdapters(const Run &run)
{
    const int layers = std::max({1, run.layers, int(run.spec.method.sites.size())}); // older runs do not say how many
    for (int i = 0; i < layers; ++i)
        if (sitesOf(run.spec.method, i) != LayerSites{false, false})
            return;
    throw Error("Run " + std::to_string(run.id) + " has no adapters to take out; choose one that trained adapters.");
}

std::vector<LayerSites> sitesWithout(int layers, int first, int last)
{
    std::vector<LayerSites> sites(std::size_t(layers), LayerSites{});
    for (int i = first; i <= last; ++i)
        sites[std::size_t(i)] = {false, false};
    return sites;
}

std::string toCsv(const AblationMap &map, const Run &run)
{
    const std::vector<std::string> about{std::to_string(run.id), run.spec.dataset, run.spec.checkpoint,
                                         describe(run.spec.method, map.layers()), map.metric};
    std::string text = csv::row({"run", "dataset", "checkpoint", "method", "metric", "part", "first_removed", "last_removed",
                                 "score", "change", "ms_per_example"});
    for (int first = 0; first < map.layers(); ++first)
        for (int last = first; last < map.layers(); ++last) {
            const double score = map.scoreWithout(first, last);
            text += csv::row(about, {"map", std::to_string(first), std::to_string(last), csv::number(score),
                                     csv::number(score - map.score), ""});
        }
    for (int n = 0; n < int(map.seconds.size()); ++n)
        text += csv::row(about,
                         {"drop", n == 0 ? "" : "0", n == 0 ? "" : std::to_string(n - 1), csv::number(map.scoreDropped(n)),
                          csv::number(map.scoreDropped(n) - map.score), csv::number(1e3 * map.seconds[std::size_t(n)])});
    return text;
}

} // namespace awb
