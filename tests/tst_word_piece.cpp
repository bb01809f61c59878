#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include "core/data/bert_words.h"
#include "core/data/table.h"
#include "core/data/word_piece.h"
#include "core/error.h"
#include "core/files.h"
#include "real_files.h"

using namespace awb;
using namespace awb::test;

namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::uint64_t fnvOffset = 0xCBF29CE484222325ull;

/// FNV-1a over bytes or 32-bit words, as tests/reference/tokenizer.py has it.
void fnv(std::uint64_t &digest, std::uint32_t value)
{
    digest = (digest ^ value) * 0x100000001B3ull;
}

QString hex(std::uint64_t digest)
{
    return QString::number(qulonglong(digest), 16).rightJustified(16, u'0');
}

QJsonObject reference(const QString &name)
{
    QFile file(QString::fromStdString(testData("tokenizer").string()) + u'/' + name);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no %s", qPrintable(file.fileName()));
    return QJsonDocument::fromJson(file.readAll()).object();
}

WordPiece::Options optionsFrom(const QJsonObject &json)
{
    WordPiece::Options options;
    options.lowerCase = json["lowerCase"].toBool();
    if (json["stripAccents"].isBool())
        options.stripAccents = json["stripAccents"].toBool();
    options.splitChinese = json["splitChinese"].toBool();
    return options;
}

Ids idsFrom(const QJsonValue &json)
{
    Ids ids;
    for (const QJsonValue &id : json.toArray())
        ids.push_back(id.toInt());
    return ids;
}

std::vector<std::string> linesOf(const std::string &content)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0; at <= content.size();) {
        const std::size_t end = std::min(content.find('\n', at), content.size());
        lines.push_back(content.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::vector<std::string> smallVocabulary()
{
    std::vector<std::string> pieces = linesOf(readFile(testData("tokenizer/vocab.txt")));
    pieces.pop_back(); // after the last line feed
    return pieces;
}

QString text(const Ids &ids, const WordPiece &tokenizer)
{
    QStringList pieces;
    for (const std::int32_t id : ids)
        pieces << QString::fromStdString(tokenizer.piece(id)) + u'=' + QString::number(id);
    return pieces.join(u' ');
}

/// As tokenizer.py --lines does, to find the line that makes a digest differ.
void printLine(int number, const Ids &ids)
{
    std::printf("%d", number);
    for (const std::int32_t id : ids)
        std::printf(" %d", id);
    std::printf("\n");
}

void compareStrings(const WordPiece &tokenizer, const QJsonArray &strings, const QJsonArray &expected)
{
    QVERIFY(strings.size() >= 500);
    QCOMPARE(expected.size(), strings.size());
    for (qsizetype i = 0; i < strings.size(); ++i) {
        const Ids ids = tokenizer.encode(strings[i].toString().toStdString()), wanted = idsFrom(expected[i]);
        if (ids != wanted)
            QFAIL(qPrintable(
                QStringLiteral("string %1, \"%2\"\n   gives %3\n  wanted %4")
                    .arg(QString::number(i), strings[i].toString(), text(ids, tokenizer), text(wanted, tokenizer))));
    }
}

/// The words of a text, joined by spaces.
std::string words(std::string_view utf8, const WordRules &rules = {})
{
    std::string result;
    appendWords(utf8, rules, result);
    return result;
}

/// A checkpoint folder with these files.
class Folder {
public:
    explicit Folder(const std::string &vocabulary) { write("vocab.txt", vocabulary); }
    void write(const char *name, const std::string &content) { writeFileAtomically(path() / name, content); }
    std::filesystem::path path() const { return m_folder.path().toStdString(); }

private:
    QTemporaryDir m_folder;
};

const std::string tinyVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhe\n##llo\nh\xC3\xA9\n\xE4\xB8\xAD\n";

std::string errorOfLoading(const std::filesystem::path &folder)
{
    try {
        WordPiece::load(folder);
    } catch (const Error &error) {
        return error.what();
    }
    return {};
}

} // namespace

class TestWordPiece : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hardStringsHaveTheLibrarysIds_data();
    void hardStringsHaveTheLibrarysIds();
    void hardStringsHaveTheLibrarysIdsUnderTheSampleCheckpoint();
    void everyCharacterIsCutIntoWordsAsInTheLibrary_data();
    void everyCharacterIsCutIntoWordsAsInTheLibrary();
    void everyLineOfTheRealDataHasTheLibrarysIds_data();
    void everyLineOfTheRealDataHasTheLibrarysIds();

    void invalidUtf8DisappearsWithoutHarm();
    void aWordIsUnknownAsAWholeAndFromOver100CharactersNotBytes();
    void typedSpecialTokensKeepTheirIds();
    void ofEqualPiecesTheLastCounts();

    void configurationDecidesCaseAccentsAndCjk();
    void withoutConfigurationTheVocabularyDecidesCase();
    void aTokenizerFileBesideAVocabularySaysWhatTheConfigurationDoesNot();
    void specialTokensMayHaveOtherNames();
    void windowsLineEndsDoNotMatter();
    void blankLinesAtTheEndAreNoPieces();
    void aTokenizerFileStandsInForAVocabulary();
    void otherTokenizersAreRefused_data();
    void otherTokenizersAreRefused();
    void addedTokensHaveIdsAboveTheVocabulary();
    void addedTokensMayBePiecesOfTheVocabulary_data();
    void addedTokensMayBePiecesOfTheVocabulary();
    void normalizedTokensAreFoundInTheNormalizedText();
    void ofManyAddedTokensTheLeftmostAndLongestIsFound();
    void errorsNameTheFile();
};

