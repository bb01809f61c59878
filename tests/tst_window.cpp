#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QPushButton>
#include <QSpinBox>
#include <QStatusBar>
#include <QTabWidget>
#include <QTableWidget>
#include <QTextBrowser>
#include <QTimer>
#include <QTreeWidget>

#include "core/error.h"
#include "core/store/sample_library.h"
#include "tests/window_fixture.h"
#include "ui/learning_curve.h"
#include "ui/run_page.h"
#include "ui/runs_model.h"

using namespace awb;
using namespace awb::test;

namespace {

/// How late a timer of 10 ms is, sorted, in milliseconds.
class Latencies : public QObject {
public:
    Latencies()
    {
        m_timer.setTimerType(Qt::PreciseTimer);
        connect(&m_timer, &QTimer::timeout, this, [this] {
            late.push_back(double(m_clock.nsecsElapsed()) / 1e6 - 10);
            m_clock.restart();
        });
        m_clock.start();
        m_timer.start(10);
    }
    double percentile(double share)
    {
        std::sort(late.begin(), late.end());
        return late.empty() ? 1e9 : late[std::size_t(share * double(late.size() - 1))];
    }
    std::vector<double> late;

private:
    QTimer m_timer;
    QElapsedTimer m_clock;
};

} // namespace

class TestWindow : public WindowTest {
    Q_OBJECT

private slots:
    void initTestCase() { prepare(); }
    void init() { makeHome(); }
    void cleanup() { close(); }

    void aFirstUserSeesWhatToDo();
    void aFailedFetchIsSaidAndCanBeTriedAgain();
    void theQuickStudyIsQueuedOnce();
    void theQuickStudyGetsTheSampleLibraryFirst();
    void aRunTravelsFromTheSetUpToTheChart();
    void tableAndChartSelectEachOther();
    void theAxisIsChosenInThePanel();
    void twoChosenRunsAreCompared();
    void theDataSetPageFollowsTheSetUp();
    void docksAndThemeAreRemembered();
    void theWindowStartsWithTheLatestRun();
    void anotherProcessesRunsAppear();
    void theStatusBarSaysWhatIsComputedAndWhere();
    void closingAsksWhatBecomesOfTheRuns();
    void twoWindowsShareALibrary();
    void theWindowStaysFluidWhileTraining();
};

void TestWindow::aFirstUserSeesWhatToDo()
{
    open();
    QVERIFY(find<QWidget>("welcomePage")->isVisible());
    QVERIFY(find<QPushButton>("quickStudyButton")->isEnabled());
    QVERIFY(!find<QPushButton>("addButton")->isEnabled());
}

void TestWindow::aFailedFetchIsSaidAndCanBeTriedAgain()
{
    const QByteArray wheels = qgetenv("AWB_SAMPLE_WHEELS");
    qputenv("AWB_SAMPLE_WHEELS", "");
    qputenv("AWB_PYTHON", "/nowhere/python");
    open();
    auto *button = find<QPushButton>("quickStudyButton");
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(m_dialogs.errors.size(), 1, 10000);
    QVERIFY2(m_dialogs.errors.front().contains(QStringLiteral("/nowhere/python")), qPrintable(m_dialogs.errors.front()));
    QTRY_VERIFY(button->isEnabled());
    QVERIFY(m_bridge->store().runs().empty());
    QVERIFY(m_bridge->store().checkpoints().empty());
    m_dialogs.errors.clear();
    qunsetenv("AWB_PYTHON");
    qputenv("AWB_SAMPLE_WHEELS", wheels);
}

