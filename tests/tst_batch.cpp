#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <QTest>

#include "core/data/batch.h"
#include "core/data/word_piece.h"
#include "core/error.h"
#include "core/random.h"

using namespace awb;

namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::int32_t cls = 1, sep = 2;

/// Words "a0".."a9" are ids 10..19, "b0".."b9" ids 20..29, so that an id says which text and which place it is from.
const WordPiece &tokenizer()
{
    static const WordPiece tokenizer = [] {
        std::vector<std::string> pieces{"[UNK]", "[CLS]", "[SEP]", "3", "4", "5", "6", "7", "8", "9"};
        for (const char letter : {'a', 'b'})
            for (char digit = '0'; digit <= '9'; ++digit)
                pieces.push_back({letter, digit});
        return WordPiece(std::move(pieces), {});
    }();
    return tokenizer;
}

/// "a0 a1 a2 ..." with `count` words; from the eleventh on they begin again.
std::string words(char letter, int count)
{
    std::string text;
    for (int i = 0; i < count; ++i)
        text += std::string(i ? " " : "") + letter + char('0' + i % 10);
    return text;
}

Example example(const std::string &a, const std::string &b = {}, int label = 0, float score = 0)
{
    return {a, b, label, score};
}

Ids idsOf(const EncodedTexts &texts, int i)
{
    return {texts.ids.begin() + texts.offsets[std::size_t(i)], texts.ids.begin() + texts.offsets[std::size_t(i) + 1]};
}

std::vector<int> segmentsOf(const EncodedTexts &texts, int i)
{
    return {texts.segments.begin() + texts.offsets[std::size_t(i)],
            texts.segments.begin() + texts.offsets[std::size_t(i) + 1]};
}

Ids encodeOne(const Example &example, int maxLength)
{
    return idsOf(encodeExamples({example}, tokenizer(), maxLength), 0);
}

std::vector<Example> randomExamples(int count, std::uint64_t key)
{
    std::vector<Example> examples;
    for (int i = 0; i < count; ++i) {
        const auto draw = [&](int n) { return int(randomBits(streamKey(key, std::uint64_t(i)), std::uint64_t(n)) % 25); };
        const std::string a = words('a', draw(0)), b = draw(2) < 12 ? words('b', draw(1)) : std::string();
        examples.push_back(example(a, b, i % 3, float(i)));
    }
    return examples;
}

} // namespace

class TestBatch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSingleTextStandsBetweenItsSpecialTokens();
    void aPairHasTwoSegments();
    void emptyTextsKeepTheirSpecialTokens();
    void labelsAndScoresFollow();

    void singleTextsAreCutAtTheEnd();
    void pairsAreCutByBertsRule_data();
    void pairsAreCutByBertsRule();
    void noExampleIsLongerThanAllowedAndNoneIsCutWithoutNeed();
    void tooShortALengthIsRefused();
    void aVeryLongPairIsCutAtOnce();
    void twoThreadsGiveTheSameAsOne();

    void aBatchIsPackedInTheOrderAsked();
    void positionsBeginAgainInEachExample();
    void batchesOfAllExamplesHoldEveryTokenOnce();
    void anEmptyBatchIsEmpty();
};

void TestBatch::aSingleTextStandsBetweenItsSpecialTokens()
{
    const EncodedTexts texts = encodeExamples({example("a0 a1")}, tokenizer(), 128);
    QCOMPARE(texts.size(), 1);
    QCOMPARE(texts.length(0), 4);
    QCOMPARE(idsOf(texts, 0), (Ids{cls, 10, 11, sep}));
    QCOMPARE(segmentsOf(texts, 0), (std::vector<int>{0, 0, 0, 0}));
}

void TestBatch::aPairHasTwoSegments()
{
    const EncodedTexts texts = encodeExamples({example("a0 a1", "b0"), example("a0")}, tokenizer(), 128);
    QCOMPARE(idsOf(texts, 0), (Ids{cls, 10, 11, sep, 20, sep}));
    QCOMPARE(segmentsOf(texts, 0), (std::vector<int>{0, 0, 0, 0, 1, 1}));
    QCOMPARE(segmentsOf(texts, 1), (std::vector<int>{0, 0, 0}));
}

void TestBatch::emptyTextsKeepTheirSpecialTokens()
{
    QCOMPARE(encodeOne(example(""), 128), (Ids{cls, sep}));
    QCOMPARE(encodeOne(example(" \t"), 128), (Ids{cls, sep}));
    QCOMPARE(encodeOne(example("", "b0"), 128), (Ids{cls, sep, 20, sep}));
    QCOMPARE(encodeOne(example("a0", " "), 128), (Ids{cls, 10, sep})); // as BERT's own: no tokens, no second text
    QCOMPARE(encodeExamples({}, tokenizer(), 128).size(), 0);
}

