#include <atomic>
#include <chrono>
#include <thread>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolBar>

#include "core/error.h"
#include "core/methods/train_command.h"
#include "core/store/store.h"
#include "tests/gui_helpers.h"
#include "ui/lab_bridge.h"
#include "ui/runs_model.h"
#include "ui/runs_panel.h"

using namespace awb;
using awb::test::AnsweredDialogs;

namespace {

/// A training that goes half way and waits there until released; seed 13 diverges while `diverges`.
struct FakeTraining {
    std::atomic<bool> released = false;
    std::atomic<bool> diverges = true;
    std::string metric = "accuracy"; ///< read after the release

    RunFunction function()
    {
        return [this](const Run &run, RunContext &context) {
            for (int step = 1; step <= 100; ++step) {
                if (context.stopRequested())
                    throw Stopped();
                context.progress({run.id, step, 100, 1.0 / step, 1e-3, 64.0});
                while (step == 50 && !released) {
                    if (context.stopRequested())
                        throw Stopped();
                    std::this_thread::sleep_for(std::chrono::milliseconds(2));
                    context.progress({run.id, step, 100, 1.0 / step, 1e-3, 64.0}); // the lab lets ten a second through
                }
            }
            if (run.spec.seed == 13 && diverges)
                throw Error("The loss of run 13 is not finite after step 100; choose a lower learning rate.");
            Run done = run;
            done.score = 0.5 + 0.001 * double(run.spec.method.bottleneck);
            done.metric = metric;
            done.trainable = 1000 * (run.spec.method.bottleneck + 1);
            done.provenance.seconds = 75;
            return done;
        };
    }
};

TrainSpec spec(const std::string &dataset, int bottleneck, std::uint64_t seed)
{
    TrainSpec made;
    made.checkpoint = "all-MiniLM-L6-v2";
    made.dataset = dataset;
    made.method.name = bottleneck ? "adapter" : "full";
    made.method.bottleneck = bottleneck;
    made.seed = seed;
    return made;
}

/// The panel over a library of its own. The queue stands still unless `working`.
struct Fixture {
    explicit Fixture(bool working, const std::vector<TrainSpec> &specs = {})
    {
        {
            Store store(home());
            store.setQueuePaused(!working);
            if (!specs.empty())
                ids = store.enqueue(specs);
        }
        bridge = std::make_unique<LabBridge>(home(), training.function());
        panel = std::make_unique<RunsPanel>(*bridge);
        panel->resize(1150, 320);
        panel->show();
    }
    std::filesystem::path home() const { return folder.path().toStdString(); }
    QTableView &table() const { return *panel->findChild<QTableView *>("runsTable"); }
    int rows() const { return table().model()->rowCount(); }
    QString cell(int row, int column) const { return table().model()->index(row, column).data().toString(); }
    /// Row of a run as shown; -1: not shown.
    int rowOf(std::int64_t id) const
    {
        for (int row = 0; row < rows(); ++row)
            if (cell(row, RunsModel::Id) == QString::number(id))
                return row;
        return -1;
    }
    /// In a word, whatever share of a running one is shown.
    QString state(std::int64_t id) const
    {
        if (rowOf(id) < 0)
            return {};
        const QModelIndex index = table().model()->index(rowOf(id), RunsModel::State);
        return index.data(Qt::AccessibleTextRole).toString().section(QStringLiteral(": "), 1).section(',', 0, 0);
    }
    void click(std::int64_t id, Qt::KeyboardModifiers keys = Qt::NoModifier) const
    {
        const QRect where = table().visualRect(table().model()->index(rowOf(id), RunsModel::Dataset));
        QTest::mouseClick(table().viewport(), Qt::LeftButton, keys, where.center());
    }
    void press(const char *button) const
    {
        auto *widget = panel->findChild<QWidget *>(QLatin1String(button) + QLatin1String("Button"));
        QVERIFY2(widget, button);
        QTest::mouseClick(widget, Qt::LeftButton);
    }

