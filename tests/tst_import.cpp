#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include "core/data/dataset.h"
#include "core/data/recognise.h"
#include "core/error.h"
#include "tests/gui_helpers.h"
#include "tests/real_files.h"
#include "ui/import_dialog.h"

using namespace awb;

namespace {

struct Fixture {
    explicit Fixture(const std::string &content, const QString &name = "letters.csv")
    {
        test::writeText(folder.filePath(name), content);
        open(folder.filePath(name));
    }
    explicit Fixture(const std::filesystem::path &file) { open(QString::fromStdString(file.string())); }

    void open(const QString &file)
    {
        dialog = std::make_unique<ImportDialog>(guessManifest(file.toStdString(), QFileInfo(file).baseName().toStdString()));
        spy = std::make_unique<QSignalSpy>(dialog.get(), &ImportDialog::checked);
        dialog->show();
        settle();
    }
    /// Until the preview belongs to what the controls say.
    void settle()
    {
        const auto before = seen;
        QTRY_VERIFY_WITH_TIMEOUT(spy->size() > before, 20000);
        seen = spy->size();
    }
    template <class Widget>
    Widget &in(const char *name) const
    {
        auto *found = dialog->findChild<Widget *>(QLatin1String(name));
        if (!found)
            qFatal("no %s", name);
        return *found;
    }
    QString sentence() const { return in<QLabel>("importSentence").text(); }
    bool mayAccept() const { return in<QPushButton>("importAccept").isEnabled(); }
    void choose(const char *combo, const QString &text)
    {
        auto &box = in<QComboBox>(combo);
        QVERIFY2(box.findText(text) >= 0, qPrintable(text));
        if (box.currentText() == text)
            return;
        box.setCurrentIndex(box.findText(text));
        settle();
    }
    /// Types a class for a raw label, as a person would: click, F2, type, Enter.
    void typeClass(const QString &label, const QString &name)
    {
        auto &table = in<QTableWidget>("importLabels");
        const auto rows = table.findItems(label, Qt::MatchExactly);
        QVERIFY2(!rows.isEmpty(), qPrintable(label));
        QTableWidgetItem *item = table.item(rows.first()->row(), 2);
        table.scrollToItem(item);
        QTest::mouseClick(table.viewport(), Qt::LeftButton, Qt::NoModifier, table.visualItemRect(item).center());
        QTest::keyClick(&table, Qt::Key_F2);
        QLineEdit *editor = nullptr; // a click on the current cell opens it by itself, after a moment
        QTRY_VERIFY((editor = table.findChild<QLineEdit *>()));
        editor->selectAll();
        QTest::keyClick(editor, Qt::Key_Delete);
        QTest::keyClicks(editor, name);
        QTest::keyClick(editor, Qt::Key_Return);
        settle();
    }

    QTemporaryDir folder;
    std::unique_ptr<ImportDialog> dialog;
    std::unique_ptr<QSignalSpy> spy;
    qsizetype seen = 0;
};

const std::string letters = "id,message,feeling\n"
                            "1,\"Thank you, both of you.\",glad\n"
                            "2,\"He said \"\"never again\"\".\",cross\n"
                            "3,\"Two lines,\nof one letter.\",Glad\n"
                            "4,It rained on the picnic.,cross\n"
                            "5,The parcel arrived empty.,cross\n"
                            "6,I cannot say.,unsure\n"
                            "7,The garden is in flower.,glad\n"
                            "8,You forgot my birthday.,cross\n"
                            "9,Grandmother laughed all evening.,glad\n"
                            "10,The lamp broke again.,cross\n";

} // namespace

class TestImport : public QObject {
    Q_OBJECT

private slots:
    void guessesADelimitedFileAndPreviewsIt();
    void mergesRenamesAndDropsLabels();
    void enterOpensTheNextClassAndImportsNothing();
    void followsTheChosenColumnsAndFormat();
    void refusesWhatCannotBeTrained();
    void asksForTheLabelColumnWhereNoneIsGuessed();
    void takesAsManyClassesAsTheCore();
    void importsScores();
    void endsLabelsAtACharacter();
    void splitsAndMeasuresAsTyped();
    void splitsNothingWhereDevHasItsOwnFile();
    void fitsASmallScreen();
    void asksForAName();
    void saysWhyAFileCannotBeReadAtAll();
    void importsRealTweetsWithoutTheUndecided();
    void previewsAFileOfFourMegabytesWithoutMakingTheWindowWait();
};

