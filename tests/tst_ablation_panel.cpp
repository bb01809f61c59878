#include <cmath>
#include <memory>

#include <QApplication>
#include <QComboBox>
#include <QHelpEvent>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolTip>
#include <SQLiteCpp/SQLiteCpp.h>
#include <qcustomplot.h>

#include "core/data/recognise.h"
#include "core/model/checkpoint.h"
#include "core/store/ablate.h"
#include "core/store/run_training.h"
#include "core/study/published.h"
#include "tests/chart_fixture.h"
#include "tests/gui_helpers.h"
#include "tests/library_fixture.h"
#include "tests/real_files.h"
#include "ui/ablation_panel.h"
#include "ui/ablation_plot.h"
#include "ui/adapter_drop_plot.h"
#include "ui/lab_bridge.h"
#include "ui/model_stack.h"

using namespace awb;
using namespace awb::test;

namespace {

/// A map of six layers: lower layers matter less, all together most.
AblationMap madeUp(int layers = 6)
{
    AblationMap map{"accuracy", 0.832, {}, {}, "this processor", 2};
    for (int first = 0; first < layers; ++first) {
        auto &row = map.removed.emplace_back();
        for (int last = first; last < layers; ++last)
            row.push_back(map.score + 0.004 - 0.011 * (last - first + 1) * (1 + 0.3 * first));
    }
    for (int n = 0; n <= layers; ++n)
        map.seconds.push_back((1.2 - 0.02 * n) * 1e-3);
    return map;
}

std::string reviews()
{
    std::string text;
    for (int i = 0; i < 120; ++i)
        text += std::string(i % 2 ? "good" : "bad") + "\tthe " + (i % 3 ? "film " : "book ") +
                (i % 2 ? "is very good" : "was not good") + " day " + char('a' + i % 26) + char('a' + i / 26) + "\n";
    return text;
}

/// A library with a run of adapters that was really trained, one of the head alone and one that waits.
struct Library {
    QTemporaryDir home;
    std::int64_t adapters = 0, head = 0, waiting = 0;

    Library()
    {
        writeText(home.filePath(QStringLiteral("reviews.tsv")), reviews());
        Manifest manifest = guessManifest(pathOf(home) / "reviews.tsv", "reviews");
        manifest.train.label = 0;
        manifest.train.textA = 1;
        completeManifest(manifest);
        Store store(pathOf(home));
        const std::filesystem::path checkpoint = testData("model/tiny");
        store.addCheckpoint({"tiny", checkpoint.string(), Checkpoint::open(checkpoint).sha256(), {}});
        store.addDataset(manifest);
        TrainSpec spec;
        spec.checkpoint = "tiny";
        spec.dataset = "reviews";
        spec.method = methodEntry("adapter").method;
        spec.method.bottleneck = 8;
        spec.recipe.epochs = 15;
        spec.recipe.batch = 8;
        spec.recipe.maxLength = 24;
        spec.recipe.learningRate = 1e-2;
        spec.recipe.initStd = 0.3;
        TrainSpec headOnly = spec;
        headOnly.method = methodEntry("head").method;
        headOnly.recipe.epochs = 1;
        const auto ids = store.enqueue({spec, headOnly});
        adapters = ids[0];
        head = ids[1];
        workQueue(pathOf(home), trainingFunction(), {}, {}, {});
        waiting = store.enqueue({spec}).front();
        store.pause(waiting);
    }
};

} // namespace

class TestAblationPanel : public QObject {
    Q_OBJECT

private slots:
    void cellsShowTheChangeInPoints();
    void hoverAndKeysTellACell();
    void aPublishedMapStandsBesideIt();
    void figuresAreWritten();
    void aModelOfOneLayerHasACellToo();
    void aScoreThatIsNoNumberIsSaid();
    void theDropCurveShowsScoreAndTime();
    void aLongTitleIsBroken();
    void aMapIsComputedFromThePanelAndKept();
    void computingCanBeCancelled();
    void aFailureIsSaidWhereItBelongs();
    void togglesChangeTheScore();
    void whatCannotBeAblatedIsSaid();

private:
    Library &library()
    {
        if (!m_library)
            m_library = std::make_unique<Library>();
        return *m_library;
    }
    std::unique_ptr<Library> m_library;
};

