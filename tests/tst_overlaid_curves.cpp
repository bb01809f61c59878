#include <cmath>

#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>
#include <qcustomplot.h>

#include "core/store/store.h"
#include "core/study/mean_curves.h"
#include "tests/chart_fixture.h"
#include "tests/gui_helpers.h"
#include "ui/curve_overlay.h"
#include "ui/curve_panel.h"
#include "ui/lab_bridge.h"
#include "ui/learning_curve.h"
#include "ui/runs_panel.h"
#include "ui/series_plot.h"

using namespace awb;
using namespace awb::test;

namespace {

Run runOf(std::int64_t id, int bottleneck, std::uint64_t seed)
{
    Run one = run(id, "adapter", bottleneck, 1000 * bottleneck, seed, 0.8);
    one.spec.dataset = "tweets";
    one.spec.checkpoint = "minilm";
    return one;
}

/// Two epochs of ten steps; the loss falls from `start`, dev accuracy is `first`, then `second`.
std::vector<Measurement> curve(double start, double first, double second)
{
    std::vector<Measurement> all;
    for (int step = 1; step <= 20; ++step)
        all.push_back({"loss", step, step / 10.0, start / step});
    all.push_back({"dev.loss", 10, 1, 0.5});
    all.push_back({"dev.loss", 20, 2, 0.4});
    all.push_back({"dev.accuracy", 10, 1, first});
    all.push_back({"dev.accuracy", 20, 2, second});
    return all;
}

/// A library with finished runs: m = 8 with three seeds, m = 64 with one.
struct Library {
    QTemporaryDir home;
    std::unique_ptr<LabBridge> bridge;

    Library()
    {
        bridge = std::make_unique<LabBridge>(home.path().toStdString(), [](const Run &run, RunContext &) { return run; });
        store().setQueuePaused(true);
        add(8, 0, curve(1.0, 0.70, 0.80));
        add(8, 1, curve(1.1, 0.72, 0.82));
        add(8, 2, curve(1.2, 0.74, 0.84));
        add(64, 0, curve(0.9, 0.75, 0.90));
    }

    Store &store() { return bridge->store(); }

    void add(int bottleneck, std::uint64_t seed, const std::vector<Measurement> &measurements)
    {
        const std::int64_t id = store().enqueue({runOf(0, bottleneck, seed).spec}).front();
        Run done = *store().claim(id);
        store().addMeasurements(id, measurements);
        done.metric = "accuracy";
        done.trainable = 1000 * bottleneck;
        done.score = measurements.back().value;
        store().finish(done);
    }

    /// Whether a line of so many points has the x and y of the rows; `argument`: of the query.
    void compare(const QCPGraph *drawn, int points, const std::string &query, int argument) const
    {
        const SQLite::Database db(home.filePath("library.sqlite").toStdString());
        SQLite::Statement rows(db, query);
        rows.bind(1, argument);
        QVERIFY2(drawn, query.c_str());
        QCOMPARE(drawn->dataCount(), points);
        for (int i = 0; i < points; ++i) {
            QVERIFY2(rows.executeStep(), query.c_str());
            QCOMPARE(drawn->data()->at(i)->key, rows.getColumn(0).getDouble());
            QVERIFY2(std::abs(drawn->data()->at(i)->value - rows.getColumn(1).getDouble()) < 1e-9, query.c_str());
        }
    }
};

} // namespace

class TestOverlaidCurves : public QObject {
    Q_OBJECT

private slots:
    void theCursorStaysWhileRunsComeIn()
    {
        Library library;
        CurvePanel panel(*library.bridge);
        panel.resize(700, 500);
        panel.show();
        const std::int64_t fifth = library.store().enqueue({runOf(0, 512, 0).spec}).front();
        panel.showRuns({1, 2, 3, 4, fifth});
        auto *plot = panel.findChild<QCustomPlot *>("overlayPlot");
        plot->setFocus();
        for (int i = 0; i < 3; ++i)
            QTest::keyClick(plot, Qt::Key_Right);
        const auto place = [plot] {
            const QCPGraph *cursor = graph(*plot, "cursor");
            return cursor ? QPointF(cursor->data()->at(0)->key, cursor->data()->at(0)->value) : QPointF();
        };
        const QPointF before = place();
        const QString spoken = plot->accessibleDescription().section(". ", 0, 0);
        QVERIFY(!before.isNull());
        Run done = *library.store().claim(fifth);
        library.store().addMeasurements(fifth, curve(2.0, 0.60, 0.65));
        done.score = 0.65;
        done.metric = "accuracy";
        library.store().finish(done);
        library.bridge->wake();
        QVERIFY(graph(*plot, "line.curve.5"));
        QCOMPARE(place(), before);
        QCOMPARE(plot->accessibleDescription().section(". ", 0, 0), spoken);
        panel.showRuns({4, fifth}); // without the line that the cursor was on
        QVERIFY(spoken.contains("m = 64") || place().isNull());
    }

