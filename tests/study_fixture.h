#pragma once

#include <cmath>
#include <memory>

#include <QTemporaryDir>
#include <qcustomplot.h>

#include "core/store/study_queue.h"
#include "core/study/study.h"
#include "tests/library_fixture.h"
#include "ui/lab_bridge.h"
#include "ui/study_charts.h"

/// What tests of a study's charts share: a library with a study whose runs have scores.
namespace awb::test {

inline const char *const threeTasks = R"({"name": "mine", "title": "My study", "checkpoint": "tiny",
    "datasets": ["cola", "trec", "sms"], "methods": [{"method": "full"},
    {"method": "adapter", "sizes": [1, 8, 64], "learning_rates": [1e-3, 1e-4]},
    {"method": "top-k", "sizes": [0, 1]}, {"method": "head"}], "seeds": [0, 1], "paper": "glue"})";

/// A library with a study, some or all of whose runs are finished with made-up scores that depend on the run.
struct StudyLibrary {
    QTemporaryDir home;
    std::unique_ptr<LabBridge> bridge;
    Study study;

    explicit StudyLibrary(const char *json = threeTasks) : study(studyFromJson(json))
    {
        bridge = std::make_unique<LabBridge>(pathOf(home), [](const Run &run, RunContext &) { return run; });
        store().setQueuePaused(true);
        store().addCheckpoint({"tiny", AWB_TEST_DATA "/model/tiny", "aa", "2026-01-01T00:00:00Z"});
        for (const std::string &name : study.datasets) {
            Manifest manifest;
            manifest.name = name;
            manifest.metrics = {"accuracy"};
            store().addDataset(manifest);
        }
    }
    Store &store() { return bridge->store(); }

    void finishAll()
    {
        const auto ids = queueStudy(store(), study);
        for (const std::int64_t id : ids)
            finish(id);
    }

    void finish(std::int64_t id)
    {
        Run run = store().claim(id).value(); // the queue's own worker is paused
        const Method &method = run.spec.method;
        const int size = method.topLayers >= 0 ? method.topLayers : method.bottleneck;
        const double task = run.spec.dataset == "cola" ? 0.8 : run.spec.dataset == "trec" ? 0.9 : 0.95;
        const double loss = method.name == "full" ? 0 : method.name == "adapter" ? 0.01 / size : 0.1 / (1 + size);
        run.score = task - loss - (run.spec.recipe.learningRate < 5e-4 ? 0.003 : 0.001) + 0.002 * double(run.spec.seed) +
                    0.004 * std::sin(double(size) + task * 100);
        run.metric = "accuracy";
        run.total = 22713986;
        run.layers = 2;
        run.trainable = method.name == "full"    ? run.total
                        : method.name == "top-k" ? 150000 + 1774464 * size
                                                 : 770 + (size ? 9984 + 9300 * size : 0);
        run.trainedTables = method.name == "full" ? 11919360 : 0;
        run.step = run.steps = 30;
        run.provenance.seconds = 6;
        run.provenance.examplesPerSecond = 100 + 3 * double(id);
        run.provenance.stepsPerSecond = 10 + 0.3 * double(id);
        run.provenance.peakMemory = 300'000'000 + 1'000'000 * id;
        run.provenance.inferenceSeconds = 1e-3 + 1e-5 * double(id);
        store().finish(run);
    }

    StudyChart figure1(study_charts::Options options = {})
    {
        return study_charts::figure1Chart(studyResults(store(), study), options);
    }
};

inline QString captionOf(QCustomPlot &plot)
{
    return plot.findChild<QCPTextElement *>("caption")->text().replace('\n', ' ');
}

} // namespace awb::test
