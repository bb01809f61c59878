#include "core/store/bench.h"

#include <algorithm>

#include "core/data/word_piece.h"
#include "core/error.h"
#include "core/model/checkpoint.h"
#include "core/store/store.h"
#include "core/methods/parameters.h"
#include "core/train/train.h"

namespace awb {

BenchResult benchTraining(Store &store, const TrainSpec &spec, int steps)
{
    constexpr int warmup = 5;
    const Checkpoint checkpoint = Checkpoint::open(store.resolve(store.checkpoint(spec.checkpoint).folder));
    const EncodedDataset data =
        encodeDataset(loadDataset(store.dataset(spec.dataset)), WordPiece::load(checkpoint.folder()), spec.recipe.maxLength);

    TrainSpec measured = spec; // enough epochs for all the steps
    measured.recipe.epochs = (steps + warmup) / stepsPerEpoch(data.train.size(), spec.recipe) + 1;
    std::vector<double> seconds;
    std::int64_t examples = 0, tokens = 0;
    int done = 0;
    TrainHooks hooks;
    hooks.step = [&](const StepReport &step) {
        if (++done <= warmup)
            return;
        seconds.push_back(step.seconds);
        examples += step.examples;
        tokens += step.tokens;
    };
    hooks.stopRequested = [&] { return done >= steps + warmup; };
    try {
        train(measured, checkpoint, data, {}, hooks);
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
    result.trainable = countParameters(checkpoint.shape(), spec.method, data.outputs()).trainable;
    result.peakMemory = peakMemory();
    result.provenance = provenanceOf(checkpoint.shape(), spec.recipe);
    result.path = result.provenance.path;
    return result;
}

} // namespace awb