void TestAblationPanel::cellsShowTheChangeInPoints()
{
    AblationPlot plot;
    plot.resize(620, 460);
    plot.setMap(madeUp(), run(7, "adapter", 64, 600000, 0, 0.832));
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    auto *colours = plot.plot().findChild<QCPColorMap *>();
    QVERIFY(!colours->interpolate());
    QCOMPARE(colours->data()->keySize(), 6);
    for (int first = 0; first < 6; ++first)
        for (int last = 0; last < 6; ++last) {
            const double shown = colours->data()->cell(last, first);
            if (last < first)
                QVERIFY(std::isnan(shown)); // meaningless
            else
                QVERIFY(std::abs(shown - 100 * (madeUp().scoreWithout(first, last) - madeUp().score)) < 1e-9);
        }
    QStringList numbers;
    for (const QCPItemText *text : plot.plot().findChildren<QCPItemText *>())
        if (text->visible())
            numbers << text->text();
    QCOMPARE(numbers.size(), 21);
    QVERIFY(numbers.contains(QStringLiteral("−0.7"))); // layer 0 alone
    savePictures(plot, QStringLiteral("ablation-map"));
}

void TestAblationPanel::hoverAndKeysTellACell()
{
    AblationPlot plot;
    plot.resize(620, 460);
    plot.setMap(madeUp(), run(7, "adapter", 64, 600000, 0, 0.832));
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    QTest::qWait(50); // laid out
    hover(plot.plot(), plot.own().cellRect(1, 3).center().toPoint());
    QTRY_VERIFY(plot.plot().accessibleDescription().startsWith(
        QStringLiteral("Layers 1–3 without adapters: Accuracy 79.31 %, change −3.89")));
    QTest::keyClick(&plot.plot(), Qt::Key_Down);
    QVERIFY(plot.plot().accessibleDescription().startsWith(QStringLiteral("Layers 2–3 without")));
    QTest::keyClick(&plot.plot(), Qt::Key_Down);
    QTest::keyClick(&plot.plot(), Qt::Key_Down); // not below the diagonal
    QVERIFY(plot.plot().accessibleDescription().startsWith(QStringLiteral("Layer 3 without adapters")));
    hover(plot.plot(), plot.own().cellRect(4, 1).center().toPoint());
    QTRY_VERIFY(plot.plot().accessibleDescription().startsWith(QStringLiteral("Heat map of 6 layers")));
}

void TestAblationPanel::aPublishedMapStandsBesideIt()
{
    AblationPlot plot;
    plot.resize(780, 460); // as wide as the screen of the tests
    plot.setMap(madeUp(), run(7, "adapter", 64, 600000, 0, 0.832));
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    QVERIFY(!plot.published());
    for (int index = 0; index < 2; ++index) {
        plot.setPublished(index);
        QCOMPARE(plot.plot().findChildren<QCPColorMap *>().size(), 2);
        QVERIFY(plot.published()->values().changes == publishedAblations()[std::size_t(index)].points);
        QVERIFY(plot.published()->values().title.contains(index ? QStringLiteral("CoLA") : QStringLiteral("MNLI-m")));
    }
    QTest::qWait(50);
    savePictures(plot, QStringLiteral("ablation-published"));
    // Far enough from the screen's edge that the tooltip does not come to lie under the mouse.
    hover(plot.plot(), plot.published()->cellRect(0, 1).center().toPoint());
    QTRY_VERIFY(plot.plot().accessibleDescription().contains(QStringLiteral("change −0.6 points")));
    plot.setPublished(-1);
    QCOMPARE(plot.plot().findChildren<QCPColorMap *>().size(), 1);
}

