#include "core/store/dev_outcome.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "core/data/metrics.h"
#include "core/error.h"
#include "core/files.h"
#include "core/store/store.h"
#include "core/store/trained_run.h"

namespace awb {

namespace {

constexpr const char *fileName = "dev-predictions.txt";

std::string nameOf(const Run &run)
{
    return "Run " + std::to_string(run.id);
}

void requireFinished(const Run &run)
{
    if (run.state != RunState::Done)
        throw Error(nameOf(run) + " is not finished, so it has no predictions yet.");
}

} // namespace

void saveDevPredictions(const std::filesystem::path &runFolder, const DevPredictions &predictions)
{
    std::string text;
    for (const double value : predictions) {
        char buffer[32];
        text.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr) += '\n';
    }
    writeFileAtomically(runFolder / fileName, text);
}

DevPredictions devPredictions(const Store &store, const Run &run)
{
    requireFinished(run);
    const auto file = store.resolve("runs/" + std::to_string(run.id)) / fileName;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        throw Error(nameOf(run) + " kept no predictions (" + file.string() +
                    " is missing; older runs kept none); run it again to have them.");
    const std::string text = readFile(file);
    DevPredictions predictions;
    const char *at = text.data(), *const end = at + text.size();
    while (at < end) {
        double value = 0;
        const auto [after, error] = std::from_chars(at, end, value);
        if (error != std::errc() || after == end || *after != '\n')
            throw Error("The file " + file.string() + " is damaged; run it again to have its predictions.");
        predictions.push_back(value);
        at = after + 1;
    }
    return predictions;
}

DevOutcome devOutcome(const Store &store, const std::vector<Run> &runs)
{
    DevOutcome outcome;
    for (const Run &run : runs)
        requireFinished(run);
    for (const Run &run : runs)
        if (run.spec.dataset != runs.front().spec.dataset || run.provenance.dataSha256 != runs.front().provenance.dataSha256)
            throw Error("The runs are of different data, so they cannot be compared example by example.");
    for (const Run &run : runs)
        outcome.predicted.push_back(devPredictions(store, run));
    const Manifest manifest = comparableDataset(store, runs.front());
    unchangedSha256(manifest);
    Dataset data = loadDataset(manifest);
    outcome.task = manifest.task;
    outcome.classes = data.manifest.classes;
    outcome.examples = std::move(data.dev);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const DevPredictions &predicted = outcome.predicted[i];
        const bool known =
            outcome.task == Task::Regression || std::all_of(predicted.begin(), predicted.end(), [&](double value) {
                return value >= 0 && value < double(outcome.classes.size()) && value == std::floor(value);
            });
        if (predicted.size() != outcome.examples.size() || !known)
            throw Error("The data set " + manifest.name + " is read differently now than when " + nameOf(runs[i]) +
                        " was computed (its split or its classes have changed), so its predictions do not fit.");
    }
    return outcome;
}

std::vector<std::size_t> confusionOf(const DevOutcome &outcome, std::size_t which)
{
    if (outcome.task == Task::Regression)
        return {};
    std::vector<int> gold, predicted;
    for (std::size_t i = 0; i < outcome.examples.size(); ++i) {
        gold.push_back(outcome.examples[i].label);
        predicted.push_back(int(outcome.predicted[which][i]));
    }
    return confusion(gold, predicted, int(outcome.classes.size()));
}

std::vector<std::size_t> disagreements(const DevOutcome &outcome)
{
    const DevPredictions &a = outcome.predicted[0], &b = outcome.predicted[1];
    std::vector<std::size_t> all(outcome.examples.size());
    std::iota(all.begin(), all.end(), std::size_t(0));
    std::erase_if(all, [&](std::size_t i) { return a[i] == b[i]; });
    if (outcome.task == Task::Regression)
        std::stable_sort(all.begin(), all.end(),
                         [&](std::size_t i, std::size_t j) { return std::abs(a[i] - b[i]) > std::abs(a[j] - b[j]); });
    return all;
}

} // namespace awb
