#include <cmath>

#include <QTest>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/study/result_table.h"

using namespace awb;

namespace {

Run run(std::int64_t id, const std::string &task, const std::string &method, int size, double score, std::uint64_t seed = 0)
{
    Run run;
    run.id = id;
    run.spec.checkpoint = "bert";
    run.spec.dataset = task;
    run.spec.method = methodEntry(method).method;
    if (run.spec.method.topLayers >= 0)
        run.spec.method = topLayersMethod(run.spec.method, size, true, 12);
    else
        run.spec.method.bottleneck = size;
    run.spec.seed = seed;
    run.state = RunState::Done;
    run.metric = "accuracy";
    run.score = score;
    run.layers = 12;
    run.total = 1200;
    run.trainable = method == "full" ? 1200 : method == "top-k" ? 90 * size : size;
    run.trainedTables = method == "full" ? 200 : 0;
    return run;
}

StudyResults results(std::vector<Run> runs, std::vector<std::string> tasks)
{
    StudyResults results;
    results.study.name = "mine";
    results.study.datasets = std::move(tasks);
    results.runs = std::move(runs);
    return results;
}

StudyResults twoTasks()
{
    return results({run(1, "rte", "full", 0, 0.8), run(2, "rte", "full", 0, 0.9, 1), run(3, "mine_own", "full", 0, 0.7),
                    run(4, "rte", "adapter", 8, 0.75), run(5, "rte", "adapter", 64, 0.7),
                    run(6, "mine_own", "adapter", 8, 0.6), run(7, "mine_own", "adapter", 64, 0.65),
                    run(8, "rte", "top-k", 2, 0.6), run(9, "mine_own", "top-k", 2, 0.5)},
                   {"rte", "mine_own"});
}

} // namespace

class TestResultTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tableOneHasTheBestSizePerTask()
    {
        const ResultTable table = resultTable(twoTasks(), 1);
        QCOMPARE(table.methods[0].title, std::string("Full fine-tuning"));
        QVERIFY(std::abs(table.methods[0].cells[0].score - 85) < 1e-9);
        QVERIFY(std::abs(table.methods[0].cells[0].sem - 5) < 1e-9);
        QVERIFY(std::isnan(table.methods[0].cells[1].sem)); // one seed
        QCOMPARE(table.methods[0].total, std::string("2.00×"));
        QCOMPARE(table.methods[0].perTask, std::string("100.00 %"));
        const TableMethod &adapters = table.methods[1];
        QCOMPARE(adapters.title, std::string("Adapters, best of 8, 64"));
        QCOMPARE(adapters.cells[0].size, 8);
        QCOMPARE(adapters.cells[1].size, 64);
        QCOMPARE(adapters.total, std::string("1.07×")); // (8 + 64) of 1,000, embeddings not counted
        QCOMPARE(adapters.perTask, std::string("3.60 %"));
        QVERIFY(std::abs(adapters.mean() - 70) < 1e-9);
        QCOMPARE(table.methods[2].title, std::string("Adapters, m = 64"));
        QCOMPARE(table.methods[2].total, std::string("1.13×"));
    }

    void tableTwoHasTheBestNumberOfTopLayersAsAShareOfTheModel()
    {
        StudyResults both = twoTasks();
        both.study.counting = CountingRule::ShareOfModel;
        const ResultTable table = resultTable(both, 2);
        QCOMPARE(table.methods[1].title, std::string("Top layers"));
        QCOMPARE(table.methods[1].perTask, std::string("16.67 %")); // 2 of 12 layers
        QCOMPARE(table.methods[1].total, std::string("1.33×"));
    }

    void thePapersRowsStandBesideOursForTheTasksItHas()
    {
        const ResultTable table = resultTable(twoTasks(), 1);
        QCOMPARE(table.methods.size(), std::size_t(6));
        const TableMethod &published = table.methods[3];
        QVERIFY(published.published);
        QVERIFY(published.title.find("published (BERT-large, GLUE test server)") != std::string::npos);
        QVERIFY(std::isnan(published.cells[1].score));
        QVERIFY(std::isnan(published.mean()));                               // not of the same tasks as ours
        QCOMPARE(published.total, std::string());                            // of nine tasks, where ours has one of them
        QCOMPARE(resultTable(twoTasks(), 2).methods.size(), std::size_t(3)); // none of Table 2's tasks
    }

    void publishedScoresStandOnlyBesideTheSameMetric()
    {
        StudyResults two =
            results({run(1, "cola", "full", 0, 0.5), run(2, "rte", "full", 0, 0.7), run(3, "mrpc", "full", 0, 0.8)},
                    {"cola", "rte", "mrpc"});
        two.runs[0].metric = "matthews"; // MRPC is measured by accuracy here, by F1 there
        const TableMethod published = resultTable(two, 1).methods[1];
        QCOMPARE(published.cells[0].score, 60.5);
        QCOMPARE(published.cells[1].score, 70.1);
        QVERIFY(std::isnan(published.cells[2].score));
        QVERIFY(tableText(resultTable(two, 1), ".md").find("| cola | Matthews | 50.0") != std::string::npos);
        StudyResults all = two;
        all.study.datasets = presetStudy("table1")->datasets;
        QCOMPARE(resultTable(all, 1).methods[1].total, std::string("9.0×"));
    }

    void theCaptionSaysWhatIsLeftOut()
    {
        StudyResults two = twoTasks();
        two.runs.push_back(run(10, "rte", "adapter", 256, 0));
        two.runs.back().state = RunState::Failed;
        two.others = 1;
        const std::string caption = resultTable(two, 1).caption;
        QVERIFY2(
            caption.ends_with(". One run failed and is left out. One run under the study's name has other settings than it "
                              "asks for now and is left out"),
            caption.c_str());
    }

    void testScoresStandForWhatDevChose()
    {
        StudyResults two = twoTasks();
        two.testScores = {{1, 0.6}, {2, 0.7}, {4, 0.5}, {5, 0.99}, {7, NAN}}; // run 5 is better on test, not on dev
        const ResultTable table = resultTable(two, 1, Part::Test);
        QCOMPARE(table.unscored, (std::vector<std::int64_t>{3}));
        const TableMethod &full = table.methods[0], &adapters = table.methods[1];
        QVERIFY(std::abs(full.cells[0].score - 65) < 1e-9);
        QVERIFY(std::abs(full.cells[0].sem - 5) < 1e-9);
        QVERIFY(std::isnan(full.cells[1].score)); // not scored yet
        QCOMPARE(full.total, std::string("2.00×"));
        QVERIFY(std::abs(adapters.cells[0].score - 50) < 1e-9);
        QCOMPARE(adapters.cells[0].size, 8);
        QVERIFY(std::isnan(adapters.cells[1].score)); // scored, and not a number
        QVERIFY(tableText(table, ".md").find("Scores on test of the runs that dev chose") != std::string::npos);
        QVERIFY(resultTable(two, 1).unscored.empty());

        two.study.selection.seeds = Selection::Seeds::Best;
        two.testScores.erase(1); // dev prefers the seed of run 2
        QVERIFY(std::abs(resultTable(two, 1, Part::Test).methods[0].cells[0].score - 70) < 1e-9);
        two.study.selection.seeds = Selection::Seeds::Mean;
        QVERIFY(std::isnan(resultTable(two, 1, Part::Test).methods[0].cells[0].score)); // half of the seeds is no mean
    }

    void whatIsMissingStaysEmpty()
    {
        const ResultTable noFull = resultTable(results({run(1, "a", "adapter", 8, 0.5)}, {"a", "b"}), 1);
        QCOMPARE(noFull.methods.size(), std::size_t(1));
        QVERIFY(noFull.methods[0].total.empty());
        QVERIFY(std::isnan(noFull.methods[0].cells[1].score));
        QVERIFY(tableText(noFull, ".md").find("| b | – | – |") != std::string::npos);
        QVERIFY(resultTable(results({}, {"a"}), 1).methods.empty());
    }

    void seedsComputedOnTwoDevicesAreOneSetting()
    {
        std::vector<Run> runs{run(1, "rte", "full", 0, 0.8), run(2, "rte", "full", 0, 0.9, 1)};
        runs[1].spec.recipe.device = "cuda:0";
        const auto all = outcomes(runs, {}, CountingRule::Trained);
        QCOMPARE(all.size(), std::size_t(1));
        QCOMPARE(all.front().scores, (std::vector<double>{0.8, 0.9}));
    }

    void ofRepeatsTheOneFinishedLastCounts()
    {
        std::vector<Run> runs{run(1, "rte", "full", 0, 0.8), run(2, "rte", "full", 0, 0.9)};
        runs[0].finished = "2026-02-01T00:00:00Z"; // the other one came with an import
        runs[1].finished = "2026-01-01T00:00:00Z";
        QCOMPARE(outcomes(runs, {}, CountingRule::Trained).front().runs, std::vector<std::int64_t>{1});
    }

    void hardNamesAreReadyForLatexToo()
    {
        const auto all =
            results({run(1, "[x] a<b|c", "full", 0, 0.8), run(2, "[x] a<b|c", "adapter", 8, 0.7)}, {"[x] a<b|c"});
        const std::string latex = tableText(resultTable(all, 1), ".tex");
        QVERIFY2(latex.find("{}[x] a$<$b\\textbar{}c & accuracy") != std::string::npos, latex.c_str());
    }

    void textsAreReadyToPaste()
    {
        const ResultTable table = resultTable(twoTasks(), 1);
        const std::string latex = tableText(table, ".tex");
        QVERIFY(latex.find("mine\\_own & accuracy & 70.0 & 65.0") != std::string::npos);
        QVERIFY(latex.find("85.0$\\pm$5.0") != std::string::npos);
        QVERIFY(latex.find("1.07$\\times$") != std::string::npos);
        QVERIFY(latex.find("3.60 \\%") != std::string::npos);
        QVERIFY(latex.find("\\begin{tabular}{llrrrrrr}") != std::string::npos);
        QVERIFY2(
            latex.find("\\shortstack[r]{BERT-large,\\\\fine-tuned,\\\\published\\\\(BERT-large,\\\\GLUE test\\\\server)}") !=
                std::string::npos,
            latex.c_str());
        const std::string markdown = tableText(table, ".md");
        QVERIFY(markdown.find("| rte | accuracy | 85.0±5.0 | 75.0 | 70.0 | 70.1 |") != std::string::npos);
        QVERIFY(markdown.find("| Total parameters | – | 2.00× | 1.07× |") != std::string::npos);
        QVERIFY(markdown.find("chosen on dev") != std::string::npos);
        const std::string csv = tableText(table, ".csv");
        QVERIFY(csv.find("rte,accuracy,\"Adapters, best of 8, 64\",here,75,,8,4,1.07×,3.60 %,") != std::string::npos);
        QVERIFY(csv.find("rte,,\"BERT-large, fine-tuned, published (BERT-large, GLUE test server)\",published,70.1,") !=
                std::string::npos);
        QVERIFY_THROWS_EXCEPTION(Error, tableText(table, ".docx"));
    }
};

QTEST_GUILESS_MAIN(TestResultTable)
#include "tst_result_table.moc"