    void aZoomedChartIsExportedAsItIsSeen()
    {
        Library library;
        CurvePanel panel(*library.bridge);
        panel.resize(700, 500);
        panel.show();
        panel.showRuns({1, 2, 3, 4});
        auto *plot = panel.findChild<QCustomPlot *>("overlayPlot");
        AnsweredDialogs dialogs;
        const auto exported = [&](const char *name) {
            dialogs.file = library.home.filePath(name);
            panel.exportChart();
            return contentOf(dialogs.file);
        };
        const QByteArray all = exported("all.svg");
        QCOMPARE(exported("again.svg"), all);
        plot->setFocus();
        QTest::keyClick(plot, Qt::Key_Plus);
        const QCPRange x = plot->xAxis->range(), y = plot->yAxis->range();
        QVERIFY(exported("zoomed.svg") != all);
        QCOMPARE(plot->xAxis->range(), x);
        QCOMPARE(plot->yAxis->range(), y);
        QTest::keyClick(plot, Qt::Key_0);
        QCOMPARE(exported("whole.svg"), all);
    }

    void runsThatDifferInTheSeedAreAveragedStepByStep()
    {
        const auto curves = meanCurves({runOf(1, 8, 0), runOf(2, 8, 1), runOf(3, 64, 0)},
                                       {{1, curve(1, 0.7, 0.8)}, {2, curve(2, 0.8, 0.9)}, {3, curve(1, 0.75, 0.9)}});
        QCOMPARE(curves.size(), std::size_t(2));
        const MeanCurve &small = curves[0]; // by size
        QCOMPARE(small.label, std::string("adapters, m = 8"));
        QCOMPARE(small.runs, (std::vector<std::int64_t>{1, 2}));
        QCOMPARE(small.loss.size(), std::size_t(20));
        QCOMPARE(small.loss[0].mean, 1.5);
        QCOMPARE(small.score.size(), std::size_t(2));
        QCOMPARE(small.score[1].step, 20);
        QCOMPARE(small.score[1].epoch, 2.0);
        QVERIFY(std::abs(small.score[1].mean - 0.85) < 1e-12);
        QVERIFY(std::abs(small.score[1].sem - 0.05) < 1e-12); // deviations of 0.05: sd 0.0707, over two
        QCOMPARE(small.score[1].n, 2);
        QCOMPARE(curves[1].score[1].sem, 0.0);
    }

    void linesDrawWhatSqlGives()
    {
        Library library;
        curve_overlay::Measurements measurements;
        const std::vector<Run> runs = library.store().runs();
        for (const Run &run : runs)
            measurements[run.id] = library.store().measurements(run.id);
        SeriesPlot plot;
        plot.setChart(curve_overlay::chart(runs, measurements, curve_overlay::Quantity::Score, {}));
        for (const auto &[bottleneck, line] : {std::pair(8, "line.curve.1"), std::pair(64, "line.curve.4")})
            library.compare(
                graph(plot.plot(), line), 2,
                "SELECT epoch, 100 * AVG(value) FROM run JOIN metric ON metric.run = run.id WHERE bottleneck = ? "
                "AND name = 'dev.accuracy' GROUP BY metric.step ORDER BY epoch",
                bottleneck);
        // Losses are smoothed run by run: of 20 steps each is the mean of itself and its neighbours.
        plot.setChart(curve_overlay::chart(runs, measurements, curve_overlay::Quantity::Loss, {}));
        for (const auto &[bottleneck, line] : {std::pair(8, "line.curve.1"), std::pair(64, "line.curve.4")})
            library.compare(
                graph(plot.plot(), line), 20,
                "SELECT epoch, AVG(smooth) FROM (SELECT *, AVG(value) OVER (PARTITION BY run ORDER BY metric.step "
                "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS smooth FROM run JOIN metric ON metric.run = run.id "
                "WHERE bottleneck = ? AND name = 'loss') GROUP BY epoch ORDER BY epoch",
                bottleneck);
    }