void TestWordPiece::hardStringsHaveTheLibrarysIds_data()
{
    QTest::addColumn<QJsonObject>("options");
    for (const QJsonValue &options : reference(QStringLiteral("hard_strings.json"))["options"].toArray())
        QTest::newRow(qPrintable(options["name"].toString())) << options.toObject();
}

void TestWordPiece::hardStringsHaveTheLibrarysIds()
{
    QFETCH(QJsonObject, options);
    const QJsonObject file = reference(QStringLiteral("hard_strings.json"));
    const WordPiece tokenizer(smallVocabulary(), optionsFrom(options));
    compareStrings(tokenizer, file["strings"].toArray(), file[options["name"].toString()].toArray());
}

void TestWordPiece::hardStringsHaveTheLibrarysIdsUnderTheSampleCheckpoint()
{
    const auto checkpoint = sampleCheckpoint();
    if (checkpoint.empty())
        QSKIP("needs the sample checkpoint");
    const QJsonObject file = reference(QStringLiteral("hard_strings.json"));
    QCOMPARE(QString::fromStdString(sha256OfFile(checkpoint / "vocab.txt")), file["checkpoint vocabulary"].toString());
    compareStrings(WordPiece::load(checkpoint), file["strings"].toArray(), file["checkpoint"].toArray());
}

void TestWordPiece::everyCharacterIsCutIntoWordsAsInTheLibrary_data()
{
    QTest::addColumn<QJsonObject>("options");
    for (const QJsonValue &options : reference(QStringLiteral("characters.json"))["options"].toArray())
        QTest::newRow(qPrintable(options["name"].toString())) << options.toObject();
}

void TestWordPiece::everyCharacterIsCutIntoWordsAsInTheLibrary()
{
    QFETCH(QJsonObject, options);
    const QJsonObject file = reference(QStringLiteral("characters.json"));
    const QJsonArray digests = file[options["name"].toString()].toArray();
    const auto block = char32_t(file["block"].toInt());
    const WordPiece::Options o = optionsFrom(options);
    const WordRules rules{o.lowerCase, o.stripAccents.value_or(o.lowerCase), o.splitChinese};
    QCOMPARE(digests.size() * qsizetype(block), 0x110000);
    for (char32_t first = 0; first < 0x110000; first += block) {
        std::uint64_t digest = fnvOffset;
        for (char32_t c = first; c < first + block; ++c) {
            if (c >= 0xD800 && c < 0xE000)
                continue;
            // Within a word, before a mark whose place depends on the character's combining class.
            for (const char byte : words("A" + QString::fromUcs4(&c, 1).toStdString() + "\u302eB", rules))
                fnv(digest, static_cast<unsigned char>(byte));
        }
        QVERIFY2(hex(digest) == digests[qsizetype(first / block)].toString(),
                 qPrintable(QStringLiteral("a character of U+%1..U+%2 differs")
                                .arg(QString::number(first, 16), QString::number(first + block - 1, 16))));
    }
}

