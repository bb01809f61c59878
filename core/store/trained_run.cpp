#include "core/store/trained_run.h"

#include "core/error.h"
#include "core/study/seed_groups.h"
#include "core/train/tokenizer.h"
#include "core/train/devices.h"

namespace awb {

TrainedRun trainedRun(const Store &store, std::int64_t id)
{
    const auto run = store.run(id);
    if (!run)
        throw Error("There is no run " + std::to_string(id) + "; `awb runs list` shows those that are.");
    if (run->state != RunState::Done)
        throw Error("Run " + std::to_string(id) + " is not finished; only finished runs have weights.");
    const auto weights = store.resolve(run->weights);
    if (run->weights.empty() || !std::filesystem::exists(weights))
        throw Error("The weights of run " + std::to_string(id) + " are gone (" + weights.string() +
                    "); run it again to have them back.");
    return {*run, weights};
}

TrainedRun comparableRun(const Store &store, std::int64_t id)
{
    TrainedRun found = trainedRun(store, id);
    Run &run = found.run;
    const CheckpointEntry checkpoint = store.checkpoint(run.spec.checkpoint);
    comparableDataset(store, run);
    if (!sameCheckpoint(checkpoint.sha256, run.provenance.checkpointSha256))
        throw Error("The checkpoint " + checkpoint.name + " has changed since run " + std::to_string(id) +
                    " was trained, so its trained weights do not fit; run it again.");
    if (run.spec.recipe.device != "cpu" && !hasDevice(run.spec.recipe.device))
        run.spec.recipe.device = "cpu";
    return found;
}

std::string unchangedSha256(const CheckpointEntry &entry, const Checkpoint &checkpoint)
{
    std::string now = checkpointSha256(checkpoint);
    if (!sameCheckpoint(now, entry.sha256))
        refuseChanged(
            "The checkpoint " + entry.name + " in " + checkpoint.folder().string() +
            " has changed since it was added: its weights, its vocabulary, what its configuration says, or how this "
            "version reads added tokens.");
    return now;
}

Checkpoint openUnchanged(const Store &store, const std::string &name)
{
    const CheckpointEntry entry = store.checkpoint(name);
    Checkpoint checkpoint = Checkpoint::open(store.resolve(entry.folder));
    unchangedSha256(entry, checkpoint);
    return checkpoint;
}

} // namespace awb