    void theCurveOfOneRunDrawsWhatSqlGives()
    {
        Library library;
        std::vector<Measurement> rates;
        for (int step = 1; step <= 20; ++step)
            rates.push_back({"learning_rate", step, step / 10.0, 1e-3 * (1 - step / 20.0)});
        library.store().addMeasurements(2, rates);
        CurvePanel panel(*library.bridge);
        panel.showRun(2);
        QCustomPlot &plot = panel.findChild<LearningCurve *>()->plot();
        const auto raw = [](const char *name) {
            return std::string("SELECT step, value FROM metric WHERE run = ? AND name = '") + name + "' ORDER BY step";
        };
        library.compare(graph(plot, "loss.raw"), 20, raw("loss"), 2);
        library.compare(graph(plot, "learningRate"), 20, raw("learning_rate"), 2);
        library.compare(graph(plot, "score"), 2,
                        "SELECT step, 100 * value FROM metric WHERE run = ? AND name = 'dev.accuracy' ORDER BY step", 2);
        library.compare(graph(plot, "loss"), 20,
                        "SELECT step, AVG(value) OVER (ORDER BY step ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM metric "
                        "WHERE run = ? AND name = 'loss' ORDER BY step",
                        2);
    }

    void aRunThatHasNotGotThereDoesNotCountThere()
    {
        Run running = runOf(2, 8, 1);
        running.state = RunState::Running;
        running.metric.clear();
        running.trainable = 0;
        auto half = curve(2, 0.8, 0.9);
        std::erase_if(half, [](const Measurement &one) { return one.step > 10; });
        auto diverged = curve(1, 0.7, 0.8);
        diverged[0].value = NAN;
        const auto curves = meanCurves({runOf(1, 8, 0), running}, {{1, diverged}, {2, half}});
        QCOMPARE(curves.size(), std::size_t(1));
        QCOMPARE(curves[0].loss[0].n, 1);
        QCOMPARE(curves[0].loss[0].mean, 2.0); // what is no number is left out
        QCOMPARE(curves[0].loss[9].n, 2);
        QCOMPARE(curves[0].loss[10].n, 1);
        QCOMPARE(curves[0].score[1].n, 1);
        QVERIFY(meanCurves({runOf(1, 8, 0)}, {}).empty());
    }

    void csvHoldsEveryPoint()
    {
        const std::string csv =
            toCsv(meanCurves({runOf(1, 8, 0), runOf(2, 8, 1)}, {{1, curve(1, 0.5, 0.5)}, {2, curve(1, 0.5, 1.0)}}));
        const QStringList lines = QString::fromStdString(csv).split(QStringLiteral("\r\n"));
        QCOMPARE(lines[0], QStringLiteral("label,method,dataset,checkpoint,name,step,epoch,mean,sem,n,runs"));
        QCOMPARE(lines.size(), 1 + 20 + 2 + 1);
        QCOMPARE(lines[22], QStringLiteral("\"adapters, m = 8\",adapter,tweets,minilm,dev.accuracy,20,2,0.75,0.25,2,1 2"));
        const std::string one = toCsv(meanCurves({runOf(1, 8, 0)}, {{1, curve(1, 0.5, 0.75)}}));
        QVERIFY(one.find("dev.accuracy,20,2,0.75,,1,1") != std::string::npos);
    }

    void aQueuedRepeatLeavesTheFinishedCurve()
    {
        Run repeat = runOf(9, 8, 0);
        repeat.state = RunState::Queued;
        QCOMPARE(meanCurves({runOf(1, 8, 0), repeat}, {{1, curve(1, 0.5, 1.0)}}).front().runs, std::vector<std::int64_t>{1});
        repeat.state = RunState::Running;
        QCOMPARE(meanCurves({runOf(1, 8, 0), repeat}, {{1, curve(1, 0.5, 1.0)}, {9, curve(1, 0.4, 0.6)}}).front().runs,
                 std::vector<std::int64_t>{1});
    }