void TestWordPiece::everyLineOfTheRealDataHasTheLibrarysIds_data()
{
    QTest::addColumn<QString>("name");
    for (const QString &name : reference(QStringLiteral("real_digests.json"))["files"].toObject().keys())
        QTest::newRow(qPrintable(name)) << name;
}

void TestWordPiece::everyLineOfTheRealDataHasTheLibrarysIds()
{
    QFETCH(QString, name);
    const auto file = realData(name.toStdString()), checkpoint = sampleCheckpoint();
    if (file.empty() || checkpoint.empty())
        QSKIP("needs the real data sets and the sample checkpoint");
    const QJsonObject all = reference(QStringLiteral("real_digests.json")), expected = all["files"][name].toObject();
    static const WordPiece tokenizer = WordPiece::load(checkpoint);
    static const QString vocabulary = QString::fromStdString(sha256OfFile(checkpoint / "vocab.txt"));
    QCOMPARE(vocabulary, all["checkpoint vocabulary"].toString());

    std::uint64_t digest = fnvOffset;
    qint64 tokens = 0;
    const bool print = qEnvironmentVariable("AWB_PRINT_LINES") == name;
    int number = 0;
    const std::vector<std::string> lines = linesOf(readFile(file));
    for (const std::string &line : lines) {
        const Ids ids = tokenizer.encode(decodeText(line));
        for (const std::int32_t id : ids)
            fnv(digest, std::uint32_t(id));
        fnv(digest, 0xFFFFFFFF);
        tokens += qint64(ids.size());
        if (print)
            printLine(++number, ids);
    }
    QCOMPARE(qint64(lines.size()), expected["texts"].toInteger());
    QCOMPARE(tokens, expected["tokens"].toInteger());
    QCOMPARE(hex(digest), expected["digest"].toString());
}

void TestWordPiece::invalidUtf8DisappearsWithoutHarm()
{
    QCOMPARE(words("caf\xE9 au lait"), "caf au lait ");
    QCOMPARE(words("\xED\xA0\x80surrogate \xC0\xAFoverlong \xF4\x90\x80\x80high"), "surrogate overlong high ");
    QCOMPARE(words("cut off \xF0\x9F\x98"), "cut off ");
    QCOMPARE(words("\xE4\xB8"), "");
    std::string everyByte;
    for (int repeat = 0; repeat < 3; ++repeat)
        for (int byte = 255; byte >= 0; --byte)
            everyByte.append(std::size_t(repeat + 1), char(byte));
    QVERIFY(!WordPiece(smallVocabulary(), {}).encode(everyByte).empty());
}

void TestWordPiece::aWordIsUnknownAsAWholeAndFromOver100CharactersNotBytes()
{
    const WordPiece tokenizer({"[UNK]", "[CLS]", "[SEP]", "a", "##a", "\u0436", "##\u0436"}, {});
    QCOMPARE(tokenizer.encode("aaqaa aa"), (Ids{0, 3, 4}));
    std::string cyrillic;
    for (int i = 0; i < 100; ++i)
        cyrillic += "\u0416";
    QCOMPARE(tokenizer.encode(cyrillic).size(), std::size_t(100));
    QCOMPARE(tokenizer.encode(cyrillic + "\u0416"), Ids{0});
    QCOMPARE(tokenizer.encode(std::string(101, 'a')), Ids{0});
}

