#include "core/store/test_scores.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "core/error.h"
#include "core/store/study_queue.h"
#include "core/store/trained_run.h"
#include "core/study/result_table.h"
#include "core/train/train.h"

namespace awb {
namespace {

/// The data set with nothing but its test part. Throws Error where that has no labels, as GLUE's own test files, which only
/// its server can score.
Dataset testPartOf(const Manifest &manifest)
{
    Dataset dataset;
    if (!manifest.test || manifest.test->label >= 0)
        dataset = loadDataset(manifest);
    const bool labelled = manifest.task == Task::Regression
                              ? !dataset.test.empty()
                              : std::ranges::any_of(dataset.test, [](const Example &one) { return one.label >= 0; });
    if (!labelled)
        throw Error("The data set " + manifest.name + " has no labelled test examples, so nothing can be scored on them.");
    dataset.train.clear();
    dataset.dev.clear();
    return dataset;
}

std::vector<std::int64_t> chosenAndUnscored(const Store &store, const Study &study)
{
    const StudyResults results = studyResults(store, study);
    std::set<std::int64_t> runs;
    for (const int table : {1, 2}) {
        const std::vector<std::int64_t> unscored = resultTable(results, table, Part::Test).unscored;
        runs.insert(unscored.begin(), unscored.end());
    }
    return {runs.begin(), runs.end()};
}

} // namespace

void scoreOnTest(Store &store, std::int64_t id)
{
    const auto [run, weights] = comparableRun(store, id);
    const Manifest manifest = store.dataset(run.spec.dataset);
    unchangedSha256(manifest);
    const Dataset dataset = testPartOf(manifest);
    const Checkpoint checkpoint = openUnchanged(store, run.spec.checkpoint);
    EncodedDataset data = encodeDataset(dataset, checkpoint, run.spec.recipe.maxLength);
    data.metrics = metricsFor(run, std::move(data.metrics));
    const Evaluation result = evaluate(run.spec, checkpoint, weights, data.test, data);
    std::vector<Measurement> scores;
    for (std::size_t i = 0; i < data.metrics.size(); ++i)
        scores.push_back({"test." + data.metrics[i], run.steps, double(run.spec.recipe.epochs), result.metrics[i]});
    store.addMeasurements(id, scores);
}

TestReport scoreChosenOnTest(Store &store, const Study &study, const std::function<void(int done, int of)> &progress,
                             const std::function<bool()> &stop)
{
    store.requireWritable();
    TestReport report;
    const std::vector<std::int64_t> runs = chosenAndUnscored(store, study);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (stop && stop())
            throw Stopped();
        if (progress)
            progress(int(i), int(runs.size()));
        try {
            scoreOnTest(store, runs[i]);
            ++report.scored;
        } catch (const Error &error) {
            if (std::ranges::find(report.notes, error.what()) == report.notes.end())
                report.notes.push_back(error.what());
        }
    }
    return report;
}

} // namespace awb