void TestWindow::theQuickStudyIsQueuedOnce()
{
    addTinyLibrary();
    {
        const std::filesystem::path home = m_home->path().toStdString();
        Store store(home); // a library that has all of the sample by name
        store.addCheckpoint({"all-MiniLM-L6-v2", testData("model/tiny").string(), {}, {}});
        Manifest manifest = manifestOf(home / "reviews.tsv");
        for (const char *name : {"20newsgroups", "reuters-r8", "election-tweets-2016"}) {
            manifest.name = name;
            store.addDataset(manifest);
        }
        QVERIFY(sampleLibraryPresent(store));
        store.setQueuePaused(true);
    }
    open();
    QTest::mouseClick(find<QPushButton>("quickStudyButton"), Qt::LeftButton);
    QCOMPARE(m_bridge->store().runsOfStudy("quick").size(), std::size_t(5));
    m_window->runQuickStudy(); // from the menu
    QCOMPARE(m_bridge->store().runs().size(), std::size_t(5));
    QVERIFY(m_dialogs.errors.isEmpty());
}

void TestWindow::theQuickStudyGetsTheSampleLibraryFirst()
{
    if (qEnvironmentVariableIsEmpty("AWB_SAMPLE_WHEELS"))
        QSKIP("needs the sample library's wheels");
    Store(m_home->path().toStdString()).setQueuePaused(true);
    open();
    QTest::mouseClick(find<QPushButton>("quickStudyButton"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(m_bridge->store().runsOfStudy("quick").size(), std::size_t(5), 120000);
    QVERIFY(m_dialogs.errors.isEmpty());
    QVERIFY(sampleLibraryPresent(m_bridge->store()));
    QCOMPARE(m_bridge->store().runs().back().spec.checkpoint, std::string("all-MiniLM-L6-v2"));
    QTRY_COMPARE_WITH_TIMEOUT(find<QAbstractItemView>("runsTable")->model()->rowCount(), 5, 5000);
    QVERIFY(!find<QWidget>("welcomePage")->isVisible());
}

void TestWindow::aRunTravelsFromTheSetUpToTheChart()
{
    addTinyLibrary();
    open();
    auto *panel = m_window->findChild<SetupPanel *>();
    QCOMPARE(panel->dataset(), QStringLiteral("reviews"));
    auto *bottleneck = find<QSpinBox>("bottleneckSpin");
    bottleneck->setFocus();
    bottleneck->selectAll();
    QTest::keyClicks(bottleneck, QStringLiteral("8"));
    auto *seeds = find<QLineEdit>("seedsEdit");
    seeds->selectAll();
    QTest::keyClicks(seeds, QStringLiteral("0-1"));
    auto *length = find<QSpinBox>("maxLengthSpin");
    length->setFocus();
    length->selectAll();
    QTest::keyClicks(length, QStringLiteral("32"));
    QTest::keyClick(length, Qt::Key_Tab);
    QTest::mouseClick(find<QPushButton>("addButton"), Qt::LeftButton);

    TradeoffPlot &chart = m_window->findChild<TradeoffPanel *>()->chart();
    QTRY_COMPARE_WITH_TIMEOUT(chart.points().size(), std::size_t(1), 60000);
    QTRY_COMPARE_WITH_TIMEOUT(chart.points().front().n, 2, 60000);
    const Point &point = chart.points().front();
    QCOMPARE(point.method, std::string("adapter"));
    const auto runs = m_bridge->store().finishedRuns("reviews", "tiny");
    QCOMPARE(runs.size(), std::size_t(2));
    const double mean = (*runs[0].score + *runs[1].score) / 2;
    QVERIFY(std::abs(point.mean - mean) < 1e-12);
    QCOMPARE(point.trainable, runs[0].trainable);
    QVERIFY(std::filesystem::exists(m_bridge->store().resolve(runs[0].weights)));
    QVERIFY(!find<QWidget>("welcomePage")->isVisible());
}

void TestWindow::tableAndChartSelectEachOther()
{
    addTinyLibrary();
    open();
    const auto ids = trainTwoMethods();
    auto *table = find<QAbstractItemView>("runsTable");
    QTRY_COMPARE(table->model()->rowCount(), 2);
    QCustomPlot &plot = m_window->findChild<TradeoffPanel *>()->chart().plot();
    auto *curve = m_window->findChild<LearningCurve *>();
    for (const std::int64_t id : {ids[1], ids[0]}) {
        const Run clicked = *m_bridge->store().run(id);
        QTest::mouseClick(&plot, Qt::LeftButton, {}, pixel(plot, double(clicked.trainable), 100 * *clicked.score));
        const QModelIndexList rows = table->selectionModel()->selectedRows(RunsModel::Id);
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows.front().data().toString(), QString::number(id));
        QCOMPARE(curve->run(), id);
    }
    for (int row = 0; row < 2; ++row) {
        const QModelIndex cell = table->model()->index(row, RunsModel::Id);
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(cell).center());
        const Run clicked = *m_bridge->store().run(cell.data().toLongLong());
        QCOMPARE(graph(plot, "selection")->data()->at(0)->key, double(clicked.trainable));
        QCOMPARE(curve->run(), clicked.id);
    }
}