void TestWordPiece::typedSpecialTokensKeepTheirIds()
{
    const WordPiece tokenizer({"[UNK]", "[CLS]", "[SEP]", "a", "##b", "[", "]", "cl", "##s"}, {});
    QCOMPARE(tokenizer.encode("ab[SEP]ab [CLS][CLS] [cls] [Q]"), (Ids{3, 4, 2, 3, 4, 1, 1, 5, 7, 8, 6, 5, 0, 6}));
    QCOMPARE(tokenizer.encode("[MASK]"), (Ids{5, 0, 6})); // not of this vocabulary: three words
    QCOMPARE(tokenizer.encode(""), Ids{});
}

void TestWordPiece::ofEqualPiecesTheLastCounts()
{
    const WordPiece tokenizer({"[UNK]", "[CLS]", "[SEP]", "a", "b", "a"}, {});
    QCOMPARE(tokenizer.encode("a b"), (Ids{5, 4}));
    QCOMPARE(tokenizer.piece(3), "a");
    QCOMPARE(tokenizer.piece(6), "");
    QCOMPARE(tokenizer.size(), std::size_t(6));
}

void TestWordPiece::configurationDecidesCaseAccentsAndCjk()
{
    Folder folder(tinyVocabulary);
    const auto encode = [&](const char *configuration, const char *utf8) {
        folder.write("tokenizer_config.json", configuration);
        return WordPiece::load(folder.path()).encode(utf8);
    };
    QCOMPARE(encode("{}", "H\u00C9LLO"), (Ids{5, 6}));
    QCOMPARE(encode(R"({"do_lower_case": false})", "HELLO hello"), (Ids{1, 5, 6}));
    QCOMPARE(encode(R"({"do_lower_case": false, "strip_accents": null})", "h\u00E9llo"), (Ids{7, 6}));
    QCOMPARE(encode(R"({"do_lower_case": true, "strip_accents": false})", "H\u00C9LLO"), (Ids{7, 6}));
    QCOMPARE(encode(R"({"do_lower_case": false, "strip_accents": true})", "h\u00E9llo"), (Ids{5, 6}));
    QCOMPARE(encode(R"({"do_lower_case": null, "tokenize_chinese_chars": null})", "HELLO"), (Ids{5, 6}));
    QCOMPARE(encode(R"({"tokenize_chinese_chars": true})", "he\u4E2Dhe"), (Ids{5, 8, 5}));
    QCOMPARE(encode(R"({"tokenize_chinese_chars": false})", "he\u4E2Dhe"), Ids{1});
}

void TestWordPiece::withoutConfigurationTheVocabularyDecidesCase()
{
    QCOMPARE(WordPiece::load(Folder(tinyVocabulary).path()).encode("Hello"), (Ids{5, 6}));
    QCOMPARE(WordPiece::load(Folder(tinyVocabulary + "He\n").path()).encode("Hello hello"), (Ids{9, 6, 5, 6}));
    QCOMPARE(WordPiece::load(Folder(tinyVocabulary + "[USER]\n<URL>\n").path()).encode("Hello"), (Ids{5, 6}));
}

void TestWordPiece::aTokenizerFileBesideAVocabularySaysWhatTheConfigurationDoesNot()
{
    Folder folder(tinyVocabulary);
    const auto encode = [&](const char *normalizer, const char *utf8) {
        folder.write("tokenizer.json", R"({"model": {"type": "WordPiece"}, "normalizer": )" + std::string(normalizer) + '}');
        return WordPiece::load(folder.path()).encode(utf8);
    };
    const char *cased = R"({"type": "BertNormalizer", "lowercase": false, "strip_accents": null})";
    QCOMPARE(encode(cased, "HELLO hello"), (Ids{1, 5, 6}));
    QCOMPARE(encode(R"({"type": "BertNormalizer", "strip_accents": false})", "H\u00C9LLO"), (Ids{7, 6}));
    QCOMPARE(encode(R"({"type": "BertNormalizer", "handle_chinese_chars": false})", "he\u4E2Dhe"), Ids{1});
    QCOMPARE(encode(R"({"type": "Lowercase", "lowercase": false})", "HELLO"), (Ids{5, 6}));
    QCOMPARE(encode("null", "HELLO"), (Ids{5, 6}));
    folder.write("tokenizer_config.json", R"({"do_lower_case": true})");
    QCOMPARE(encode(cased, "HELLO"), (Ids{5, 6}));
    folder.write("tokenizer.json", R"({"model": {"type": "BPE"}, "added_tokens": [{"id": 9, "content": "[USER]"}]})");
    QCOMPARE(WordPiece::load(folder.path()).size(), std::size_t(9));
    folder.write("tokenizer.json", "version https://git-lfs.github.com/spec/v1");
    QVERIFY(errorOfLoading(folder.path()).find("tokenizer.json") != std::string::npos);
}

