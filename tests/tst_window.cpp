#include <algorithm>

#include <QAbstractItemView>
#include <QComboBox>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include "core/data/recognise.h"
#include "core/store/run_training.h"
#include "core/study/tradeoff.h"
#include "tests/gui_helpers.h"
#include "tests/real_files.h"
#include "ui/lab_bridge.h"
#include "ui/learning_curve.h"
#include "ui/main_window.h"
#include "ui/runs_panel.h"
#include "ui/setup_panel.h"
#include "ui/tradeoff_panel.h"

using namespace awb;
using namespace awb::test;

namespace {

/// A hundred and sixty short reviews in words that the tiny checkpoint knows.
std::string reviews()
{
    const char *films[] = {"the film", "a book", "the small film", "a large book"};
    const char *good[] = {"is good", "was very good", "is not bad", "was good and large"};
    const char *bad[] = {"is bad", "was very bad", "is not good", "was bad and small"};
    std::string text;
    for (int i = 0; i < 160; ++i) {
        const bool positive = i % 2 == 0;
        text += std::string(positive ? "good" : "bad") + "\t" + films[i / 2 % 4] + " " + (positive ? good : bad)[i / 8 % 4] +
                " day " + char('a' + i % 26) + char('a' + i / 26) + "\n";
    }
    return text;
}

Manifest manifestOf(const std::filesystem::path &file)
{
    Manifest manifest = guessManifest(file, "reviews");
    manifest.train.label = 0;
    manifest.train.textA = 1;
    completeManifest(manifest);
    return manifest;
}

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

class TestWindow : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();

    void aFirstUserSeesWhatToDo();
    void aFailedFetchIsSaidAndCanBeTriedAgain();
    void aRunTravelsFromTheSetUpToTheChart();
    void tableAndChartSelectEachOther();
    void exportingAnEmptyChartIsRefusedInWords();
    void everythingFocusableHasAName();
    void docksAndThemeAreRemembered();
    void anotherProcessesRunsAppear();
    void theWindowStaysFluidWhileTraining();

private:
    void addTinyLibrary();
    void open();
    template <typename T>
    T *find(const char *name) const
    {
        return m_window->findChild<T *>(QString::fromLatin1(name));
    }

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<LabBridge> m_bridge;
    std::unique_ptr<MainWindow> m_window;
    AnsweredDialogs m_dialogs;
};

void TestWindow::initTestCase()
{
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName(QStringLiteral("adapter-workbench-tests"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
}

void TestWindow::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_home->path());
    QSettings().clear();
}

void TestWindow::cleanup()
{
    m_window.reset();
    m_bridge.reset();
    m_home.reset();
}

void TestWindow::addTinyLibrary()
{
    const std::filesystem::path home = m_home->path().toStdString();
    writeText(m_home->filePath(QStringLiteral("reviews.tsv")), reviews());
    Store store(home);
    store.addCheckpoint({"tiny", testData("model/tiny").string(), "0", {}});
    store.addDataset(manifestOf(home / "reviews.tsv"));
}

void TestWindow::open()
{
    m_bridge = std::make_unique<LabBridge>(m_home->path().toStdString(), runTraining);
    m_window = std::make_unique<MainWindow>(*m_bridge, std::vector<std::pair<QString, QString>>{{"cpu", "this processor"}});
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TestWindow::aFirstUserSeesWhatToDo()
{
    open();
    QVERIFY(find<QWidget>("welcomePage")->isVisible());
    QVERIFY(find<QPushButton>("quickStudyButton")->isEnabled());
    QVERIFY(!find<QPushButton>("addButton")->isEnabled());
}

void TestWindow::aFailedFetchIsSaidAndCanBeTriedAgain()
{
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
    auto *panel = m_window->findChild<SetupPanel *>();
    TrainSpec spec = panel->specs().empty() ? TrainSpec() : panel->specs().front();
    spec.recipe.maxLength = 32;
    spec.recipe.epochs = 1;
    TrainSpec head = spec;
    head.method.name = "head";
    head.method.bottleneck = 0;
    head.method.train = {"classifier.*"};
    const auto ids = m_bridge->store().enqueue({spec, head});
    m_bridge->wake();
    TradeoffPlot &chart = m_window->findChild<TradeoffPanel *>()->chart();
    QTRY_COMPARE_WITH_TIMEOUT(chart.points().size(), std::size_t(2), 60000);
    auto *runs = m_window->findChild<RunsPanel *>();
    emit chart.runSelected(ids[1]);
    auto *curve = m_window->findChild<LearningCurve *>();
    QCOMPARE(runs->selectedRun(), ids[1]);
    QCOMPARE(curve->run(), ids[1]);
    emit runs->runSelected(ids[0]);
    QCOMPARE(curve->run(), ids[0]);
    QCOMPARE(runs->selectedRun(), ids[0]);
}

void TestWindow::exportingAnEmptyChartIsRefusedInWords()
{
    addTinyLibrary();
    open();
    m_dialogs.file = m_home->filePath(QStringLiteral("nothing.pdf"));
    m_window->findChild<TradeoffPanel *>()->exportChart();
    QCOMPARE(m_dialogs.errors.size(), 1); // there is nothing to draw yet, and that is said
    QVERIFY(!QFile::exists(m_dialogs.file));
    m_dialogs.errors.clear();
}

void TestWindow::everythingFocusableHasAName()
{
    addTinyLibrary();
    open();
    QStringList nameless;
    for (QWidget *widget : m_window->findChildren<QWidget *>()) {
        if (!(widget->focusPolicy() & Qt::TabFocus) || widget->objectName().startsWith(QStringLiteral("qt_")))
            continue;
        // Tabs are named by their titles; the others belong to a named widget.
        if (widget->inherits("QTabBar") || widget->inherits("QTabWidget") || widget->inherits("QDockWidget") ||
            widget->inherits("QComboBoxListView") || widget->parentWidget()->inherits("QAbstractSpinBox"))
            continue;
        bool buddy = false;
        for (const QLabel *label : m_window->findChildren<QLabel *>())
            buddy |= label->buddy() == widget;
        const QString text = widget->property("text").toString();
        if (!buddy && widget->accessibleName().isEmpty() && text.isEmpty())
            nameless << QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName();
    }
    QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QStringLiteral(", "))));
}

void TestWindow::docksAndThemeAreRemembered()
{
    open();
    auto *dock = find<QDockWidget>("curveDock");
    QVERIFY(dock->isVisible());
    dock->close();
    m_window->resize(1000, 700);
    m_window->close();
    m_window.reset();
    m_bridge.reset();
    open();
    QVERIFY(!find<QDockWidget>("curveDock")->isVisible());
    QCOMPARE(m_window->size(), QSize(1000, 700));
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

void TestWindow::theWindowStaysFluidWhileTraining()
{
    const auto checkpoint = sampleCheckpoint();
    if (checkpoint.empty())
        QSKIP("needs the sample checkpoint");
    addTinyLibrary();
    Store(m_home->path().toStdString()).addCheckpoint({"tiny", checkpoint.string(), "0", {}});
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
