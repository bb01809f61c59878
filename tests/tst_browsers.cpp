#include <algorithm>
#include <chrono>
#include <numeric>

#include <SQLiteCpp/SQLiteCpp.h>
#include <qcustomplot.h>

#include <QAction>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTabWidget>
#include <QTest>
#include <QTimer>
#include <QTreeWidget>

#include <QAbstractItemModelTester>

#include "core/data/recognise.h"
#include "core/error.h"
#include "core/store/store.h"
#include "tests/browser_fixture.h"
#include "tests/chart_fixture.h"
#include "tests/real_files.h"
#include "ui/bar_chart.h"
#include "ui/checkpoint_view.h"
#include "ui/dataset_view.h"
#include "ui/import_dialog.h"
#include "ui/lab_bridge.h"
#include "ui/library_panel.h"
#include "ui/rows_model.h"

using namespace awb;
using namespace awb::test;

/// Heights of a chart's bars, series by series.
QList<QList<double>> barsOf(const QWidget &view, const char *chart)
{
    QList<QList<double>> all;
    for (const QCPBars *bars : in<BarChart>(view, chart).plot().findChildren<QCPBars *>()) {
        all.emplaceBack();
        for (const QCPBarsData &bar : *bars->data())
            all.back() << bar.value;
    }
    return all;
}

class TestBrowsers : public QObject {
    Q_OBJECT

private slots:
    void countsRowsDuplicatesAndConflictsOfADataSet();
    void findsTextInRowsBeyondThePage();
    void saysWhyADataSetCannotBeRead();
    void dropsTheAnswerForAnEarlierClick();
    void aDataSetReadOtherwiseIsShownAnew();
    void whatIsUnchangedIsNotReadAgain();
    void aRemovedEntryLeavesItsPage();
    void tokenLengthsFollowTheCheckpoint();
    void showsScoresOfARegressionTask();
    void showsTokenLengthsAndTheTruncatedShare();
    void oneLongTextDoesNotPressTheLengthsTogether();
    void opensRealDataSets();
    void theWindowStaysFluidWhileALargeDataSetIsRead();
    void pagesRows();
    void libraryExplainsItselfWhileEmpty();
    void libraryAddsAndRemovesEntries();
    void aFailedImportStaysOpen();
    void libraryRefusesAFolderThatIsNoCheckpoint();
    void barsAreExportedFromTheirMenu();

private:
    void readKitchenOtherwise(LibraryPanel &panel, AnsweredDialogs &answers, Store &store);
};

void TestBrowsers::countsRowsDuplicatesAndConflictsOfADataSet()
{
    BrowserFixture f;
    f.addDataset("reviews", reviews, "text\tverdict\nSalt is not a sauce.\tbad\nThe pears were a poem.\tgood\n");
    DatasetView view(*f.bridge);
    view.resize(760, 560);
    view.show();
    showAndWait(view, [&] { view.show("reviews", {}); });
    const auto &parts = in<QTableWidget>(view, "datasetParts");
    QCOMPARE(cell(parts, 0, 0), QString("train"));
    QCOMPARE(cell(parts, 0, 1), QString("12"));
    QCOMPARE(cell(parts, 0, 2), QString("2"));
    QCOMPARE(cell(parts, 0, 3), QString("1"));
    QCOMPARE(cell(parts, 1, 0), QString("dev"));
    QCOMPARE(cell(parts, 1, 1), QString("2"));
    QCOMPARE(cell(parts, 1, 4), QString("1"));
    const auto &classes = in<QTableWidget>(view, "datasetClasses");
    QCOMPARE(cell(classes, 0, 0), QString("bad"));
    QCOMPARE(cell(classes, 0, 1), QString("7 (58.3 %)"));
    QCOMPARE(cell(classes, 1, 1), QString("5 (41.7 %)"));
    const auto balance = barsOf(view, "classBalance"); // per cent of train and of dev
    QCOMPARE(balance.size(), 2);
    for (const auto &[part, bad] : {std::pair{0, 700.0 / 12}, {1, 50.0}}) {
        QVERIFY(std::abs(balance[part][0] - bad) < 1e-9);
        QVERIFY(std::abs(balance[part][1] - (100 - bad)) < 1e-9);
    }
    QVERIFY(in(view, "datasetSentence").text().contains("2 classes"));
    QVERIFY(in(view, "truncation").text().contains("Choose a checkpoint"));
    test::savePictures(view, "dataset-small");
}

