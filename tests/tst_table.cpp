#include <fstream>

#include <sys/stat.h>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include "core/data/recognise.h"
#include "core/data/table.h"
#include "core/error.h"

using namespace awb;
using Fields = std::vector<std::string>;
using Kind = TableFormat::Kind;

namespace {

constexpr TableFormat tsv{Kind::Delimited, '\t', false, false};
constexpr TableFormat csv{Kind::Delimited, ',', true, true};
constexpr TableFormat jsonLines{Kind::JsonLines, '\t', false, false};
constexpr TableFormat orange{Kind::OrangeTab, '\t', true, true};
constexpr TableFormat labelText{Kind::LabelText, ' ', false, false};

// The sentence with which reading fails; "" when it does not.
QString refusal(const std::string &file, const TableFormat &format)
{
    try {
        const Table table(file, format);
        return {};
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
}

} // namespace

class TestTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void quotesAreOrdinaryCharactersWithQuotingOff();
    void quotedFieldsHoldDelimitersNewlinesAndQuotes();
    void textAfterAClosingQuoteBelongsToTheField();
    void crlfBetweenRecordsAndLfInsideFields();
    void byteOrderMarkAndMissingFinalNewline();
    void blankLinesAreNoRows();
    void invalidUtf8FallsBackPerFieldAndIsCounted();
    void controlCharactersAreKept();
    void unevenRowsAreNoted();
    void rowNamesOfRHaveAnUnnamedColumn();
    void jsonLinesHaveColumnsInOrderOfAppearance();
    void halvesOfACharacterInJsonAreReplaced();
    void numbersThatAreNoneAreNull();
    void brokenJsonNamesItsLine();
    void orangeTablesHaveThreeHeaderLines();
    void labelTextSplitsAtTheFirstSpace();
    void emptyMissingAndForeignFilesAreRefused();
    void anUnclosedQuoteNamesFileAndLine();
    void aHundredMegabyteLineIsRefusedAtOnce();
    void aFileWrittenToWhileItIsReadIsNamed();
    void formatsAreGuessed_data();
    void formatsAreGuessed();

private:
    std::string write(const std::string &name, const std::string &content)
    {
        const std::string path = m_folder.filePath(QString::fromStdString(name)).toStdString();
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }

    QTemporaryDir m_folder;
};

void TestTable::quotesAreOrdinaryCharactersWithQuotingOff()
{
    const Table table(write("quotes.tsv", "1\t\"The film\" was dull\n0\tHe said \"no\n1\t\"\n"), tsv);
    QCOMPARE(table.rows(), std::size_t(3));
    QCOMPARE(table.row(0), (Fields{"1", "\"The film\" was dull"}));
    QCOMPARE(table.row(1), (Fields{"0", "He said \"no"}));
    QCOMPARE(table.row(2), (Fields{"1", "\""}));
    QCOMPARE(table.columns(), (Fields{"column 0", "column 1"}));
}

void TestTable::quotedFieldsHoldDelimitersNewlinesAndQuotes()
{
    const Table table(
        write("quoted.csv",
              "text,label\n\"late, again\",bad\n\"two\nlines\",good\n\"she said \"\"thanks\"\"\",good\n\"\",bad\n"
              "5\" of rain,bad\n"),
        csv);
    QCOMPARE(table.columns(), (Fields{"text", "label"}));
    QCOMPARE(table.rows(), std::size_t(5));
    QCOMPARE(table.row(0), (Fields{"late, again", "bad"}));
    QCOMPARE(table.row(1), (Fields{"two\nlines", "good"}));
    QCOMPARE(table.row(2), (Fields{"she said \"thanks\"", "good"}));
    QCOMPARE(table.row(3), (Fields{"", "bad"}));
    QCOMPARE(table.row(4), (Fields{"5\" of rain", "bad"}));
    QCOMPARE(table.lineOf(1), std::size_t(3));
    QCOMPARE(table.lineOf(2), std::size_t(5));
}

void TestTable::textAfterAClosingQuoteBelongsToTheField()
{
    const Table table(write("after.csv", "text,label\nfine,good\n\"Great\" flight,good\n"), csv);
    QCOMPARE(table.row(1), (Fields{"Great flight", "good"}));
    QCOMPARE(table.strayQuotes(), std::size_t(1));
    QVERIFY(QString::fromStdString(table.notes().at(0))
                .startsWith("after.csv: 1 row with text after a closing quote, the "
                            "first on line 3: quotes that are none may have"));
    const Table ended(write("crlf-quoted.csv", "text,label\r\n\"one\",\"a\"\r\n\"two\",\"b\"\r\n\"three\",\"c\""), csv);
    QVERIFY(ended.notes().empty());
}

