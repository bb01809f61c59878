#include <algorithm>

#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QLabel>
#include <QImage>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QTimer>
#include <QXmlStreamReader>
#include <qcustomplot.h>

#include "core/data/recognise.h"
#include "core/methods/methods.h"
#include "core/store/run_training.h"
#include "core/store/sample_library.h"
#include "core/study/tradeoff.h"
#include "tests/chart_fixture.h"
#include "tests/gui_helpers.h"
#include "tests/real_files.h"
#include "ui/checkpoint_view.h"
#include "ui/dataset_view.h"
#include "ui/lab_bridge.h"
#include "ui/learning_curve.h"
#include "ui/main_window.h"
#include "ui/run_page.h"
#include "ui/runs_model.h"
#include "ui/runs_panel.h"
#include "ui/setup_panel.h"
#include "ui/study_panel.h"
#include "ui/tradeoff_panel.h"
#include "version.h"

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
    void theQuickStudyIsQueuedOnce();
    void theQuickStudyGetsTheSampleLibraryFirst();
    void aRunTravelsFromTheSetUpToTheChart();
    void tableAndChartSelectEachOther();
    void chartAndCurveAreExportedFromTheMenu();
    void theAxisIsChosenInThePanel();
    void twoChosenRunsAreCompared();
    void aStudyLeavesAndComesHomeByTheMenu();
    void aStudyIsDeletedByTheMenu();
    void exportingAnEmptyChartIsRefusedInWords();
    void theAboutBoxNamesVersionAndLibrary();
    void everyChartIsTwoClicksAway();
    void nothingIsCutAt800By600();
    void everythingFocusableHasAName();
    void docksAndThemeAreRemembered();
    void anotherProcessesRunsAppear();
    void twoWindowsShareALibrary();
    void theWindowStaysFluidWhileTraining();

private:
    void addTinyLibrary();
    void open();
    std::vector<std::int64_t> trainTwoMethods();
    void clickMenu(const QString &menu, const QString &entry);
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
    store.addCheckpoint({"tiny", testData("model/tiny").string(), {}, {}});
    store.addDataset(manifestOf(home / "reviews.tsv"));
}