    QTemporaryDir folder;
    FakeTraining training;
    std::vector<std::int64_t> ids;
    std::unique_ptr<LabBridge> bridge;
    std::unique_ptr<RunsPanel> panel;
};

} // namespace

class TestRunsPanel : public QObject {
    Q_OBJECT

private slots:
    void saysWhatToDoWhenThereAreNoRuns();
    void timeLeftIsThatOfTheStepsAhead();
    void showsARunFromQueueToScore();
    void showsTheWholeScoreHoweverNarrow_data();
    void showsTheWholeScoreHoweverNarrow();
    void showsWhereTheOtherCommandsAreInTheDark();
    void keepsTheSelectionWhileRunsComeAndGo();
    void onlyTheUserChoosesARun();
    void aSizeIsFilteredAsAWhole();
    void filtersByWordsOfAnyColumnAndByState();
    void sortsNumbersAsNumbers();
    void cancelsQueuedRunsAtOnceAndRunningOnesAfterAQuestion();
    void asksBeforeWhatARunHasLearntIsGivenUp();
    void pausesAndResumesRuns();
    void retriesAFailedRunWhoseErrorIsShown();
    void deletesOnlyAfterConfirmation();
    void movesRunsInTheQueueByKeyboard();
    void pausesAndResumesTheQueue();
    void handsOutTheSettingsOfARun();
    void runsAgainWithTheSameSettings();
    void copiesTheCommandOfARun();
    void selectsARunThatTheFilterHides();
    void changesRowsWithoutEverResetting();
    void staysFluidWithTenThousandRuns();
};

void TestRunsPanel::saysWhatToDoWhenThereAreNoRuns()
{
    Fixture f(false);
    auto *empty = f.panel->findChild<QLabel *>("runsEmpty");
    QTRY_VERIFY(empty->text().contains("No runs yet"));
    QVERIFY(empty->isVisible());
    QVERIFY(!f.table().isVisible());
    test::savePictures(*f.panel, "runs-empty");
}

void TestRunsPanel::timeLeftIsThatOfTheStepsAhead()
{
    Run run;
    run.state = RunState::Running;
    run.step = 50;
    run.steps = 100;
    run.spec.recipe.batch = 4000; // of a data set with 160 examples, so that a step has those alone
    run.examplesPerSecond = 1600;
    run.provenance.stepsPerSecond = 10;
    QCOMPARE(timeLeft(run), QString("5.0 s left"));
}

void TestRunsPanel::showsARunFromQueueToScore()
{
    Fixture f(true, {spec("cola", 64, 0)});
    QTRY_COMPARE(f.state(f.ids[0]), QString("Running"));
    QTRY_VERIFY(f.cell(0, RunsModel::ProgressBar).startsWith("50 %"));
    QCOMPARE(f.cell(0, RunsModel::State), QString("50 %"));
    QVERIFY2(f.cell(0, RunsModel::ProgressBar).contains("25 s left"), qPrintable(f.cell(0, RunsModel::ProgressBar)));
    QCOMPARE(f.cell(0, RunsModel::MethodName), QString("adapters, m = 64"));
    f.training.released = true;
    QTRY_COMPARE(f.state(f.ids[0]), QString("Done"));
    QVERIFY2(f.cell(0, RunsModel::Score).contains("56.40"), qPrintable(f.cell(0, RunsModel::Score)));
    QCOMPARE(f.cell(0, RunsModel::Trainable), QString("65,000"));
    QCOMPARE(f.cell(0, RunsModel::Duration), QString("1 min 15 s"));
    QCOMPARE(f.cell(0, RunsModel::ProgressBar), QString());
}

void TestRunsPanel::showsTheWholeScoreHoweverNarrow_data()
{
    QTest::addColumn<QString>("cell");
    QTest::newRow("accuracy") << "Accuracy 56.40 %";
    QTest::newRow("matthews") << "Matthews 0.564";
    QTest::newRow("pearson") << "Pearson 0.564";
    QTest::newRow("spearman") << "Spearman 0.564";
}