void TestAblationPanel::figuresAreWritten()
{
    const QTemporaryDir folder;
    AblationPlot plot;
    AdapterDropPlot drop;
    QVERIFY(sentenceOf([&] {
                plot.exportTo(folder.filePath(QStringLiteral("a.pdf")));
            }).contains(QStringLiteral("no ablation map")));
    const Run own = run(7, "adapter", 64, 600000, 0, 0.832);
    plot.setMap(madeUp(), own);
    plot.setPublished(0);
    drop.setMap(madeUp(), own);
    for (const char *type : {"pdf", "svg", "png", "pgf", "csv"}) {
        const QString file = folder.filePath(QStringLiteral("map.") + QLatin1String(type));
        plot.exportTo(file);
        QVERIFY(contentOf(file).size() > 500);
        drop.exportTo(folder.filePath(QStringLiteral("drop.") + QLatin1String(type)));
        if (const char *pictures = std::getenv("AWB_PICTURES"))
            for (const char *name : {"map.", "drop."})
                QFile::copy(folder.filePath(QLatin1String(name) + QLatin1String(type)),
                            QString::fromLocal8Bit(pictures) + QStringLiteral("/ablation-print-") + QLatin1String(name) +
                                QLatin1String(type));
    }
    QCOMPARE(wrongInPrint(plot), QString());
    QCOMPARE(wrongInPrint(drop), QString());
    const QByteArray csv = contentOf(folder.filePath(QStringLiteral("map.csv")));
    QCOMPARE(csv.count('\n'), 1 + 21 + 7);
    QVERIFY2(csv.contains("map,1,3,0.793"), csv.constData());
}

void TestAblationPanel::aModelOfOneLayerHasACellToo()
{
    AblationMap map;
    map.metric = "accuracy";
    map.score = 0.9;
    map.removed = {{0.5}};
    map.seconds = {1e-3, 5e-4};
    AblationPlot plot;
    plot.resize(620, 460);
    plot.setMap(map, run(7, "adapter", 64, 600000, 0, 0.9));
    plot.show();
    plot.plot().replot();
    const QRectF cell = plot.own().cellRect(0, 0);
    const QImage image = plot.plot().toPixmap().toImage();
    QVERIFY(image.pixelColor((cell.topLeft() + QPointF(cell.width(), cell.height()) / 8).toPoint()) !=
            image.pixelColor(2, 2));
}

void TestAblationPanel::aScoreThatIsNoNumberIsSaid()
{
    AblationMap map = madeUp();
    map.removed[0][5] = NAN;
    AblationPlot plot;
    plot.resize(620, 460);
    plot.setMap(map, run(7, "adapter", 64, 600000, 0, 0.832));
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    plot.plot().setFocus();
    QTest::keyClick(&plot.plot(), Qt::Key_Home);
    QTest::keyClick(&plot.plot(), Qt::Key_End);
    QVERIFY(plot.plot().accessibleDescription().startsWith(
        QStringLiteral("Layers 0–5 without adapters: Accuracy is not a number")));
}

void TestAblationPanel::theDropCurveShowsScoreAndTime()
{
    AdapterDropPlot plot;
    plot.resize(620, 420);
    const AblationMap map = madeUp();
    plot.setMap(map, run(7, "adapter", 64, 600000, 0, 0.832));
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    const auto score = graph(plot.plot(), "score")->data(), time = graph(plot.plot(), "time")->data();
    QCOMPARE(score->size(), 7);
    for (int n = 0; n <= 6; ++n) {
        QCOMPARE(score->at(n)->value, 100 * (n == 0 ? map.score : map.scoreWithout(0, n - 1)));
        QCOMPARE(time->at(n)->value, 1e3 * map.seconds[std::size_t(n)]);
    }
    savePictures(plot, QStringLiteral("ablation-drop"));
    hover(plot.plot(), pixel(plot.plot(), 6, score->at(6)->value));
    QTRY_VERIFY(plot.plot().accessibleDescription().startsWith(
        QStringLiteral("Without the adapters of the 6 lowest layers: Accuracy 77.00 %, change −6.20 points: 1.08 ms an "
                       "example, 10.0 % less")));
}