    void allLinesOfAChartHaveMarkersOrNone()
    {
        std::vector<Measurement> longer;
        for (int step = 1; step <= 40; ++step)
            longer.push_back({"loss", step, step / 10.0, 1.0 / step});
        SeriesPlot plot;
        const auto draw = [&](const curve_overlay::Measurements &measurements) {
            plot.setChart(curve_overlay::chart({runOf(1, 8, 0), runOf(2, 64, 0), runOf(3, 256, 0)}, measurements,
                                               curve_overlay::Quantity::Loss, {}));
        };
        const auto marked = [&](const char *points) { return !graph(plot.plot(), points)->scatterStyle().isNone(); };
        draw({{1, curve(1, 0.7, 0.8)}, {2, curve(1, 0.7, 0.8)}});
        QVERIFY(marked("points.curve.1") && marked("points.curve.2"));
        draw({{1, curve(1, 0.7, 0.8)}, {2, longer}, {3, {{"loss", 1, 0.1, 1.0}}}});
        QVERIFY(!marked("points.curve.1") && !marked("points.curve.2"));
        QVERIFY(marked("points.curve.3")); // a lone point has no line to be seen by
        QStringList named;
        for (int i = 0; i < plot.plot().legend->itemCount(); ++i)
            if (auto *item = qobject_cast<QCPPlottableLegendItem *>(plot.plot().legend->item(i)))
                named << item->plottable()->objectName();
        named.sort();
        QCOMPARE(named, (QStringList{"line.curve.1", "line.curve.2", "points.curve.3"}));
    }

    void linesOfSeveralTasksNameThem()
    {
        Run other = runOf(2, 64, 0);
        other.spec.dataset = "cola";
        const auto curves = meanCurves({runOf(1, 8, 0), other}, {{1, curve(1, 0.5, 1.0)}, {2, curve(1, 0.5, 1.0)}});
        QCOMPARE(curves[0].label, std::string("adapters, m = 8, tweets"));
        QCOMPARE(curves[1].label, std::string("adapters, m = 64, cola"));
        other.spec.method.bottleneck = 8; // alike but for the task: said once
        const auto alike = meanCurves({runOf(1, 8, 0), other}, {{1, curve(1, 0.5, 1.0)}, {2, curve(1, 0.5, 1.0)}});
        QCOMPARE(alike[0].label, std::string("adapters, m = 8, cola"));
    }

    void severalChosenRunsAreOverlaidWithABandOverSeeds()
    {
        Library library;
        CurvePanel panel(*library.bridge);
        panel.resize(420, 320);
        panel.show();
        QSignalSpy titles(&panel, &CurvePanel::titleChanged);
        panel.showRuns({1, 2, 3, 4});
        QCustomPlot &plot = *panel.findChild<QCustomPlot *>(QStringLiteral("overlayPlot"));
        QVERIFY(plot.isVisible());
        QCOMPARE(titles.last().first().toString(), QStringLiteral("Learning curves of 4 runs"));
        QCPGraph *small = graph(plot, "points.curve.1");
        QVERIFY(small);
        QCOMPARE(small->dataCount(), 2);
        QCOMPARE(small->data()->at(1)->key, 2.0); // epochs
        QCOMPARE(small->data()->at(1)->value, 82.0);
        const double sem = 2 / std::sqrt(3.0); // of 80, 82 and 84
        QVERIFY(std::abs(graph(plot, "band.curve.1")->data()->at(1)->value - 82 - sem) < 1e-9);
        QCOMPARE(graph(plot, "points.curve.4")->data()->at(1)->value, 90.0);
        QCOMPARE(plot.xAxis->scaleType(), QCPAxis::stLinear);
        savePictures(panel, "curves-overlaid");

        auto *quantity = panel.findChild<QComboBox *>(QStringLiteral("curveQuantity"));
        quantity->setFocus();
        QTest::keyClick(quantity, Qt::Key_Down);
        QVERIFY(plot.yAxis->label().contains(QStringLiteral("Loss")));
        QCOMPARE(graph(plot, "line.curve.1")->dataCount(), 20);
        savePictures(panel, "curves-overlaid-loss");

        panel.showRuns({4});
        QVERIFY(!plot.isVisible());
        QVERIFY(panel.findChild<QCustomPlot *>(QStringLiteral("learningCurvePlot"))->isVisible());
        QVERIFY(titles.last().first().toString().contains(QStringLiteral("m = 64")));
    }