void TestRunsPanel::showsTheWholeScoreHoweverNarrow()
{
    QFETCH(QString, cell);
    Fixture f(true, {spec("cola", 64, 0)});
    f.training.metric = QTest::currentDataTag();
    f.training.released = true;
    QTRY_COMPARE(f.state(f.ids[0]), QString("Done"));
    f.panel->resize(f.panel->minimumSizeHint().width(), 320);
    QVERIFY2(f.panel->width() < 360, qPrintable(QString::number(f.panel->width())));
    QCOMPARE(f.cell(0, RunsModel::Score), cell);
    for (const int column : {RunsModel::Id, RunsModel::State, RunsModel::Score}) {
        const QModelIndex index = f.table().model()->index(0, column);
        const QRect cell = f.table().visualRect(index);
        QVERIFY(f.table().viewport()->rect().contains(cell));
        QVERIFY(cell.width() >= f.table().sizeHintForIndex(index).width());
    }
}

void TestRunsPanel::showsWhereTheOtherCommandsAreInTheDark()
{
    Fixture f(false);
    f.panel->setPalette(test::darkPalette());
    f.panel->resize(f.panel->minimumSizeHint().width(), 320);
    auto *more = f.panel->findChild<QWidget *>("qt_toolbar_ext_button");
    QTRY_VERIFY(more->isVisible());
    const QImage image = more->grab().toImage();
    int light = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            light += image.pixelColor(x, y).lightness() > 120;
    QVERIFY2(light > 6, qPrintable(QString::number(light)));
}

void TestRunsPanel::keepsTheSelectionWhileRunsComeAndGo()
{
    Fixture f(false, {spec("cola", 8, 0), spec("cola", 8, 1), spec("cola", 8, 2)});
    QTRY_COMPARE(f.rows(), 3);
    QSignalSpy chosen(f.panel.get(), &RunsPanel::runSelected);
    f.click(f.ids[1]);
    QCOMPARE(f.panel->selectedRun(), f.ids[1]);
    QCOMPARE(chosen.last().first().toLongLong(), f.ids[1]);
    Store other(f.home());
    other.enqueue({spec("mrpc", 64, 7)});
    other.remove(f.ids[0]);
    other.cancel(f.ids[1]);
    QTRY_COMPARE(f.state(f.ids[1]), QString("Cancelled"));
    QCOMPARE(f.rows(), 3);
    QCOMPARE(f.panel->selectedRun(), f.ids[1]);
}

void TestRunsPanel::onlyTheUserChoosesARun()
{
    AnsweredDialogs answers;
    Fixture f(false, {spec("cola", 8, 0), spec("mrpc", 8, 1), spec("cola", 8, 2)});
    QTRY_COMPARE(f.rows(), 3);
    f.click(f.ids[1]);
    QSignalSpy chosen(f.panel.get(), &RunsPanel::runSelected);
    const auto marked = [&f] { return f.table().selectionModel()->selectedRows().size(); };
    // The filter hides the chosen run: its neighbour is not chosen instead.
    auto *words = f.panel->findChild<QLineEdit *>("runsFilter");
    QTest::keyClicks(words, "cola");
    QCOMPARE(f.rows(), 2);
    QCOMPARE(chosen.size(), 0);
    QCOMPARE(marked(), 0);
    QCOMPARE(f.panel->selectedRun(), 0);
    // Another page asks for a run that is the current row, though not marked.
    const auto current = f.table().model()->index(f.table().currentIndex().row(), RunsModel::Id).data().toLongLong();
    f.panel->selectRun(current);
    QCOMPARE(marked(), 1);
    QCOMPARE(f.panel->selectedRun(), current);
    words->clear();
    f.click(f.ids[1]);
    chosen.clear();
    QTest::keyClick(&f.table(), Qt::Key_Delete);
    QTRY_COMPARE(f.rows(), 2);
    QCOMPARE(chosen.size(), 0);
    QCOMPARE(marked(), 0);
    f.click(f.ids[0]);
    f.click(f.ids[2], Qt::ControlModifier);
    QCOMPARE(chosen.size(), 2);
    QCOMPARE(marked(), 2);
    // Of several, the one asked for is left marked.
    f.panel->selectRun(f.ids[2]);
    QCOMPARE(marked(), 1);
    QCOMPARE(f.panel->selectedRun(), f.ids[2]);
}