void TestTable::crlfBetweenRecordsAndLfInsideFields()
{
    const Table table(write("crlf.csv", "text,label\r\n\"one\ntwo\",a\r\n\"three\r\nfour\",b\r\nlone\rreturn,c\r\n"), csv);
    QCOMPARE(table.rows(), std::size_t(3));
    QCOMPARE(table.columns(), (Fields{"text", "label"}));
    QCOMPARE(table.row(0), (Fields{"one\ntwo", "a"}));
    QCOMPARE(table.row(1), (Fields{"three\r\nfour", "b"}));
    QCOMPARE(table.row(2), (Fields{"lone\rreturn", "c"}));
}

void TestTable::byteOrderMarkAndMissingFinalNewline()
{
    const Table table(write("bom.tsv", "\xEF\xBB\xBFQuality\tText\n1\tlast"), {Kind::Delimited, '\t', false, true});
    QCOMPARE(table.columns(), (Fields{"Quality", "Text"}));
    QCOMPARE(table.rows(), std::size_t(1));
    QCOMPARE(table.row(0), (Fields{"1", "last"}));
    const Table crlf(write("cr-at-end.tsv", "0\tlast\r"), tsv);
    QCOMPARE(crlf.row(0), (Fields{"0", "last"}));
}

void TestTable::blankLinesAreNoRows()
{
    const Table table(write("blank.tsv", "\n1\ta\n\n\r\n0\tb\n\n"), tsv);
    QCOMPARE(table.rows(), std::size_t(2));
    QCOMPARE(table.lineOf(1), std::size_t(5));
}

void TestTable::invalidUtf8FallsBackPerFieldAndIsCounted()
{
    const Table table(
        write("bytes.tsv",
              "caf\xC3\xA9\t\x93quoted\x94 \x80 5\nna\xEFve\tgr\xFC\xDF\nplain\tcaf\xC3\xA9\n\x81\xC0\x80\tx\n"),
        tsv);
    QCOMPARE(table.row(0), (Fields{"café", "“quoted” € 5"})); // the valid field stays, the other is Windows-1252
    QCOMPARE(table.row(1), (Fields{"naïve", "grüß"}));
    QCOMPARE(table.row(2), (Fields{"plain", "café"}));
    QCOMPARE(table.row(3)[0], std::string("\xC2\x81À€")); // an undefined byte is a control; an overlong form is not UTF-8
    QCOMPARE(table.notes().size(), std::size_t(1));
    QVERIFY(QString::fromStdString(table.notes()[0]).contains("bytes.tsv: 3 rows"));
    for (const char *wrong :
         {"\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC0\xAF"}) { // surrogate, beyond Unicode, cut, overlong
        bool fellBack = false;
        decodeText(wrong, &fellBack);
        QVERIFY(fellBack);
    }
}

void TestTable::controlCharactersAreKept()
{
    const std::string text("back\bspace\0null\x12\xC2\x99", 18);
    const Table table(write("controls.tsv", "1\t" + text + "\n"), tsv);
    QCOMPARE(table.row(0), (Fields{"1", text}));
}

void TestTable::unevenRowsAreNoted()
{
    const Table table(write("uneven.tsv", "a\tb\tc\n1\t2\n1\t2\t3\t4\n5\t6\n7\t8\t9\t \t\n"),
                      {Kind::Delimited, '\t', false, true});
    QCOMPARE(table.rows(), std::size_t(3));
    QCOMPARE(table.row(0), (Fields{"1", "2"}));
    QCOMPARE(table.row(1), (Fields{"5", "6"}));
    QCOMPARE(table.lineOf(1), std::size_t(4));
    QCOMPARE(table.row(2).size(), std::size_t(5));
    QCOMPARE(table.notes(),
             (Fields{"uneven.tsv: 1 row left out, with more fields than the 3 columns of the header.",
                     "uneven.tsv: 2 rows with fewer than 3 columns.", "uneven.tsv: 1 row with more than 3 columns."}));
    QVERIFY(refusal(write("shifted.csv", "label, text\npos, \"a, b\"\npos, \"c, d\"\n"), csv)
                .contains("shifted.csv has more fields in every row than its header has names"));
}