void TestBrowsers::findsTextInRowsBeyondThePage()
{
    BrowserFixture f;
    std::string rows = "text\tverdict\n";
    for (int i = 0; i < 500; ++i)
        rows += "Guest number " + std::to_string(i) + " left a note.\t" + (i % 3 ? "good\n" : "bad\n");
    f.addDataset("guests", rows, "text\tverdict\nOne more note.\tgood\n");
    DatasetView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("guests", {}); });
    in<QTabWidget>(view, "datasetTabs").setCurrentIndex(2);
    auto &table = in<QTableView>(view, "rowsTable");
    QCOMPARE(table.model()->rowCount(), 200);
    auto &search = in<QLineEdit>(view, "rowsSearch");
    QTest::keyClicks(&search, "NUMBER 47");
    QTest::keyClick(&search, Qt::Key_Return);
    QCOMPARE(table.currentIndex().row(), 47);
    QTest::keyClick(&search, Qt::Key_Return);
    QCOMPARE(table.currentIndex().row(), 470);
    QVERIFY(in(view, "rowsFound").text().contains("Row 471 of 500"));
    for (int i = 0; i < 10; ++i)
        QTest::mouseClick(&in<QPushButton>(view, "rowsNext"), Qt::LeftButton);
    QCOMPARE(table.currentIndex().row(), 47); // 471 .. 479, then around
    search.clear();
    QTest::keyClicks(&search, "unicorn");
    QTest::keyClick(&search, Qt::Key_Return);
    QVERIFY(in(view, "rowsFound").text().contains("No row contains"));
    in<QComboBox>(view, "rowsPart").setCurrentIndex(1);
    QCOMPARE(table.model()->rowCount(), 1);
}

void TestBrowsers::saysWhyADataSetCannotBeRead()
{
    BrowserFixture f;
    f.addDataset("reviews", reviews);
    QFile::remove(f.folder.filePath("reviews-train.tsv"));
    DatasetView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("reviews", {}); });
    QVERIFY(in(view, "datasetMessage").isVisible());
    QVERIFY(in(view, "datasetMessage").text().contains("reviews-train.tsv"));
    showAndWait(view, [&] { view.show("not there", {}); });
    QVERIFY(in(view, "datasetMessage").text().contains("not there"));
}

void TestBrowsers::dropsTheAnswerForAnEarlierClick()
{
    BrowserFixture f;
    f.addDataset("first", reviews);
    f.addDataset("second", reviews);
    DatasetView view(*f.bridge);
    view.show();
    QSignalSpy loaded(&view, &DatasetView::loaded);
    view.show("first", {});
    view.show("second", {});
    QVERIFY(in(view, "datasetMessage").text().contains("second"));
    QTRY_COMPARE(loaded.size(), 1);
    QTest::qWait(50);
    QCOMPARE(loaded.size(), 1);
    QCOMPARE(in(view, "datasetTitle").text(), QString("second"));
}

void TestBrowsers::aDataSetReadOtherwiseIsShownAnew()
{
    BrowserFixture f;
    f.addDataset("reviews", reviews);
    DatasetView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("reviews", {}); });
    const auto &parts = in<QTableWidget>(view, "datasetParts");
    const QString before = cell(parts, 0, 1);
    Manifest otherwise = f.bridge->store().dataset("reviews");
    otherwise.split = {.seed = 0, .dev = 0.4, .test = 0.1};
    completeManifest(otherwise);
    f.bridge->store().addDataset(otherwise);
    showAndWait(view, [&] { f.bridge->wake(); });
    QVERIFY2(cell(parts, 0, 1) != before, qPrintable(before));

    // While another page is seen nothing is read; when this one is, it shows the latest.
    view.hide();
    f.addDataset("reviews", "text\tverdict\nSalt is not a sauce.\tbad\nThe pears were a poem.\tgood\n",
                 "text\tverdict\nWater.\tbad\n");
    QSignalSpy loaded(&view, &DatasetView::loaded);
    f.bridge->wake();
    QTest::qWait(100);
    QCOMPARE(loaded.size(), 0);
    showAndWait(view, [&] { view.QWidget::show(); });
    QCOMPARE(cell(parts, 0, 1), QString("2"));
}