void TestWindow::theAxisIsChosenInThePanel()
{
    addTinyLibrary();
    open();
    const auto ids = trainTwoMethods();
    QCustomPlot &plot = m_window->findChild<TradeoffPanel *>()->chart().plot();
    auto *axis = find<QComboBox>("chartAxis");
    axis->setFocus();
    QTest::keyClick(axis, Qt::Key_End);
    QVERIFY2(plot.xAxis->label().contains(QStringLiteral("ms per dev example")), qPrintable(plot.xAxis->label()));
    const Run adapters = *m_bridge->store().run(ids[0]); // measured at the end of its training
    QVERIFY(adapters.provenance.inferenceSeconds > 0);
    QCOMPARE(graph(plot, "points.adapter")->data()->at(0)->key, 1e3 * adapters.provenance.inferenceSeconds);
    auto *seeds = find<QCheckBox>("chartSeeds");
    QTest::mouseClick(seeds, Qt::LeftButton, {}, {8, seeds->height() / 2});
    QVERIFY(graph(plot, "singleSeeds"));
    m_dialogs.file = m_home->filePath(QStringLiteral("latency.svg"));
    QTest::mouseClick(find<QPushButton>("exportChartButton"), Qt::LeftButton);
    QVERIFY(contentOf(m_dialogs.file).contains("Inference latency"));
    QCOMPARE(m_window->statusBar()->currentMessage(), "Written: " + m_dialogs.file);
    m_dialogs.file = m_home->filePath(QStringLiteral("numbers"));
    m_dialogs.filter = QStringLiteral("Numbers (*.csv)");
    QTest::mouseClick(find<QPushButton>("exportChartButton"), Qt::LeftButton);
    QVERIFY(contentOf(m_dialogs.file + QStringLiteral(".csv")).contains("method,label"));
    QVERIFY(m_dialogs.questions.isEmpty());
    m_dialogs.yes = false; // the file that is there stays
    writeText(m_dialogs.file + QStringLiteral(".csv"), "mine");
    QTest::mouseClick(find<QPushButton>("exportChartButton"), Qt::LeftButton);
    QCOMPARE(m_dialogs.questions.size(), 1);
    QCOMPARE(contentOf(m_dialogs.file + QStringLiteral(".csv")), QByteArray("mine"));
}

void TestWindow::twoChosenRunsAreCompared()
{
    addTinyLibrary();
    open();
    trainTwoMethods();
    auto *table = find<QAbstractItemView>("runsTable");
    QTRY_COMPARE(table->model()->rowCount(), 2);
    table->setFocus();
    QTest::keyClick(table, Qt::Key_A, Qt::ControlModifier);
    auto *tabs = find<QTabWidget>("mainTabs");
    tabs->setCurrentWidget(m_window->findChild<RunPage *>());
    const auto *page = find<QTextBrowser>("runText");
    // What they predict on dev was kept by the training itself.
    QTRY_VERIFY_WITH_TIMEOUT(page->toPlainText().contains(QStringLiteral("Where they disagree")), 10000);
    QVERIFY(page->toPlainText().contains(QStringLiteral("head only")));
    QVERIFY(page->toPlainText().contains(QStringLiteral(" examples of dev: only run 1 is right on ")));
    QVERIFY(find<QCustomPlot>("overlayPlot")->isVisible()); // and how they learnt
}