void TestRunsPanel::aSizeIsFilteredAsAWhole()
{
    Fixture f(false, {spec("cola", 8, 0), spec("cola", 64, 1), spec("cola", 80, 2), spec("cola", 0, 28)});
    QTRY_COMPARE(f.rows(), 4);
    auto *words = f.panel->findChild<QLineEdit *>("runsFilter");
    QTest::keyClicks(words, "cola m = 8");
    QCOMPARE(f.rows(), 1);
    QCOMPARE(f.cell(0, RunsModel::MethodName), QString("adapters, m = 8"));
    words->clear();
    QTest::keyClicks(words, "m = 80");
    QCOMPARE(f.rows(), 1);
    words->clear();
    QTest::keyClicks(words, "adapt"); // part of a word
    QCOMPARE(f.rows(), 3);
}

void TestRunsPanel::filtersByWordsOfAnyColumnAndByState()
{
    Fixture f(false, {spec("cola", 8, 0), spec("mrpc", 64, 1), spec("cola", 0, 2)});
    QTRY_COMPARE(f.rows(), 3);
    f.bridge->store().cancel(f.ids[0]);
    f.bridge->wake();
    QTRY_COMPARE(f.state(f.ids[0]), QString("Cancelled"));
    auto *words = f.panel->findChild<QLineEdit *>("runsFilter");
    QTest::keyClicks(words, "COLA");
    QCOMPARE(f.rows(), 2);
    QTest::keyClicks(words, " m = 8");
    QCOMPARE(f.rows(), 1);
    QCOMPARE(f.rowOf(f.ids[0]), 0);
    words->clear();
    auto *state = f.panel->findChild<QComboBox *>("runsState");
    state->setFocus();
    QTest::keyClicks(state, "Queued");
    QCOMPARE(f.rows(), 2);
    QTest::keyClicks(words, "nothing has this");
    QCOMPARE(f.rows(), 0);
    QCOMPARE(f.panel->findChild<QLabel *>("runsEmpty")->text(), QString("No run matches the filter."));
}

void TestRunsPanel::sortsNumbersAsNumbers()
{
    Fixture f(false, {spec("cola", 64, 0), spec("cola", 8, 100), spec("cola", 512, 20)});
    QTRY_COMPARE(f.rows(), 3);
    const auto clickHeader = [&f](int column) {
        QHeaderView *header = f.table().horizontalHeader();
        f.table().scrollTo(f.table().model()->index(0, column));
        const QPoint at(header->sectionViewportPosition(column) + 12, header->height() / 2);
        QTest::mouseClick(header->viewport(), Qt::LeftButton, Qt::NoModifier, at);
    };
    clickHeader(RunsModel::Seed);
    QCOMPARE(f.cell(0, RunsModel::Seed), QString("0"));
    QCOMPARE(f.cell(2, RunsModel::Seed), QString("100"));
    clickHeader(RunsModel::MethodName);
    QCOMPARE(f.cell(0, RunsModel::MethodName), QString("adapters, m = 8"));
    QCOMPARE(f.cell(2, RunsModel::MethodName), QString("adapters, m = 512"));
    clickHeader(RunsModel::MethodName);
    QCOMPARE(f.cell(0, RunsModel::MethodName), QString("adapters, m = 512"));
}

