#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <QtTest>

#include "core/data/metrics.h"
#include "core/error.h"

using namespace awb;

// Expected values: scikit-learn 1.7 (accuracy_score, f1_score, matthews_corrcoef) and SciPy (pearsonr, spearmanr).
class TestMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void twoClassesFollowScikitLearn();
    void manyClassesFollowScikitLearn();
    void classesThatNeverOccurDoNotCountInF1();
    void aConstantPredictionHasNoCorrelation();
    void correlationsWithTiesFollowScipy();
    void constantAndBrokenColumnsHaveNoCorrelation();
    void noExamplesGiveZero();
    void unknownNamesAndWrongSizesAreRefused();
};

static void close(double value, double expected)
{
    QVERIFY2(std::abs(value - expected) < 1e-12, qPrintable(QString::number(value, 'g', 17)));
}

void TestMetrics::twoClassesFollowScikitLearn()
{
    const std::vector<int> gold = {0, 1, 1, 0, 1, 0, 1, 1, 0, 1}, predicted = {0, 1, 0, 0, 1, 1, 1, 1, 0, 0};
    close(accuracy(gold, predicted), 0.7);
    close(f1(gold, predicted, 2), 0.7272727272727273);
    close(matthews(gold, predicted, 2), 0.408248290463863);
    close(computeMetric("f1", gold, predicted, 2), 0.7272727272727273);
    QCOMPARE(confusion(gold, predicted, 2), (std::vector<std::size_t>{3, 1, 2, 4}));
}

void TestMetrics::manyClassesFollowScikitLearn()
{
    const std::vector<int> gold = {0, 1, 2, 2, 1, 0, 2, 1, 0, 2, 2, 1}, predicted = {0, 2, 2, 2, 1, 0, 1, 1, 0, 2, 0, 1};
    close(accuracy(gold, predicted), 0.75);
    close(f1(gold, predicted, 3), 0.7579365079365079);
    close(matthews(gold, predicted, 3), 0.6316139407998892);
    QCOMPARE(confusion(gold, predicted, 3), (std::vector<std::size_t>{3, 0, 0, 0, 3, 1, 1, 1, 3}));
}

void TestMetrics::classesThatNeverOccurDoNotCountInF1()
{
    const std::vector<int> gold = {0, 0, 2, 2, 0}, predicted = {0, 2, 2, 4, 0}; // nothing of classes 1 and 3
    close(f1(gold, predicted, 5), 0.43333333333333335);
    close(matthews(gold, predicted, 5), 0.36084391824351614);
}

void TestMetrics::aConstantPredictionHasNoCorrelation()
{
    const std::vector<int> gold = {1, 1, 0}, predicted = {0, 0, 0};
    QCOMPARE(matthews(gold, predicted, 2), 0.0);
    QCOMPARE(matthews(predicted, gold, 2), 0.0);
    QCOMPARE(f1(gold, predicted, 2), 0.0);
}

void TestMetrics::correlationsWithTiesFollowScipy()
{
    const std::vector<float> gold = {0.5f, 3.25f, 3.25f, 1.0f, 4.75f, 5.0f, 2.5f, 0.5f};
    const std::vector<float> predicted = {0.7f, 3.0f, 2.0f, 2.0f, 4.5f, 4.5f, 2.25f, -0.1f};
    close(pearson(gold, predicted), 0.9328674729997071);
    close(spearman(gold, predicted), 0.9207317073170732);
    close(computeMetric("spearman", gold, predicted), 0.9207317073170732);
}

void TestMetrics::constantAndBrokenColumnsHaveNoCorrelation()
{
    const std::vector<float> gold = {0.1f, 0.3f, 0.2f}, constant = {0.1f, 0.1f, 0.1f};
    QCOMPARE(pearson(gold, constant), 0.0);
    QCOMPARE(spearman(constant, gold), 0.0);
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
    for (const float broken : {nan, infinity}) { // what a run that diverges predicts
        QCOMPARE(pearson(gold, std::array{0.1f, broken, 0.2f}), 0.0);
        QCOMPARE(spearman(gold, std::array{0.1f, broken, 0.2f}), 0.0);
    }
}

void TestMetrics::noExamplesGiveZero()
{
    QCOMPARE(accuracy({}, {}), 0.0);
    QCOMPARE(f1({}, {}, 3), 0.0);
    QCOMPARE(matthews({}, {}, 3), 0.0);
    QCOMPARE(pearson({}, {}), 0.0);
    QCOMPARE(spearman({}, {}), 0.0);
}

void TestMetrics::unknownNamesAndWrongSizesAreRefused()
{
    const std::vector<int> classes = {0, 1};
    const std::vector<float> scores = {0.0f, 1.0f};
    QVERIFY_EXCEPTION_THROWN(computeMetric("bleu", classes, classes, 2), Error);
    QVERIFY_EXCEPTION_THROWN(computeMetric("pearson", classes, classes, 2), Error);
    QVERIFY_EXCEPTION_THROWN(computeMetric("accuracy", scores, scores), Error);
    QVERIFY_EXCEPTION_THROWN(accuracy(classes, std::vector<int>{0}), Error);
    QVERIFY_EXCEPTION_THROWN(confusion(classes, std::vector<int>{0, 2}, 2), Error);
}

QTEST_GUILESS_MAIN(TestMetrics)
#include "tst_metrics.moc"