void TestBrowsers::whatIsUnchangedIsNotReadAgain()
{
    BrowserFixture f;
    f.addDataset("reviews", reviews);
    f.addDataset("lost", reviews);
    QFile::remove(f.folder.filePath("lost-train.tsv"));
    DatasetView view(*f.bridge);
    view.show();
    for (const char *name : {"reviews", "lost"}) {
        showAndWait(view, [&] { view.show(name, {}); });
        QSignalSpy loaded(&view, &DatasetView::loaded);
        f.bridge->wake();
        QTest::qWait(100);
        QCOMPARE(loaded.size(), 0);
    }
    QVERIFY(in(view, "datasetMessage").text().contains("lost-train.tsv"));
    showAndWait(view, [&] { view.show("not there", {}); });
    f.bridge->wake();
    QVERIFY(in(view, "datasetMessage").text().contains("not there"));
}

void TestBrowsers::aRemovedEntryLeavesItsPage()
{
    BrowserFixture f;
    f.addDataset("reviews", reviews);
    f.bridge->store().addCheckpoint({"bare", test::testData("checkpoints/bare").string(), "", ""});
    DatasetView dataset(*f.bridge);
    CheckpointView checkpoint(*f.bridge);
    dataset.show();
    checkpoint.show();
    showAndWait(dataset, [&] { dataset.show("reviews", {}); });
    showAndWait(checkpoint, [&] { checkpoint.show("bare"); });
    QVERIFY(in(dataset, "datasetTitle").isVisible());
    QVERIFY(in(checkpoint, "checkpointTitle").isVisible());
    f.bridge->store().removeDataset("reviews");
    f.bridge->store().removeCheckpoint("bare");
    f.bridge->wake();
    QVERIFY(in(dataset, "datasetMessage").isVisible());
    QVERIFY(in(dataset, "datasetMessage").text().startsWith("Choose a data set"));
    QVERIFY(in(checkpoint, "checkpointMessage").isVisible());
    QVERIFY(in(checkpoint, "checkpointMessage").text().startsWith("Choose a checkpoint"));
}

void TestBrowsers::tokenLengthsFollowTheCheckpoint()
{
    BrowserFixture f;
    f.addDataset("reviews", reviews);
    f.bridge->store().addCheckpoint({"tiny", test::testData("model/tiny").string(), "", ""});
    DatasetView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("reviews", {}); });
    QVERIFY(in(view, "truncation").text().contains("Choose a checkpoint"));
    showAndWait(view, [&] { view.setCheckpoint("tiny"); });
    QVERIFY(in(view, "truncation").text().contains("longer than 128 tokens"));
    f.bridge->store().removeCheckpoint("tiny");
    showAndWait(view, [&] { f.bridge->wake(); });
    QVERIFY(in(view, "truncation").text().contains("Choose a checkpoint"));
}

void TestBrowsers::showsScoresOfARegressionTask()
{
    BrowserFixture f;
    std::string rows = "text\tgrade\n";
    for (int i = 0; i < 40; ++i)
        rows += "Wine " + std::to_string(i) + " of the tasting.\t" + std::to_string(0.13 * i) + "\n";
    f.addDataset("wines", rows);
    DatasetView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("wines", {}); });
    QVERIFY2(in(view, "datasetSentence").text().contains("real-valued score"),
             qPrintable(in(view, "datasetSentence").text()));
    QCOMPARE(in<QTableWidget>(view, "datasetClasses").rowCount(), 20);
}