void TestWordPiece::specialTokensMayHaveOtherNames()
{
    Folder folder("<unk>\n<s>\n</s>\nhe\n");
    QVERIFY(!errorOfLoading(folder.path()).empty());
    folder.write("tokenizer_config.json",
                 R"({"cls_token": "<s>", "sep_token": {"content": "</s>", "lstrip": false}, "unk_token": "<unk>"})");
    const WordPiece tokenizer = WordPiece::load(folder.path());
    QCOMPARE(tokenizer.unknown(), 0);
    QCOMPARE(tokenizer.cls(), 1);
    QCOMPARE(tokenizer.sep(), 2);
    QCOMPARE(tokenizer.encode("he</s>HE x"), (Ids{3, 2, 3, 0}));
}

void TestWordPiece::windowsLineEndsDoNotMatter()
{
    const WordPiece tokenizer = WordPiece::load(Folder("[UNK]\r\n[CLS]\r\n\r\n[SEP]\r\nhe").path());
    QCOMPARE(tokenizer.size(), std::size_t(5));
    QCOMPARE(tokenizer.encode("he x"), (Ids{4, 0}));
}

void TestWordPiece::blankLinesAtTheEndAreNoPieces()
{
    Folder folder(tinyVocabulary + "\n \n");
    QCOMPARE(WordPiece::load(folder.path()).size(), std::size_t(9));
    folder.write("added_tokens.json", R"({"[user]": 9})");
    QCOMPARE(WordPiece::load(folder.path()).size(), std::size_t(10));
    QCOMPARE(WordPiece::load(folder.path()).encode("he [user]"), (Ids{5, 9}));
}

void TestWordPiece::aTokenizerFileStandsInForAVocabulary()
{
    Folder folder("");
    std::filesystem::remove(folder.path() / "vocab.txt");
    const auto write = [&](const std::string &type, const char *normalizer) {
        folder.write("tokenizer.json",
                     R"({"added_tokens": [{"id": 1, "content": "[CLS]"}, {"id": 6, "content": "[user]"}], "normalizer": )" +
                         std::string(normalizer) + R"(, "model": {"type": ")" + type +
                         R"(", "vocab": {"he": 3, "##llo": 4, "[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "He": 5}}})");
    };
    write("WordPiece", R"({"type": "BertNormalizer", "lowercase": true, "strip_accents": null})");
    QCOMPARE(WordPiece::load(folder.path()).encode("Hello [user]"), (Ids{3, 4, 6}));
    folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
    QCOMPARE(WordPiece::load(folder.path()).encode("Hello"), (Ids{5, 4}));
    write("WordPiece", "null");
    QVERIFY(errorOfLoading(folder.path()).find("prepares texts otherwise") != std::string::npos);
    write("BPE", "null");
    const std::string error = errorOfLoading(folder.path());
    QVERIFY2(error.find("has no WordPiece vocabulary (its tokenizer is BPE)") != std::string::npos, error.c_str());
    for (const char *content : {"[1]", R"({"model": {"vocab": {"he": 7}}})", R"({"model": {"vocab": {"he": "x"}}})"}) {
        folder.write("tokenizer.json", content);
        QVERIFY(errorOfLoading(folder.path()).find("tokenizer.json") != std::string::npos);
    }
    std::filesystem::remove(folder.path() / "tokenizer.json");
    folder.write("sentencepiece.bpe.model", "x");
    QVERIFY(errorOfLoading(folder.path()).find("(its tokenizer is SentencePiece)") != std::string::npos);
}