void TestRunsPanel::cancelsQueuedRunsAtOnceAndRunningOnesAfterAQuestion()
{
    AnsweredDialogs answers;
    TrainSpec alone = spec("cola", 8, 0);
    alone.recipe.plainPath = true; // the next ones wait for it
    Fixture f(true, {alone, spec("cola", 8, 1), spec("cola", 64, 2)});
    QTRY_COMPARE(f.state(f.ids[0]), QString("Running"));
    f.click(f.ids[1]);
    f.press("cancelRun");
    QTRY_COMPARE(f.state(f.ids[1]), QString("Cancelled"));
    QVERIFY(answers.questions.isEmpty());

    answers.yes = false;
    f.click(f.ids[0]);
    f.press("cancelRun");
    QCOMPARE(answers.questions.size(), 1);
    QVERIFY(answers.questions.first().contains("adapters, m = 8 on cola"));
    QTest::qWait(50);
    QCOMPARE(f.state(f.ids[0]), QString("Running"));
    test::savePictures(*f.panel, "runs");
    answers.yes = true;
    f.press("cancelRun");
    QTRY_COMPARE(f.state(f.ids[0]), QString("Cancelled"));
}

void TestRunsPanel::asksBeforeWhatARunHasLearntIsGivenUp()
{
    AnsweredDialogs answers;
    answers.yes = false;
    Fixture f(false, {spec("cola", 8, 0), spec("cola", 8, 1), spec("cola", 64, 2)});
    QTRY_COMPARE(f.rows(), 3);
    f.bridge->store().pause(f.ids[0]);
    f.bridge->wake();
    QTRY_COMPARE(f.state(f.ids[0]), QString("Paused"));
    f.click(f.ids[0]);
    f.press("cancelRun");
    QCOMPARE(answers.questions,
             QStringList{"Cancel run 1 (adapters, m = 8 on cola)? What it has learnt so far is given up."});
    f.click(f.ids[1], Qt::ControlModifier);
    f.press("cancelRun");
    QCOMPARE(answers.questions.last(), QString("Cancel 2 runs? What they have learnt so far is given up."));
    QCOMPARE(f.state(f.ids[0]), QString("Paused"));
    QCOMPARE(f.state(f.ids[1]), QString("Queued"));

    // One that was paused half way and resumed waits with what it has learnt.
    f.bridge->store().setQueuePaused(false);
    f.bridge->store().resume(f.ids[0]);
    f.bridge->wake();
    QTRY_COMPARE(f.state(f.ids[0]), QString("Running"));
    QTRY_VERIFY(f.cell(f.rowOf(f.ids[0]), RunsModel::ProgressBar).startsWith("50 %"));
    f.bridge->store().setQueuePaused(true);
    f.bridge->store().pause(f.ids[0]);
    QTRY_COMPARE(f.state(f.ids[0]), QString("Paused"));
    f.bridge->store().resume(f.ids[0]);
    f.bridge->wake();
    QTRY_COMPARE(f.state(f.ids[0]), QString("Queued"));
    f.click(f.ids[0]);
    const auto asked = answers.questions.size();
    f.press("cancelRun");
    QCOMPARE(answers.questions.size(), asked + 1);
    QCOMPARE(f.state(f.ids[0]), QString("Queued"));
}

void TestRunsPanel::pausesAndResumesRuns()
{
    Fixture f(false, {spec("cola", 8, 0), spec("cola", 8, 1)});
    QTRY_COMPARE(f.rows(), 2);
    f.click(f.ids[0]);
    f.click(f.ids[1], Qt::ControlModifier);
    auto *action = f.panel->findChild<QAction *>("pauseRun");
    QCOMPARE(action->text(), QString("Pause"));
    f.press("pauseRun");
    QTRY_COMPARE(f.state(f.ids[0]), QString("Paused"));
    QTRY_COMPARE(f.state(f.ids[1]), QString("Paused"));
    QTRY_COMPARE(action->text(), QString("Resume"));
    f.press("pauseRun");
    QTRY_COMPARE(f.state(f.ids[0]), QString("Queued"));
}