void TestBrowsers::showsTokenLengthsAndTheTruncatedShare()
{
    const auto sample = test::sampleCheckpoint();
    if (sample.empty())
        QSKIP("needs the sample checkpoint");
    BrowserFixture f;
    std::string rows = "text\tverdict\n";
    for (int i = 0; i < 10; ++i)
        rows += std::string(i == 0 ? "water water water water water water water water" : "cold water") + "\t" +
                (i % 2 ? "good\n" : "bad\n");
    f.addDataset("waters", rows, "text\tverdict\nwater\tgood\n");
    f.bridge->store().addCheckpoint({"minilm", sample.string(), "", ""});
    DatasetView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("waters", "minilm"); });
    const auto &parts = in<QTableWidget>(view, "datasetParts");
    QCOMPARE(cell(parts, 0, 5), QString("4.6")); // (10 + 9 * 4) / 10, [CLS] and [SEP] counted
    QCOMPARE(cell(parts, 0, 6), QString("10"));
    const auto lengths = barsOf(view, "lengthHistogram");
    QCOMPARE(lengths.size(), 1); // of train
    QCOMPARE(std::accumulate(lengths[0].begin(), lengths[0].end(), 0.0), 10.0);
    QCOMPARE(std::ranges::max(lengths[0]), 9.0);
    in<QTabWidget>(view, "datasetTabs").setCurrentIndex(1);
    auto &spin = in<QSpinBox>(view, "maximumLength");
    QVERIFY(in(view, "truncation").text().contains("No train example is longer than 128 tokens."));
    spin.setFocus();
    spin.selectAll();
    QTest::keyClicks(&spin, "9");
    QTest::keyClick(&spin, Qt::Key_Return);
    QVERIFY2(in(view, "truncation").text().contains("10.0 % of train examples are longer than 9 tokens."),
             qPrintable(in(view, "truncation").text()));
}

void TestBrowsers::oneLongTextDoesNotPressTheLengthsTogether()
{
    BrowserFixture f;
    std::string rows = "text\tverdict\n";
    for (int i = 0; i < 200; ++i) {
        for (int word = i == 7 ? 5000 : 4; word > 0; --word)
            rows += "the ";
        rows += std::string("film\t") + (i % 2 ? "good\n" : "bad\n");
    }
    f.addDataset("films", rows, "text\tverdict\nthe film\tgood\n");
    f.bridge->store().addCheckpoint({"tiny", test::testData("model/tiny").string(), "", ""});
    DatasetView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("films", "tiny"); });
    const auto lengths = barsOf(view, "lengthHistogram");
    QCOMPARE(lengths.size(), 1);
    QVERIFY(lengths[0].size() < 100);
    QCOMPARE(lengths[0].last(), 1.0);
    const QCPRange axis = in<BarChart>(view, "lengthHistogram").plot().xAxis->range();
    QVERIFY2(axis.upper < 300, qPrintable(QString::number(axis.upper))); // twice the length at which texts are cut
    auto &chart = in<BarChart>(view, "lengthHistogram");
    QVERIFY2(chart.plot().xAxis->label().endsWith("to 5,003"), qPrintable(chart.plot().xAxis->label()));
    const QString csv = f.folder.filePath("lengths.csv");
    chart.exportTo(csv);
    const QByteArray last = test::contentOf(csv).trimmed().split('\n').last();
    QVERIFY2(last.endsWith(",5003.5,1"), last.constData());
}

void TestBrowsers::opensRealDataSets()
{
    const auto cola = test::realData("GLUE/CoLA");
    const auto sts = test::realData("GLUE/STS-B");
    if (cola.empty() || sts.empty())
        QSKIP("needs the real data sets");
    BrowserFixture f;
    f.bridge->store().addDataset(*recognise(cola, "cola"));
    f.bridge->store().addDataset(*recognise(sts, "sts-b"));
    const auto sample = test::sampleCheckpoint();
    f.bridge->store().addCheckpoint({"minilm", (sample.empty() ? test::testData("model/tiny") : sample).string(), "", ""});
    DatasetView view(*f.bridge);
    view.resize(760, 560);
    view.show();
    for (const QString name : {"sts-b", "cola"}) {
        showAndWait(view, [&] { view.show(name, "minilm"); });
        for (int tab = 0; tab < 3; ++tab) {
            in<QTabWidget>(view, "datasetTabs").setCurrentIndex(tab);
            test::savePictures(view, QString("dataset-%1-%2").arg(name).arg(tab));
        }
    }
    const auto &parts = in<QTableWidget>(view, "datasetParts");
    QCOMPARE(cell(parts, 0, 1), QString("8,551"));
    QCOMPARE(cell(parts, 0, 2), QString("19"));
    QCOMPARE(cell(parts, 1, 1), QString("1,043"));
    QCOMPARE(cell(parts, 1, 4), QString("16"));
    if (!sample.empty()) {
        QCOMPARE(cell(parts, 0, 5), QString("11.3"));
        QCOMPARE(cell(parts, 0, 6), QString("47"));
    }
}

