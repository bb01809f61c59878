#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include "core/error.h"
#include "core/methods/operations.h"
#include "core/model/random_checkpoint.h"
#include "core/train/precision.h"
#include "core/train/random_work.h"
#include "tests/model_shapes.h"

using namespace awb;
using namespace awb::test;

namespace {

const Workload work{32, 400, 6000};

RandomWork tinyWork(int length = 12)
{
    RandomWork work{shapeNamed("bert-tiny"), adapters(8), {}, length};
    work.recipe.batch = 4;
    return work;
}

BenchSettings shortly()
{
    return {.skip = 1, .steps = 4, .repetitions = 3};
}

QString complaintOf(const std::function<void()> &call)
{
    try {
        call();
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace

class TestBench : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void forwardOperationsAreThoseOfTheLayers();
    void adaptersGoBackDownToTheLowestTensor();
    void headAloneGoesBackThroughItself();
    void fullFineTuningGoesBackTwice();
    void upperLayersAloneSaveTheLowerOnesBackward();
    void timeIsDividedAmongThePhases_data();
    void timeIsDividedAmongThePhases();
    void bothPathsHaveTheSameLosses();
    void ofTwoRepetitionsTheMeanIsTheMedian();
    void repetitionEndsWhenItsTimeIsOver();
    void runsSideBySideCountTogether();
    void scoringIsMeasuredOnRequest();
    void randomWorkLeavesNothingBehind();
    void growthMeasuresEachSize();
    void whatCannotGrowIsSaid();
    void theRateOfProductsIsMeasured();
};

void TestBench::forwardOperationsAreThoseOfTheLayers()
{
    const std::int64_t d = 384, f = 4 * d, m = 64, layers = 6, outputs = 2;
    const std::int64_t lower = work.tokens * 2 * (4 * d * d + 2 * d * f + 4 * d * m) + 4 * work.pairs * d;
    const std::int64_t last =
        work.tokens * 2 * (2 * d * d) + work.examples * 2 * (2 * d * d + 2 * d * f + 4 * d * m) + 4 * work.tokens * d;
    const std::int64_t head = work.examples * 2 * (d * d + d * outputs);
    QCOMPARE(productOperations(bert(6, 384), adapters(64), outputs, work).forward, (layers - 1) * lower + last + head);
}

void TestBench::adaptersGoBackDownToTheLowestTensor()
{
    const std::int64_t d = 384, f = 4 * d, m = 64, outputs = 2;
    const std::int64_t inner = work.tokens * 2 * (4 * d * d + 2 * d * f + 8 * d * m) + 8 * work.pairs * d;
    const std::int64_t last =
        work.tokens * 2 * (2 * d * d) + work.examples * 2 * (2 * d * d + 2 * d * f + 8 * d * m) + 8 * work.tokens * d;
    const std::int64_t head = work.examples * 2 * (d * d + 2 * d * outputs);
    Method method = adapters(m); // the LayerNorm of the embeddings is trained, too
    QCOMPARE(productOperations(bert(6, 384), method, outputs, work).backward, 5 * inner + last + head);

    method = methodEntry("adapter-frozen").method;
    // Of layer 0: weights of its attention adapter, what leads down to its bottleneck, the feed-forward, the other adapter.
    const std::int64_t lowest = work.tokens * 2 * (3 * d * m + 2 * d * f + 4 * d * m);
    QCOMPARE(productOperations(bert(6, 384), method, outputs, work).backward, lowest + 4 * inner + last + head);
}

void TestBench::headAloneGoesBackThroughItself()
{
    QCOMPARE(productOperations(bert(6, 384), methodEntry("head").method, 3, work).backward, 32 * 2 * 384 * 3);
}

void TestBench::fullFineTuningGoesBackTwice()
{
    const Operations operations = productOperations(bert(12, 768), methodEntry("full").method, 2, work);
    QCOMPARE(operations.backward, 2 * operations.forward);
}

void TestBench::upperLayersAloneSaveTheLowerOnesBackward()
{
    const ModelShape shape = bert(6, 384);
    Method upper = methodEntry("adapter-frozen").method;
    upper.sites = parseSites("top-half", "both", 6);
    const Operations half = productOperations(shape, upper, 2, work), all = productOperations(shape, adapters(64), 2, work);
    QVERIFY(half.backward < 0.5 * double(all.backward));
    QVERIFY(half.forward < all.forward);
}

void TestBench::timeIsDividedAmongThePhases_data()
{
    QTest::addColumn<bool>("plain");
    QTest::newRow("fast") << false;
    QTest::newRow("plain") << true;
}

void TestBench::timeIsDividedAmongThePhases()
{
    QFETCH(bool, plain);
    RandomWork own = tinyWork();
    own.recipe.plainPath = plain;
    const BenchResult result = benchRandom(own, shortly());
    QCOMPARE(QString::fromStdString(result.path), plain ? "plain" : "fast");
    QCOMPARE(result.steps, 3 * 4);
    for (const double share : {result.dataShare, result.forwardShare, result.backwardShare, result.optimizerShare})
        QVERIFY(share > 0);
    QVERIFY(std::abs(result.dataShare + result.forwardShare + result.backwardShare + result.optimizerShare - 1) < 1e-6);
    QVERIFY(result.slowest <= result.examplesPerSecond && result.examplesPerSecond <= result.fastest);
    QCOMPARE(result.tokensPerExample, 12.0);
    QVERIFY(result.medianStep <= result.p90Step);
    const Operations operations = productOperations(own.shape, own.method, 2, {4, 48, 4 * 144});
    const double each = double(operations.forward + operations.backward) / 4;
    QVERIFY(std::abs(result.operationsPerSecond / (each * result.examplesPerSecond) - 1) < 1e-9);
    QVERIFY(result.operationsPerSecond < result.productRate);
}

void TestBench::bothPathsHaveTheSameLosses()
{
    RandomWork own = tinyWork();
    const double fast = benchRandom(own, shortly()).loss;
    own.recipe.plainPath = true;
    QVERIFY(std::abs(benchRandom(own, shortly()).loss / fast - 1) < 1e-4);
}

void TestBench::ofTwoRepetitionsTheMeanIsTheMedian()
{
    const BenchResult result = benchRandom(tinyWork(), {.skip = 1, .steps = 4, .repetitions = 2});
    QVERIFY(std::abs(result.examplesPerSecond / ((result.slowest + result.fastest) / 2) - 1) < 1e-9);
}

void TestBench::repetitionEndsWhenItsTimeIsOver()
{
    const BenchResult result = benchRandom(tinyWork(), {.skip = 1, .steps = 100, .repetitions = 2, .seconds = 1e-9});
    QCOMPARE(result.steps, 2 * 3);
}

void TestBench::runsSideBySideCountTogether()
{
    const BenchResult result = benchRandom(tinyWork(), {.skip = 1, .steps = 4, .repetitions = 2, .runs = 3});
    QCOMPARE(result.steps, 2 * 3 * 4);
    QVERIFY(result.examplesPerSecond > 0);
}

void TestBench::scoringIsMeasuredOnRequest()
{
    BenchSettings settings = shortly();
    QCOMPARE(benchRandom(tinyWork(), settings).evaluationSeconds, 0.0);
    settings.evaluation = true;
    QVERIFY(benchRandom(tinyWork(), settings).evaluationSeconds > 0);
}

void TestBench::randomWorkLeavesNothingBehind()
{
    QTemporaryDir folder;
    const QByteArray before = qgetenv("TMPDIR");
    qputenv("TMPDIR", folder.path().toUtf8());
    benchRandom(tinyWork(), shortly());
    const QString complaint = complaintOf([] { benchRandom(tinyWork(513), shortly()); });
    before.isNull() ? qunsetenv("TMPDIR") : qputenv("TMPDIR", before);
    QCOMPARE(complaint, "A text must have 3 to 512 tokens.");
    QCOMPARE(QDir(folder.path()).entryList(QDir::NoDotAndDotDot | QDir::AllEntries), QStringList());
}

void TestBench::growthMeasuresEachSize()
{
    std::vector<int> told;
    const auto points = benchGrowth(Growth::Batch, tinyWork(), {.skip = 0, .steps = 1, .repetitions = 1},
                                    [&](const GrowthPoint &point) { told.push_back(point.value); });
    QCOMPARE(told, (std::vector<int>{8, 16, 32, 64, 128, 256}));
    QCOMPARE(points.size(), told.size());
    QVERIFY(points.back().result.medianStep > points.front().result.medianStep);
}

void TestBench::whatCannotGrowIsSaid()
{
    RandomWork own = tinyWork();
    own.method = methodEntry("head").method;
    const auto complaint = [&](Growth growth) {
        return complaintOf([&] { benchGrowth(growth, own, shortly(), [](const GrowthPoint &) {}); });
    };
    QCOMPARE(complaint(Growth::Bottleneck), "Only adapters have a bottleneck that can grow.");
    own.method = adapters(8, parseSites("top-half", "both", 2));
    QCOMPARE(complaint(Growth::Layers), "Layers can grow only where the method treats all of them alike.");
    QVERIFY(complaintOf([] { shapeNamed("gpt"); }).startsWith("There is no shape gpt; known are minilm-l6, "));
    QVERIFY(complaintOf([] { growthNamed("width"); }).startsWith("There is no growth width; known are length, "));
}

void TestBench::theRateOfProductsIsMeasured()
{
    QVERIFY(productRate(Precision::Float32) > 1e9); // a floating-point operation per nanosecond: any processor of today
}

QTEST_GUILESS_MAIN(TestBench)
#include "tst_bench.moc"
