#include "core/store/run_training.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>

#include <malloc.h>

#include "core/error.h"
#include "core/methods/parameters.h"
#include "core/model/checkpoint.h"
#include "core/model/frozen_packs.h"
#include "core/store/dev_outcome.h"
#include "core/store/run_files.h"
#include "core/store/store.h"
#include "core/store/trained_run.h"
#include "core/train/tokenizer.h"
#include "core/train/train.h"

namespace awb {
namespace {

/// A checkpoint in memory: the mapped file and its packed frozen weights.
struct OpenCheckpoint {
    Checkpoint checkpoint;
    std::string sha256; ///< of its weights
    std::shared_ptr<FrozenPacks> frozen = std::make_shared<FrozenPacks>();
};

bool isUnchanged(const Checkpoint &checkpoint)
{
    try {
        checkpoint.requireUnchanged();
        return true;
    } catch (const Error &) {
        return false;
    }
}

/// Checkpoints that runs use at the moment, each once.
class OpenCheckpoints {
public:
    std::shared_ptr<const OpenCheckpoint> get(const Store &store, const CheckpointEntry &entry)
    {
        const std::lock_guard guard(m_mutex);
        std::weak_ptr<const OpenCheckpoint> &known = m_known[store.resolve(entry.folder).string() + " " + entry.sha256];
        auto open = known.lock();
        if (open && !isUnchanged(open->checkpoint)) // those that hold it will fail, others need not
            open.reset();
        if (!open) {
            Checkpoint checkpoint = Checkpoint::open(store.resolve(entry.folder));
            std::string sha256 = unchangedSha256(entry, checkpoint);
            known = open = std::make_shared<const OpenCheckpoint>(std::move(checkpoint), std::move(sha256));
        }
        return open;
    }

private:
    std::mutex m_mutex;
    std::map<std::string, std::weak_ptr<const OpenCheckpoint>> m_known; ///< by folder and SHA-256
};

Run runTraining(const Run &run, RunContext &context, OpenCheckpoints &checkpoints)
{
    const CheckpointEntry entry = context.store.checkpoint(run.spec.checkpoint);
    const Manifest manifest = context.store.dataset(run.spec.dataset);
    const std::string dataSha256 = unchangedSha256(manifest);
    const auto open = checkpoints.get(context.store, entry);
    const Checkpoint &checkpoint = open->checkpoint;
    const EncodedDataset data = encodeDataset(loadDataset(manifest), checkpoint, run.spec.recipe.maxLength);

    ::malloc_trim(0); // texts and tokenizer are freed: their pages shall not lie beside those of the training

    for (const auto &entry :
         std::filesystem::directory_iterator(context.folder)) // of a program that was killed while writing
        if (std::error_code ignored; entry.path().extension() == ".part")
            std::filesystem::remove(entry.path(), ignored);
    const TrainFiles files{context.folder / run_files::weights, context.folder / run_files::snapshot,
                           open->sha256 + ' ' + dataSha256};
    TrainHooks hooks;
    hooks.progress = context.progress;
    hooks.measured = context.measured;
    hooks.stopRequested = context.stopRequested;
    hooks.threads = context.threads;
    hooks.started = [&](int step) { context.store.dropMeasurementsAfter(run.id, step); };
    const TrainResult result = train(run.spec, checkpoint, data, files, hooks, open->frozen);

    saveDevPredictions(context.folder, result.dev.predicted.empty()
                                           ? DevPredictions(result.dev.scores.begin(), result.dev.scores.end())
                                           : DevPredictions(result.dev.predicted.begin(), result.dev.predicted.end()));

    Run done = run;
    done.trainable = result.trainable;
    done.total = result.total;
    done.layers = checkpoint.shape().layers;
    done.trainedTables = countParameters(checkpoint.shape(), run.spec.method, data.outputs()).tables;
    done.metric = data.metrics.front();
    if (std::isfinite(result.dev.metrics.front()))
        done.score = result.dev.metrics.front();
    done.weights = files.weights.lexically_relative(context.store.home()).string();
    done.provenance = result.provenance;
    done.provenance.checkpointSha256 = open->sha256;
    done.provenance.dataSha256 = dataSha256;
    return done;
}

} // namespace

RunFunction trainingFunction()
{
    return [checkpoints = std::make_shared<OpenCheckpoints>()](const Run &run, RunContext &context) {
        return runTraining(run, context, *checkpoints);
    };
}

} // namespace awb