void TestTable::rowNamesOfRHaveAnUnnamedColumn()
{
    const Table table(write("r.tsv", "\"text\"\t\"label\"\n\"1\"\t\"one\"\t\"a\"\n\"2\"\t\"two\"\t\"b\"\n"),
                      {Kind::Delimited, '\t', true, true});
    QCOMPARE(table.columns(), (Fields{"", "text", "label"}));
    QCOMPARE(table.row(1), (Fields{"2", "two", "b"}));
    QVERIFY(table.notes().empty());
}

void TestTable::jsonLinesHaveColumnsInOrderOfAppearance()
{
    const Table table(
        write("rows.jsonl",
              "{\"text\": \"a\\nb \\u00e9\", \"label\": 1}\r\n\n{\"label\": null, \"extra\": [1, 2], \"text\": \"c\"}"),
        jsonLines);
    QCOMPARE(table.columns(), (Fields{"text", "label", "extra"}));
    QCOMPARE(table.rows(), std::size_t(2));
    QCOMPARE(table.row(0), (Fields{"a\nb é", "1", ""}));
    QCOMPARE(table.row(1), (Fields{"c", "", "[1,2]"}));
}

void TestTable::halvesOfACharacterInJsonAreReplaced()
{
    const auto file = write("tweets.jsonl", R"({"text": "cut \ud83d", "label": "good"})"
                                            "\n"
                                            R"({"text": "\ude00 whole \ud83d\ude00 \\ud83d", "label": "bad"})"
                                            "\n");
    QVERIFY(guessFormat(file).kind == Kind::JsonLines);
    const Table table(file, guessFormat(file));
    QCOMPARE(table.row(0)[0], std::string("cut \uFFFD"));
    QCOMPARE(table.row(1)[0], std::string("\uFFFD whole \U0001F600 \\ud83d"));
    const auto broken =
        write("broken.jsonl", "{\"text\": oops, \"label\": \"good\"}\n{\"text\": \"fine\", \"label\": \"bad\"}\n");
    QVERIFY(guessFormat(broken).kind == Kind::JsonLines); // and so its line is named
}

void TestTable::numbersThatAreNoneAreNull()
{
    const Table table(write("nan.jsonl", "{\"text\": \"a NaN, \\\"Infinity\", \"score\": NaN}\n{\"text\": \"b\", \"score\": "
                                         "-Infinity, \"all\": [Infinity, 1]}\n"),
                      jsonLines);
    QCOMPARE(table.row(0), (Fields{"a NaN, \"Infinity", "", ""}));
    QCOMPARE(table.row(1), (Fields{"b", "", "[null,1]"}));
}

void TestTable::brokenJsonNamesItsLine()
{
    for (const std::string broken : {"{\"text\": \"open", "[1, 2]", "\"text\"", "{\"text\": \"\\udefg\"}"}) {
        const auto file = write("broken.jsonl", "{\"text\": \"a\"}\n\n" + broken + "\n");
        QVERIFY2(refusal(file, jsonLines).startsWith("Line 3 of " + QString::fromStdString(file)),
                 qPrintable(refusal(file, jsonLines)));
    }
    const auto deep = write("deep.jsonl", "{\"text\": " + std::string(1000000, '[') + std::string(1000000, ']') + "}\n");
    QVERIFY(refusal(deep, jsonLines).startsWith("Line 1 of"));
    std::string keys;
    for (int i = 0; i < 3000; ++i)
        keys += "{\"key" + std::to_string(i) + "\": 1}\n";
    QVERIFY(refusal(write("keys.jsonl", keys), jsonLines).contains("keys"));
}

void TestTable::orangeTablesHaveThreeHeaderLines()
{
    const auto file = write("corpus.tab", "Author\tContent\r\ndiscrete\tstring\r\nclass\tinclude="
                                          "True\r\n\t\r\nHillary\t\"He said \"\"so\"\", twice\tin a row\"\r\n"
                                          "Donald\tplain \"words\"\r\n");
    const Table table(file, orange);
    QCOMPARE(table.columns(), (Fields{"Author", "Content"}));
    QCOMPARE(table.headers().size(), std::size_t(3));
    QCOMPARE(table.headers()[2], (Fields{"class", "include=True"}));
    QCOMPARE(table.rows(), std::size_t(2)); // the line of nothing but tabs is none
    QCOMPARE(table.row(0), (Fields{"Hillary", "He said \"so\", twice\tin a row"}));
    QCOMPARE(table.row(1), (Fields{"Donald", "plain \"words\""}));
    QVERIFY(refusal(write("short.tab", "Author\tContent\nd\tstring\n"), orange).contains("three header lines"));
}

