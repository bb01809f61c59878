#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>

#include "core/data/layouts.h"
#include "core/data/recognise.h"
#include "core/model/checkpoint.h"
#include "core/store/lab.h"
#include "core/store/run_training.h"
#include "core/store/study_queue.h"
#include "gui_helpers.h"
#include "study_fixture.h"
#include "tests/real_files.h"
#include "ui/lab_bridge.h"
#include "ui/study_panel.h"

using namespace awb;
using namespace awb::test;

namespace {

constexpr const char *twoTasks = R"({"name": "mine", "title": "My study", "checkpoint": "tiny",
    "datasets": ["reviews", "rte"], "methods": [{"method": "full"}, {"method": "adapter", "sizes": [2, 4]}],
    "seeds": [0, 1], "recipe": {"epochs": 1, "batch": 8, "max_length": 24}})";

/// A library with a study of two tasks, whose runs are really trained. The page shows its Table 1.
struct Library {
    QTemporaryDir home;
    std::unique_ptr<LabBridge> bridge;
    std::unique_ptr<StudyPanel> panel;

    Library()
    {
        Store store(pathOf(home));
        const std::filesystem::path checkpoint = testData("model/tiny");
        store.addCheckpoint({"tiny", checkpoint.string(), Checkpoint::open(checkpoint).sha256(), {}});
        std::string text;
        for (int i = 0; i < 160; ++i)
            text += std::string(i % 2 ? "good" : "bad") + "\tthe " + (i % 3 ? "film " : "book ") +
                    (i % 2 ? "is very good" : "was not good") + " day " + char('a' + i % 26) + char('a' + i / 26) + "\n";
        for (const char *name : {"reviews", "rte"}) {
            writeText(home.filePath(QLatin1String(name)), text);
            Manifest manifest = guessManifest(pathOf(home) / name, name);
            manifest.train.label = 0;
            manifest.train.textA = 1;
            completeManifest(manifest);
            store.addDataset(manifest);
        }
        store.saveStudy(studyFromJson(twoTasks));
    }

    void open()
    {
        bridge = std::make_unique<LabBridge>(pathOf(home), [](const Run &run, RunContext &) { return run; });
        panel = std::make_unique<StudyPanel>(*bridge);
        panel->resize(900, 500);
        panel->show();
        panel->showStudy("mine");
        find<QComboBox>("studyFigureCombo")->setCurrentIndex(3);
    }

    void train()
    {
        queueStudy(bridge->store(), bridge->store().study("mine").value());
        workQueue(pathOf(home), trainingFunction(), {}, {}, {});
        emit bridge->changed();
    }

    template <class Widget>
    Widget *find(const char *name) const
    {
        return panel->findChild<Widget *>(QLatin1String(name));
    }
    QTableWidget *grid() const { return find<QTableWidget>("studyTable"); }
    QString headings() const
    {
        QString all;
        for (int i = 0; i < grid()->columnCount(); ++i)
            all += grid()->horizontalHeaderItem(i)->toolTip() + '|';
        return all;
    }
    QString cell(int row, int column) const { return grid()->item(row, column)->text(); }

    /// The mean over seeds of what SQL finds for a method's better size on dev, times 100.
    QString bySql(const char *task, const char *method, const char *part) const
    {
        const SQLite::Database db((pathOf(home) / "library.sqlite").string());
        SQLite::Statement row(db,
                              "SELECT printf('%.1f', 100 * AVG(value)) FROM run JOIN metric ON metric.run = run.id AND name "
                              "= ?3 || '.accuracy' WHERE dataset = ?1 AND method = ?2 AND bottleneck = (SELECT bottleneck "
                              "FROM run WHERE dataset = ?1 AND method = ?2 GROUP BY bottleneck ORDER BY AVG(score) DESC, "
                              "bottleneck LIMIT 1)");
        row.bind(1, task);
        row.bind(2, method);
        row.bind(3, part);
        return row.executeStep() ? QString::fromStdString(row.getColumn(0).getString()) : QString();
    }
};

enum Column { Full = 2, Adapters = 3 };

} // namespace

class TestStudyTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tablesAreShownAndExported()
    {
        Library library;
        library.open();
        auto *button = library.find<QPushButton>("exportStudyChartButton");
        QVERIFY(!library.grid()->isVisible());
        QVERIFY(library.find<QLabel>("tableCaption")->text().contains("has finished yet"));
        QVERIFY(!button->isEnabled());
        library.train();
        QVERIFY(library.grid()->isVisible());
        QVERIFY(library.headings().contains("Adapters, best of 2, 4"));
        QVERIFY(library.headings().contains("published (BERT-large, GLUE test server)")); // it has RTE
        for (int task = 0; task < 2; ++task)
            for (const auto &[column, method] : {std::pair(Full, "full"), std::pair(Adapters, "adapter")})
                QCOMPARE(library.cell(task, column).section("±", 0, 0),
                         library.bySql(task == 0 ? "reviews" : "rte", method, "dev"));
        savePictures(*library.panel, "study-table");
        auto *published = library.find<QCheckBox>("publishedCheck");
        QTest::mouseClick(published, Qt::LeftButton, {}, {8, published->height() / 2});
        QVERIFY(!library.headings().contains("published"));

        AnsweredDialogs dialogs;
        dialogs.file = library.home.filePath("table.tex");
        QTest::mouseClick(button, Qt::LeftButton);
        QFile file(dialogs.file);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().contains("\\begin{tabular}"));
        dialogs.file = library.home.filePath("table.doc");
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(dialogs.errors.size(), 1);
        library.find<QComboBox>("studyFigureCombo")->setCurrentIndex(0);
        QVERIFY(!library.grid()->isVisible());
    }

    void tablesShowWhatSqlGives()
    {
        StudyLibrary library; // of three tasks, seven sizes, two learning rates, two seeds
        library.finishAll();
        StudyPanel panel(*library.bridge);
        panel.resize(900, 500);
        panel.show();
        panel.showStudy("mine");
        const auto *grid = panel.findChild<QTableWidget *>("studyTable");
        const SQLite::Database db((pathOf(library.home) / "library.sqlite").string());
        const auto compare = [&](int column, const std::string &which) {
            for (int row = 0; row < 3; ++row) {
                // Of two seeds the standard error is half their distance.
                SQLite::Statement best(db, "SELECT printf('%.1f±%.1f', 100 * AVG(score), 50 * (MAX(score) - MIN(score))) "
                                           "FROM run WHERE dataset = ? AND " +
                                               which +
                                               " GROUP BY bottleneck, json_extract(spec, '$.method.top_layers'), "
                                               "json_extract(spec, '$.recipe.learning_rate') ORDER BY AVG(score) DESC");
                best.bind(1, grid->item(row, 0)->text().toStdString());
                QVERIFY(best.executeStep());
                QCOMPARE(grid->item(row, column)->text(), QString::fromStdString(best.getColumn(0).getString()));
            }
        };
        panel.showFigure(3);
        compare(2, "method = 'full'");
        compare(3, "method = 'adapter'");
        compare(4, "method = 'adapter' AND bottleneck = 64");
        panel.showFigure(4);
        compare(2, "method = 'full'");
        compare(3, "method = 'top-k'");
        compare(4, "method = 'adapter'");
    }

    void aSelectedRunIsMarkedAndACellSelectsItsRun()
    {
        Library library;
        library.open();
        library.train();
        const std::vector<Run> runs = library.bridge->store().runsOfStudy("mine");
        const auto full = std::ranges::find_if(
            runs, [](const Run &run) { return run.spec.method.name == "full" && run.spec.dataset == "rte"; });
        library.panel->selectRun(full->id);
        for (int row = 0; row < 2; ++row)
            for (int column = Full; column <= Adapters; ++column)
                QCOMPARE(library.grid()->item(row, column)->font().bold(), row == 1 && column == Full);

        QSignalSpy selected(library.panel.get(), &StudyPanel::runSelected);
        QTest::mouseClick(library.grid()->viewport(), Qt::LeftButton, {},
                          library.grid()->visualItemRect(library.grid()->item(0, Adapters)).center());
        QCOMPARE(selected.count(), 1);
        const Run run = library.bridge->store().run(selected.first().first().toLongLong()).value();
        QCOMPARE(run.spec.dataset, std::string("reviews"));
        QCOMPARE(run.spec.method.name, std::string("adapter"));
        QTest::keyClick(library.grid(), Qt::Key_Left);
        QCOMPARE(library.bridge->store().run(selected.last().first().toLongLong())->spec.method.name, std::string("full"));
        QTest::keyClick(library.grid(), Qt::Key_Left); // the metric is no run
        QCOMPARE(selected.count(), 2);

        // The same cell again, after another run was chosen elsewhere.
        const QPoint adapters = library.grid()->visualItemRect(library.grid()->item(0, Adapters)).center();
        QTest::mouseClick(library.grid()->viewport(), Qt::LeftButton, {}, adapters);
        library.panel->selectRun(full->id);
        QTest::mouseClick(library.grid()->viewport(), Qt::LeftButton, {}, adapters);
        QCOMPARE(selected.count(), 4);
        library.panel->selectRun(full->id);
        QTest::keyClick(library.grid(), Qt::Key_Return);
        QCOMPARE(selected.count(), 5);
    }

    void theCurrentCellStaysWhileRunsFinish()
    {
        Library library;
        library.open();
        library.train();
        library.grid()->setFocus();
        library.grid()->setCurrentCell(1, Adapters);
        library.panel->resize(420, 260); // the columns do not fit
        library.grid()->horizontalScrollBar()->setValue(1);
        QSignalSpy selected(library.panel.get(), &StudyPanel::runSelected);
        emit library.bridge->changed();
        QCOMPARE(library.grid()->currentRow(), 1);
        QCOMPARE(library.grid()->currentColumn(), int(Adapters));
        QCOMPARE(library.grid()->horizontalScrollBar()->value(), 1);
        // The column of full fine-tuning goes, and with it one before the current cell.
        for (const Run &run : library.bridge->store().runsOfStudy("mine"))
            if (run.spec.method.name == "full")
                library.bridge->store().remove(run.id);
        emit library.bridge->changed();
        QVERIFY(library.grid()->horizontalHeaderItem(library.grid()->currentColumn())->toolTip().startsWith("Adapters"));
        QCOMPARE(selected.count(), 0);
    }

    void testIsScoredInTheBackgroundForWhatDevChose()
    {
        Library library;
        library.open();
        library.train();
        auto *score = library.find<QPushButton>("scoreOnTestButton");
        QVERIFY(!score->isVisible());
        QTest::keyClick(library.find<QComboBox>("tablePart"), Qt::Key_Down);
        QVERIFY(score->isVisible());
        QVERIFY(score->text().contains("8 runs")); // of twelve: two tasks, two methods, two seeds
        QCOMPARE(library.cell(0, Full), QStringLiteral("–"));
        savePictures(*library.panel, "study-table-untested");
        QTest::mouseClick(score, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!score->isVisible(), 60000);
        for (int task = 0; task < 2; ++task)
            for (const auto &[column, method] : {std::pair(Full, "full"), std::pair(Adapters, "adapter")})
                QCOMPARE(library.cell(task, column).section("±", 0, 0),
                         library.bySql(task == 0 ? "reviews" : "rte", method, "test"));
        QCOMPARE(library.bridge->store().testScores("mine").size(), std::size_t(8));
        savePictures(*library.panel, "study-table-test");
    }

    void whatCannotBeScoredIsSaid()
    {
        Library library;
        library.open();
        library.train();
        for (const Run &run : library.bridge->store().runsOfStudy("mine"))
            std::filesystem::remove(library.bridge->store().resolve(run.weights));
        library.find<QComboBox>("tablePart")->setCurrentIndex(1);
        QTest::mouseClick(library.find<QPushButton>("scoreOnTestButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(library.find<QLabel>("testState")->text().contains("run it again to have them back"),
                                 60000);
        QVERIFY(library.bridge->store().testScores("mine").empty());
    }
};

QTEST_MAIN(TestStudyTable)
#include "tst_study_table.moc"
