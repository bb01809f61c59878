#include "core/store/ablate.h"

#include "core/error.h"
#include "core/store/store.h"
#include "core/store/trained_run.h"

namespace awb {
namespace {

/// The run, when its adapters can be taken out.
TrainedRun requireAblation(const Store &store, std::int64_t id)
{
    TrainedRun found = comparableRun(store, id);
    requireAdapters(found.run);
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
    store.requireWritable();
    AblationMap map = openAblation(store, run)->map(progress, stop);
    store.saveAblation(run, map);
    return map;
}

} // namespace awb