void TestTable::labelTextSplitsAtTheFirstSpace()
{
    const Table table(write("stsa.txt", "1 a \"fine\" film\n0  two spaces\nDESC:def What is it ?\nalone\n"), labelText);
    QCOMPARE(table.columns(), (Fields{"label", "text"}));
    QCOMPARE(table.row(0), (Fields{"1", "a \"fine\" film"}));
    QCOMPARE(table.row(1), (Fields{"0", " two spaces"}));
    QCOMPARE(table.row(2), (Fields{"DESC:def", "What is it ?"}));
    QCOMPARE(table.row(3), (Fields{"alone", ""}));
}

void TestTable::emptyMissingAndForeignFilesAreRefused()
{
    for (const std::string content : {"", "\xEF\xBB\xBF", "\r\n\n"}) {
        const auto file = write("empty.tsv", content);
        QVERIFY(refusal(file, tsv).contains(QString::fromStdString(file) + " is empty"));
        QVERIFY_EXCEPTION_THROWN(guessFormat(file), Error);
    }
    const std::string missing = m_folder.filePath("nowhere.tsv").toStdString();
    QVERIFY(refusal(missing, tsv).contains("nowhere.tsv"));
    QVERIFY_EXCEPTION_THROWN(guessFormat(missing), Error);
    QVERIFY(!refusal(m_folder.path().toStdString(), tsv).isEmpty());
    QVERIFY(refusal(write("wide.tsv", std::string("\xFF\xFE"
                                                  "a\0",
                                                  4)),
                    tsv)
                .contains("UTF-16"));
    const std::string pipe = m_folder.filePath("pipe.tsv").toStdString();
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    QVERIFY(refusal(pipe, tsv).contains("pipe.tsv: it is not a file"));
    QVERIFY_EXCEPTION_THROWN(guessFormat(pipe), Error);
    const std::string returns = write("mac.tsv", "text\tlabel\rone\ta\rtwo\tb\r");
    QVERIFY(refusal(returns, tsv).contains("mac.tsv ends its lines with carriage returns alone"));
    for (const auto &[bytes, says] : {std::pair("PK\x03\x04", "an Excel workbook or a zip archive"),
                                      {"\x1F\x8B\x08", "is compressed; unpack it"},
                                      {"PAR1\x15", "a Parquet file; save it as CSV"}})
        QVERIFY(refusal(write("packed.csv", std::string(bytes) + std::string(20, '\0')), csv).contains(says));
    for (const char *document :
         {"{\n \"data\": [\n", "{\"version\": 1, \"data\": [\n{", "[[\"a\", \"b\"],\n [", "[\n [\n \"a\""})
        QVERIFY_EXCEPTION_THROWN(guessFormat(write("document.json", document)), Error);
    QVERIFY_EXCEPTION_THROWN(guessFormat(write("array.json", "[\n {\"text\": \"one\", \"label\": \"a\"}\n]\n")), Error);
    QVERIFY_EXCEPTION_THROWN(guessFormat(write("binary.tsv", "PK" + std::string(2000, '\0'))), Error);
}

void TestTable::anUnclosedQuoteNamesFileAndLine()
{
    const auto file = write("open.csv", "text,label\n\"fine\",a\n\"never closed,b\nmore,c\n");
    QVERIFY2(refusal(file, csv).startsWith("Line 3 of " + QString::fromStdString(file) + " opens a quote"),
             qPrintable(refusal(file, csv)));
    QCOMPARE(Table(file, {Kind::Delimited, ',', false, true}).rows(), std::size_t(3));
}

