#include "core/store/bench.h"

#include <algorithm>

#include "core/data/word_piece.h"
#include "core/error.h"
#include "core/model/checkpoint.h"
#include "core/store/store.h"
#include "core/methods/parameters.h"
#include "core/train/train.h"

namespace awb {

BenchResult benchTraining(Store &store, const TrainSpec &spec, int skip, int steps, bool evaluation)
{
    const Checkpoint checkpoint = Checkpoint::open(store.resolve(store.checkpoint(spec.checkpoint).folder));
    const EncodedDataset texts =
        encodeDataset(loadDataset(store.dataset(spec.dataset)), WordPiece::load(checkpoint.folder()), spec.recipe.maxLength);

    TrainSpec measured = spec; // enough epochs for all the steps
    measured.recipe.epochs = (steps + skip) / stepsPerEpoch(texts.train.size(), spec.recipe) + 1;
    std::vector<double> seconds;
    std::int64_t examples = 0, tokens = 0;
    double dataSeconds = 0, optimizerSeconds = 0;
    int done = 0;
    TrainHooks hooks;
    hooks.step = [&](const StepReport &step) {
        if (++done <= skip)
            return;
        seconds.push_back(step.seconds);
        dataSeconds += step.dataSeconds;
        optimizerSeconds += step.optimizerSeconds;
        examples += step.examples;
        tokens += step.tokens;
    };
    hooks.stopRequested = [&] { return done >= steps + skip; };
    try {
        train(measured, checkpoint, texts, {}, hooks);
    } catch (const Stopped &) {
    }
    if (seconds.empty())
        throw Error("Nothing was measured: ask for at least one step.");

    BenchResult result;
    double total = 0;
    for (const double s : seconds)
        total += s;
    std::sort(seconds.begin(), seconds.end());
    result.steps = int(seconds.size());
    result.medianStep = seconds[seconds.size() / 2];
    result.p90Step = seconds[seconds.size() * 9 / 10];
    result.examplesPerSecond = double(examples) / total;
    result.tokensPerSecond = double(tokens) / total;
    result.tokensPerExample = double(tokens) / double(examples);
    result.trainable = countParameters(checkpoint.shape(), spec.method, texts.outputs()).trainable;
    result.dataShare = dataSeconds / total;
    result.optimizerShare = optimizerSeconds / total;
    result.peakMemory = peakMemory();
    if (evaluation)
        result.evaluationSeconds = evaluationSeconds(spec, checkpoint, texts.dev, texts);
    result.provenance = provenanceOf(checkpoint.shape(), spec.recipe);
    result.path = result.provenance.path;
    return result;
}

} // namespace awb