void TestWindow::theDataSetPageFollowsTheSetUp()
{
    addTinyLibrary();
    // The same model with two words only: every other word is one unknown token.
    const QDir other(m_home->filePath(QStringLiteral("other")));
    other.mkpath(QStringLiteral("."));
    for (const char *file : {"config.json", "model.safetensors"})
        QFile::copy(QString::fromStdString((testData("model/tiny") / file).string()), other.filePath(QLatin1String(file)));
    writeText(other.filePath(QStringLiteral("vocab.txt")), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngood\nbad\n");
    Store(m_home->path().toStdString()).addCheckpoint({"other", other.path().toStdString(), {}, {}});
    open();
    auto *checkpoint = find<QComboBox>("checkpointCombo");
    checkpoint->setCurrentText(QStringLiteral("tiny"));
    auto *tree = find<QTreeWidget>("libraryTree");
    tree->setCurrentItem(tree->topLevelItem(1)->child(0));
    auto *parts = find<QTableWidget>("datasetParts");
    QTRY_VERIFY(parts->item(0, 5) && parts->isVisible());
    const QString before = parts->item(0, 5)->text();
    QTest::keyClicks(checkpoint, QStringLiteral("other"));
    QCOMPARE(checkpoint->currentText(), QStringLiteral("other"));
    QTRY_VERIFY2(parts->item(0, 5)->text() != before, qPrintable(before));
}

void TestWindow::docksAndThemeAreRemembered()
{
    open();
    auto *dock = find<QDockWidget>("curveDock");
    QVERIFY(dock->isVisible());
    dock->close();
    m_window->resize(1000, 700);
    const QPalette before = qApp->palette();
    const auto choose = [this](const char *theme) {
        for (QAction *action : m_window->findChildren<QAction *>())
            if (action->data().toString() == QLatin1String(theme))
                action->trigger();
    };
    choose("dark");
    QVERIFY(qApp->palette().window().color().lightness() < 64);
    m_window->close();
    qApp->setPalette(before); // as the next start of the program finds it
    m_window.reset();
    m_bridge.reset();
    open();
    QVERIFY(!find<QDockWidget>("curveDock")->isVisible());
    QCOMPARE(m_window->height(), 700);
    const int screen = m_window->screen()->availableSize().width(); // within which Qt 6.8 keeps a restored window
    QVERIFY2(m_window->width() == 1000 || m_window->width() >= screen - 4, qPrintable(QString::number(m_window->width())));
    QVERIFY(qApp->palette().window().color().lightness() < 64);
    choose("system");
    QCOMPARE(qApp->palette().window().color(), before.window().color());
}

void TestWindow::theWindowStartsWithTheLatestRun()
{
    addTinyLibrary();
    const std::filesystem::path home = m_home->path().toStdString();
    Store store(home);
    Manifest first = manifestOf(home / "reviews.tsv"); // by name before the one that the run is of
    first.name = "another";
    store.addDataset(first);
    TrainSpec spec;
    spec.checkpoint = "tiny";
    spec.dataset = "reviews";
    spec.method = methodEntry("adapter").method;
    Run run = *store.run(store.enqueue({spec}).front());
    run.state = RunState::Done;
    run.metric = "accuracy";
    run.score = 0.75;
    run.trainable = 1000;
    run.total = 20000;
    store.claim(run.id);
    store.addMeasurements(run.id, {{"loss", 1, 0.1, 0.7}, {"loss", 2, 0.2, 0.6}});
    store.finish(run);

    const auto check = [&] {
        QCOMPARE(find<QComboBox>("chartDataset")->currentText(), QStringLiteral("reviews"));
        QCOMPARE(m_window->findChild<TradeoffPanel *>()->chart().points().size(), std::size_t(1));
        QCOMPARE(m_window->findChild<LearningCurve *>()->run(), run.id);
        QTRY_COMPARE(find<QAbstractItemView>("runsTable")->selectionModel()->selectedRows().size(), 1);
    };
    open();
    check();
    auto *setUp = m_window->findChild<SetupPanel *>();
    QCOMPARE(setUp->dataset(), QStringLiteral("reviews"));
    setUp->setDataset(QStringLiteral("another"));
    m_window->close();
    open();
    check();
    QCOMPARE(m_window->findChild<SetupPanel *>()->dataset(), QStringLiteral("another")); // as it was left
    m_window->close();
    store.removeDataset("another");
    open();
    check();
    QCOMPARE(m_window->findChild<SetupPanel *>()->dataset(), QStringLiteral("reviews")); // what was left is gone
    m_window->close();
    store.removeDataset("reviews"); // its runs stay
    open();
    check();
}

void TestWindow::anotherProcessesRunsAppear()
{
    addTinyLibrary();
    open();
    auto *table = find<QAbstractItemView>("runsTable");
    QCOMPARE(table->model()->rowCount(), 0);
    Store other(m_home->path().toStdString());
    other.setQueuePaused(true);
    TrainSpec spec;
    spec.checkpoint = "tiny";
    spec.dataset = "reviews";
    other.enqueue({spec});
    QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 1, 5000);
}

