#include <algorithm>

#include "core/content_hash.h"
#include "core/data/data_hash.h"
#include "core/error.h"
#include "core/store/trained_run.h"

// Of what trained_run.h promises, that which needs no LibTorch, so that `awb` can have it.
namespace awb {

void refuseChanged(const std::string &sentence)
{
    throw Error(sentence + " Its SHA-256 is another than in the library, so results would not belong together. Put the old "
                           "files back, or add it again.");
}

Manifest comparableDataset(const Store &store, const Run &run)
{
    Manifest dataset = store.dataset(run.spec.dataset);
    if (!run.provenance.dataSha256.empty() && dataset.sha256 != run.provenance.dataSha256)
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

Dataset registeredDataset(const Manifest &manifest)
{
    Dataset dataset = loadDataset(manifest);
    try {
        unchangedSha256(manifest);
    } catch (const Error &changed) {
        dataset.notes.emplace_back(changed.what());
    }
    return dataset;
}

int runsLeftBehind(const Store &store, const Manifest &before, const Manifest &now)
{
    if (now.sha256 == before.sha256 && now.metrics.at(0) == before.metrics.at(0))
        return 0;
    const std::vector<Run> runs = store.finishedRuns(before.name, {});
    return int(std::ranges::count_if(runs, [&](const Run &run) { // earlier readings' stand apart already
        return run.provenance.dataSha256 == before.sha256 && run.metric == before.metrics.at(0);
    }));
}

std::vector<std::string> metricsFor(const Run &run, std::vector<std::string> metrics)
{
    if (!run.metric.empty()) {
        std::erase(metrics, run.metric);
        metrics.insert(metrics.begin(), run.metric);
    }
    return metrics;
}

} // namespace awb