void TestAblationPanel::aLongTitleIsBroken()
{
    Run one = run(7, "adapter", 64, 600000, 0, 0.832);
    one.spec.dataset = "customer-reviews-of-2019";
    const QString whole = QStringLiteral("Run 7 · customer-reviews-of-2019 · adapters, m = 64");
    AblationPlot map;
    map.setMap(madeUp(), one);
    AdapterDropPlot drop;
    drop.setMap(madeUp(), one);
    for (ChartWidget *chart : std::initializer_list<ChartWidget *>{&map, &drop}) {
        QCustomPlot &plot = chart->plot();
        const auto *title = plot.findChild<QCPTextElement *>(QStringLiteral("title"));
        const QFontMetrics metrics(title->font());
        const int width = metrics.horizontalAdvance(whole);
        chart->resize(width + 20, 400);
        chart->show();
        QTRY_COMPARE(title->text(), whole);
        chart->resize(width * 3 / 4, 400);
        QTRY_COMPARE(title->text(), QStringLiteral("Run 7 · customer-reviews-of-2019\nadapters, m = 64"));
        chart->resize(width * 2 / 5, 400); // the name alone is longer
        QTRY_VERIFY(title->text().startsWith(QStringLiteral("Run 7\ncustomer-")));
        for (const QString &line : title->text().split(QLatin1Char('\n')))
            QVERIFY2(metrics.horizontalAdvance(line) <= plot.width(), qPrintable(line));
        QVERIFY2(plot.accessibleDescription().contains(whole), qPrintable(plot.accessibleDescription()));
        plot.replot();
        const QPoint place = title->outerRect().center();
        QHelpEvent help(QEvent::ToolTip, place, plot.mapToGlobal(place));
        QApplication::sendEvent(&plot, &help);
        QVERIFY2(QToolTip::text().contains(whole), qPrintable(QToolTip::text()));
    }
}

