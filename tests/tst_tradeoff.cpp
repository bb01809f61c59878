#include <cmath>
#include <limits>

#include <QTest>

#include "core/error.h"
#include "core/study/costs.h"
#include "core/study/study.h"
#include "core/study/statistics.h"
#include "core/study/tradeoff.h"
#include "core/methods/methods.h"

using namespace awb;

namespace {

Run run(std::int64_t id, const std::string &method, int bottleneck, std::uint64_t seed, double score)
{
    Run run;
    run.id = id;
    run.spec.checkpoint = "minilm";
    run.spec.dataset = "tweets";
    run.spec.method = methodEntry(method).method;
    run.spec.method.bottleneck = bottleneck;
    run.spec.seed = seed;
    run.state = RunState::Done;
    run.trainable = bottleneck > 0 ? 10000 + 9600 * bottleneck : (method == "head" ? 770 : 22713216);
    run.metric = "accuracy";
    run.score = score;
    return run;
}

} // namespace

class TestTradeoff : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void meanAndStandardErrorFollowTheTextbook()
    {
        // deviations -0.02, 0, 0.02: sd = 0.02 with n - 1 = 2, sem = 0.02 / sqrt(3)
        const MeanSem three = meanSem({0.80, 0.82, 0.84});
        QCOMPARE(three.n, 3);
        QVERIFY(std::abs(three.mean - 0.82) < 1e-12);
        QVERIFY(std::abs(three.sem - 0.011547005383792516) < 1e-12);
        QCOMPARE(meanSem({0.7}).mean, 0.7);
        QCOMPARE(meanSem({0.7}).sem, 0.0);
        QCOMPARE(meanSem({}).n, 0);
    }

    void runsThatDifferInTheSeedOnlyMakeOnePoint()
    {
        const auto points = tradeoffPoints({run(1, "adapter", 64, 0, 0.80), run(2, "adapter", 64, 1, 0.82),
                                            run(3, "adapter", 8, 0, 0.79), run(4, "adapter", 64, 2, 0.84)});
        QCOMPARE(points.size(), std::size_t(2));
        QCOMPARE(points[0].label, std::string("adapters, m = 8"));
        QCOMPARE(points[0].n, 1);
        QCOMPARE(points[1].label, std::string("adapters, m = 64"));
        QCOMPARE(points[1].method, std::string("adapter"));
        QCOMPARE(points[1].metric, std::string("accuracy"));
        QCOMPARE(points[1].trainable, std::int64_t(624400));
        QCOMPARE(points[1].runs, (std::vector<std::int64_t>{1, 2, 4}));
        QCOMPARE(points[1].scores, (std::vector<double>{0.80, 0.82, 0.84}));
        QVERIFY(std::abs(points[1].sem - 0.011547005383792516) < 1e-12);
    }

    void anotherLearningRateIsAnotherPointAndTheLabelSaysSo()
    {
        Run other = run(2, "adapter", 64, 0, 0.7);
        other.spec.recipe.learningRate = 3e-4;
        const auto points = tradeoffPoints({run(1, "adapter", 64, 0, 0.8), other, run(3, "adapter", 8, 0, 0.75)});
        QCOMPARE(points.size(), std::size_t(3));
        QCOMPARE(points[0].label, std::string("adapters, m = 8"));
        QCOMPARE(points[1].label, std::string("adapters, m = 64, lr 1e-3"));
        QCOMPARE(points[2].label, std::string("adapters, m = 64, lr 3e-4"));
    }

    void everyOtherSettingSeparatesPoints_data()
    {
        QTest::addColumn<QString>("says");
        QTest::newRow("epochs") << ", 1 epoch";
        QTest::newRow("precision") << ", bfloat16";
        QTest::newRow("batch") << ", batch 16";
        QTest::newRow("activation") << ", relu";
        QTest::newRow("device") << ", cuda:0";
    }

    void everyOtherSettingSeparatesPoints()
    {
        QFETCH(QString, says);
        Run other = run(2, "adapter", 64, 1, 0.7);
        const QString what = QString::fromLatin1(QTest::currentDataTag());
        if (what == "epochs")
            other.spec.recipe.epochs = 1;
        else if (what == "precision")
            other.spec.recipe.precision = Precision::BFloat16;
        else if (what == "batch")
            other.spec.recipe.batch = 16;
        else if (what == "activation")
            other.spec.method.activation = "relu";
        else
            other.spec.recipe.device = "cuda:0";
        const auto points = tradeoffPoints({run(1, "adapter", 64, 0, 0.8), other});
        QCOMPARE(points.size(), std::size_t(2));
        QVERIFY(QString::fromStdString(points[0].label + points[1].label).contains(says));
        QVERIFY(points[0].label != points[1].label);
    }

    void sitesSeparatePointsUnlessTheyAreAllOn()
    {
        Run everywhere = run(2, "adapter", 64, 1, 0.82);
        everywhere.spec.method.sites.assign(6, LayerSites{});
        Run top = run(3, "adapter", 64, 0, 0.78);
        top.spec.method.sites.assign(6, LayerSites{});
        for (int layer = 0; layer < 3; ++layer)
            top.spec.method.sites[layer] = {false, false};
        top.trainable = 320000;
        const auto points = tradeoffPoints({run(1, "adapter", 64, 0, 0.8), everywhere, top});
        QCOMPARE(points.size(), std::size_t(2));
        QCOMPARE(points[0].label, std::string("adapters, m = 64, layers 3-5"));
        QCOMPARE(points[1].n, 2);
        QVERIFY(sameButSeed(everywhere.spec, run(9, "adapter", 64, 5, 0).spec));
        QVERIFY(!sameButSeed(top.spec, everywhere.spec));
    }

    void threadsDoNotSeparatePoints()
    {
        Run other = run(2, "head", 0, 1, 0.7);
        other.spec.recipe.threads = 2;
        QCOMPARE(tradeoffPoints({run(1, "head", 0, 0, 0.8), other}).size(), std::size_t(1));
    }

    void aRepeatedSeedCountsOnce()
    {
        const auto points =
            tradeoffPoints({run(7, "head", 0, 0, 0.71), run(3, "head", 0, 0, 0.70), run(4, "head", 0, 1, 0.75)});
        QCOMPARE(points.size(), std::size_t(1));
        QCOMPARE(points[0].n, 2);
        QCOMPARE(points[0].runs, (std::vector<std::int64_t>{7, 4}));
    }

    void unfinishedRunsAndScoresThatAreNoNumbersAreLeftOut()
    {
        Run queued = run(1, "head", 0, 0, 0.5);
        queued.state = RunState::Queued;
        Run failed = run(2, "head", 0, 1, 0.5);
        failed.state = RunState::Failed;
        Run none = run(3, "head", 0, 2, 0.5);
        none.score.reset();
        const Run diverged = run(4, "head", 0, 3, std::numeric_limits<double>::quiet_NaN());
        const Run infinite = run(5, "head", 0, 4, std::numeric_limits<double>::infinity());
        QVERIFY(tradeoffPoints({queued, failed, none, diverged, infinite}).empty());
        QCOMPARE(tradeoffPoints({queued, diverged, run(6, "head", 0, 5, 0.6)})[0].n, 1);
    }

    void pointsAreOrderedByMethodThenSize()
    {
        const auto points = tradeoffPoints({run(1, "head", 0, 0, 0.6), run(2, "full", 0, 0, 0.9),
                                            run(3, "adapter", 64, 0, 0.8), run(4, "adapter", 1, 0, 0.7)});
        QCOMPARE(points.size(), std::size_t(4));
        QCOMPARE(points[0].runs[0], std::int64_t(4));
        QCOMPARE(points[1].runs[0], std::int64_t(3));
        QCOMPARE(points[2].label, std::string("full fine-tuning"));
        QCOMPARE(points[3].label, std::string("head only"));
    }

    void runsOnOtherFilesAreNoFurtherSeeds()
    {
        Run before = run(1, "adapter", 64, 0, 0.5), other = run(2, "adapter", 64, 1, 0.9),
            now = run(3, "adapter", 64, 0, 0.8);
        before.provenance.dataSha256 = "aa";
        other.provenance.dataSha256 = now.provenance.dataSha256 = "bb";
        const auto points = tradeoffPoints({before, other, now});
        QCOMPARE(points.size(), std::size_t(2));
        QCOMPARE(points[0].label, std::string("adapters, m = 64"));
        QCOMPARE(points[0].runs, (std::vector<std::int64_t>{3, 2}));
        QCOMPARE(points[1].label, std::string("adapters, m = 64, of earlier data"));
        QVERIFY(!points[0].earlier && points[1].earlier);
        Run small = run(4, "adapter", 8, 0, 0.99); // another size, computed on the old files alone
        small.provenance.dataSha256 = "aa";
        small.finished = "2026-01-01T00:00:00Z";
        now.finished = other.finished = "2026-01-02T00:00:00Z";
        const auto sizes = tradeoffPoints({small, other, now});
        QCOMPARE(sizes[0].label, std::string("adapters, m = 8, of earlier data"));
        QVERIFY(sizes[0].earlier && !sizes[1].earlier);
        before.provenance.dataSha256.clear(); // of an older version: nothing is known
        QCOMPARE(tradeoffPoints({before, other}).size(), std::size_t(1));
    }

    void csvHoldsThePointsInFull()
    {
        std::vector<Run> runs = {run(1, "adapter", 64, 0, 0.75), run(2, "adapter", 64, 1, 0.25)};
        runs[1].provenance.together = 4;
        const auto points = tradeoffPoints(runs);
        QCOMPARE(
            QString::fromStdString(toCsv(points, runs)),
            QString(
                "method,label,metric,trainable,mean,sem,n,runs,stored_bytes,examples_per_second,steps_per_second,peak_"
                "memory,"
                "epoch_seconds,inference_seconds,together,parameters,rules\r\n"
                "adapter,\"adapters, m = 64\",accuracy,624400,0.5,0.25,2,1 2,2497600,,,,,,1 4,624400,\"score on dev after "
                "the last epoch, mean over seeds; every setting is a point of its own, none is chosen; parameters: "
                "trained parameters\"\r\n"));
        Point quoted;
        quoted.label = "a \"quoted\" label";
        QVERIFY(toCsv({quoted}, {}).find("\"a \"\"quoted\"\" label\"") != std::string::npos);
    }

    void scoresAreThoseThatASelectionNames()
    {
        const std::vector<Run> runs = {run(1, "adapter", 64, 0, 0.5), run(2, "adapter", 64, 1, 0.25)};
        ScoreRule rule{{Selection::Epoch::Best, Selection::Seeds::Mean}, {{1, 0.75}}};
        const Point best = tradeoffPoints(runs, CountingRule::Trained, rule).front();
        QCOMPARE(best.scores, (std::vector<double>{0.75, 0.25})); // of run 2 no epoch is known
        QCOMPARE(best.mean, 0.5);
        QCOMPARE(best.sem, 0.25);
        rule.selection.seeds = Selection::Seeds::Best;
        const Point one = tradeoffPoints(runs, CountingRule::Trained, rule).front();
        QCOMPARE(one.mean, 0.75);
        QCOMPARE(one.sem, 0.0);
        QVERIFY(toCsv({one}, runs, CountingRule::Trained, rule.selection)
                    .find("score on dev after the best epoch, best seed; every setting") != std::string::npos);
        QVERIFY(toCsv({one}, runs, CountingRule::Trained, rule.selection).find(",0.75,,2,") != std::string::npos);
        const std::vector<Run> lone{runs[0]};
        QVERIFY(toCsv(tradeoffPoints(lone), lone).find(",0.5,,1,") != std::string::npos);
    }

    void theNewestMetricIsThatOfTheRunFinishedLast()
    {
        Run imported = run(9, "head", 0, 0, 0.3), own = run(2, "adapter", 64, 0, 0.75);
        imported.finished = "2020-01-01T00:00:00Z";
        own.finished = "2026-01-01T00:00:00Z";
        own.metric = "f1";
        const auto points = tradeoffPoints({imported, own});
        QCOMPARE(points.size(), std::size_t(1));
        QCOMPARE(points[0].metric, std::string("f1"));
        QCOMPARE(scoredOtherwise({imported, own}), 1);
        QCOMPARE(scoredOtherwise({own}), 0);
    }

    void onlyScoresOfTheNewestMetricShareAnAxis()
    {
        Run older = run(1, "head", 0, 0, 0.3);
        older.metric = "f1";
        const auto points = tradeoffPoints({older, run(2, "adapter", 64, 0, 0.75)});
        QCOMPARE(points.size(), std::size_t(1));
        QCOMPARE(points[0].metric, std::string("accuracy"));
    }

    void costsComeFromTheRunsRowsAndAreAveragedOverSeeds()
    {
        Run first = run(1, "adapter", 64, 0, 0.75), second = run(2, "adapter", 64, 1, 0.25);
        first.steps = second.steps = 300; // of three epochs
        first.provenance.stepsPerSecond = 5;
        second.provenance.stepsPerSecond = 10;
        first.provenance.examplesPerSecond = 160;
        second.provenance.examplesPerSecond = 320;
        first.provenance.peakMemory = 400000000;
        second.provenance.peakMemory = 500000000;
        second.provenance.inferenceSeconds = 0.002; // the first is of an older version and has none
        const Point point = tradeoffPoints({first, second}).front();
        QCOMPARE(costOf(point, CostAxis::Parameters), 624400.0);
        QCOMPARE(costOf(point, CostAxis::StoredBytes), 2497600.0);
        QCOMPARE(costOf(point, CostAxis::ExamplesPerSecond), 240.0);
        QCOMPARE(costOf(point, CostAxis::StepsPerSecond), 7.5);
        QCOMPARE(costOf(point, CostAxis::PeakMemory), 450000000.0);
        QCOMPARE(costOf(point, CostAxis::EpochSeconds), 15.0); // 20 s and 10 s
        QCOMPARE(costOf(point, CostAxis::InferenceSeconds), 0.002);
        QCOMPARE(costOf(point, 0, CostAxis::InferenceSeconds), 0.0);
        QVERIFY(toCsv({point}, {first, second}).find(",1 2,2497600,240,7.5,450000000,15,0.002,1 1,624400,") !=
                std::string::npos);
    }

    void parametersAreCountedAsAsked()
    {
        Run full = run(1, "full", 0, 0, 0.9);
        full.trainedTables = 11919360;
        const std::int64_t trained = full.trainable;
        const Point point = tradeoffPoints({full}, CountingRule::WithoutEmbeddings).front();
        QCOMPARE(point.trainable, trained);
        QCOMPARE(point.parameters, trained - 11919360);
        QCOMPARE(costOf(point, CostAxis::Parameters), double(trained - 11919360));
        QCOMPARE(costOf(point, CostAxis::StoredBytes), 4.0 * double(trained));
        QVERIFY(toCsv({point}, {full}, CountingRule::WithoutEmbeddings).find("embedding tables not counted") !=
                std::string::npos);
    }

    void axesHaveNamesAndAWrongOneIsRefused()
    {
        for (const CostAxis axis : costAxes())
            QVERIFY(costAxisFromString(toString(axis)) == axis);
        try {
            costAxisFromString("money");
            QFAIL("accepted");
        } catch (const Error &error) {
            QVERIFY(std::string(error.what()).find("parameters, bytes, speed") != std::string::npos);
        }
    }

    void quickStudyIsSmallAndUsesTheSuggestedRates()
    {
        const auto specs = specsOf(*presetStudy(quickStudyName), 6);
        QCOMPARE(specs.size(), std::size_t(5));
        const std::vector<int> bottlenecks = {1, 8, 64, 0, 0};
        for (std::size_t i = 0; i < specs.size(); ++i) {
            QCOMPARE(specs[i].checkpoint, std::string("all-MiniLM-L6-v2"));
            QCOMPARE(specs[i].dataset, std::string("election-tweets-2016"));
            QCOMPARE(specs[i].method.bottleneck, bottlenecks[i]);
            QCOMPARE(specs[i].recipe.learningRate, methodEntry(specs[i].method.name).learningRate);
            QCOMPARE(specs[i].recipe.epochs, 1);
            QCOMPARE(specs[i].recipe.batch, 32);
            QCOMPARE(specs[i].recipe.maxLength, 128);
            QCOMPARE(specs[i].seed, std::uint64_t(0));
        }
        QCOMPARE(specs[3].method.name, std::string("head"));
        QCOMPARE(specs[4].method.name, std::string("full"));
    }
};

QTEST_GUILESS_MAIN(TestTradeoff)
#include "tst_tradeoff.moc"
