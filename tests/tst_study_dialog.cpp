#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>

#include "core/files.h"
#include "core/store/study_queue.h"
#include "gui_helpers.h"
#include "library_fixture.h"
#include "ui/lab_bridge.h"
#include "ui/study_arms_table.h"
#include "ui/study_dialog.h"
#include "ui/study_panel.h"

using namespace awb;
using namespace awb::test;

namespace {

const char *const mine = R"({"name": "mine", "title": "My study", "checkpoint": "tiny", "datasets": ["trec", "cola"],
    "methods": [{"method": "full"}, {"method": "adapter", "sizes": [1, 8], "learning_rates": [3e-4, 1e-3]},
    {"method": "top-k", "sizes": [1], "pooler": false, "epochs": [3, 20]}], "seeds": [0, 1],
    "recipe": {"epochs": 5, "batch": 16, "precision": "bfloat16"}, "selection": {"epoch": "best"}})";

struct Library {
    QTemporaryDir home;
    LabBridge bridge;

    Library() : bridge(pathOf(home), [](const Run &run, RunContext &) { return run; })
    {
        bridge.store().setQueuePaused(true);
        bridge.store().addCheckpoint({"tiny", AWB_TEST_DATA "/model/tiny", "aa", "2026-01-01T00:00:00Z"});
        for (const char *name : {"cola", "sms", "trec"}) {
            Manifest manifest;
            manifest.name = name;
            bridge.store().addDataset(manifest);
        }
        bridge.store().saveStudy(studyFromJson(mine));
    }
};

/// The dialog and what a person sees of it.
struct Shown {
    StudyDialog dialog;
    explicit Shown(Library &library, const Study &study = studyFromJson(mine)) : dialog(library.bridge, study)
    {
        dialog.show();
    }

    template <class Widget>
    Widget *child(const char *name)
    {
        return dialog.findChild<Widget *>(QLatin1String(name));
    }
    QString summary() { return child<QLabel>("studySummary")->text(); }
    bool canSave() { return dialog.findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save)->isEnabled(); }
    StudyArmsTable *arms() { return dialog.findChild<StudyArmsTable *>(); }
    void press(const char *words)
    {
        for (QPushButton *button : dialog.findChildren<QPushButton *>())
            if (button->text() == QString::fromUtf8(words))
                QTest::mouseClick(button, Qt::LeftButton);
    }
};

void type(QLineEdit *line, const QString &words)
{
    line->selectAll();
    QTest::keyClick(line, Qt::Key_Delete);
    QTest::keyClicks(line, words);
}

/// Types into a cell as a person does: F2 opens the editor, Return closes it.
void typeInto(StudyArmsTable *table, int row, int column, const QString &words)
{
    table->setCurrentCell(row, column);
    QTest::keyClick(table, Qt::Key_F2);
    auto *editor = table->viewport()->findChild<QLineEdit *>();
    QVERIFY(editor);
    type(editor, words);
    QTest::keyClick(editor, Qt::Key_Return);
    QCoreApplication::processEvents(); // Return is taken from the queue
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
}

/// Presses Tab until the widget has the focus; false: a round brought none to it.
bool tabTo(QDialog &dialog, const QWidget *wanted)
{
    for (int i = 0; i < 60 && QApplication::focusWidget() != wanted; ++i)
        QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &dialog, Qt::Key_Tab);
    return QApplication::focusWidget() == wanted;
}

} // namespace

class StudyDialogTest : public QObject {
    Q_OBJECT

private slots:
    void whatIsShownIsTheStudy()
    {
        Library library;
        Shown shown(library);
        QVERIFY(shown.dialog.study() == studyFromJson(mine));
        QCOMPARE(shown.arms()->item(1, 2)->text(), QString("3e-4, 1e-3"));
        QVERIFY(shown.canSave());
        QVERIFY2(shown.summary().startsWith("28 runs, how long is not known yet."), qPrintable(shown.summary()));
        savePictures(shown.dialog, "study-dialog");
    }