void TestWindow::open()
{
    m_bridge = std::make_unique<LabBridge>(m_home->path().toStdString(), trainingFunction());
    m_window = std::make_unique<MainWindow>(*m_bridge, DeviceChoices{{"cpu", "this processor"}});
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

/// A finished run with adapters and one of the head alone, both on the chart.
std::vector<std::int64_t> TestWindow::trainTwoMethods()
{
    TrainSpec adapters = m_window->findChild<SetupPanel *>()->specs().front();
    adapters.recipe.maxLength = 32;
    adapters.recipe.epochs = 1;
    TrainSpec head = adapters;
    head.method = methodEntry("head").method;
    const auto ids = m_bridge->store().enqueue({adapters, head});
    m_bridge->wake();
    TradeoffPlot &chart = m_window->findChild<TradeoffPanel *>()->chart();
    [&] { QTRY_COMPARE_WITH_TIMEOUT(chart.points().size(), std::size_t(2), 60000); }();
    chart.plot().replot();
    return ids;
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

void TestWindow::aStudyLeavesAndComesHomeByTheMenu()
{
    addTinyLibrary();
    open();
    Study study = *presetStudy("quick");
    study.name = "mine";
    study.datasets = {"reviews"};
    study.checkpoint = "tiny";
    m_bridge->store().saveStudy(study);
    TrainSpec spec = m_window->findChild<SetupPanel *>()->specs().front();
    spec.recipe.epochs = 1;
    const std::int64_t id = m_bridge->store().enqueue({spec}, "mine").front();
    m_bridge->wake();
    QTRY_VERIFY_WITH_TIMEOUT(m_bridge->store().run(id)->state == RunState::Done, 60000);
    emit m_bridge->changed();
    m_window->findChild<StudyPanel *>()->showStudy(QStringLiteral("mine"));
    m_dialogs.file = m_home->filePath(QStringLiteral("mine.zip"));
    clickMenu(QStringLiteral("Study"), QStringLiteral("Export the study shown…"));
    QTRY_COMPARE_WITH_TIMEOUT(m_dialogs.abouts.size(), 1, 20000);
    QVERIFY2(m_dialogs.abouts.front().contains(m_dialogs.file), qPrintable(m_dialogs.abouts.front()));
    m_bridge->store().remove(id);
    clickMenu(QStringLiteral("Study"), QStringLiteral("Import a study…"));
    QTRY_COMPARE_WITH_TIMEOUT(m_dialogs.abouts.size(), 2, 20000);
    QVERIFY2(m_dialogs.abouts.back().contains(QStringLiteral("1 run came in")), qPrintable(m_dialogs.abouts.back()));
    QVERIFY(m_bridge->store().runsOfStudy("mine").front().spec == spec);
    QVERIFY(contentOf(m_dialogs.file).contains("figures/tradeoff-reviews.pdf"));
    QVERIFY(contentOf(m_dialogs.file).contains("figures/curves-reviews.pdf"));
    // The chart of an imported study needs neither its data nor its checkpoint.
    m_bridge->store().removeDataset("reviews");
    emit m_bridge->changed();
    m_window->findChild<TradeoffPanel *>()->show(QStringLiteral("reviews"), QStringLiteral("tiny"));
    QCOMPARE(find<QComboBox>("chartDataset")->currentText(), QStringLiteral("reviews"));
    QCOMPARE(m_window->findChild<TradeoffPanel *>()->chart().points().size(), std::size_t(1));

    writeText(m_dialogs.file, "no archive");
    clickMenu(QStringLiteral("Study"), QStringLiteral("Import a study…"));
    QTRY_COMPARE_WITH_TIMEOUT(m_dialogs.errors.size(), 1, 20000);
    QVERIFY(m_dialogs.errors.front().contains(m_dialogs.file));
    m_dialogs.file = m_home->path(); // this library itself
    clickMenu(QStringLiteral("File"), QStringLiteral("Merge another library…"));
    QTRY_COMPARE_WITH_TIMEOUT(m_dialogs.errors.size(), 2, 20000);
    QVERIFY(m_dialogs.errors.back().contains(QStringLiteral("this library itself")));
    m_dialogs.errors.clear();
    m_dialogs.abouts.clear();
}

void TestWindow::clickMenu(const QString &menu, const QString &entry)
{
    const auto named = [](const QList<QAction *> &actions, const QString &name) -> QAction * {
        for (QAction *action : actions)
            if (action->text().remove(u'&') == name)
                return action;
        return nullptr;
    };
    QMenuBar *bar = m_window->menuBar();
    QAction *title = named(bar->actions(), menu);
    QVERIFY2(title, qPrintable(menu));
    QTest::mouseClick(bar, Qt::LeftButton, {}, bar->actionGeometry(title).center());
    QTRY_VERIFY(title->menu()->isVisible());
    QAction *action = named(title->menu()->actions(), entry);
    QVERIFY2(action, qPrintable(entry));
    QTest::mouseClick(title->menu(), Qt::LeftButton, {}, title->menu()->actionGeometry(action).center());
    QTRY_VERIFY(!title->menu()->isVisible());
}

void TestWindow::chartAndCurveAreExportedFromTheMenu()
{
    addTinyLibrary();
    open();
    const auto ids = trainTwoMethods();
    TradeoffPlot &chart = m_window->findChild<TradeoffPanel *>()->chart();
    m_window->findChild<RunsPanel *>()->selectRun(ids[0]);
    QTRY_COMPARE(m_window->findChild<LearningCurve *>()->run(), ids[0]);
    const auto written = [&](const QString &name, const std::function<void()> &ask) {
        m_dialogs.file = m_home->filePath(name);
        ask();
        return contentOf(m_dialogs.file);
    };
    const std::string curveNumbers = curve_data::toCsv(m_bridge->store().measurements(ids[0]));
    const std::string chartNumbers = toCsv(chart.points(), m_bridge->store().runs());
    struct Figure {
        const char *name, *entry, *axis;
        QSize size; // in pixels of a PNG
        Qt::KeyboardModifiers keys;
        std::string numbers;
    };
    for (const Figure &figure :
         {Figure{"chart", "Export trade-off chart…", "Trained parameters", {1920, 1500}, Qt::ControlModifier, chartNumbers},
          Figure{"curve",
                 "Export learning curve…",
                 "Step",
                 {1920, 1260},
                 Qt::ControlModifier | Qt::ShiftModifier,
                 curveNumbers}}) {
        const QString name = QString::fromLatin1(figure.name);
        const auto byMenu = [&] { clickMenu(QStringLiteral("File"), QString::fromUtf8(figure.entry)); };
        const auto byKeys = [&] { QTest::keyClick(m_window.get(), Qt::Key_E, figure.keys); };
        const QByteArray pdf = written(name + QStringLiteral(".pdf"), byMenu);
        QVERIFY(pdf.startsWith("%PDF-") && pdf.contains("%%EOF") && pdf.contains("/FontFile"));
        QXmlStreamReader svg(written(name + QStringLiteral(".svg"), byKeys));
        QStringList texts;
        while (!svg.atEnd())
            if (svg.readNext() == QXmlStreamReader::Characters)
                texts << svg.text().toString().simplified();
        QVERIFY2(!svg.hasError(), qPrintable(svg.errorString()));
        QVERIFY2(texts.contains(QLatin1String(figure.axis)), qPrintable(texts.join(u'|')));
        const QImage png = QImage::fromData(written(name + QStringLiteral(".png"), byKeys), "PNG");
        QCOMPARE(png.size(), figure.size);
        QCOMPARE(png.pixelColor(3, 3), QColor(Qt::white));
        QVERIFY(m_dialogs.offered.contains(m_dialogs.filter = QStringLiteral("PNG, 600 dpi (*.png)")));
        const QImage fine = QImage::fromData(written(name + QStringLiteral("-600.png"), byKeys), "PNG");
        m_dialogs.filter.clear();
        QCOMPARE(fine.width(), png.width() * 600 / 216);
        QCOMPARE(fine.dotsPerMeterX(), qRound(600 / 0.0254));
        QCOMPARE(written(name + QStringLiteral(".csv"), byMenu).toStdString(), figure.numbers);
        QVERIFY(std::count(figure.numbers.begin(), figure.numbers.end(), '\n') >= 3); // a heading, two rows or more
    }
    QVERIFY2(m_dialogs.errors.isEmpty(), qPrintable(m_dialogs.errors.join(u' ')));
}

void TestWindow::aStudyIsDeletedByTheMenu()
{
    addTinyLibrary();
    open();
    Study study = *presetStudy("quick");
    study.name = "mine";
    m_bridge->store().saveStudy(study);
    m_bridge->store().setQueuePaused(true);
    const TrainSpec spec = m_window->findChild<SetupPanel *>()->specs().front();
    const auto ids = m_bridge->store().enqueue({spec, spec, spec}, "mine");
    m_bridge->store().setState(ids[0], RunState::Done);
    emit m_bridge->changed();
    auto *shown = find<QComboBox>("studyCombo");
    m_window->findChild<StudyPanel *>()->showStudy(QStringLiteral("mine"));
    m_dialogs.yes = false;
    const QString menu = QStringLiteral("Study"), entry = QStringLiteral("Delete the study shown…");
    clickMenu(menu, entry);
    QVERIFY(m_bridge->store().study("mine"));
    QCOMPARE(m_dialogs.questions.back(),
             QStringLiteral("Delete the study mine? Its finished run stays in the library and only loses the study's name. "
                            "Its 2 runs that wait are cancelled."));
    m_dialogs.yes = true;
    clickMenu(menu, entry);
    QVERIFY(!m_bridge->store().study("mine"));
    QCOMPARE(m_bridge->store().runs().size(), std::size_t(3));
    QVERIFY(m_bridge->store().run(ids[1])->state == RunState::Cancelled);
    QVERIFY(shown->findText(QStringLiteral("mine")) < 0);
    const auto asked = m_dialogs.questions.size();
    clickMenu(menu, entry); // what comes with the program
    QCOMPARE(m_dialogs.questions.size(), asked);
    QCOMPARE(m_dialogs.errors.size(), 1);
    QVERIFY2(m_dialogs.errors.front().contains(QStringLiteral("comes with the program")),
             qPrintable(m_dialogs.errors.front()));
    m_dialogs.errors.clear();
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

void TestWindow::theAboutBoxNamesVersionAndLibrary()
{
    open();
    clickMenu(QStringLiteral("Help"), QStringLiteral("About"));
    QCOMPARE(m_dialogs.abouts.size(), 1);
    const QString text = m_dialogs.abouts.takeFirst();
    QVERIFY2(text.contains(QLatin1String(version)) && text.contains(m_home->path()), qPrintable(text));
}

/// What of the window's visible controls and words is cut: narrower than it needs to be, or beyond the edge of what it lies
/// in.
static QStringList cutWidgets(const QWidget &window)
{
    QStringList cut;
    for (const QWidget *widget : window.findChildren<QWidget *>()) {
        const auto *label = qobject_cast<const QLabel *>(widget);
        const bool words = label && !label->wordWrap() && !label->text().isEmpty();
        const QWidget *dock = widget; // one behind another dock's tab counts as visible
        while (dock && !dock->inherits("QDockWidget"))
            dock = dock->parentWidget();
        if (!widget->isVisible() || (dock && dock->visibleRegion().isEmpty()) ||
            !(words || (widget->focusPolicy() & Qt::TabFocus)) || widget->objectName().startsWith(QStringLiteral("qt_")))
            continue;
        // What is made to do with less says so by a minimum of its own.
        const int least = widget->minimumWidth() > 0 ? widget->minimumWidth() : widget->minimumSizeHint().width();
        bool inside = widget->width() >= least;
        for (const QWidget *outer = widget->parentWidget(); outer && inside; outer = outer->parentWidget()) {
            const QRect place(widget->mapTo(outer, QPoint(0, 0)), widget->size());
            const bool scrolled = outer->parentWidget() && outer->parentWidget()->inherits("QAbstractScrollArea");
            inside = place.left() >= 0 && place.right() < outer->width() &&
                     (scrolled || (place.top() >= 0 && place.bottom() < outer->height()));
            if (scrolled || outer->isWindow())
                break;
        }
        if (!inside)
            cut << QStringLiteral("%1 %2 “%3” %4 of %5")
                       .arg(QLatin1String(widget->metaObject()->className()), widget->objectName(),
                            widget->property("text").toString())
                       .arg(widget->width())
                       .arg(least);
    }
    return cut;
}

void TestWindow::everyChartIsTwoClicksAway()
{
    open();
    auto *tabs = find<QTabWidget>("mainTabs");
    clickMenu(QStringLiteral("Charts"), QStringLiteral("Table 2: top layers, adapters"));
    QCOMPARE(tabs->currentWidget(), static_cast<QWidget *>(m_window->findChild<StudyPanel *>()));
    QCOMPARE(find<QComboBox>("studyFigureCombo")->currentText(), QStringLiteral("Table 2: top layers, adapters"));
    clickMenu(QStringLiteral("Charts"), QStringLiteral("Ablation: switch adapters"));
    QVERIFY(find<QComboBox>("ablationView")->isVisible());
    QCOMPARE(find<QComboBox>("ablationView")->currentText(), QStringLiteral("Switch adapters"));
    clickMenu(QStringLiteral("Charts"), QStringLiteral("Trade-off of a task"));
    QCOMPARE(tabs->currentIndex(), 0);
}

void TestWindow::nothingIsCutAt800By600()
{
    addTinyLibrary();
    open();
    const auto ids = trainTwoMethods();
    const QSize small(800, 600);
    const QSize least = m_window->minimumSizeHint();
    QVERIFY2(least.width() <= small.width() && least.height() <= small.height(),
             qPrintable(QStringLiteral("%1 x %2").arg(least.width()).arg(least.height())));
    m_window->resize(1280, 840);
    QTest::qWait(50);
    m_window->resize(small);
    QTest::qWait(50);
    QCOMPARE(m_window->size(), small);
    m_window->findChild<DatasetView *>()->show(QStringLiteral("reviews"), QStringLiteral("tiny"));
    m_window->findChild<CheckpointView *>()->show(QStringLiteral("tiny"));
    QTRY_COMPARE(find<QLabel>("datasetTitle")->text(), QStringLiteral("reviews"));
    QTRY_COMPARE(find<QLabel>("checkpointTitle")->text(), QStringLiteral("tiny"));
    auto *tabs = find<QTabWidget>("mainTabs");
    for (const char *dock : {"libraryDock", "setupDock"}) {
        find<QDockWidget>(dock)->raise();
        for (int tab = 0; tab < tabs->count(); ++tab) {
            tabs->setCurrentIndex(tab);
            auto *pages = tabs->currentWidget()->findChild<QTabWidget *>();
            for (int page = 0; page < (pages ? pages->count() : 1); ++page) {
                if (pages)
                    pages->setCurrentIndex(page);
                QTest::qWait(20);
                const QStringList cut = cutWidgets(*m_window);
                QVERIFY2(cut.isEmpty(), qPrintable(cut.join(u'\n')));
            }
        }
    }
    QCOMPARE(m_window->size(), small);
    // The score is what one looks for: it is in view, whole.
    auto *table = find<QTableView>("runsTable");
    QTRY_COMPARE(table->model()->rowCount(), 2);
    const QModelIndex score = table->model()->index(0, RunsModel::Score);
    const QRect cell = table->visualRect(score);
    QVERIFY(table->viewport()->rect().contains(cell));
    QVERIFY(cell.width() >= table->sizeHintForIndex(score).width());
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
    QCOMPARE(m_window->size(), QSize(1000, 700));
    QVERIFY(qApp->palette().window().color().lightness() < 64);
    choose("system");
    QCOMPARE(qApp->palette().window().color(), before.window().color());
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