void TestImport::guessesADelimitedFileAndPreviewsIt()
{
    Fixture f(letters);
    QCOMPARE(f.in<QLineEdit>("importName").text(), QString("letters"));
    QCOMPARE(f.in<QComboBox>("importDelimiter").currentText(), QString("Comma"));
    QVERIFY(f.in<QCheckBox>("importQuoting").isChecked());
    QVERIFY(f.in<QCheckBox>("importHeader").isChecked());
    QCOMPARE(f.in<QComboBox>("importText").currentText(), QString("message"));
    QCOMPARE(f.in<QComboBox>("importSecondText").currentText(), QString("none"));
    const auto &preview = f.in<QTableWidget>("importPreview");
    QCOMPARE(preview.rowCount(), 10);
    QCOMPARE(preview.item(1, 1)->text(), QString("He said \"never again\"."));
    QCOMPARE(preview.item(2, 1)->text(), QString("Two lines, of one letter."));
    QCOMPARE(f.in<QComboBox>("importLabel").currentText(), QString("feeling"));
    QCOMPARE(f.sentence(), QString("10 rows, 4 classes."));
    QVERIFY(f.mayAccept());
    test::savePictures(*f.dialog, "import");
    f.dialog->resize(800, 560);
    test::savePictures(*f.dialog, "import-small");
}

void TestImport::mergesRenamesAndDropsLabels()
{
    Fixture f(letters);
    f.typeClass("Glad", "happy");
    f.typeClass("glad", "happy");
    QCOMPARE(f.sentence(), QString("10 rows, 3 classes."));
    f.typeClass("cross", "angry");
    f.typeClass("unsure", "");
    QCOMPARE(f.sentence(), QString("9 rows, 2 classes; 1 row dropped."));
    QTest::mouseClick(&f.in<QPushButton>("importAccept"), Qt::LeftButton);
    QCOMPARE(f.dialog->result(), int(QDialog::Accepted));
    const Manifest manifest = f.dialog->manifest();
    QCOMPARE(manifest.name, std::string("letters"));
    QCOMPARE(manifest.classes, (std::vector<std::string>{"angry", "happy"}));
    QVERIFY(!manifest.metrics.empty());
    QVERIFY(manifest.sha256.size() > 64); // labels are merged, so the file alone does not say what was used
    const Dataset dataset = loadDataset(manifestFromJson(toJson(manifest)));
    QCOMPARE(dataset.train.size() + dataset.dev.size() + dataset.test.size(), std::size_t(9));
}

void TestImport::enterOpensTheNextClassAndImportsNothing()
{
    Fixture f(std::string("text,label\nIt rains.,wet\nIt pours.,wet\nThe sun.,dry\nA drought.,dry\n"));
    auto &table = f.in<QTableWidget>("importLabels");
    f.typeClass(table.item(0, 0)->text(), "first");
    table.setFocus();
    QTest::keyClick(&table, Qt::Key_Down);
    QTest::keyClick(&table, Qt::Key_Return);
    QVERIFY(table.findChild<QLineEdit *>()); // the editor of the second
    QVERIFY(f.dialog->isVisible());
}

void TestImport::followsTheChosenColumnsAndFormat()
{
    Fixture f(letters);
    f.in<QCheckBox>("importHeader").click();
    f.settle();
    QCOMPARE(f.in<QComboBox>("importText").currentText(), QString("column 1"));
    QVERIFY(f.in<QTableWidget>("importPreview").item(0, 0)->text().contains("id"));
    f.in<QCheckBox>("importHeader").click();
    f.settle();
    f.choose("importSecondText", "id");
    QCOMPARE(f.dialog->manifest().train.textB, 0);
    f.choose("importDelimiter", "Tab");
    QVERIFY(!f.mayAccept());
    f.choose("importDelimiter", "Comma");
    QVERIFY2(f.mayAccept(), qPrintable(f.sentence()));
    QCOMPARE(f.in<QComboBox>("importLabel").currentText(), QString("feeling"));
}

void TestImport::refusesWhatCannotBeTrained()
{
    Fixture f(letters);
    f.choose("importLabel", "message");
    QVERIFY(!f.mayAccept());
    QVERIFY2(f.sentence().contains("cannot be the same column"), qPrintable(f.sentence()));
    f.choose("importLabel", "feeling");
    QVERIFY(f.mayAccept());
    f.choose("importTask", "Score (a number)");
    QVERIFY(!f.mayAccept());
    QVERIFY2(f.sentence().contains("not a number"), qPrintable(f.sentence()));
    f.choose("importTask", "Classes");
    for (const char *label : {"glad", "Glad", "unsure"})
        f.typeClass(label, "cross");
    QVERIFY(!f.mayAccept());
    QVERIFY2(f.sentence().contains("two classes"), qPrintable(f.sentence()));
    test::savePictures(*f.dialog, "import-error");
}