void TestAblationPanel::aMapIsComputedFromThePanelAndKept()
{
    LabBridge bridge(pathOf(library().home), trainingFunction());
    AblationPanel panel(bridge);
    panel.resize(700, 480);
    panel.show();
    QVERIFY(QTest::qWaitForWindowExposed(&panel));
    auto *message = panel.findChild<QLabel *>(QStringLiteral("ablationMessage"));
    auto *compute = panel.findChild<QPushButton *>(QStringLiteral("computeAblationButton"));
    QVERIFY(message->text().contains(QStringLiteral("Choose a run")));
    panel.selectRun(library().adapters);
    QVERIFY(message->isVisible());
    QTest::mouseClick(compute, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(panel.chart().isVisible() && !message->isVisible(), 60000);
    QVERIFY(!compute->isVisible());

    const Run trained = bridge.store().run(library().adapters).value();
    const AblationMap map = bridge.store().ablation(trained.id).value();
    QCOMPARE(map.score, trained.score.value());
    QVERIFY(map.removed[0].back() != map.score); // the adapters have learnt something
    const SQLite::Database db((pathOf(library().home) / "library.sqlite").string());
    SQLite::Statement rows(db, "SELECT first, last, 100 * (s.score - a.score) FROM ablation_span AS s JOIN ablation AS a "
                               "USING (run) ORDER BY first, last");
    auto *colours = panel.chart().plot().findChild<QCPColorMap *>();
    int cells = 0;
    for (; rows.executeStep(); ++cells)
        QVERIFY(std::abs(colours->data()->cell(rows.getColumn(1).getInt(), rows.getColumn(0).getInt()) -
                         rows.getColumn(2).getDouble()) < 1e-9);
    QCOMPARE(cells, 3); // two layers
    QCustomPlot &lines = panel.findChild<AdapterDropPlot *>()->plot();
    SQLite::Statement dropped(db,
                              "SELECT layers, 1000 * seconds, 100 * COALESCE((SELECT score FROM ablation_span AS s WHERE "
                              "s.run = d.run AND first = 0 AND last = layers - 1), a.score) FROM ablation_drop AS d JOIN "
                              "ablation AS a USING (run) ORDER BY layers");
    for (int n = 0; n <= 2; ++n) {
        QVERIFY(dropped.executeStep());
        QCOMPARE(graph(lines, "score")->data()->at(n)->key, dropped.getColumn(0).getDouble());
        QCOMPARE(graph(lines, "time")->data()->at(n)->key, dropped.getColumn(0).getDouble());
        QVERIFY(std::abs(graph(lines, "time")->data()->at(n)->value - dropped.getColumn(1).getDouble()) < 1e-9);
        QVERIFY(std::abs(graph(lines, "score")->data()->at(n)->value - dropped.getColumn(2).getDouble()) < 1e-9);
    }
    QCOMPARE(graph(lines, "time")->dataCount(), 3);

    AblationPanel later(bridge); // after a restart
    later.selectRun(trained.id);
    QVERIFY(later.chart().own().values() == panel.chart().own().values());
}

void TestAblationPanel::computingCanBeCancelled()
{
    LabBridge bridge(pathOf(library().home), trainingFunction());
    SQLite::Database db((pathOf(library().home) / "library.sqlite").string(), SQLite::OPEN_READWRITE);
    db.exec("PRAGMA foreign_keys = ON; DELETE FROM ablation");
    AblationPanel panel(bridge);
    panel.show();
    panel.selectRun(library().adapters);
    auto *compute = panel.findChild<QPushButton *>(QStringLiteral("computeAblationButton"));
    QTest::mouseClick(compute, Qt::LeftButton);
    QVERIFY(compute->text().contains(QStringLiteral("ncel")));
    QTest::mouseClick(compute, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(compute->text().contains(QStringLiteral("Comp")), 20000);
    QVERIFY(!bridge.store().ablation(library().adapters));
}

void TestAblationPanel::aFailureIsSaidWhereItBelongs()
{
    LabBridge bridge(pathOf(library().home), trainingFunction());
    SQLite::Database db((pathOf(library().home) / "library.sqlite").string(), SQLite::OPEN_READWRITE);
    db.exec("PRAGMA foreign_keys = ON; DELETE FROM ablation;"
            "CREATE TRIGGER full BEFORE INSERT ON ablation BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    AblationPanel panel(bridge);
    panel.show();
    auto *message = panel.findChild<QLabel *>(QStringLiteral("ablationMessage"));
    auto *compute = panel.findChild<QPushButton *>(QStringLiteral("computeAblationButton"));
    panel.selectRun(library().adapters);
    QTest::mouseClick(compute, Qt::LeftButton);
    panel.selectRun(library().head); // and looks at another run meanwhile
    QTRY_VERIFY_WITH_TIMEOUT(!compute->isVisible(), 20000);
    QVERIFY(!message->text().contains(QStringLiteral("the disk is full")));
    panel.selectRun(library().adapters);
    QVERIFY2(message->text().contains(QStringLiteral("the disk is full")), qPrintable(message->text()));
    db.exec("DROP TRIGGER full");
    QTest::mouseClick(compute, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(panel.chart().isVisible() && !message->isVisible(), 20000);
    db.exec("PRAGMA foreign_keys = ON; DELETE FROM ablation");
}

void TestAblationPanel::togglesChangeTheScore()
{
    LabBridge bridge(pathOf(library().home), trainingFunction());
    AblationPanel panel(bridge);
    panel.resize(700, 480);
    panel.show();
    QVERIFY(QTest::qWaitForWindowExposed(&panel));
    panel.selectRun(library().adapters);
    panel.findChild<QComboBox *>(QStringLiteral("ablationView"))->setCurrentIndex(2);
    auto *score = panel.findChild<QLabel *>(QStringLiteral("liveScore"));
    auto *change = panel.findChild<QLabel *>(QStringLiteral("liveChange"));
    auto *stack = panel.findChild<ModelStack *>(QStringLiteral("ablationStack"));
    const AblationMap map = openAblation(bridge.store(), library().adapters)->map();
    const auto shown = [](double value) { return QString::number(100 * value, 'f', 2) + QStringLiteral(" %"); };
    QTRY_COMPARE_WITH_TIMEOUT(score->text(), shown(map.score), 20000);
    QVERIFY(change->text().contains(QStringLiteral("4 of 4 adapters on")));
    QVERIFY(panel.findChild<QLabel *>(QStringLiteral("liveTitle"))
                ->text()
                .startsWith(QStringLiteral("Run %1 · ").arg(library().adapters)));
    savePictures(panel, QStringLiteral("ablation-toggles"));

    QTest::mouseClick(stack, Qt::LeftButton, {}, stack->siteRect(1, true).center());
    QTRY_VERIFY(change->text().contains(QStringLiteral("3 of 4")));
    QTest::mouseClick(stack, Qt::LeftButton, {}, stack->siteRect(1, false).center());
    QTRY_VERIFY(change->text().contains(QStringLiteral("2 of 4")));
    QCOMPARE(score->text(), shown(map.scoreWithout(1, 1)));
    QTest::mouseClick(panel.findChild<QPushButton *>(QStringLiteral("allAdaptersOffButton")), Qt::LeftButton);
    QTRY_VERIFY(change->text().contains(QStringLiteral("0 of 4")));
    QCOMPARE(score->text(), shown(map.scoreWithout(0, 1)));
    QVERIFY(change->text().contains(QStringLiteral("change ")));
    QTest::mouseClick(panel.findChild<QPushButton *>(QStringLiteral("allAdaptersOnButton")), Qt::LeftButton);
    QTRY_COMPARE(score->text(), shown(map.score));

    // The score of one run is not seen beside the adapters of another.
    TrainSpec spec = bridge.store().run(library().adapters)->spec;
    spec.seed = 1;
    const std::int64_t other = bridge.store().enqueue({spec}).front();
    bridge.wake();
    QTRY_COMPARE_WITH_TIMEOUT(stateOf(bridge.store(), other), RunState::Done, 60000);
    panel.selectRun(other);
    QCOMPARE(score->text(), QString());
    QCOMPARE(change->text(), QString());
    QTRY_COMPARE_WITH_TIMEOUT(score->text(), shown(*bridge.store().run(other)->score), 20000);
}

void TestAblationPanel::whatCannotBeAblatedIsSaid()
{
    LabBridge bridge(pathOf(library().home), trainingFunction());
    AblationPanel panel(bridge);
    panel.show();
    auto *message = panel.findChild<QLabel *>(QStringLiteral("ablationMessage"));
    auto *compute = panel.findChild<QPushButton *>(QStringLiteral("computeAblationButton"));
    panel.selectRun(library().head);
    QVERIFY(message->text().contains(QStringLiteral("no adapters")));
    QVERIFY(!compute->isVisible());
    panel.selectRun(library().waiting);
    QVERIFY(message->text().contains(QStringLiteral("not finished")));
    panel.selectRun(library().adapters);
    const Run trained = bridge.store().run(library().adapters).value();
    const Manifest manifest = bridge.store().dataset("reviews");
    Manifest other = manifest;
    other.sha256 = "another";
    bridge.store().addDataset(other);
    bridge.wake();
    QTRY_VERIFY(message->text().contains(QStringLiteral("has changed")));
    bridge.store().removeDataset("reviews");
    bridge.wake();
    QTRY_VERIFY2(message->text().contains(QStringLiteral("reviews")), qPrintable(message->text()));
    bridge.store().addDataset(manifest);
    QFile::rename(QString::fromStdString(bridge.store().resolve(trained.weights).string()),
                  library().home.filePath(QStringLiteral("elsewhere")));
    bridge.wake();
    QTRY_VERIFY(message->text().contains(QStringLiteral("are gone")));
    QVERIFY(!compute->isVisible());
    QFile::rename(library().home.filePath(QStringLiteral("elsewhere")),
                  QString::fromStdString(bridge.store().resolve(trained.weights).string()));
}

QTEST_MAIN(TestAblationPanel)
#include "tst_ablation_panel.moc"