void TestTable::aHundredMegabyteLineIsRefusedAtOnce()
{
    const std::string huge = "text\tlabel\nfine\t1\n" + std::string(100 << 20, 'x') + "\n";
    const auto file = write("huge.tsv", huge),
               quoted = write("huge.csv", "text,label\nfine,1\n\"" + std::string(100 << 20, '"'));
    QElapsedTimer timer;
    timer.start();
    for (const auto &[path, format] : {std::pair{file, tsv}, {quoted, csv}, {file, labelText}, {file, jsonLines}}) {
        const QString sentence = refusal(path, format);
        QVERIFY2(sentence.startsWith("Line 3 of " + QString::fromStdString(path)) && sentence.contains("16 MiB"),
                 qPrintable(sentence));
    }
    guessFormat(file);
    guessFormat(quoted);
    QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed()) + " ms"));
}

void TestTable::aFileWrittenToWhileItIsReadIsNamed()
{
    QTemporaryDir folder;
    const std::filesystem::path file = folder.filePath("reviews.tsv").toStdString();
    std::ofstream(file) << "text\tlabel\nWorth the climb for the lentils.\tgood\n";
    const Table table(file, {.header = true});
    table.requireUnchanged();
    std::filesystem::resize_file(file, 20);
    QVERIFY_THROWS_EXCEPTION(Error, table.requireUnchanged());
}

void TestTable::formatsAreGuessed_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<char>("delimiter");
    QTest::addColumn<bool>("quoting");
    QTest::addColumn<bool>("header");
    const auto row = [](const char *name, const QByteArray &content, const char *kind, char delimiter, bool quoting,
                        bool header) { QTest::newRow(name) << content << QString(kind) << delimiter << quoting << header; };
    row("comma, header", "id,text,label\n1,\"well, yes\",pos\n2,no,neg\n3,perhaps,pos\n", "delimited", ',', true, true);
    row("comma, newlines in quotes", "text,stance\n\"one\ntwo, three\",for\nfour,against\n\"five, six\",for\n", "delimited",
        ',', true, true);
    row("semicolon", "label;text\na;one, two, three\nb;four\na;five, six\n", "delimited", ';', true, true);
    row("pipe, no header", "pos|a good film\nneg|a bad film\npos|a fine, long film\n", "delimited", '|', true, false);
    row("tab, stray quotes", "ham\t\"Oh yes\nspam\tWin \"now\"\nham\tok, then, bye\nham\tfine\n", "delimited", '\t', false,
        false);
    row("tab, real quotes", "text\tlabel\n\"she said \"\"hi\"\"\ttwice\"\tx\nplain\ty\nplain too\tx\n", "delimited", '\t',
        true, true);
    row("header named otherwise",
        "uid\tutterances here\n17\tI would like to book a table for two, please\n18\tWhat will the weather be like in "
        "Vienna\n",
        "delimited", '\t', false, true);
    QByteArray shorts, counted = ",0,1\n", arrays = "0,1,2\n";
    for (int i = 0; i < 12; ++i) {
        const QByteArray n = QByteArray::number(i), kind = i % 2 ? "joy" : "anger";
        shorts += "a few words " + n + "," + kind + "\n";
        counted += n + ",a few words " + n + "," + kind + "\n";
        arrays += n + ",a few words " + n + "," + kind + "\n";
    }
    row("unknown names above short texts", "Utter,Emo\n" + shorts, "delimited", ',', true, true);
    row("none above short texts", shorts, "delimited", ',', true, false);
    row("a frame without names", counted, "delimited", ',', true, true);
    row("an array", arrays, "delimited", ',', true, true);
    row("json lines", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 0}\n", "json-lines", '\t', false,
        false);
    row("orange", "Category\tText\nd\tstring\nclass\t\n\nearn\tprofits rose\n", "orange-tab", '\t', true, true);
    row("label text", "1 a fine, warm film\n0 no\n1 a good one\n0 dull , flat , long\n1 yes\n", "label-text", ' ', false,
        false);
    row("texts only", "The first line, which is long.\nThe second.\nThird, fourth; fifth.\n", "delimited", '\t', false,
        false);
}

void TestTable::formatsAreGuessed()
{
    QFETCH(QByteArray, content);
    QFETCH(QString, kind);
    QFETCH(char, delimiter);
    QFETCH(bool, quoting);
    QFETCH(bool, header);
    const TableFormat format = guessFormat(write("guess.txt", content.toStdString()));
    QCOMPARE(QString::fromStdString(toString(format.kind)), kind);
    QCOMPARE(format.delimiter, delimiter);
    QCOMPARE(format.quoting, quoting);
    QCOMPARE(format.header, header);
}

QTEST_GUILESS_MAIN(TestTable)
#include "tst_table.moc"