void TestWordPiece::otherTokenizersAreRefused_data()
{
    QTest::addColumn<QString>("configuration");
    QTest::addColumn<bool>("refused");
    QTest::newRow("none") << R"({"tokenizer_class": null})" << false;
    QTest::newRow("BERT") << R"({"tokenizer_class": "BertTokenizerFast", "word_tokenizer_type": "basic"})" << false;
    QTest::newRow("backend") << R"({"tokenizer_class": "TokenizersBackend"})" << false;
    QTest::newRow("Japanese") << R"({"tokenizer_class": "BertJapaneseTokenizer"})" << true;
    QTest::newRow("MPNet") << R"({"tokenizer_class": "MPNetTokenizer"})" << true;
    QTest::newRow("MeCab") << R"({"word_tokenizer_type": "mecab"})" << true;
}

void TestWordPiece::otherTokenizersAreRefused()
{
    QFETCH(QString, configuration);
    QFETCH(bool, refused);
    Folder folder(tinyVocabulary);
    folder.write("tokenizer_config.json", configuration.toStdString());
    const std::string error = errorOfLoading(folder.path());
    QVERIFY2(error.empty() != refused, error.c_str());
    QVERIFY(!refused || error.find("otherwise than BERT's") != std::string::npos);
}

void TestWordPiece::addedTokensHaveIdsAboveTheVocabulary()
{
    Folder folder(tinyVocabulary);
    const std::string before = WordPiece::load(folder.path()).description();
    folder.write(
        "tokenizer_config.json",
        R"({"added_tokens_decoder": {"0": {"content": "[PAD]"}, "5": {"content": "she"}, "-1": {"content": "he"}}})");
    QCOMPARE(WordPiece::load(folder.path()).description(), before); // so that hashes of such checkpoints stay
    folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"9": {"content": "[USER]", "special": true}}})");
    folder.write("added_tokens.json", R"({"[USER]": 9, "[url]": 10})");
    const WordPiece tokenizer = WordPiece::load(folder.path());
    QCOMPARE(tokenizer.encode("he [USER]he [url]"), (Ids{5, 9, 5, 10}));
    QCOMPARE(tokenizer.size(), std::size_t(11));
    QVERIFY(tokenizer.description() != before);
    folder.write("added_tokens.json", R"({"x": 2000000000})");
    QVERIFY(errorOfLoading(folder.path()).find("added token \"x\"") != std::string::npos);
}

void TestWordPiece::addedTokensMayBePiecesOfTheVocabulary_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("content");
    QTest::newRow("decoder") << "tokenizer_config.json"
                             << R"({"added_tokens_decoder": {"9": {"content": "[unused5]", "special": true}}})";
    QTest::newRow("list") << "tokenizer_config.json"
                          << R"({"additional_special_tokens": ["[unused5]", "[nowhere]"]})";
    QTest::newRow("map") << "special_tokens_map.json"
                         << R"({"additional_special_tokens": [{"content": "[unused5]"}]})";
    QTest::newRow("added tokens") << "added_tokens.json"
                                  << R"({"[unused5]": 9})";
    QTest::newRow("tokenizer")
        << "tokenizer.json"
        << R"({"model": {"type": "WordPiece"}, "added_tokens": [{"id": 9, "content": "[unused5]", "normalized": false}]})";
}

void TestWordPiece::addedTokensMayBePiecesOfTheVocabulary()
{
    QFETCH(QString, file);
    QFETCH(QString, content);
    Folder folder(tinyVocabulary + "[unused5]\n[\nunused\n##5\n]\n");
    const WordPiece before = WordPiece::load(folder.path());
    QCOMPARE(before.encode("he [unused5]"), (Ids{5, 10, 11, 12, 13}));
    folder.write(qPrintable(file), content.toStdString());
    const WordPiece tokenizer = WordPiece::load(folder.path());
    QCOMPARE(tokenizer.encode("he [unused5]he"), (Ids{5, 9, 5}));
    QCOMPARE(tokenizer.size(), before.size());
    QVERIFY(tokenizer.description() != before.description());
}

