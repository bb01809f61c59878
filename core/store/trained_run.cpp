#include "core/store/trained_run.h"

#include <algorithm>

#include "core/data/data_hash.h"
#include "core/error.h"
#include "core/study/seed_groups.h"
#include "core/train/tokenizer.h"
#include "core/train/train.h"

namespace awb {

namespace {

[[noreturn]] void refuseChanged(const std::string &sentence)
{
    throw Error(sentence + " Its SHA-256 is another than in the library, so results would not belong together. Put the old "
                           "files back, or add it again.");
}

bool differs(const std::string &now, const std::string &then)
{
    return !then.empty() && now != then;
}

bool isHere(const std::string &device)
{
    const auto all = devices();
    return std::any_of(all.begin(), all.end(), [&](const DeviceInfo &one) { return one.name == device; });
}

} // namespace

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
    if (run.spec.recipe.device != "cpu" && !isHere(run.spec.recipe.device))
        run.spec.recipe.device = "cpu";
    return found;
}

Manifest comparableDataset(const Store &store, const Run &run)
{
    Manifest dataset = store.dataset(run.spec.dataset);
    if (differs(dataset.sha256, run.provenance.dataSha256))
        throw Error("The data set " + dataset.name + " has changed since run " + std::to_string(run.id) +
                    " was trained: other files, or the same ones read otherwise. So what it says of them could not be "
                    "compared; run it again.");
    return dataset;
}

std::string unchangedSha256(const Manifest &manifest)
{
    const std::string now = sha256OfFiles(manifest);
    if (const auto registered = fileHashes(manifest.sha256); !registered.empty() && now != registered)
        refuseChanged("The files of the data set " + manifest.name + " (" + manifest.train.path +
                      ") have changed since it was added.");
    return manifest.sha256.empty() ? now : manifest.sha256;
}

std::string unchangedSha256(const CheckpointEntry &entry, const Checkpoint &checkpoint)
{
    std::string now = checkpointSha256(checkpoint);
    if (!sameCheckpoint(now, entry.sha256))
        refuseChanged("The checkpoint " + entry.name + " in " + checkpoint.folder().string() +
                      " has changed since it was added: its weights, its vocabulary, or what its configuration says.");
    return now;
}

} // namespace awb