    void everySettingOfAFileIsShownAndKept()
    {
        const Study all = studyFromJson(R"({"name": "mine", "title": "All", "checkpoint": "tiny", "datasets": ["sms"],
            "methods": [{"method": "adapter", "sizes": [2]}], "seeds": [3], "recipe": {"epochs": 4, "batch": 16,
            "max_length": 64, "warmup": 0.25, "init_std": 1e-3, "weight_decay": 0, "clip": 2.5, "dropout": 0,
            "bias_correction": true, "partial_batch": true, "plain_path": true, "precision": "bfloat16", "device": "cuda:1",
            "threads": 2}, "selection": {"epoch": "best", "seeds": "best"}, "counting": "trained", "paper": "glue",
            "notes": ["One."]})");
        Library library;
        Shown shown(library, all);
        QCOMPARE(toJson(shown.dialog.study()), toJson(all));
        QVERIFY2(shown.canSave(), qPrintable(shown.summary()));
        shown.child<QTabWidget>("studyTabs")->setCurrentIndex(1);
        for (const auto &[name, words] : {std::pair("studyBatch", "16"), std::pair("studyWarmup", "0.25"),
                                          std::pair("studyDropout", "0"), std::pair("studyThreads", "2")})
            QCOMPARE(shown.child<QLineEdit>(name)->text(), QString(words));
        QVERIFY(shown.child<QCheckBox>("studyPlainPath")->isChecked());
        savePictures(shown.dialog, "study-dialog-training");
        // An empty line is what it shows in grey.
        type(shown.child<QLineEdit>("studyBatch"), "");
        QCOMPARE(shown.child<QLineEdit>("studyBatch")->placeholderText(), QString("32"));
        QCOMPARE(shown.dialog.study().recipe.batch, 32);
        type(shown.child<QLineEdit>("studyInitStd"), "0.5");
        QCOMPARE(shown.arms()->item(0, 4)->data(Qt::UserRole).toString(), QString("0.5"));
        type(shown.child<QLineEdit>("studyMaxLength"), "1.5");
        QCOMPARE(shown.summary(), QString("Max. length: “1.5” is no whole number from 3 to 65536."));
        QVERIFY(!shown.canSave());
    }

    void itFitsASmallScreen()
    {
        Library library;
        Shown shown(library);
        auto *tabs = shown.child<QTabWidget>("studyTabs");
        for (int i = 0; i < tabs->count(); ++i) {
            tabs->setCurrentIndex(i);
            QVERIFY(shown.dialog.minimumSizeHint().height() <= 560 && shown.dialog.minimumSizeHint().width() <= 780);
        }
    }

    void aFailedSaveKeepsTheDialogOpen()
    {
        Library library;
        Shown shown(library);
        AnsweredDialogs answers;
        SQLite::Database raw((pathOf(library.home) / "library.sqlite").string(), SQLite::OPEN_READWRITE);
        raw.exec("CREATE TRIGGER full BEFORE INSERT ON study BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
        type(shown.child<QLineEdit>("studyName"), "next");
        auto *save = shown.dialog.findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save);
        QTest::mouseClick(save, Qt::LeftButton);
        QCOMPARE(answers.errors.size(), 1);
        QVERIFY2(answers.errors.last().contains("the disk is full"), qPrintable(answers.errors.last()));
        QVERIFY(shown.dialog.isVisible());
        QCOMPARE(shown.child<QLineEdit>("studyName")->text(), QString("next"));
        raw.exec("DROP TRIGGER full");
        QTest::mouseClick(save, Qt::LeftButton);
        QVERIFY(!shown.dialog.isVisible());
        QCOMPARE(library.bridge.store().study("next")->title, std::string("My study"));
    }

    void anotherStudyOfTheSameNameIsAskedAbout()
    {
        Library library;
        Study other = studyFromJson(mine);
        other.seeds = {5};
        AnsweredDialogs answers;
        answers.file = library.home.filePath("mine.json");
        answers.yes = false;
        writeText(answers.file, toJson(other));
        StudyPanel panel(library.bridge);
        panel.show();
        panel.showStudy("mine");
        QTest::mouseClick(panel.findChild<QPushButton *>("editStudyButton"), Qt::LeftButton);
        auto *dialog = panel.findChild<StudyDialog *>();
        for (QPushButton *button : dialog->findChildren<QPushButton *>())
            if (button->text() == "&Open file…")
                QTest::mouseClick(button, Qt::LeftButton);
        auto *save = dialog->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save);
        QTest::mouseClick(save, Qt::LeftButton);
        QCOMPARE(answers.questions.size(), 1);
        QVERIFY2(answers.questions.front().startsWith("The library has a study mine with other settings. Replace it?"),
                 qPrintable(answers.questions.front()));
        QVERIFY(dialog->isVisible());
        QVERIFY(library.bridge.store().study("mine").value() == studyFromJson(mine));
        answers.yes = true;
        QTest::mouseClick(save, Qt::LeftButton);
        QCOMPARE(answers.questions.size(), 2);
        QVERIFY(library.bridge.store().study("mine").value() == other);
        QVERIFY(!dialog->isVisible());
    }

    void theTimeOfATaskWithoutARunIsEstimatedFromAnother()
    {
        Library library;
        for (const auto &[name, words] : {std::pair("trec", "four words of text"), std::pair("cola", "a text")}) {
            const QString file = library.home.filePath(QString::fromLatin1(name) + ".csv");
            std::string rows = "text,label\n";
            for (int i = 0; i < 400; ++i)
                rows += words + std::string(" ") + std::to_string(i) + (i % 2 ? ",yes\n" : ",no\n");
            writeText(file, rows);
            Manifest manifest;
            manifest.name = name;
            manifest.train.path = file.toStdString();
            manifest.train.format.delimiter = ',';
            manifest.train.format.header = true;
            manifest.train.label = 1;
            library.bridge.store().addDataset(manifest);
        }
        Store &store = library.bridge.store();
        Study study = studyFromJson(mine);
        study.name = "measured";
        study.datasets = {"trec"};
        const auto id = queueStudy(store, study).front();
        Run run = store.claim(id).value();
        run.step = run.steps = 100;
        run.provenance.seconds = 50;
        store.finish(run);
        study.name = "new";
        study.datasets = {"cola"};
        Shown shown(library, study);
        QTRY_VERIFY2(shown.summary().contains(" to go, roughly, by the time that other tasks took."),
                     qPrintable(shown.summary()));
    }

    void aPersonEditsAStudyInThePanel()
    {
        Library library;
        StudyPanel panel(library.bridge);
        panel.resize(1000, 620);
        panel.show();
        panel.showStudy("mine");
        QTest::mouseClick(panel.findChild<QPushButton *>("editStudyButton"), Qt::LeftButton);
        auto *dialog = panel.findChild<StudyDialog *>();
        QVERIFY(dialog);
        auto *tasks = dialog->findChild<QListWidget *>("studyTasks");
        QCOMPARE(tasks->item(1)->text(), QString("cola")); // chosen ones first, in the study's order
        tasks->item(1)->setCheckState(Qt::Unchecked);
        auto *arms = dialog->findChild<StudyArmsTable *>();
        QTest::mouseClick(dialog->findChild<QPushButton *>("addArmButton"), Qt::LeftButton);
        QCOMPARE(arms->rowCount(), 4);
        typeInto(arms, 3, 1, "16,32");
        typeInto(arms, 3, 4, "1e-3");
        type(dialog->findChild<QLineEdit *>("studySeeds"), "7");
        dialog->findChild<QSpinBox *>("studyEpochs")->setValue(2);
        QVERIFY2(dialog->findChild<QLabel *>("studySummary")->text().startsWith("9 runs"),
                 qPrintable(dialog->findChild<QLabel *>("studySummary")->text()));
        QTest::mouseClick(dialog->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save), Qt::LeftButton);

        Study expected = studyFromJson(mine);
        expected.datasets = {"trec"};
        StudyArm added;
        added.method = "adapter";
        added.sizes = {16, 32};
        added.initStds = {1e-3};
        expected.arms.push_back(added);
        expected.seeds = {7};
        expected.recipe.epochs = 2;
        QVERIFY(library.bridge.store().study("mine").value() == expected);
        QCOMPARE(panel.findChild<QPushButton *>("queueStudyButton")->text(), QString("&Queue 9 runs"));
    }

    void whatComesWithTheProgramIsCopied()
    {
        Library library;
        Shown shown(library, *presetStudy("size-sweep-small"));
        QCOMPARE(shown.child<QLineEdit>("studyName")->text(), QString("size-sweep-small-own"));
        QVERIFY(!shown.canSave()); // its checkpoint and tasks are not here
        QVERIFY2(shown.summary().contains("data sets that the library lacks"), qPrintable(shown.summary()));
        auto *tasks = shown.child<QListWidget>("studyTasks");
        for (int i = 0; i < tasks->count(); ++i)
            tasks->item(i)->setCheckState(tasks->item(i)->text() == "sms" ? Qt::Checked : Qt::Unchecked);
        shown.child<QComboBox>("studyCheckpoint")->setCurrentText("tiny");
        QVERIFY2(shown.summary().startsWith("The top 3 layers cannot be trained"), qPrintable(shown.summary()));
        for (int row = shown.arms()->rowCount() - 1; row >= 0; --row)
            if (qobject_cast<QComboBox *>(shown.arms()->cellWidget(row, 0))->currentText().startsWith("Top layers")) {
                shown.arms()->setCurrentCell(row, 1);
                shown.press("&Remove method");
            }
        QVERIFY2(shown.canSave(), qPrintable(shown.summary()));
        QVERIFY2(shown.summary().contains("Different from the paper: "), qPrintable(shown.summary()));
        QCOMPARE(shown.dialog.study().paper, std::string("size-sweep"));
    }

    void whatIsWrongIsSaid_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("seeds")
            << "studySeeds"
            << "0, x"
            << "The seeds \"0, x\" were not understood: write whole numbers and ranges, such as 0, 0-2 or 0,1,5.";
        QTest::newRow("seeds without commas")
            << "studySeeds"
            << "0 1 2"
            << "The seeds \"0 1 2\" were not understood: write whole numbers and ranges, such as 0, 0-2 or 0,1,5.";
        QTest::newRow("of the program") << "studyName"
                                        << "glue"
                                        << "glue is a study that comes with the program: choose another name.";
        QTest::newRow("taken") << "studyName"
                               << "other"
                               << "There is a study other already: choose another name.";
    }

    void whatIsWrongIsSaid()
    {
        QFETCH(QString, line);
        QFETCH(QString, typed);
        QFETCH(QString, sentence);
        Library library;
        Study other = studyFromJson(mine);
        other.name = "other";
        library.bridge.store().saveStudy(other);
        Shown shown(library);
        type(shown.child<QLineEdit>(line.toUtf8()), typed);
        QCOMPARE(shown.summary(), sentence);
        QVERIFY(!shown.canSave());
    }

    void aListThatIsNoneIsSaid()
    {
        Library library;
        Shown shown(library);
        typeInto(shown.arms(), 1, 1, "8, 1.5");
        QCOMPARE(shown.summary(), QString("Adapters, sizes: “1.5” is no whole number. Numbers are separated by commas."));
        typeInto(shown.arms(), 1, 1, "0");
        QVERIFY2(!shown.canSave(), qPrintable(shown.summary()));
        typeInto(shown.arms(), 1, 1, "");
        QVERIFY(shown.canSave()); // the method's own size
        typeInto(shown.arms(), 1, 2, "1e-3x");
        QCOMPARE(shown.summary(),
                 QString("Adapters, learning rates: “1e-3x” is no number. Numbers are separated by commas."));
    }

    void aMethodWithoutSizesHasNoCellForThem()
    {
        Library library;
        Shown shown(library);
        QVERIFY(!(shown.arms()->item(0, 1)->flags() & Qt::ItemIsEditable));
        QVERIFY(!(shown.arms()->item(2, 4)->flags() & Qt::ItemIsEditable));
        auto *method = qobject_cast<QComboBox *>(shown.arms()->cellWidget(1, 0));
        method->setCurrentIndex(method->findText("LayerNorm only"));
        QVERIFY(shown.arms()->item(1, 1)->text().isEmpty());
        QVERIFY2(shown.summary().startsWith("20 runs"), qPrintable(shown.summary()));
        shown.arms()->setCurrentCell(1, 2);
        shown.press("&Remove method");
        QVERIFY2(shown.summary().startsWith("12 runs"), qPrintable(shown.summary()));
    }

    void aStudyIsEditedWithoutAMouse()
    {
        Library library;
        Shown shown(library);
        QVERIFY(QTest::qWaitForWindowActive(&shown.dialog));
        for (const QWidget *widget : shown.dialog.findChildren<QWidget *>())
            if (widget->isVisible() && widget->isEnabled() && !widget->focusProxy() &&
                (widget->focusPolicy() & Qt::TabFocus) && !widget->objectName().startsWith(QLatin1String("qt_")))
                QVERIFY2(tabTo(shown.dialog, widget), qPrintable(widget->metaObject()->className() + widget->objectName()));
        const auto press = [](Qt::Key key) { QTest::keyClick(QApplication::focusWidget(), key); };

        QVERIFY(tabTo(shown.dialog, shown.child<QLineEdit>("studyName")));
        QTest::keyClicks(QApplication::focusWidget(), "keys"); // what Tab comes to is selected, and typed over
        auto *tasks = shown.child<QListWidget>("studyTasks");
        QVERIFY(tabTo(shown.dialog, tasks));
        press(Qt::Key_Home); // the first, which is ticked
        const std::string first = tasks->currentItem()->text().toStdString();
        press(Qt::Key_Space);
        QVERIFY(tabTo(shown.dialog, shown.child<QPushButton>("addArmButton")));
        press(Qt::Key_Space);
        QVERIFY(tabTo(shown.dialog, shown.arms()));
        press(Qt::Key_End);
        QVERIFY(tabTo(shown.dialog, shown.child<QLineEdit>("studySeeds")));
        QTest::keyClicks(QApplication::focusWidget(), "7");
        QVERIFY2(shown.canSave(), qPrintable(shown.summary()));
        QVERIFY(tabTo(shown.dialog, shown.dialog.findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save)));
        press(Qt::Key_Space);
        QCOMPARE(shown.dialog.result(), int(QDialog::Accepted));
        const Study edited = shown.dialog.study();
        QCOMPARE(edited.name, std::string("keys"));
        QCOMPARE(edited.datasets, std::vector<std::string>{first == "trec" ? "cola" : "trec"});
        QCOMPARE(edited.arms.size(), std::size_t(4));
        QCOMPARE(edited.arms.back().sizes, std::vector<int>{64});
        QCOMPARE(edited.seeds, std::vector<std::uint64_t>{7});
    }

    void aFileHoldsTheSame()
    {
        Library library;
        AnsweredDialogs answers;
        answers.file = library.home.filePath("mine.json");
        {
            Shown shown(library);
            shown.press("Save as &file…");
        }
        QVERIFY(studyFromJson(readFile(answers.file.toStdString())) == studyFromJson(mine));
        Shown shown(library, *presetStudy("quick"));
        shown.press("&Open file…");
        QVERIFY(shown.dialog.study() == studyFromJson(mine));
        writeText(answers.file, "{\"name\": ");
        shown.press("&Open file…");
        QCOMPARE(answers.errors.size(), 1);
        QVERIFY(shown.dialog.study() == studyFromJson(mine)); // what was there stays
    }
};

QTEST_MAIN(StudyDialogTest)
#include "tst_study_dialog.moc"