void TestBrowsers::theWindowStaysFluidWhileALargeDataSetIsRead()
{
    const auto sst = test::realData("GLUE/SST-2");
    if (sst.empty())
        QSKIP("needs the real data sets");
    BrowserFixture f;
    f.bridge->store().addDataset(*recognise(sst, "sst-2"));
    f.bridge->store().addCheckpoint({"tiny", test::testData("model/tiny").string(), "", ""});
    DatasetView view(*f.bridge);
    view.resize(760, 560);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    qint64 longest = 0, ticks = 0;
    QElapsedTimer sinceTick;
    QTimer tick;
    connect(&tick, &QTimer::timeout, this, [&] {
        longest = std::max(longest, sinceTick.restart());
        ++ticks;
    });
    sinceTick.start();
    tick.start(1);
    showAndWait(view, [&] { view.show("sst-2", "tiny"); });
    QTest::qWait(50); // what is filled in is painted
    qInfo("longest wait of the event loop while 67,349 rows are read: %lld ms, %lld ticks", longest, ticks);
    QCOMPARE(cell(in<QTableWidget>(view, "datasetParts"), 0, 1), QString("67,349"));
    QVERIFY2(longest < 300, qPrintable(QString::number(longest)));
}

void TestBrowsers::pagesRows()
{
    auto dataset = std::make_shared<Dataset>();
    dataset->manifest.classes = {"bad", "good"};
    for (int i = 0; i < 450; ++i)
        dataset->train.push_back({"line\nof guest " + std::to_string(i), {}, i % 2, 0});
    RowsModel model;
    model.setPart(dataset, "train");
    QCOMPARE(model.rowCount(), 200);
    // From here on: the tester itself fetches rows, which it may not do within a reset.
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.total(), 450);
    QCOMPARE(model.index(0, RowsModel::TextA).data().toString(), QString("line of guest 0"));
    QCOMPARE(model.index(1, RowsModel::Label).data().toString(), QString("good"));
    while (model.canFetchMore({}))
        model.fetchMore({});
    QCOMPARE(model.rowCount(), 450);
    QCOMPARE(model.index(449, RowsModel::Number).data().toString(), QString("450"));
    model.setPart(dataset, "dev");
    QCOMPARE(model.rowCount(), 0);
}

void TestBrowsers::libraryExplainsItselfWhileEmpty()
{
    BrowserFixture f;
    LibraryPanel panel(*f.bridge);
    panel.resize(300, 420);
    panel.show();
    QVERIFY(in(panel, "libraryEmpty").isVisible());
    QVERIFY(in<QPushButton>(panel, "getSamples").isVisible());
    test::savePictures(panel, "library-empty");
}