void TestImport::asksForTheLabelColumnWhereNoneIsGuessed()
{
    std::string table = "text,score,flair\n";
    for (int i = 0; i < 1200; ++i)
        table += "some text " + std::to_string(i) + "," + std::to_string(i) + "," + (i % 2 ? "news" : "else") + "\n";
    Fixture f(table);
    QVERIFY(!f.mayAccept());
    QVERIFY2(f.sentence().contains("Choose the column that holds the label"), qPrintable(f.sentence()));
    f.choose("importLabel", "flair");
    QVERIFY2(f.mayAccept(), qPrintable(f.sentence()));
    QCOMPARE(f.in<QTableWidget>("importLabels").rowCount(), 2);
}

void TestImport::takesAsManyClassesAsTheCore()
{
    std::string table = "text,intent\n";
    for (int i = 0; i < 900; ++i)
        table += "some text " + std::to_string(i) + ",intent" + std::to_string(i % 300) + "\n";
    Fixture f(table);
    QVERIFY2(f.mayAccept(), qPrintable(f.sentence()));
    QCOMPARE(f.in<QTableWidget>("importLabels").rowCount(), 300);
}

void TestImport::importsScores()
{
    std::string rows = "sentence1\tsentence2\tscore\n";
    for (int i = 0; i < 30; ++i)
        rows += "The " + std::to_string(i) + "th boat\tA boat\t" + std::to_string(i % 6) + ".25\n";
    Fixture f(rows, "boats.tsv");
    QCOMPARE(f.in<QComboBox>("importSecondText").currentText(), QString("sentence2"));
    if (f.in<QComboBox>("importTask").currentText() != QString("Score (a number)"))
        f.choose("importTask", "Score (a number)");
    QVERIFY(!f.in<QTableWidget>("importLabels").isVisible());
    QCOMPARE(f.sentence(), QString("30 rows with a score."));
    const Manifest manifest = f.dialog->manifest();
    QVERIFY(manifest.task == Task::Regression);
    QVERIFY(manifest.classes.empty());
    QCOMPARE(manifest.metrics.front(), std::string("pearson"));
    QCOMPARE(loadDataset(manifest).manifest.train.textB, 1);
}

void TestImport::endsLabelsAtACharacter()
{
    Fixture f(
        "kind\ttext\nwhere:town\tWhere does the river end?\nwhere:land\tWhere is Ys?\nwho:one\tWho built the lighthouse?\n"
        "who:many\tWho rowed in the first race?\n",
        "questions.tsv");
    f.choose("importText", "text");
    f.choose("importLabel", "kind");
    QTest::keyClicks(&f.in<QLineEdit>("importLabelUntil"), ":");
    f.settle();
    QCOMPARE(f.sentence(), QString("4 rows, 2 classes."));
    QCOMPARE(f.dialog->manifest().classes, (std::vector<std::string>{"where", "who"}));
}

void TestImport::splitsAndMeasuresAsTyped()
{
    Fixture f(letters);
    auto &split = f.in<QLineEdit>("importSplit"), &metrics = f.in<QLineEdit>("importMetrics");
    auto &seed = f.in<QSpinBox>("importSplitSeed");
    QCOMPARE(split.text(), QString("80/10/10"));
    QCOMPARE(seed.value(), 0);
    QCOMPARE(metrics.text(), QString("accuracy, f1"));
    QCOMPARE(f.dialog->manifest().split, SplitRule());
    const auto type = [&](QWidget &field, const QString &words) {
        QTest::keyClick(&field, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(&field, words);
        f.settle();
    };
    type(split, "50/30/20");
    type(seed, "7");
    type(metrics, "matthews, accuracy");
    QCOMPARE(f.sentence(), QString("10 rows, 4 classes."));
    const Manifest manifest = f.dialog->manifest();
    QCOMPARE(manifest.split, (SplitRule{7, 0.3, 0.2}));
    QCOMPARE(manifest.metrics, (std::vector<std::string>{"matthews", "accuracy"}));
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.dev.size(), std::size_t(3));
    QCOMPARE(dataset.test.size(), std::size_t(2));

    type(split, "50/30/30");
    QVERIFY(!f.mayAccept());
    QVERIFY2(f.sentence().contains("does not add up to 100"), qPrintable(f.sentence()));
    test::savePictures(*f.dialog, "import-split");
    type(split, "50/30/20");
    type(metrics, "matthews, bleu");
    QVERIFY(!f.mayAccept());
    QVERIFY2(f.sentence().contains("\"bleu\" is no metric of classes"), qPrintable(f.sentence()));
    f.choose("importTask", "Score (a number)");
    QCOMPARE(metrics.text(), QString("pearson, spearman"));
}