    void oneScoreIsNoCurveSoTheLossIsShownUnlessTheUserChose()
    {
        Library library;
        std::vector<Measurement> oneEpoch = curve(1, 0.7, 0.8);
        std::erase_if(oneEpoch, [](const Measurement &one) { return one.step > 10; });
        library.add(1, 7, oneEpoch);
        library.add(2, 7, oneEpoch);
        CurvePanel panel(*library.bridge);
        panel.show();
        panel.showRuns({5, 6});
        QCustomPlot &plot = *panel.findChild<QCustomPlot *>(QStringLiteral("overlayPlot"));
        QCOMPARE(graph(plot, "line.curve.5")->dataCount(), 10); // a loss per step
        panel.showRuns({1, 4});
        QCOMPARE(graph(plot, "points.curve.4")->dataCount(), 2); // a score per epoch
        auto *quantity = panel.findChild<QComboBox *>(QStringLiteral("curveQuantity"));
        quantity->setFocus();
        QTest::keyClick(quantity, Qt::Key_Down);
        QTest::keyClick(quantity, Qt::Key_Up);
        panel.showRuns({5, 6});
        QCOMPARE(graph(plot, "points.curve.5")->dataCount(), 1);
    }

    void theSeedsOfOneExperimentAreThinLinesBehindTheirMean()
    {
        Library library;
        CurvePanel panel(*library.bridge);
        panel.show();
        panel.showRuns({1, 2, 3});
        QCustomPlot &plot = *panel.findChild<QCustomPlot *>(QStringLiteral("overlayPlot"));
        for (const char *name : {"line.run.1", "line.run.2", "line.run.3", "line.curve.1"})
            QVERIFY2(graph(plot, name), name);
        QCOMPARE(graph(plot, "line.run.3")->data()->at(1)->value, 84.0);
    }

