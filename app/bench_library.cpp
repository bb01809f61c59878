#include "app/bench_library.h"

#include "app/figure_file.h"

#ifdef AWB_FIGURES

#include <chrono>
#include <cmath>
#include <functional>
#include <memory>

#include <QAbstractItemModel>
#include <QElapsedTimer>
#include <QSettings>
#include <QTableView>

#include "app/offscreen.h"
#include "app/output.h"
#include "core/methods/parameters.h"
#include "core/model/random_checkpoint.h"
#include "core/store/study_queue.h"
#include "core/temporary_folder.h"
#include "ui/lab_bridge.h"
#include "ui/main_window.h"
#include "ui/series_plot.h"
#include "ui/study_charts.h"
#include "ui/study_panel.h"
#include "ui/tradeoff_plot.h"

namespace awb {

namespace {

constexpr int curvePoints = 100;
constexpr QSize drawn(900, 600); // pixels

/// Nine tasks, ten sizes of adapters, top-k, full and head-only, with so many seeds that there are at least as many runs.
Study studyOf(int atLeast)
{
    Study study = studyFromJson(R"({"name": "generated", "checkpoint": "tiny",
        "datasets": ["task 1", "task 2", "task 3", "task 4", "task 5", "task 6", "task 7", "task 8", "task 9"],
        "methods": [{"method": "full"}, {"method": "head"}, {"method": "top-k", "sizes": [0, 1]},
                    {"method": "adapter", "sizes": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]}]})");
    while (numberOfRuns(study) < std::size_t(atLeast))
        study.seeds.push_back(study.seeds.size());
    return study;
}

/// A score that depends on the spec, and a curve.
void finish(Store &store, Run run, const ModelShape &shape)
{
    const ParameterCount count = countParameters(shape, run.spec.method, 2);
    const double seed = double(run.spec.seed), parameters = double(count.trainable);
    std::vector<Measurement> curve;
    for (int step = 1; step <= curvePoints; ++step)
        curve.push_back({"loss", step, step / 100.0, 1.0 / step});
    store.addMeasurements(run.id, curve);
    run.metric = "accuracy";
    run.score = 0.9 - 0.2 / std::log10(parameters) + 0.01 * std::sin(seed);
    run.trainable = count.trainable;
    run.trainedTables = count.tables;
    run.total = count.total;
    run.layers = shape.layers;
    run.step = run.steps = curvePoints;
    run.provenance.seconds = 60;
    run.provenance.examplesPerSecond = 1e9 / parameters;
    store.finish(run);
}

void generate(const std::filesystem::path &home, const Study &study)
{
    Store store(home);
    const Checkpoint checkpoint = randomCheckpoint(home / "tiny", shapeNamed("bert-tiny"));
    store.addCheckpoint({study.checkpoint, (home / "tiny").string(), "0", "2026-01-01T00:00:00Z"});
    for (const std::string &name : study.datasets) {
        Manifest manifest;
        manifest.name = name;
        manifest.metrics = {"accuracy"};
        store.addDataset(manifest);
    }
    store.setQueuePaused(true); // nothing is to be computed
    for (const std::int64_t id : queueStudy(store, study))
        finish(store, store.claim(id).value(), checkpoint.shape());
}

/// Milliseconds of a call.
double timeOf(const std::function<void()> &call)
{
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double leastTimeOf(const std::function<void()> &call)
{
    double least = HUGE_VAL;
    for (int i = 0; i < 5; ++i)
        least = std::min(least, timeOf(call));
    return least;
}

/// From nothing to a window that lists all runs.
void openWindow(const std::filesystem::path &home, int runs)
{
    LabBridge bridge(home, [](const Run &run, RunContext &) { return run; });
    MainWindow window(bridge, {{QStringLiteral("cpu"), {}, Precision::Float32}});
    window.show();
    const auto *table = window.findChild<QTableView *>(QStringLiteral("runsTable"));
    QElapsedTimer waiting;
    for (waiting.start(); table->model()->rowCount() < runs && waiting.elapsed() < 60000;)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 10);
    if (table->model()->rowCount() < runs)
        throw Error("The window did not list all runs within a minute, so nothing was measured.");
    window.grab();
}

/// Charts are drawn at the end of the event that changed them.
void drawNow(QWidget &chart)
{
    QCoreApplication::processEvents();
    chart.grab();
}

} // namespace

int benchLibrary(Context &context, int atLeast)
{
    const TemporaryFolder folder(TemporaryFolder::freeName("awb-bench"));
    const Study study = studyOf(atLeast);
    const OffscreenApplication application;
    for (const QSettings::Format format : {QSettings::NativeFormat, QSettings::IniFormat}) // not the user's
        QSettings::setPath(format, QSettings::UserScope, QString::fromStdString((folder.path() / "settings").string()));
    generate(folder.path(), study);
    const auto runs = int(numberOfRuns(study));

    Json object{{"runs", runs}, {"curve_points", std::int64_t(runs) * curvePoints}};
    std::vector<std::vector<std::string>> rows{{"part", "ms"}};
    const auto add = [&](const char *name, const char *words, double milliseconds) {
        object[name] = milliseconds;
        rows.push_back({words, withThousands(std::llround(milliseconds))});
    };
    std::vector<Run> all;
    add("open_ms", "opening the library and reading its runs", timeOf([&] { all = Store(folder.path()).runs(); }));
    add("window_ms", "from nothing to a drawn window that lists them", timeOf([&] { openWindow(folder.path(), runs); }));

    const Store store(folder.path());
    StudyResults results = studyResults(store, study);
    SeriesPlot figure1;
    figure1.resize(drawn);
    add("figure1_ms", "Figure 1 of all of them, from runs to pixels", leastTimeOf([&] {
            figure1.setChart(study_charts::figure1Chart(results, {}));
            drawNow(figure1);
        }));
    const std::vector<Run> ofTask = store.finishedRuns(study.datasets.front(), study.checkpoint);
    TradeoffPlot tradeoff;
    tradeoff.resize(drawn);
    add("tradeoff_ms", "the trade-off of a task, from runs to pixels", leastTimeOf([&] {
            tradeoff.setRuns({}, {});
            tradeoff.setRuns(ofTask, QStringLiteral("task 1"));
            drawNow(tradeoff);
        }));
    LabBridge bridge(folder.path(), [](const Run &run, RunContext &) { return run; });
    std::unique_ptr<StudyPanel> studies;
    add("studies_ms", "the page of studies with all of them in one study, from nothing to pixels", leastTimeOf([&] {
            studies = std::make_unique<StudyPanel>(bridge);
            studies->resize(drawn);
            studies->showStudy(QString::fromStdString(study.name));
            studies->show();
            drawNow(*studies);
        }));
    add("studies_again_ms", "the same page once more, as after each run", leastTimeOf([&] {
            emit bridge.changed();
            drawNow(*studies);
        }));
    context.print(object, withThousands(runs) + " runs, " + withThousands(std::int64_t(runs) * curvePoints) +
                              " curve points\n" + columnsText(rows));
    return 0;
}

} // namespace awb

#else

namespace awb {

int benchLibrary(Context &, int)
{
    throw builtWithoutFigures("the window and its charts");
}

} // namespace awb

#endif