void TestImport::splitsNothingWhereDevHasItsOwnFile()
{
    Fixture f("text,label\nsun,a\nrain,b\n", "dev.csv"); // there before train.csv is looked at
    test::writeText(f.folder.filePath("train.csv"), "text,label\nfog,a\nsnow,b\nhail,a\n");
    f.dialog->hide();
    f.seen = 0;
    f.open(f.folder.filePath("train.csv"));
    QVERIFY(!f.in<QLineEdit>("importSplit").isEnabled());
    QVERIFY(f.in<QLineEdit>("importSplit").text().isEmpty());
    QVERIFY(!f.in<QSpinBox>("importSplitSeed").isEnabled());
    QVERIFY2(f.mayAccept(), qPrintable(f.sentence()));
    QVERIFY(f.dialog->manifest().dev);
    QCOMPARE(f.sentence(), QString("3 rows, 2 classes.\nWith it: dev.csv, 2 rows."));
    test::savePictures(*f.dialog, "import-dev");
}

void TestImport::fitsASmallScreen()
{
    Fixture f(letters);
    const QSize least = f.dialog->minimumSizeHint();
    QVERIFY2(least.width() <= 780 && least.height() <= 560,
             qPrintable(QStringLiteral("%1 x %2").arg(least.width()).arg(least.height())));
    const QSize screen = f.dialog->screen()->availableSize();
    QVERIFY(f.dialog->width() <= screen.width() && f.dialog->height() <= screen.height());
}

void TestImport::asksForAName()
{
    Fixture f(letters);
    auto &name = f.in<QLineEdit>("importName");
    name.clear();
    QVERIFY(!f.mayAccept());
    QCOMPARE(f.sentence(), QString("Give the data set a name."));
    QTest::keyClicks(&name, "my letters");
    QVERIFY(f.mayAccept());
    QCOMPARE(f.dialog->manifest().name, std::string("my letters"));
}

void TestImport::saysWhyAFileCannotBeReadAtAll()
{
    QTemporaryDir folder;
    for (const char *name : {"missing.csv", "empty.csv"}) {
        const QString file = folder.filePath(QLatin1String(name));
        if (QLatin1String(name) == QLatin1String("empty.csv"))
            test::writeText(file, "");
        try {
            guessManifest(file.toStdString(), "letters");
            QFAIL("no error");
        } catch (const Error &error) {
            QVERIFY2(QString(error.what()).contains(QLatin1String(name)), error.what());
        }
    }
}

void TestImport::importsRealTweetsWithoutTheUndecided()
{
    const auto file = test::realData("CF-disasters/socialmedia-disaster-tweets-DFE.csv");
    if (file.empty())
        QSKIP("needs the real data sets");
    Fixture f(file);
    f.choose("importText", "text");
    f.choose("importLabel", "choose_one");
    f.typeClass("Can't Decide", "undecided");
    QVERIFY2(f.sentence().startsWith("10,876 rows, 3 classes."), qPrintable(f.sentence()));
    f.typeClass("Can't Decide", "");
    QVERIFY2(f.sentence().startsWith("10,860 rows, 2 classes; 16 rows dropped."), qPrintable(f.sentence()));
    test::savePictures(*f.dialog, "import-tweets");
}

void TestImport::previewsAFileOfFourMegabytesWithoutMakingTheWindowWait()
{
    std::string rows = "message,feeling\n";
    while (rows.size() < 4u << 20)
        rows += "\"Letter at byte " + std::to_string(rows.size()) + " of a long correspondence, kept in a drawer.\"," +
                (rows.size() % 3 ? "glad\n" : "cross\n");
    Fixture f(rows);
    qint64 longest = 0;
    QElapsedTimer sinceTick;
    QTimer tick;
    connect(&tick, &QTimer::timeout, this, [&] { longest = std::max(longest, sinceTick.restart()); });
    sinceTick.start();
    tick.start(1);
    f.in<QCheckBox>("importHeader").click();
    f.settle();
    qInfo("longest wait of the event loop: %lld ms", static_cast<long long>(longest));
    QVERIFY(longest < 250);
}

QTEST_MAIN(TestImport)
#include "tst_import.moc"