/// What was recognised and registered without a question can still be split and measured otherwise.
void TestBrowsers::readKitchenOtherwise(LibraryPanel &panel, AnsweredDialogs &answers, Store &store)
{
    const std::string before = store.dataset("kitchen").sha256;
    TrainSpec spec;
    spec.dataset = "kitchen";
    spec.checkpoint = "tiny";
    Run run = store.claim(store.enqueue({spec}).front()).value();
    run.score = 0.5;
    run.metric = store.dataset("kitchen").metrics.front();
    run.provenance.dataSha256 = before;
    store.finish(run);
    Run earlier = store.claim(store.enqueue({spec}).front()).value();
    earlier.provenance.dataSha256 = "of an earlier reading"; // stands apart already
    store.finish(earlier);
    QTRY_VERIFY(!panel.findChild<ImportDialog *>()); // that of the first reading
    QTest::mouseClick(&in<QWidget>(panel, "editDatasetButton"), Qt::LeftButton);
    QPointer<ImportDialog> dialog = panel.findChildren<ImportDialog *>().value(0);
    QVERIFY(dialog);
    auto *accept = dialog->findChild<QPushButton *>("importAccept");
    QTRY_VERIFY(accept->isEnabled());
    const auto type = [&](const char *field, const char *words) {
        auto *edit = dialog->findChild<QLineEdit *>(QLatin1String(field));
        edit->selectAll();
        QTest::keyClicks(edit, QLatin1String(words));
    };
    type("importSplit", "60/20/20");
    type("importMetrics", "f1,accuracy");
    QVERIFY(!accept->isEnabled()); // until the file was read so
    QTRY_VERIFY(accept->isEnabled());
    // Its runs do not compare with what comes: that is asked, and the dialog waits.
    answers.yes = false;
    QTest::mouseClick(accept, Qt::LeftButton);
    QVERIFY2(answers.questions.last().contains("as it was read until now: 1."), qPrintable(answers.questions.last()));
    QCOMPARE(store.datasets().size(), std::size_t(1));
    QCOMPARE(store.dataset("kitchen").sha256, before);
    QVERIFY(dialog && dialog->isVisible());
    answers.yes = true;
    QTest::mouseClick(accept, Qt::LeftButton);
    QCOMPARE(store.datasets().size(), std::size_t(1));
    const Manifest now = store.dataset("kitchen");
    QCOMPARE(now.metrics, (std::vector<std::string>{"f1", "accuracy"}));
    QCOMPARE(now.split.dev, 0.2);
    QVERIFY(now.sha256 != before); // runs on the other split are no further seeds
    QTRY_VERIFY(!dialog);
}

void TestBrowsers::libraryAddsAndRemovesEntries()
{
    AnsweredDialogs answers;
    BrowserFixture f;
    LibraryPanel panel(*f.bridge);
    panel.resize(300, 420);
    panel.show();
    QSignalSpy chosen(&panel, &LibraryPanel::datasetChosen);
    // Recognised by itself: "label text" lines of Stanford's binary sentences.
    answers.file = QString::fromStdString(f.write("kitchen.tsv", reviews));
    panel.addDataset();
    QTRY_VERIFY(f.bridge->store().datasets().size() == 1 || panel.findChild<QWidget *>("importDialog"));
    if (auto *dialog = panel.findChild<QWidget *>("importDialog")) {
        auto *accept = dialog->findChild<QPushButton *>("importAccept");
        QTRY_VERIFY(accept->isEnabled());
        QTest::mouseClick(accept, Qt::LeftButton);
    }
    QTRY_COMPARE(chosen.size(), 1);
    QCOMPARE(chosen.first().first().toString(), QString("kitchen"));
    QVERIFY(answers.errors.isEmpty());
    readKitchenOtherwise(panel, answers, f.bridge->store());
    QSignalSpy checkpoint(&panel, &LibraryPanel::checkpointChosen);
    answers.file = QString::fromStdString(test::testData("checkpoints/bare").string());
    panel.addCheckpoint();
    QTRY_COMPARE_WITH_TIMEOUT(checkpoint.size(), 1, 30000);
    QVERIFY(f.bridge->store().checkpoints().front().sha256.find(" read-as:") == std::size_t(64));
    panel.addCheckpoint();
    QTRY_COMPARE_WITH_TIMEOUT(f.bridge->store().checkpoints().size(), std::size_t(2), 30000);
    QCOMPARE(f.bridge->store().checkpoints().back().name, std::string("bare 2"));
    QTRY_VERIFY(in<QTreeWidget>(panel, "libraryTree").topLevelItem(0)->child(0)->text(1) == QString("2 layers × 8"));
    test::savePictures(panel, "library");
    auto &tree = in<QTreeWidget>(panel, "libraryTree");
    tree.setCurrentItem(tree.topLevelItem(1)->child(0));
    answers.yes = false;
    QTest::mouseClick(&in<QWidget>(panel, "removeEntryButton"), Qt::LeftButton);
    QVERIFY(answers.questions.last().contains("kitchen"));
    QCOMPARE(f.bridge->store().datasets().size(), std::size_t(1));
    answers.yes = true;
    QTest::mouseClick(&in<QWidget>(panel, "removeEntryButton"), Qt::LeftButton);
    QCOMPARE(f.bridge->store().datasets().size(), std::size_t(0));
    QCOMPARE(tree.topLevelItem(1)->childCount(), 0);
    QVERIFY(QFile::exists(f.folder.filePath("kitchen.tsv")));
}

