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
#include "core/store/dev_outcome.h"
#include "core/model/frozen_packs.h"
#include "core/store/predict.h"
#include "core/store/run_files.h"
#include "core/store/store.h"
#include "core/store/trained_run.h"
#include "core/train/tokenizer.h"
#include "core/train/train.h"

namespace awb {
namespace {

Checkpoint openCheckpoint(const Store &store, const CheckpointEntry &entry)
{
    return Checkpoint::open(store.resolve(entry.folder));
}

/// A checkpoint in memory: the mapped file and its packed frozen weights.
struct OpenCheckpoint {
    Checkpoint checkpoint;
    std::string sha256; ///< of its weights
    std::shared_ptr<FrozenPacks> frozen = std::make_shared<FrozenPacks>();
};

/// Checkpoints that runs use at the moment, each once.
class OpenCheckpoints {
public:
    std::shared_ptr<const OpenCheckpoint> get(const Store &store, const CheckpointEntry &entry)
    {
        const std::lock_guard guard(m_mutex);
        std::weak_ptr<const OpenCheckpoint> &known = m_known[store.resolve(entry.folder).string() + " " + entry.sha256];
        auto open = known.lock();
        if (!open) {
            Checkpoint checkpoint = openCheckpoint(store, entry);
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

    std::filesystem::create_directories(context.folder);
    for (const auto &entry :
         std::filesystem::directory_iterator(context.folder)) // of a program that was killed while writing
        if (std::error_code ignored; entry.path().extension() == ".part")
            std::filesystem::remove(entry.path(), ignored);
    const TrainFiles files{context.folder / run_files::weights, context.folder / run_files::snapshot,
                           open->sha256 + ' ' + dataSha256};
    TrainHooks hooks;
    hooks.progress = [&](Progress now) {
        now.run = run.id;
        context.progress(now);
    };
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
    const int outputs = data.task == Task::Regression ? 1 : int(data.classes.size());
    done.layers = checkpoint.shape().layers;
    done.trainedTables = countParameters(checkpoint.shape(), run.spec.method, outputs).tables;
    done.metric = data.metrics.front();
    if (std::isfinite(result.dev.metrics.front()))
        done.score = result.dev.metrics.front();
    done.weights = std::filesystem::relative(files.weights, context.store.home()).string();
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

Prediction predictText(Store &store, std::int64_t id, const std::string &a, const std::string &b)
{
    const auto [run, weights] = comparableRun(store, id);
    const Manifest manifest = store.dataset(run.spec.dataset);
    if ((manifest.train.textB >= 0) != !b.empty())
        throw Error("The data set " + manifest.name +
                    (b.empty() ? " has pairs of texts, so the run needs a second one too."
                               : " has single texts, so the run takes no second one."));
    const CheckpointEntry entry = store.checkpoint(run.spec.checkpoint);
    const Checkpoint checkpoint = openCheckpoint(store, entry);
    unchangedSha256(entry, checkpoint);
    EncodedDataset data;
    data.task = manifest.task;
    data.classes = manifest.classes;
    const EncodedTexts text = encodeExamples({Example{a, b, 0, 0}}, tokenizerOf(checkpoint), run.spec.recipe.maxLength);
    TrainSpec spec = run.spec;
    spec.recipe.device = "cpu"; // one text is not worth a trip to another device
    const std::vector<float> logits = evaluate(spec, checkpoint, weights, text, data).logits;

    Prediction prediction;
    if (data.task == Task::Regression) {
        prediction.score = logits.front();
        return prediction;
    }
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(logit - largest);
    for (std::size_t i = 0; i < logits.size(); ++i)
        prediction.classes.emplace_back(data.classes[i], std::exp(logits[i] - largest) / sum);
    std::stable_sort(prediction.classes.begin(), prediction.classes.end(),
                     [](const auto &x, const auto &y) { return x.second > y.second; });
    return prediction;
}

} // namespace awb
