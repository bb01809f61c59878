#include <algorithm>
#include <numeric>

#include <QComboBox>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QStatusBar>
#include <QTabWidget>
#include <QTimer>
#include <QWheelEvent>
#include <QXmlStreamReader>

#include "core/store/study_queue.h"
#include "core/study/study.h"
#include "core/study/tradeoff.h"
#include "tests/window_fixture.h"
#include "ui/ablation_panel.h"
#include "ui/checkpoint_view.h"
#include "ui/dataset_view.h"
#include "ui/learning_curve.h"
#include "ui/run_page.h"
#include "ui/runs_panel.h"
#include "ui/study_panel.h"
#include "version.h"

using namespace awb;
using namespace awb::test;

class TestWindowMenus : public WindowTest {
    Q_OBJECT

private slots:
    void initTestCase() { prepare(); }
    void init() { makeHome(); }
    void cleanup() { close(); }

    void aStudyLeavesAndComesHomeByTheMenu();
    void theWindowStaysFluidWhileAStudyIsExported();
    void chartAndCurveAreExportedFromTheMenu();
    void aStudyIsDeletedByTheMenu();
    void exportingAnEmptyChartIsRefusedInWords();
    void theAboutBoxNamesVersionAndLibrary();
    void everyChartIsTwoClicksAway();
    void theStatusBarKeepsItsWordsUnderAMenu();
    void theQueueIsPausedFromAnywhere();
    void settingsOfARunAreShownWhereTheyWent();
    void theMenuHoldsTheCommandsOfTheSelectedRuns();
    void aDockBehindAnotherComesForward();
    void theCurveIsClosedByTheMenuThoughItsPlotPaintsAllOfIt();
    void whatCannotBeWrittenIsSaidUntilItIs();
    void pagesOfTheLibraryShowWhatTheSetUpHas();
    void theWheelScrollsTheSetUp();
};

void TestWindowMenus::theStatusBarKeepsItsWordsUnderAMenu()
{
    open();
    QTRY_VERIFY(m_window->statusBar()->currentMessage().contains(QStringLiteral("The queue is empty")));
    QTest::keyClick(m_window.get(), Qt::Key_F, Qt::AltModifier);
    QTRY_VERIFY(QApplication::activePopupWidget());
    QTest::keyClick(QApplication::activePopupWidget(), Qt::Key_Down);
    QTest::keyClick(QApplication::activePopupWidget(), Qt::Key_Escape);
    QVERIFY(m_window->statusBar()->currentMessage().contains(QStringLiteral("The queue is empty")));
}