void TestRunsPanel::retriesAFailedRunWhoseErrorIsShown()
{
    Fixture f(true, {spec("cola", 8, 13)});
    f.training.released = true;
    QTRY_COMPARE(f.state(f.ids[0]), QString("Failed"));
    f.click(f.ids[0]);
    auto *line = f.panel->findChild<QLabel *>("runsError");
    QVERIFY(line->isVisible());
    QVERIFY(line->text().contains("choose a lower learning rate"));
    QVERIFY(f.table().currentIndex().data(Qt::ToolTipRole).toString().contains("not finite"));
    test::savePictures(*f.panel, "runs-failed");
    f.training.diverges = false;
    f.press("retryRun");
    QTRY_COMPARE(f.state(f.ids[0]), QString("Done"));
    QTRY_VERIFY(!line->isVisible());
}

void TestRunsPanel::deletesOnlyAfterConfirmation()
{
    AnsweredDialogs answers;
    Fixture f(false, {spec("cola", 8, 0), spec("mrpc", 8, 1)});
    QTRY_COMPARE(f.rows(), 2);
    f.click(f.ids[0]);
    answers.yes = false;
    QTest::keyClick(&f.table(), Qt::Key_Delete);
    QCOMPARE(answers.questions.size(), 1);
    QCOMPARE(f.bridge->store().runs().size(), std::size_t(2));
    answers.yes = true;
    QTest::keyClick(&f.table(), Qt::Key_Delete);
    QTRY_COMPARE(f.rows(), 1);
    QCOMPARE(f.bridge->store().runs().front().id, f.ids[1]);
}

void TestRunsPanel::movesRunsInTheQueueByKeyboard()
{
    Fixture f(false, {spec("cola", 8, 0), spec("cola", 8, 1), spec("cola", 8, 2)});
    QTRY_COMPARE(f.rows(), 3);
    QCOMPARE(f.rowOf(f.ids[2]), 2);
    f.click(f.ids[2]);
    QTest::keyClick(&f.table(), Qt::Key_Up, Qt::AltModifier);
    QTRY_COMPARE(f.rowOf(f.ids[2]), 1);
    QTest::keyClick(&f.table(), Qt::Key_Up, Qt::AltModifier);
    QTRY_COMPARE(f.rowOf(f.ids[2]), 0);
    QCOMPARE(f.panel->selectedRun(), f.ids[2]);
    QTest::keyClick(&f.table(), Qt::Key_Down, Qt::AltModifier);
    QTRY_COMPARE(f.rowOf(f.ids[2]), 1);
}

void TestRunsPanel::pausesAndResumesTheQueue()
{
    Fixture f(false, {spec("cola", 8, 0)});
    f.training.released = true;
    auto *action = f.panel->findChild<QAction *>("pauseQueue");
    QTRY_COMPARE(action->text(), QString("Resume queue"));
    QVERIFY(f.panel->findChild<QLabel *>("runsSummary")->text().contains("the queue is paused"));
    f.press("pauseQueue");
    QTRY_COMPARE(f.state(f.ids[0]), QString("Done"));
    QTRY_COMPARE(action->text(), QString("Pause queue"));
}

void TestRunsPanel::handsOutTheSettingsOfARun()
{
    Fixture f(false, {spec("cola", 8, 0), spec("mrpc", 64, 5)});
    QTRY_COMPARE(f.rows(), 2);
    TrainSpec got;
    connect(f.panel.get(), &RunsPanel::settingsReused, this, [&got](const TrainSpec &s) { got = s; });
    f.click(f.ids[1]);
    f.press("reuseRun");
    QCOMPARE(got.dataset, std::string("mrpc"));
    QCOMPARE(got.seed, std::uint64_t(5));
}

