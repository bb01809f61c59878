#include <QtTest>

#include "core/data/dataset.h"
#include "core/data/recognise.h"
#include "core/error.h"
#include "tests/data_folder.h"

using namespace awb;
using Strings = std::vector<std::string>;

/// What is made of tables that other programs and people wrote, without a word from the user.
class TestGuesses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<DataFolder>(); }

    void aQuoteThatIsNeverClosedIsNoQuote();
    void aLabelColumnOfTooManyValuesIsNoLabelColumn();
    void partsThatCannotBeReadAreLeftOut();
    void testLabelsThatSayNothingAreNone_data();
    void testLabelsThatSayNothingAreNone();
    void orangeColumnsMayListTheirValues();
    void rowsWithoutAGoldLabelAreDropped_data();
    void rowsWithoutAGoldLabelAreDropped();
    void allLabelsOfALayoutAreLookedAt();
    void labelsInBlocksAreSeen();
    void quotesThatJoinRowsAreNone();
    void rowNamesOfRAreNoTexts();
    void documentsAndFoldersOfTextsAreNamed();

private:
    std::string write(const std::string &name, const std::string &content) { return m_folder->write(name, content); }
    Manifest guessed(const std::string &relative) { return guessManifest(m_folder->path() / relative, "guess"); }
    /// "some text 7" ..., each followed by one of the labels in turn.
    static std::string rows(int count, const Strings &labels, const std::string &delimiter = ",")
    {
        std::string text;
        for (int i = 0; i < count; ++i)
            text += "some text " + std::to_string(i) + delimiter + labels[std::size_t(i) % labels.size()] + "\n";
        return text;
    }

    std::unique_ptr<DataFolder> m_folder;
};

void TestGuesses::aQuoteThatIsNeverClosedIsNoQuote()
{
    write("a.csv", "text,label\n" + rows(20, {"neg", "pos"}) + "\"a text that is cut,neg\nthe last one,pos\n");
    const Manifest manifest = guessed("a.csv");
    QVERIFY(!manifest.train.format.quoting);
    QCOMPARE(manifest.classes, (Strings{"neg", "pos"}));
}

void TestGuesses::aLabelColumnOfTooManyValuesIsNoLabelColumn()
{
    std::string table = "text,score,flair\n";
    for (int i = 0; i < 1200; ++i)
        table += "some text " + std::to_string(i) + "," + std::to_string(i) + "," + (i % 2 ? "news" : "else") + "\n";
    write("train.csv", table);
    write("dev.csv", "text,score,flair\none,2,news\n");
    Manifest manifest = guessed("train.csv");
    QCOMPARE(manifest.train.label, -1);
    QCOMPARE(manifest.train.textA, 0);
    QVERIFY(manifest.classes.empty());
    QVERIFY(manifest.dev);
}

void TestGuesses::partsThatCannotBeReadAreLeftOut()
{
    write("train.csv", "text,label\n" + rows(40, {"neg", "pos"}));
    write("dev.csv", "");
    write("test.csv", "\x1f\x8b");
    const Manifest manifest = guessed("train.csv");
    QVERIFY(!manifest.dev && !manifest.test);
    const Strings notes = loadDataset(manifest).notes;
    QCOMPARE(notes, (Strings{"The file dev.csv beside it is not used: the development examples are split off.",
                             "The file test.csv beside it is not used: the test examples are split off."}));
}

void TestGuesses::testLabelsThatSayNothingAreNone_data()
{
    QTest::addColumn<QString>("train");
    QTest::addColumn<QString>("test");
    QTest::addColumn<bool>("labelled");
    const auto table = [](const Strings &labels) { return QString::fromStdString("text,label\n" + rows(40, labels)); };
    const QString classes = table({"0", "1"});
    Strings scores;
    for (int i = 0; i < 20; ++i)
        scores.push_back(std::to_string(i / 4) + "." + std::to_string(i));
    QTest::newRow("-1") << classes << table({"-1"}) << false;
    QTest::newRow("blank") << classes << table({""}) << false;
    QTest::newRow("null") << classes << table({"null", "NA"}) << false;
    QTest::newRow("classes") << classes << table({"1", "0"}) << true;
    QTest::newRow("one class") << classes << table({"1"}) << true;
    QTest::newRow("other classes") << classes << table({"positive"}) << true; // a mistake of which is to be told
    QTest::newRow("constant score") << table(scores) << table({"-1.0"}) << false;
    QTest::newRow("scores") << table(scores) << table({"1.5", "2.5"}) << true;
}

void TestGuesses::testLabelsThatSayNothingAreNone()
{
    QFETCH(QString, train);
    QFETCH(QString, test);
    QFETCH(bool, labelled);
    write("train.csv", train.toStdString());
    write("test.csv", test.toStdString());
    const Manifest manifest = guessed("train.csv");
    QCOMPARE(manifest.test.value().label, labelled ? 1 : -1);
    if (!labelled)
        QCOMPARE(loadDataset(manifest).test.size(), std::size_t(40));
}

void TestGuesses::orangeColumnsMayListTheirValues()
{
    write("saved.tab", "Author\tContent\nAndersen Grimm\tstring\nclass\tmeta include=True\nAndersen\tA tale of ice\n"
                       "Grimm\tA tale of bears\nGrimm\tOne of wolves\n");
    const auto manifest = recognise(m_folder->path() / "saved.tab", "saved");
    QVERIFY(manifest);
    QCOMPARE(manifest->layout, std::string("Orange table"));
    QCOMPARE(manifest->classes, (Strings{"Andersen", "Grimm"}));
    QCOMPARE(manifest->train.textA, 1);
    write("letters.tab", "Mark\tContent\nc s\tstring\nclass\tmeta\nc\tA tale of ice\ns\tA tale of bears\n");
    const auto letters = recognise(m_folder->path() / "letters.tab", "letters");
    QVERIFY(letters && letters->task == Task::Classification);
    QCOMPARE(letters->train.textA, 1);
    write("no.tsv", "one\ttwo\nsome words\ts\n\t\na b\tc\n"); // nothing says that the second line is one of types
    QVERIFY(guessFormat(m_folder->path() / "no.tsv").kind == TableFormat::Kind::Delimited);
}