void TestBatch::labelsAndScoresFollow()
{
    const EncodedTexts texts = encodeExamples({example("a0", "", 2, 0.5f), example("", "", -1, 4.25f)}, tokenizer(), 128);
    QCOMPARE(texts.labels, (Ids{2, -1}));
    QCOMPARE(texts.scores, (std::vector<float>{0.5f, 4.25f}));
}

void TestBatch::singleTextsAreCutAtTheEnd()
{
    QCOMPARE(encodeOne(example(words('a', 5)), 7), (Ids{cls, 10, 11, 12, 13, 14, sep}));
    QCOMPARE(encodeOne(example(words('a', 5)), 6), (Ids{cls, 10, 11, 12, 13, sep}));
    QCOMPARE(encodeOne(example(words('a', 5)), 3), (Ids{cls, 10, sep}));
}

void TestBatch::pairsAreCutByBertsRule_data()
{
    QTest::addColumn<int>("a");
    QTest::addColumn<int>("b");
    QTest::addColumn<int>("maxLength");
    QTest::addColumn<int>("leftOfA");
    QTest::addColumn<int>("leftOfB");
    QTest::newRow("fits exactly") << 4 << 3 << 10 << 4 << 3;
    QTest::newRow("the longer one loses") << 6 << 3 << 10 << 4 << 3;
    QTest::newRow("the longer second one loses") << 3 << 6 << 10 << 3 << 4;
    QTest::newRow("equal: b loses first") << 4 << 4 << 10 << 4 << 3;
    QTest::newRow("equal: then a") << 4 << 4 << 9 << 3 << 3;
    QTest::newRow("levelled, then in turn") << 9 << 5 << 10 << 4 << 3;
    QTest::newRow("levelled from b, then in turn") << 5 << 9 << 10 << 4 << 3;
    QTest::newRow("an even rest is shared") << 9 << 9 << 11 << 4 << 4;
    QTest::newRow("one each") << 9 << 9 << 5 << 1 << 1;
}

void TestBatch::pairsAreCutByBertsRule()
{
    QFETCH(int, a);
    QFETCH(int, b);
    QFETCH(int, maxLength);
    QFETCH(int, leftOfA);
    QFETCH(int, leftOfB);
    Ids expected{cls};
    for (int i = 0; i < leftOfA; ++i)
        expected.push_back(10 + i);
    expected.push_back(sep);
    for (int i = 0; i < leftOfB; ++i)
        expected.push_back(20 + i);
    expected.push_back(sep);
    QCOMPARE(encodeOne(example(words('a', a), words('b', b)), maxLength), expected);
}

void TestBatch::noExampleIsLongerThanAllowedAndNoneIsCutWithoutNeed()
{
    const std::vector<Example> examples = randomExamples(500, 1);
    const EncodedTexts whole = encodeExamples(examples, tokenizer(), 1000);
    for (const int maxLength : {5, 6, 17, 32, 48}) {
        const EncodedTexts texts = encodeExamples(examples, tokenizer(), maxLength);
        for (int i = 0; i < texts.size(); ++i) {
            QCOMPARE(texts.length(i), std::min(whole.length(i), maxLength));
            const Ids ids = idsOf(texts, i);
            QCOMPARE(ids.front(), cls);
            QCOMPARE(ids.back(), sep);
            const auto seps = std::count(ids.begin(), ids.end(), sep);
            QCOMPARE(seps, examples[std::size_t(i)].b.empty() ? 1 : 2);
            const std::vector<int> segments = segmentsOf(texts, i);
            QVERIFY(std::is_sorted(segments.begin(), segments.end()));
            const auto firstSep = std::find(ids.begin(), ids.end(), sep) - ids.begin();
            QCOMPARE(std::count(segments.begin(), segments.end(), 0), firstSep + 1);
        }
    }
}

void TestBatch::tooShortALengthIsRefused()
{
    QVERIFY_EXCEPTION_THROWN(encodeExamples({example("a0")}, tokenizer(), 2), Error);
    QVERIFY_EXCEPTION_THROWN(encodeExamples({}, tokenizer(), -1), Error);
}