void TestRunsPanel::runsAgainWithTheSameSettings()
{
    Fixture f(false, {spec("cola", 8, 0), spec("mrpc", 64, 5)});
    QTRY_COMPARE(f.rows(), 2);
    f.click(f.ids[1]);
    QTest::keyClick(&f.table(), Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_COMPARE(f.rows(), 3);
    const std::int64_t again = f.bridge->store().runIds(RunState::Queued).back();
    QVERIFY(again > f.ids[1]);
    QVERIFY(f.bridge->store().run(again)->spec == spec("mrpc", 64, 5));
    QTRY_COMPARE(f.panel->selectedRun(), again);
    // Found with the mouse as well.
    QVERIFY(f.table().actions().contains(f.panel->findChild<QAction *>("runAgain")));
}

void TestRunsPanel::copiesTheCommandOfARun()
{
    Fixture f(false, {spec("cola", 8, 0), spec("mrpc", 64, 5)});
    QTRY_COMPARE(f.rows(), 2);
    f.click(f.ids[1]);
    QTest::keyClick(&f.table(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), QString::fromStdString(trainCommand(spec("mrpc", 64, 5))));
    f.click(f.ids[0], Qt::ControlModifier);
    f.panel->findChild<QAction *>("copyCommand")->trigger();
    QCOMPARE(QGuiApplication::clipboard()->text().count(QStringLiteral("awb train ")), 2);
}

void TestRunsPanel::selectsARunThatTheFilterHides()
{
    Fixture f(false, {spec("cola", 8, 0), spec("mrpc", 64, 5)});
    QTRY_COMPARE(f.rows(), 2);
    QTest::keyClicks(f.panel->findChild<QLineEdit *>("runsFilter"), "mrpc");
    QCOMPARE(f.rows(), 1);
    f.panel->selectRun(f.ids[0]);
    QCOMPARE(f.panel->selectedRun(), f.ids[0]);
    QCOMPARE(f.rows(), 2);
    const auto later = f.bridge->store().enqueue({spec("rte", 1, 0)});
    f.panel->selectRun(later[0]);
    QTRY_COMPARE(f.panel->selectedRun(), later[0]);
}

void TestRunsPanel::changesRowsWithoutEverResetting()
{
    RunsModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    const auto runs = [](std::initializer_list<int> ids) {
        std::vector<Run> made;
        for (const int id : ids) {
            made.emplace_back();
            made.back().id = id;
            made.back().spec = spec("cola", 8, std::uint64_t(id));
        }
        return made;
    };
    model.update(runs({1, 2, 3, 5, 8, 13}));
    model.update(runs({2, 3, 4, 5, 6, 7, 13, 14}));
    QCOMPARE(model.rowCount(), 8);
    QCOMPARE(model.at(0).id, 14);
    QCOMPARE(model.at(7).id, 2);
    QCOMPARE(changes.size(), 0);
    auto moved = runs({2, 3, 4, 5, 6, 7, 13, 14});
    moved[3].state = RunState::Running;
    moved[4].state = RunState::Failed;
    model.update(moved);
    QCOMPARE(changes.size(), 1); // neighbours are announced together
    model.update(runs({}));
    QCOMPARE(model.rowCount(), 0);
    model.update(runs({9}));
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(resets.size(), 0);
}

void TestRunsPanel::staysFluidWithTenThousandRuns()
{
    std::vector<TrainSpec> specs;
    for (int i = 0; i < 10000; ++i)
        specs.push_back(spec(i % 2 ? "cola" : "mrpc", 1 << (i % 10), std::uint64_t(i)));
    Fixture f(false, specs);
    QTRY_COMPARE_WITH_TIMEOUT(f.rows(), 10000, 20000);
    f.click(f.ids[0]);
    // The longest time in which the event loop did not answer while one run changes and the table is read again.
    qint64 longest = 0;
    QElapsedTimer sinceTick;
    QTimer tick;
    connect(&tick, &QTimer::timeout, this, [&] { longest = std::max(longest, sinceTick.restart()); });
    f.bridge->store().cancel(f.ids[5000]);
    sinceTick.start();
    tick.start(1);
    f.bridge->wake();
    QTRY_COMPARE_WITH_TIMEOUT(f.state(f.ids[5000]), QString("Cancelled"), 20000);
    qInfo("longest wait of the event loop while 10,000 runs are read again: %lld ms", static_cast<long long>(longest));
    QVERIFY2(longest < 250, "the window must not wait for the run table");
}

QTEST_MAIN(TestRunsPanel)
#include "tst_runs_panel.moc"