void TestWordPiece::normalizedTokensAreFoundInTheNormalizedText()
{
    Folder folder(tinyVocabulary + "co\n##vid\ns\n");
    const auto add = [&](const char *tokens) {
        folder.write("tokenizer_config.json", R"({"added_tokens_decoder": )" + std::string(tokens) + '}');
        return WordPiece::load(folder.path());
    };
    WordPiece tokenizer = add(R"({"12": {"content": "COVID", "normalized": true}, "13": {"content": "h\u00E9 s"},
                                 "14": {"content": "\u4E2D\u4E2D"}, "15": {"content": "Covids", "normalized": false}})");
    QCOMPARE(tokenizer.encode("COVID covid C\u00F3vidhe"), (Ids{12, 12, 12, 5}));
    QCOMPARE(tokenizer.encode("covids Covids"), (Ids{12, 11, 15})); // as they stand first, for all that COVID is within
    QCOMPARE(tokenizer.encode("HE\tS he  s"), (Ids{13, 5, 11}));
    QCOMPARE(tokenizer.encode("he\u4E2D\u4E2D\u4E2Dhe"), (Ids{5, 14, 8, 5}));
    tokenizer = add(R"({"12": {"content": "covid", "special": true}})");
    QCOMPARE(tokenizer.encode("covid COVID covids"), (Ids{12, 9, 10, 12, 11})); // no piece of a normalised word
    folder.write("added_tokens.json", R"({"Covid": 12, "[s]": 13})");
    tokenizer = add(R"({})");
    QCOMPARE(tokenizer.encode("COVID [S]"), (Ids{12, 13}));
    folder.write("special_tokens_map.json", R"({"additional_special_tokens": ["Covid"]})");
    QCOMPARE(WordPiece::load(folder.path()).encode("COVID Covid [S]"), (Ids{9, 10, 12, 13}));
}

void TestWordPiece::ofManyAddedTokensTheLeftmostAndLongestIsFound()
{
    WordPiece::Options options;
    for (std::int32_t i = 0; i < 3000; ++i)
        options.added.push_back({"<" + std::to_string(i) + ">", 4 + i, false});
    options.added.push_back({"7><8", 3004, false});
    options.added.push_back({"<5><6>", 3005, false});
    options.added.push_back({"<5>", 3006, false}); // again: the last row has it
    const WordPiece tokenizer({"[UNK]", "[CLS]", "[SEP]", "a"}, options);
    for (std::int32_t i = 6; i < 3000; ++i)
        QCOMPARE(tokenizer.encode("a<" + std::to_string(i) + ">a"), (Ids{3, 4 + i, 3}));
    QCOMPARE(tokenizer.encode("<7><8>7><8<5><6><5>a"), (Ids{11, 12, 3004, 3005, 3006, 3}));
}

void TestWordPiece::errorsNameTheFile()
{
    Folder folder("[UNK]\n[CLS]\nhe\n");
    const std::string vocabulary = (folder.path() / "vocab.txt").string();
    std::string error = errorOfLoading(folder.path());
    QVERIFY2(error.find(vocabulary) != std::string::npos && error.find("[SEP]") != std::string::npos, error.c_str());
    for (const char *content : {"", "\n\n"}) {
        folder.write("vocab.txt", content);
        error = errorOfLoading(folder.path());
        QVERIFY2(error.find(vocabulary) != std::string::npos && error.find("empty") != std::string::npos, error.c_str());
    }
    folder.write("vocab.txt", tinyVocabulary);
    for (const char *content : {"{", "[1]", R"({"do_lower_case": "yes"})", R"({"cls_token": {"lstrip": false}})"}) {
        folder.write("tokenizer_config.json", content);
        error = errorOfLoading(folder.path());
        QVERIFY2(error.find("tokenizer_config.json") != std::string::npos, error.c_str());
    }
    std::filesystem::remove(folder.path() / "vocab.txt");
    error = errorOfLoading(folder.path());
    QVERIFY2(error.find(vocabulary) != std::string::npos, error.c_str());
}

QTEST_APPLESS_MAIN(TestWordPiece)
#include "tst_word_piece.moc"