void TestGuesses::rowsWithoutAGoldLabelAreDropped_data()
{
    QTest::addColumn<QString>("labels");
    QTest::addColumn<QString>("classes");
    QTest::newRow("a dash") << "a b c a b c a b -"
                            << "a b c";
    QTest::newRow("a dash of two") << "a - a - a - a - a"
                                   << "- a";
    QTest::newRow("a sign") << "+ - 0 + - 0 + - 0"
                            << "+ - 0";
    QTest::newRow("a scale") << "-1 0 1 -1 0 1 -1 0 1"
                             << "-1 0 1";
    QTest::newRow("few") << QString("0 1 2 ").repeated(40) + "-1"
                         << "0 1 2";
}

void TestGuesses::rowsWithoutAGoldLabelAreDropped()
{
    QFETCH(QString, labels);
    QFETCH(QString, classes);
    Strings all;
    for (const QString &label : labels.split(' '))
        all.push_back(label.toStdString());
    write("a.csv", "text,label\n" + rows(int(all.size()), all));
    const Manifest manifest = guessed("a.csv");
    QStringList found;
    for (const std::string &name : manifest.classes)
        found << QString::fromStdString(name);
    QCOMPARE(found.join(' '), classes);
    QCOMPARE(loadDataset(manifest).manifest.classes, manifest.classes);
}

void TestGuesses::allLabelsOfALayoutAreLookedAt()
{
    const std::string beginning = rows(300, {"0", "1"}, "\t");
    const std::string file = write("train.tsv", "sentence\tlabel\n" + beginning + rows(10, {"2"}, "\t"));
    QVERIFY(!recognise(file, "three"));
    QCOMPARE(guessed("train.tsv").classes, (Strings{"0", "1", "2"}));
    write("train.tsv", "sentence\tlabel\n" + beginning + "without a label\t\n");
    QCOMPARE(recognise(file, "two")->layout, std::string("GLUE SST-2"));
}

void TestGuesses::labelsInBlocksAreSeen()
{
    std::string table;
    for (int i = 0; i < 6000; ++i)
        table += std::string(i < 3000 ? "0" : "4") + "," + std::to_string(i) + ",NO_QUERY,a text of some length " +
                 std::to_string(i) + "\n";
    write("a.csv", table);
    QCOMPARE(guessed("a.csv").train.label, 0);
    QCOMPARE(guessed("a.csv").classes, (Strings{"0", "4"}));
}

void TestGuesses::quotesThatJoinRowsAreNone()
{
    std::string table = "label,text\n0,\"a quoted text\"\n";
    for (int i = 0; i < 20000; ++i) // the guess of the format sees the first 256 KiB
        table += std::string(i % 2 ? "0" : "1") + (i % 100 == 0 && i > 15000 ? ",\"some text " : ",some text ") +
                 std::to_string(i) + "\n";
    write("a.csv", table);
    const Manifest manifest = guessed("a.csv");
    QVERIFY(!manifest.train.format.quoting);
    QCOMPARE(Table(manifest.train.path, manifest.train.format).rows(), std::size_t(20001));
}

void TestGuesses::rowNamesOfRAreNoTexts()
{
    std::string table = "\"text\"\t\"label\"\n";
    for (int i = 0; i < 20; ++i)
        table += "\"" + std::to_string(i) + "\"\t\"some text " + std::to_string(i) + "\"\t\"" + (i % 2 ? "a" : "b") + "\"\n";
    write("r.tsv", table);
    const Manifest manifest = guessed("r.tsv");
    QCOMPARE(manifest.train.textA, 1);
    QCOMPARE(manifest.classes, (Strings{"a", "b"}));
}

void TestGuesses::documentsAndFoldersOfTextsAreNamed()
{
    const auto refusal = [&](const std::string &name) {
        try {
            guessed(name);
            return QString();
        } catch (const Error &error) {
            return QString::fromUtf8(error.what());
        }
    };
    write("columns.json", "{\"text\": {\"0\": \"one\", \"1\": \"two\"}, \"label\": {\"0\": \"a\", \"1\": \"b\"}}\n");
    QVERIFY(refusal("columns.json").contains("is one JSON document; save it as JSON Lines"));
    write("acl/words.txt", "a word\nanother word\n");
    for (const char *name : {"train/pos/1.txt", "train/pos/2.txt", "train/neg/1.txt", "test/pos/1.txt"})
        write(std::string("acl/") + name, "a review\n");
    QVERIFY(refusal("acl").contains("a file for each text in its sub-folders"));
    QVERIFY(refusal("acl/train").contains("a file for each text in its sub-folders"));
    for (const char *name : {"tasks/README.txt", "tasks/a/notes.txt", "tasks/b/notes.txt", "tasks/a/train.tsv"})
        write(name, "a word\tanother\n");
    QVERIFY2(refusal("tasks").contains("choose a file, or one of its folders"), qPrintable(refusal("tasks")));
    write("head.csv", "text,label\n");
    QVERIFY2(refusal("head.csv").contains("has no rows below its header"), qPrintable(refusal("head.csv")));
}

QTEST_GUILESS_MAIN(TestGuesses)
#include "tst_guesses.moc"