void TestBatch::aVeryLongPairIsCutAtOnce()
{
    const Example longPair = example(words('a', 300000), words('b', 200000));
    const auto start = std::chrono::steady_clock::now();
    const EncodedTexts texts = encodeExamples({longPair}, tokenizer(), 128);
    QCOMPARE(texts.length(0), 128);
    QVERIFY(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

void TestBatch::twoThreadsGiveTheSameAsOne()
{
    const std::vector<Example> examples = randomExamples(2501, 2);
    const EncodedTexts both = encodeExamples(examples, tokenizer(), 20);
    QCOMPARE(both.size(), 2501);
    EncodedTexts inParts;
    for (std::size_t first = 0; first < examples.size(); first += 500) {
        const auto last = std::min(first + 500, examples.size());
        const EncodedTexts part =
            encodeExamples({examples.begin() + long(first), examples.begin() + long(last)}, tokenizer(), 20);
        for (int i = 0; i < part.size(); ++i) {
            QCOMPARE(idsOf(both, int(first) + i), idsOf(part, i));
            QCOMPARE(segmentsOf(both, int(first) + i), segmentsOf(part, i));
        }
    }
    for (std::size_t i = 0; i < examples.size(); ++i) {
        QCOMPARE(both.labels[i], examples[i].label);
        QCOMPARE(both.scores[i], examples[i].score);
    }
    QCOMPARE(both.segments.size(), both.ids.size());
    QCOMPARE(both.offsets.back(), std::int64_t(both.ids.size()));
}

void TestBatch::aBatchIsPackedInTheOrderAsked()
{
    const EncodedTexts texts = encodeExamples(
        {example("a0", "", 5, 0.5f), example("a1 a2", "b0", 6, 1.5f), example("", "", 7, 2.5f)}, tokenizer(), 128);
    const std::vector<int> indices{2, 1, 1};
    const Batch batch = packBatch(texts, indices);
    QCOMPARE(batch.size(), 3);
    QCOMPARE(batch.tokens(), 14);
    QCOMPARE(batch.ids, (Ids{cls, sep, cls, 11, 12, sep, 20, sep, cls, 11, 12, sep, 20, sep}));
    QCOMPARE(batch.segments, (Ids{0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1}));
    QCOMPARE(batch.positions, (Ids{0, 1, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}));
    QCOMPARE(batch.offsets, (Ids{0, 2, 8, 14}));
    QCOMPARE(batch.labels, (Ids{7, 6, 6}));
    QCOMPARE(batch.scores, (std::vector<float>{2.5f, 1.5f, 1.5f}));
    QCOMPARE(batch.examples, (Ids{2, 1, 1}));
}

void TestBatch::positionsBeginAgainInEachExample()
{
    const EncodedTexts texts = encodeExamples(randomExamples(64, 3), tokenizer(), 24);
    const Batch batch = packBatch(texts, randomOrder(64, 4));
    for (int i = 0; i < batch.size(); ++i)
        for (std::int32_t t = batch.offsets[std::size_t(i)]; t < batch.offsets[std::size_t(i) + 1]; ++t)
            QCOMPARE(batch.positions[std::size_t(t)], t - batch.offsets[std::size_t(i)]);
}

void TestBatch::batchesOfAllExamplesHoldEveryTokenOnce()
{
    const EncodedTexts texts = encodeExamples(randomExamples(100, 5), tokenizer(), 24);
    const std::vector<int> order = randomOrder(100, 6);
    Ids ids, segments, packedIds, packedSegments;
    for (std::size_t first = 0; first < 100; first += 32) {
        const Batch batch = packBatch(texts, std::span(order).subspan(first, std::min<std::size_t>(32, 100 - first)));
        packedIds.insert(packedIds.end(), batch.ids.begin(), batch.ids.end());
        packedSegments.insert(packedSegments.end(), batch.segments.begin(), batch.segments.end());
        QCOMPARE(batch.ids.size(), batch.positions.size());
        QCOMPARE(batch.ids.size(), std::size_t(batch.tokens()));
    }
    for (const int i : order) {
        const Ids one = idsOf(texts, i);
        const std::vector<int> oneSegments = segmentsOf(texts, i);
        ids.insert(ids.end(), one.begin(), one.end());
        segments.insert(segments.end(), oneSegments.begin(), oneSegments.end());
    }
    QCOMPARE(packedIds, ids);
    QCOMPARE(packedSegments, segments);
}

void TestBatch::anEmptyBatchIsEmpty()
{
    const Batch batch = packBatch(encodeExamples({example("a0")}, tokenizer(), 8), {});
    QCOMPARE(batch.size(), 0);
    QCOMPARE(batch.tokens(), 0);
}

QTEST_APPLESS_MAIN(TestBatch)
#include "tst_batch.moc"