void TestWindowMenus::theQueueIsPausedFromAnywhere()
{
    addTinyLibrary();
    open();
    find<QLineEdit>("learningRateEdit")->setFocus();
    QTest::keyClick(find<QLineEdit>("learningRateEdit"), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(m_bridge->store().queuePaused());
    QTest::keyClick(find<QLineEdit>("learningRateEdit"), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(!m_bridge->store().queuePaused());
}

void TestWindowMenus::settingsOfARunAreShownWhereTheyWent()
{
    addTinyLibrary();
    open();
    const auto ids = trainTwoMethods();
    find<QDockWidget>("libraryDock")->raise();
    QTRY_VERIFY(m_window->findChild<SetupPanel *>()->visibleRegion().isEmpty());
    emit m_window->findChild<RunsPanel *>()->settingsReused(m_bridge->store().run(ids.back())->spec);
    QTRY_VERIFY(!m_window->findChild<SetupPanel *>()->visibleRegion().isEmpty());
    QCOMPARE(m_window->findChild<SetupPanel *>()->specs().front().method.name, std::string("head"));
}

void TestWindowMenus::aDockBehindAnotherComesForward()
{
    open();
    const auto *setup = m_window->findChild<SetupPanel *>();
    auto *library = find<QDockWidget>("libraryDock");
    const auto seen = [&] { return !setup->visibleRegion().isEmpty(); };
    library->raise();
    QTRY_VERIFY(!seen());
    clickMenu(QStringLiteral("View"), QStringLiteral("Set-up"));
    QTRY_VERIFY(seen());
    clickMenu(QStringLiteral("View"), QStringLiteral("Set-up")); // seen: away with it
    QTRY_VERIFY(find<QDockWidget>("setupDock")->isHidden());
    clickMenu(QStringLiteral("View"), QStringLiteral("Set-up"));
    QTRY_VERIFY(seen());
    library->raise();
    QTRY_VERIFY(!seen());
    find<QComboBox>("methodCombo")->setFocus(); // as the Tab key would
    QTRY_VERIFY(seen());
}

void TestWindowMenus::theCurveIsClosedByTheMenuThoughItsPlotPaintsAllOfIt()
{
    addTinyLibrary();
    open();
    m_window->resize(1280, 840);
    trainTwoMethods();
    auto *dock = find<QDockWidget>("curveDock");
    dock->raise();
    QTRY_VERIFY(dock->isVisible());
    QAction *entry = nullptr;
    for (QAction *action : m_window->findChildren<QAction *>())
        if (action->isCheckable() && action->text() == QStringLiteral("Learning curve"))
            entry = action;
    QVERIFY(entry);
    QVERIFY(entry->isChecked());
    clickMenu(QStringLiteral("View"), QStringLiteral("Learning curve"));
    QTRY_VERIFY(dock->isHidden());
    QVERIFY(!entry->isChecked());
    clickMenu(QStringLiteral("View"), QStringLiteral("Learning curve"));
    QTRY_VERIFY(dock->isVisible());
    QVERIFY(entry->isChecked());
}

void TestWindowMenus::whatCannotBeWrittenIsSaidUntilItIs()
{
    open();
    const auto *label = find<QLabel>("troubleLabel");
    QVERIFY(label->isHidden());
    emit m_bridge->trouble(QStringLiteral("The disk is full."));
    QVERIFY(label->isVisible());
    QVERIFY(label->toolTip().startsWith(QStringLiteral("The disk is full.")));
    emit m_bridge->progress({1, 1, 2, 0.5, 1e-3, 32}); // another run goes on
    QVERIFY(label->isVisible());
    emit m_bridge->changed(); // it was written
    QVERIFY(label->isHidden());
}

void TestWindowMenus::pagesOfTheLibraryShowWhatTheSetUpHas()
{
    addTinyLibrary();
    open();
    auto *tabs = find<QTabWidget>("mainTabs");
    tabs->setCurrentWidget(m_window->findChild<DatasetView *>());
    QTRY_COMPARE(find<QLabel>("datasetTitle")->text(), QStringLiteral("reviews"));
    tabs->setCurrentWidget(m_window->findChild<CheckpointView *>());
    QTRY_COMPARE(find<QLabel>("checkpointTitle")->text(), QStringLiteral("tiny"));
}

void TestWindowMenus::theWheelScrollsTheSetUp()
{
    open();
    m_window->resize(800, 600);
    auto *area = find<QScrollArea>("setupScroll");
    QVERIFY(area);
    QTRY_VERIFY(area->verticalScrollBar()->maximum() > 0);
    QWidget *view = area->viewport(); // where a turn over a label ends
    const QPointF at = view->rect().center();
    QWheelEvent turn(at, view->mapToGlobal(at), {}, {0, -120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(view, &turn);
    QVERIFY(area->verticalScrollBar()->value() > 0);
}

void TestWindowMenus::theMenuHoldsTheCommandsOfTheSelectedRuns()
{
    addTinyLibrary();
    open();
    m_bridge->store().setQueuePaused(true);
    const TrainSpec spec = m_window->findChild<SetupPanel *>()->specs().front();
    const auto ids = m_bridge->store().enqueue({spec, spec});
    m_bridge->wake();
    m_window->findChild<RunsPanel *>()->selectRun(ids[0]);
    QTRY_COMPARE(m_window->findChild<RunsPanel *>()->selectedRun(), ids[0]);
    clickMenu(QStringLiteral("Runs"), QStringLiteral("Pause"));
    QVERIFY(m_bridge->store().run(ids[0])->state == RunState::Paused);
    QVERIFY(m_bridge->store().run(ids[1])->state == RunState::Queued);
    clickMenu(QStringLiteral("Runs"), QStringLiteral("Resume queue"));
    QVERIFY(!m_bridge->store().queuePaused());
}

void TestWindowMenus::aStudyLeavesAndComesHomeByTheMenu()
{
    addTinyLibrary();
    open();
    Study study = *presetStudy("quick");
    study.name = "mine";
    study.datasets = {"reviews"};
    study.checkpoint = "tiny";
    study.recipe.maxLength = 48;
    study.arms = {{"adapter", {8}, true, {1e-3}, {}, {}}};
    const std::int64_t id = queueStudy(m_bridge->store(), study).front();
    const TrainSpec spec = m_bridge->store().run(id)->spec;
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

void TestWindowMenus::theWindowStaysFluidWhileAStudyIsExported()
{
    addTinyLibrary();
    Study study = *presetStudy("quick");
    study.name = "mine";
    study.datasets = {"reviews"};
    study.checkpoint = "tiny";
    study.arms = {{"adapter", {8, 16}, true, {1e-3}, {}, {}}};
    study.seeds.resize(100);
    std::iota(study.seeds.begin(), study.seeds.end(), 0);
    Store store(m_home->path().toStdString());
    store.saveStudy(study);
    std::vector<Measurement> curve;
    for (int step = 1; step <= 5000; ++step)
        curve.push_back({"loss", step, step / 1000.0, 1.0 / step});
    for (int epoch = 1; epoch <= 5; ++epoch)
        curve.push_back({"dev.accuracy", 1000 * epoch, double(epoch), 0.16 * epoch});
    for (const std::int64_t id : queueStudy(store, study)) {
        Run run = store.claim(id).value();
        store.addMeasurements(id, curve);
        run.score = 0.8;
        run.metric = "accuracy";
        run.trainable = 1000 * run.spec.method.bottleneck;
        store.finish(run);
    }
    open();
    m_window->findChild<StudyPanel *>()->showStudy(QStringLiteral("mine"));
    m_dialogs.file = m_home->filePath(QStringLiteral("mine.zip"));
    qint64 longest = 0;
    QElapsedTimer sinceTick;
    QTimer tick;
    connect(&tick, &QTimer::timeout, this, [&] { longest = std::max(longest, sinceTick.restart()); });
    sinceTick.start();
    tick.start(1);
    m_window->findChild<StudyPanel *>()->exportArchive();
    QTRY_COMPARE_WITH_TIMEOUT(m_dialogs.abouts.size(), 1, 60000);
    qInfo("longest wait of the event loop while 200 runs of 5,000 steps are exported: %lld ms", longest);
    QVERIFY2(longest < 300, qPrintable(QString::number(longest)));
    m_dialogs.abouts.clear();
}

void TestWindowMenus::chartAndCurveAreExportedFromTheMenu()
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

void TestWindowMenus::aStudyIsDeletedByTheMenu()
{
    addTinyLibrary();
    open();
    Study study = *presetStudy("quick");
    study.name = "mine";
    m_bridge->store().saveStudy(study);
    m_bridge->store().setQueuePaused(true);
    const TrainSpec spec = m_window->findChild<SetupPanel *>()->specs().front();
    const auto ids = m_bridge->store().enqueue({spec, spec, spec}, "mine");
    m_bridge->store().finish(m_bridge->store().run(ids[0]).value());
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

void TestWindowMenus::exportingAnEmptyChartIsRefusedInWords()
{
    addTinyLibrary();
    open();
    m_dialogs.file = m_home->filePath(QStringLiteral("nothing.pdf"));
    m_window->findChild<TradeoffPanel *>()->exportChart();
    QCOMPARE(m_dialogs.errors.size(), 1); // there is nothing to draw yet, and that is said
    QVERIFY(!QFile::exists(m_dialogs.file));
    m_dialogs.errors.clear();
}

void TestWindowMenus::theAboutBoxNamesVersionAndLibrary()
{
    open();
    clickMenu(QStringLiteral("Help"), QStringLiteral("About"));
    QCOMPARE(m_dialogs.abouts.size(), 1);
    const QString text = m_dialogs.abouts.takeFirst();
    QVERIFY2(text.contains(QLatin1String(version)) && text.contains(m_home->path()), qPrintable(text));
}

void TestWindowMenus::everyChartIsTwoClicksAway()
{
    open();
    auto *tabs = find<QTabWidget>("mainTabs");
    auto *curves = find<QDockWidget>("curveDock");
    const auto *figures = find<QComboBox>("studyFigureCombo"), *views = find<QComboBox>("ablationView");
    /// The chart that one sees, in the menu's words.
    const auto seen = [&]() -> QString {
        if (curves->isVisible())
            return QStringLiteral("Learning curves of the chosen runs");
        if (m_window->findChild<TradeoffPanel *>()->isVisible())
            return QStringLiteral("Trade-off of a task");
        if (m_window->findChild<StudyPanel *>()->isVisible())
            return figures->currentText();
        if (m_window->findChild<AblationPanel *>()->isVisible())
            return QStringLiteral("Ablation: ") + views->currentText().toLower();
        return m_window->findChild<RunPage *>()->isVisible() ? QStringLiteral("Run, or two side by side") : QString();
    };
    QStringList entries;
    for (const QAction *title : m_window->menuBar()->actions())
        if (title->text() == QStringLiteral("&Charts"))
            for (const QAction *action : title->menu()->actions())
                if (!action->isSeparator())
                    entries << action->text().remove(u'&');
    QCOMPARE(entries.size(), 1 + figures->count() + views->count() + 2);
    for (const QString &entry : entries) {
        tabs->setCurrentIndex(tabs->count() - 1); // the checkpoint
        curves->close();
        QCOMPARE(seen(), QString());
        clickMenu(QStringLiteral("Charts"), entry);
        QCOMPARE(seen(), entry);
    }
}

QTEST_MAIN(TestWindowMenus)
#include "tst_window_menus.moc"