    void choosingRowsOfTheTableOverlaysThem()
    {
        Library library;
        RunsPanel runs(*library.bridge);
        CurvePanel panel(*library.bridge);
        connect(&runs, &RunsPanel::runsSelected, &panel, &CurvePanel::showRuns);
        runs.resize(900, 300);
        runs.show();
        panel.show();
        auto *table = runs.findChild<QTableView *>(QStringLiteral("runsTable"));
        QTRY_COMPARE(table->model()->rowCount(), 4);
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(0, 0)).center());
        QVERIFY(panel.findChild<QCustomPlot *>(QStringLiteral("learningCurvePlot"))->isVisible());
        QTest::keyClick(table, Qt::Key_Down, Qt::ShiftModifier);
        QTest::keyClick(table, Qt::Key_Down, Qt::ShiftModifier);
        QVERIFY(panel.findChild<QCustomPlot *>(QStringLiteral("overlayPlot"))->isVisible());
        QCOMPARE(panel.findChild<QLabel *>(QStringLiteral("curveNote"))->text(), QStringLiteral("3 runs"));
        QTest::keyClick(table, Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(panel.findChild<QLabel *>(QStringLiteral("curveNote"))->text(), QStringLiteral("4 runs"));
    }

    void aRunThatIsNotDoneGrowsInTheOverlayAndADeletedOneLeavesIt()
    {
        Library library;
        const std::int64_t id = library.store().enqueue({runOf(0, 256, 0).spec}).front();
        library.store().addMeasurements(id, {{"dev.accuracy", 10, 1, 0.6}});
        CurvePanel panel(*library.bridge);
        panel.show();
        panel.showRuns({3, 4, id});
        QCustomPlot &plot = *panel.findChild<QCustomPlot *>(QStringLiteral("overlayPlot"));
        const QByteArray grows = "points.curve." + QByteArray::number(qlonglong(id));
        QCOMPARE(graph(plot, grows)->dataCount(), 1);
        library.store().addMeasurements(id, {{"dev.accuracy", 20, 2, 0.7}});
        emit library.bridge->changed();
        QCOMPARE(graph(plot, grows)->dataCount(), 2);
        library.store().remove(4);
        emit library.bridge->changed();
        QVERIFY(!graph(plot, "points.curve.4"));
    }

    void aDeletedRunLeavesThePanel()
    {
        Library library;
        CurvePanel panel(*library.bridge);
        panel.show();
        QSignalSpy titles(&panel, &CurvePanel::titleChanged);
        const auto title = [&] { return titles.last().first().toString(); };
        const auto remove = [&](std::int64_t run) {
            library.store().remove(run);
            library.bridge->wake();
        };
        panel.showRuns({1, 2, 4});
        remove(1);
        QCOMPARE(title(), QString("Learning curves of 2 runs"));
        QCOMPARE(panel.findChild<QLabel *>("curveNote")->text(), QString("2 runs"));
        remove(2);
        QCOMPARE(panel.findChild<LearningCurve *>()->run(), 4);
        QVERIFY2(title().startsWith("Learning curve: adapters, m = 64"), qPrintable(title()));
        QVERIFY(panel.findChild<QCustomPlot *>("learningCurvePlot")->isVisible());
        remove(4);
        QCOMPARE(title(), QString("Learning curve"));
        QVERIFY(!panel.findChild<QCustomPlot *>("learningCurvePlot")->isVisible());
        QVERIFY(panel.findChild<QLabel *>("learningCurveEmpty")->isVisible());
    }

    void fiftyLongCurvesAreOverlaidQuickly()
    {
        Library library;
        std::vector<Measurement> longCurve;
        for (int step = 1; step <= 2000; ++step)
            longCurve.push_back({"loss", step, step / 1000.0, 1.0 / step});
        longCurve.push_back({"dev.accuracy", 2000, 2, 0.8});
        for (std::uint64_t seed = 0; seed < 60; ++seed)
            library.add(int(1 + seed % 10), 100 + seed, longCurve);
        CurvePanel panel(*library.bridge);
        panel.show();
        QElapsedTimer clock;
        clock.start();
        panel.showRuns(library.store().runIds());
        const qint64 first = clock.restart();
        emit library.bridge->changed(); // nothing of it has changed
        const qint64 again = clock.restart();
        qInfo("50 curves of 2,000 steps: read and drawn in %lld ms, looked at again in %lld ms", first, again);
        QCOMPARE(panel.findChild<QLabel *>(QStringLiteral("curveNote"))->text(), QStringLiteral("the newest 50 of 64 runs"));
        QVERIFY(again < 50);
        library.store().remove(64);
        library.bridge->wake();
        QCOMPARE(panel.findChild<QLabel *>(QStringLiteral("curveNote"))->text(), QStringLiteral("the newest 50 of 63 runs"));
    }

    void runsWithoutACurveSaySo()
    {
        Library library;
        const auto ids = library.store().enqueue({runOf(0, 1, 0).spec, runOf(0, 2, 0).spec});
        CurvePanel panel(*library.bridge);
        panel.show();
        panel.showRuns(ids);
        const auto *why = panel.findChild<QLabel *>(QStringLiteral("overlayEmpty"));
        QVERIFY(why->text().contains(QStringLiteral("grows while a run trains")));
        panel.findChild<QComboBox *>(QStringLiteral("curveQuantity"))->setFocus();
        QTest::keyClick(panel.findChild<QComboBox *>(QStringLiteral("curveQuantity")), Qt::Key_Up);
        QVERIFY(why->text().contains(QStringLiteral("after each epoch")));
        AnsweredDialogs dialogs;
        dialogs.file = library.home.filePath(QStringLiteral("curves.pdf"));
        panel.exportChart();
        QCOMPARE(dialogs.errors.size(), 1);
        panel.showRuns({1, 4});
        panel.exportChart();
        QVERIFY(contentOf(dialogs.file).startsWith("%PDF-"));
    }
};

QTEST_MAIN(TestOverlaidCurves)
#include "tst_overlaid_curves.moc"