void TestBrowsers::aFailedImportStaysOpen()
{
    AnsweredDialogs answers;
    BrowserFixture f;
    LibraryPanel panel(*f.bridge);
    panel.show();
    SQLite::Database((f.folder.filePath("library.sqlite")).toStdString(), SQLite::OPEN_READWRITE)
        .exec("CREATE TRIGGER full BEFORE INSERT ON dataset BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    answers.file = QString::fromStdString(f.write("visits.csv", "id,words,verdict\n1,\"Cold, and late.\",bad\n2,Warm.,good\n"
                                                                "3,\"Late, again.\",bad\n4,Kind.,good\n5,Dear.,bad\n"));
    panel.addDataset();
    QTRY_VERIFY(panel.findChild<ImportDialog *>());
    const QPointer<ImportDialog> dialog = panel.findChild<ImportDialog *>();
    auto *accept = dialog->findChild<QPushButton *>("importAccept");
    QTRY_VERIFY(accept->isEnabled());
    QTest::mouseClick(accept, Qt::LeftButton);
    QCOMPARE(answers.errors.size(), 1);
    QVERIFY2(answers.errors.last().contains("the disk is full"), qPrintable(answers.errors.last()));
    QVERIFY(dialog && dialog->isVisible());
    SQLite::Database((f.folder.filePath("library.sqlite")).toStdString(), SQLite::OPEN_READWRITE).exec("DROP TRIGGER full");
    QTest::mouseClick(accept, Qt::LeftButton);
    QCOMPARE(answers.errors.size(), 1);
    QCOMPARE(f.bridge->store().datasets().size(), std::size_t(1));
    QTRY_VERIFY(!dialog);
}

void TestBrowsers::libraryRefusesAFolderThatIsNoCheckpoint()
{
    AnsweredDialogs answers;
    BrowserFixture f;
    LibraryPanel panel(*f.bridge);
    panel.show();
    answers.file = f.folder.path();
    panel.addCheckpoint();
    QTRY_COMPARE(answers.errors.size(), 1);
    QVERIFY2(answers.errors.first().contains("config.json"), qPrintable(answers.errors.first()));
    QVERIFY(f.bridge->store().checkpoints().empty());
    answers.file = f.folder.filePath("not there.csv");
    panel.addDataset();
    QTRY_COMPARE(answers.errors.size(), 2);
    QVERIFY(answers.errors.last().contains("not there.csv"));
}

void TestBrowsers::barsAreExportedFromTheirMenu()
{
    QTemporaryDir folder;
    test::AnsweredDialogs dialogs;
    BarChart chart("balance", "Class balance");
    QAction *action = chart.plot().actions().value(0);
    QVERIFY(action);
    dialogs.file = folder.filePath("bars.csv");
    action->trigger(); // nothing is drawn yet
    QCOMPARE(dialogs.errors.size(), 1);
    QVERIFY(!QFile::exists(dialogs.file));

    chart.setGroups({"bad", "very \"good\""}, {{"train", {7, 5}, {}}, {"dev", {1, 2}, {}}});
    action->trigger();
    QFile csv(dialogs.file);
    QVERIFY(csv.open(QIODevice::ReadOnly));
    QCOMPARE(csv.readAll(), QByteArray("category,\"train\",\"dev\"\r\n\"bad\",7,1\r\n\"very \"\"good\"\"\",5,2\r\n"));
    dialogs.file = folder.filePath("bars.pdf");
    action->trigger();
    QVERIFY(QFile::exists(dialogs.file));
    QCOMPARE(test::wrongInPrint(chart), QString());
    QCOMPARE(dialogs.errors.size(), 1);
}

QTEST_MAIN(TestBrowsers)
#include "tst_browsers.moc"