void TestWindow::theStatusBarSaysWhatIsComputedAndWhere()
{
    addTinyLibrary();
    std::atomic<bool> stepping = false, released = false;
    const RunFunction training = [&](const Run &run, RunContext &context) {
        while (!released) {
            if (context.stopRequested())
                throw Stopped();
            if (stepping)
                context.progress({run.id, 10, 100, 0.5, 1e-3, 64});
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return run;
    };
    // The first of two processes works the queue; the other waits for it.
    const std::filesystem::path home = m_home->path().toStdString();
    LabBridge working(home, training);
    MainWindow ours(working, DeviceChoices{{"cpu", "this processor"}});
    const std::int64_t id = working.store().enqueue({ours.findChild<SetupPanel *>()->specs().front()}).front();
    working.wake();
    const auto said = [](const MainWindow &window) { return window.statusBar()->currentMessage(); };
    QTRY_COMPARE_WITH_TIMEOUT(said(ours), QStringLiteral("Run %1 starts …").arg(id), 5000);
    open();
    QCOMPARE(said(*m_window), QStringLiteral("Another process computes run %1.").arg(id));
    stepping = true;
    QTRY_COMPARE_WITH_TIMEOUT(said(*m_window), QStringLiteral("Another process computes run %1: step 10 of 100.").arg(id),
                              10000);
    QVERIFY2(said(ours).startsWith(QStringLiteral("Run %1: step 10 of 100, loss 0.500").arg(id)), qPrintable(said(ours)));
    released = true;
    QTRY_COMPARE_WITH_TIMEOUT(said(*m_window), QStringLiteral("Idle. The queue is empty."), 10000);
}

void TestWindow::closingAsksWhatBecomesOfTheRuns()
{
    addTinyLibrary();
    const RunFunction training = [](const Run &, RunContext &context) -> Run {
        while (!context.stopRequested())
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        throw Stopped();
    };
    m_bridge = std::make_unique<LabBridge>(m_home->path().toStdString(), training);
    MainWindow window(*m_bridge, DeviceChoices{{"cpu", "this processor"}});
    window.setBackgroundOffered(true);
    window.show();
    m_dialogs.questions.clear();
    window.close(); // nothing is computed
    QVERIFY(!window.isVisible() && m_dialogs.questions.empty() && !window.goesOnInBackground());
    window.show();
    const TrainSpec spec = window.findChild<SetupPanel *>()->specs().front();
    m_bridge->store().enqueue({spec, spec, spec});
    m_bridge->wake();
    QTRY_VERIFY(m_bridge->busy());
    m_dialogs.choice = -1;
    window.close();
    QVERIFY(window.isVisible());
    QVERIFY2(m_dialogs.questions.back().startsWith("3 runs are not finished. They can go on without the window"),
             qPrintable(m_dialogs.questions.back()));
    m_dialogs.choice = 1;
    window.close();
    QVERIFY(!window.isVisible() && !window.goesOnInBackground());
    window.show();
    m_dialogs.choice = 0;
    window.close();
    QVERIFY(!window.isVisible() && window.goesOnInBackground());
    window.setBackgroundOffered(false);
    window.show();
    const auto asked = m_dialogs.questions.size();
    window.close(); // the end of the program asks nothing
    QCOMPARE(m_dialogs.questions.size(), asked);
}

void TestWindow::twoWindowsShareALibrary()
{
    addTinyLibrary();
    open();
    LabBridge otherBridge(m_home->path().toStdString(), trainingFunction());
    MainWindow other(otherBridge, DeviceChoices{{"cpu", "this processor"}});
    other.show();
    QVERIFY(QTest::qWaitForWindowExposed(&other));
    otherBridge.store().setQueuePaused(true);
    for (MainWindow *window : {m_window.get(), &other}) // each adds the runs of its set-up
        QTest::mouseClick(window->findChild<QPushButton *>(QStringLiteral("addButton")), Qt::LeftButton);
    const auto rows = [](const MainWindow &window) {
        return window.findChild<QAbstractItemView *>(QStringLiteral("runsTable"))->model()->rowCount();
    };
    QTRY_COMPARE_WITH_TIMEOUT(rows(*m_window), 2, 5000);
    QTRY_COMPARE_WITH_TIMEOUT(rows(other), 2, 5000);
    m_bridge->store().setQueuePaused(false);
    m_bridge->wake();
    otherBridge.wake();
    for (const std::int64_t id : {1, 2}) { // each run computed once, whichever window did it
        QTRY_COMPARE_WITH_TIMEOUT(m_bridge->store().run(id)->state, RunState::Done, 60000);
        const auto losses = m_bridge->store().measurements(id);
        QCOMPARE(std::ranges::count(losses, "dev.loss", &Measurement::name), m_bridge->store().run(id)->spec.recipe.epochs);
    }
    QTRY_COMPARE_WITH_TIMEOUT(other.findChild<TradeoffPanel *>()->chart().points().size(), std::size_t(1), 5000);
}

void TestWindow::theWindowStaysFluidWhileTraining()
{
    const auto checkpoint = sampleCheckpoint();
    if (checkpoint.empty())
        QSKIP("needs the sample checkpoint");
    addTinyLibrary();
    Store(m_home->path().toStdString()).addCheckpoint({"tiny", checkpoint.string(), {}, {}});
    QElapsedTimer clock;
    clock.start();
    open();
    const qint64 shown = clock.elapsed();
    QVERIFY2(shown < 1500, qPrintable(QStringLiteral("%1 ms").arg(shown)));

    TrainSpec spec = m_window->findChild<SetupPanel *>()->specs().front();
    spec.recipe.epochs = 200; // longer than is measured
    const auto ids = m_bridge->store().enqueue({spec});
    m_bridge->wake();
    QTRY_VERIFY_WITH_TIMEOUT(m_bridge->store().run(ids[0])->step > 3, 60000);
    Latencies latencies;
    for (int i = 0; i < 60; ++i) { // a person goes through tabs and moves the slider meanwhile
        find<QTabWidget>("mainTabs")->setCurrentIndex(i % 3);
        find<QSpinBox>("bottleneckSpin")->setValue(1 << (i % 9));
        QTest::qWait(100);
    }
    QCOMPARE(m_bridge->store().run(ids[0])->state, RunState::Running);
    const double p95 = latencies.percentile(0.95);
    qInfo("event loop: median %.1f ms, 95th percentile %.1f ms late over %zu ticks", latencies.percentile(0.5), p95,
          latencies.late.size());
    QVERIFY2(p95 < 50, qPrintable(QString::number(p95)));
    m_bridge->store().cancel(ids[0]);
    QTRY_COMPARE_WITH_TIMEOUT(m_bridge->store().run(ids[0])->state, RunState::Cancelled, 10000);
}

QTEST_MAIN(TestWindow)
#include "tst_window.moc"
