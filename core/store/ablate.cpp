#include "core/store/ablate.h"

#include <algorithm>

#include "core/error.h"
#include "core/methods/parameters.h"
#include "core/store/store.h"
#include "core/store/trained_run.h"

namespace awb {
namespace {

bool hasAdapters(const Run &run)
{
    const int layers = std::max({1, run.layers, int(run.spec.method.sites.size())}); // older runs do not say how many
    for (int i = 0; i < layers; ++i)
        if (sitesOf(run.spec.method, i) != LayerSites{false, false})
            return true;
    return false;
}

/// The run, when its adapters can be taken out.
TrainedRun requireAblation(const Store &store, std::int64_t id)
{
    TrainedRun found = comparableRun(store, id);
    if (!hasAdapters(found.run))
        throw Error("Run " + std::to_string(id) + " has no adapters to take out; choose one that trained adapters.");
    return found;
}

} // namespace

std::string whyNoAblation(const Store &store, std::int64_t run)
{
    try {
        requireAblation(store, run);
        return {};
    } catch (const Error &error) {
        return error.what();
    }
}

std::unique_ptr<AblationEngine> openAblation(const Store &store, std::int64_t id)
{
    const auto [run, weights] = requireAblation(store, id);
    Checkpoint checkpoint = openUnchanged(store, run.spec.checkpoint);
    const Manifest manifest = store.dataset(run.spec.dataset);
    unchangedSha256(manifest);
    Dataset dataset = loadDataset(manifest);
    dataset.train.clear(); // only dev is asked
    dataset.test.clear();
    EncodedDataset data = encodeDataset(dataset, checkpoint, run.spec.recipe.maxLength);
    data.metrics = metricsFor(run, std::move(data.metrics));
    return std::make_unique<AblationEngine>(run.spec, std::move(checkpoint), weights, std::move(data));
}

AblationMap computeAblation(Store &store, std::int64_t run, const std::function<void(double)> &progress,
                            const std::function<bool()> &stop)
{
    AblationMap map = openAblation(store, run)->map(progress, stop);
    store.saveAblation(run, map);
    return map;
}

} // namespace awb
