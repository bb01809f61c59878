#include <set>

#include <QElapsedTimer>
#include <QTest>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/spec_json.h"
#include "core/study/estimate.h"
#include "core/study/study.h"

using namespace awb;

namespace {

const char *const small = R"({"name": "mine", "checkpoint": "minilm", "datasets": ["trec", "cola"], "methods": [
    {"method": "full", "learning_rates": [5e-5]},
    {"method": "adapter", "sizes": [8, 64], "learning_rates": [3e-4, 1e-3], "epochs": [3, 20]},
    {"method": "top-k", "sizes": [0, 2], "pooler": false}], "seeds": [0, 5], "recipe": {"max_length": 64, "epochs": 2}})";

std::string errorOf(const std::string &json)
{
    try {
        studyFromJson(json);
    } catch (const Error &error) {
        return error.what();
    }
    return {};
}

bool anyContains(const std::vector<std::string> &sentences, const std::string &part)
{
    return std::any_of(sentences.begin(), sentences.end(),
                       [&](const std::string &sentence) { return sentence.find(part) != sentence.npos; });
}

Run measured(std::int64_t id, const std::string &dataset, const std::string &method, double secondsPerStep)
{
    Run run;
    run.id = id;
    run.state = RunState::Done;
    run.spec.checkpoint = "minilm";
    run.spec.dataset = dataset;
    run.spec.method = methodEntry(method).method;
    run.spec.recipe.epochs = 2;
    run.steps = 200;
    run.provenance.seconds = 200 * secondsPerStep;
    return run;
}

TrainSpec planned(const std::string &dataset, const std::string &method, int epochs)
{
    TrainSpec spec = measured(0, dataset, method, 1).spec;
    spec.recipe.epochs = epochs;
    return spec;
}

} // namespace

class TestStudy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aStudyMeansEveryCombinationOnce()
    {
        const Study study = studyFromJson(small);
        const auto specs = specsOf(study, 6);
        QCOMPARE(specs.size(), std::size_t(2 * 2 * (1 + 8 + 2)));
        QCOMPARE(numberOfRuns(study), specs.size());
        std::set<std::string> different;
        for (const TrainSpec &spec : specs) {
            different.insert(toJson(spec));
            QCOMPARE(spec.checkpoint, std::string("minilm"));
            QCOMPARE(spec.recipe.maxLength, 64);
        }
        QCOMPARE(different.size(), specs.size());
        QCOMPARE(specs[0].method.name, std::string("full"));
        QCOMPARE(specs[0].recipe.epochs, 2); // the recipe's
        QCOMPARE(specs[1].method.bottleneck, 8);
        QCOMPARE(specs[1].recipe.learningRate, 3e-4);
        QCOMPARE(specs[2].recipe.epochs, 20);
        QCOMPARE(specs[9].recipe.learningRate, 5e-5); // the method's suggestion
        QCOMPARE(specs[10].method.train,
                 (std::vector<std::string>{"encoder.layer.4.*", "encoder.layer.5.*", "classifier.*"}));
        // All tasks of a seed before the next seed.
        QCOMPARE(specs[21].dataset, std::string("cola"));
        QCOMPARE(specs[21].seed, std::uint64_t(0));
        QCOMPARE(specs[22].seed, std::uint64_t(5));
    }

    void valuesSaidTwiceAreComputedOnce()
    {
        Study study = studyFromJson(small);
        study.arms = {{"adapter", {8, 8}, true, {1e-3}, {}, {}}, {"adapter", {8, 16}, true, {1e-3}, {}, {}}};
        QCOMPARE(specsOf(study, 6).size(), std::size_t(2 * 2 * 2));
        const Study twice =
            studyFromJson(R"({"name": "a", "checkpoint": "c", "datasets": ["x", "y", "x"], "seeds": [1, 0, 1],
            "methods": [{"method": "adapter", "pooler": false}]})");
        QCOMPARE(twice.datasets, (std::vector<std::string>{"x", "y"}));
        QCOMPARE(twice.seeds, (std::vector<std::uint64_t>{1, 0}));
        QVERIFY(twice.arms[0].pooler); // no choice of a method without top layers
        QCOMPARE(numberOfRuns(twice), specsOf(twice, 6).size());
    }

    void aStudySurvivesItsFile()
    {
        const Study study = studyFromJson(small);
        QVERIFY(studyFromJson(toJson(study)) == study);
        for (const Study &preset : presetStudies())
            QVERIFY2(studyFromJson(toJson(preset)) == preset, preset.name.c_str());
    }

    void mistakesInAFileAreNamed_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *json, const char *says) {
            QTest::newRow(says) << QByteArray(json) << QByteArray(says);
        };
        row("[", "cannot be read");
        row(R"({"name": "a", "datasets": ["x"], "methods": [{"method": "full"}]})", "checkpoint");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}], "seed": 1})",
            "no setting \"seed\"");
        row(R"({"name": "a", "checkpoint": "c", "datasets": [], "methods": [{"method": "full"}]})", "at least one data set");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full", "lr": [1]}]})",
            "no setting \"lr\"");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "adapter", "sizes": [1.5]}]})",
            "\"sizes\" must be whole numbers");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full", "learning_rates": [0]}]})",
            "\"learning_rates\" must be numbers above 0");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}], "recipe": {"batch": 0}})",
            "\"batch\" must be from 1 to 65536");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}], "recipe": {"warmup": 2}})",
            "\"warmup\" must be a share");
        row(R"({"name": "a", "checkpoint": "c", "datasets": "x", "methods": [{"method": "full"}]})",
            "\"datasets\" of a study must be a list of texts, not \"x\"");
        row(R"({"name": 7, "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}]})",
            "\"name\" of a study must be a text in quotes, not 7");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "top-k", "pooler": "no"}]})",
            "\"pooler\" of a study must be true or false, not \"no\"");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": {"method": "full"}})",
            "needs \"methods\", a list");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}], "counting": 1})",
            "\"counting\" of a study must be a text");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}],
            "recipe": {"plain_path": 1}})",
            "\"plain_path\" of a run must be true or false");
        row(R"({"name": "a/b", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}]})", "slash");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}],
            "selection": {"seeds": "worst"}})",
            "use mean or best");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}],
            "recipe": {"learning_rate": 1}})",
            "no setting \"learning_rate\"");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}],
            "recipe": {"threads": 1000000}})",
            "\"threads\" must be from 0 to 4096");
        row(R"({"name": "a", "checkpoint": "c", "datasets": ["x"], "methods": [{"method": "full"}], "seeds": [3000000000]})",
            "whole numbers from 0 to 1073741824");
    }
    void mistakesInAFileAreNamed()
    {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, says);
        const std::string sentence = errorOf(json.toStdString());
        QVERIFY2(sentence.find(says.toStdString()) != sentence.npos, sentence.c_str());
    }

    void methodsAndSizesThatDoNotFitAreRefused()
    {
        Study study = studyFromJson(small);
        QVERIFY_THROWS_EXCEPTION(Error, specsOf(study, 1)); // top 2 layers of one
        study.arms = {{"lora", {}, true, {}, {}, {}}};
        QVERIFY_THROWS_EXCEPTION(Error, specsOf(study, 6));
        study.arms = {{"head", {3}, true, {}, {}, {}}};
        QVERIFY_THROWS_EXCEPTION(Error, specsOf(study, 6));
        study.arms = {{"adapter", {0}, true, {}, {}, {}}};
        QVERIFY_THROWS_EXCEPTION(Error, specsOf(study, 6));
        study.arms = {{"full", {}, true, {}, {}, {1e-2, 1e-3}}}; // runs that differed in nothing
        QVERIFY_THROWS_EXCEPTION(Error, specsOf(study, 6));
    }

    void everyPresetExpandsAndHasASmallVersion()
    {
        for (const char *name : {"glue", "additional", "size-sweep", "layer-norm", "learning-rates", "initialisation",
                                 "ablation", "table1", "table2"}) {
            const Study *paper = presetStudy(name), *small = presetStudy(std::string(name) + "-small");
            QVERIFY2(paper && small, name);
            QCOMPARE(specsOf(*paper, 24).size(), numberOfRuns(*paper));
            QCOMPARE(specsOf(*small, 6).size(), numberOfRuns(*small));
            QVERIFY2(numberOfRuns(*small) <= 60, name);
            QCOMPARE(small->checkpoint, std::string("all-MiniLM-L6-v2"));
            QCOMPARE(small->paper, std::string(name));
            QVERIFY(differencesFromPaper(*small).size() >= 2);
        }
        QVERIFY(presetStudy("nothing") == nullptr);
    }

    /// Houlsby et al. 2019, sections 3.2 to 3.6, Figures 3, 4, 6, 7 and Table 4.
    void thePapersGridsAreAsPublished_data()
    {
        QTest::addColumn<QString>("preset");
        QTest::addColumn<QString>("checkpoint");
        QTest::addColumn<QString>("method");
        QTest::addColumn<std::vector<int>>("sizes");
        QTest::addColumn<std::vector<double>>("rates");
        QTest::addColumn<std::vector<int>>("epochs");
        QTest::addColumn<int>("tasks");
        QTest::addColumn<int>("seeds");
        const std::vector<double> glue = {3e-5, 3e-4, 3e-3}, more = {1e-5, 3e-5, 1e-4, 3e-3}, fine = {3e-5, 5e-5, 1e-4};
        const std::vector<int> powers = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}, none;
        const auto row = [](const char *preset, const char *checkpoint, const char *method, const std::vector<int> &sizes,
                            const std::vector<double> &rates, const std::vector<int> &epochs, int tasks, int seeds) {
            QTest::newRow((std::string(preset) + ", " + method).c_str())
                << preset << checkpoint << method << sizes << rates << epochs << tasks << seeds;
        };
        const char *const large = "bert-large-uncased", *const base = "bert-base-uncased";
        row("glue", large, "adapter", {1, 2, 4, 8, 64, 256, 512}, glue, {3, 20}, 9, 5);
        row("glue", large, "top-k", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 20}, fine, {2, 3, 5}, 9, 5);
        row("glue", large, "full", none, fine, {2, 3, 5}, 9, 5);
        row("table1", large, "adapter", {8, 64, 256}, glue, {3, 20}, 9, 5);
        row("additional", base, "adapter", {2, 4, 8, 16, 32, 64}, more, {20, 50, 100}, 17, 3);
        row("additional", base, "top-k", {1, 2, 3, 5, 7, 9, 11}, more, {20, 50, 100}, 17, 3); // 12 are full fine-tuning
        row("additional", base, "full", none, more, {20, 50, 100}, 17, 3);
        row("table2", base, "top-k", {1, 2, 3, 5, 7, 9, 11, 12}, more, {20, 50, 100}, 17, 3);
        row("table2", base, "adapter", {2, 4, 8, 16, 32, 64}, more, {20, 50, 100}, 17, 3);
        row("size-sweep", base, "adapter", powers, glue, {3, 20}, 2, 3);
        row("size-sweep", base, "top-k", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, glue, {3, 20}, 2, 3);
        row("size-sweep", base, "layer-norm", none, glue, {3, 20}, 2, 3);
        row("layer-norm", base, "layer-norm", none, glue, {3, 20}, 2, 3);
        row("learning-rates", large, "adapter", {2, 4, 8, 16, 32, 64, 128, 256}, {3e-5, 5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3},
            {3, 10, 20}, 1, 3);
        row("learning-rates", large, "full", none, {3e-5, 5e-5, 1e-4, 3e-4, 5e-4, 1e-3}, {2, 3, 5}, 1, 3);
        row("initialisation", base, "adapter", {64}, glue, {3, 20}, 2, 3);
        row("ablation", base, "adapter", {64}, glue, {3, 20}, 2, 1);
    }
    void thePapersGridsAreAsPublished()
    {
        QFETCH(QString, method);
        QFETCH(QString, preset);
        const Study &study = *presetStudy(preset.toStdString());
        const auto arm = std::ranges::find(study.arms, method.toStdString(), &StudyArm::method);
        QVERIFY(arm != study.arms.end());
        QTEST(QString::fromStdString(study.checkpoint), "checkpoint");
        QTEST(arm->sizes, "sizes");
        QTEST(arm->learningRates, "rates");
        QTEST(arm->epochs, "epochs");
        QTEST(int(study.datasets.size()), "tasks");
        QTEST(int(study.seeds.size()), "seeds");
        QVERIFY(study.recipe == Recipe()); // the paper's
        const bool glue = preset == QLatin1String("glue") || preset == QLatin1String("table1");
        QVERIFY((study.selection.seeds == Selection::Seeds::Best) == glue); // section 3.2
        if (preset == QLatin1String("initialisation"))
            QCOMPARE(arm->initStds, (std::vector<double>{1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1}));
    }

    void eachDifferenceFromThePaperIsSaid()
    {
        // What every study has: how the engine trains unlike the paper's code.
        std::vector<std::string> always = differencesFromPaper(*presetStudy("size-sweep"));
        QCOMPARE(always.size(), std::size_t(1 + 3)); // its note
        always.erase(always.begin());
        QVERIFY(anyContains(always, "number of steps: an epoch's batches times the epochs"));
        QVERIFY(anyContains(always, "it drops to 0.9 of the peak where warm-up ends"));
        QVERIFY(anyContains(always, "dropout: none below the lowest part that is trained"));
        Study study = *presetStudy("size-sweep");
        study.paper = "size-sweep";
        study.notes.clear();
        std::vector<std::string> expected = presetStudy("size-sweep")->notes; // what the preset itself says of the paper
        expected.insert(expected.end(), always.begin(), always.end());
        QCOMPARE(differencesFromPaper(study), expected);
        std::ranges::reverse(study.arms[1].sizes); // no difference
        std::ranges::reverse(study.datasets);
        QCOMPARE(differencesFromPaper(study), expected);
        study.checkpoint = "minilm";
        study.arms[1].sizes = {8, 64};
        study.arms.pop_back();
        study.seeds = {0};
        study.recipe.batch = 16;
        study.recipe.precision = Precision::BFloat16;
        const auto said = differencesFromPaper(study);
        QCOMPARE(said.size(), std::size_t(7 + 3));
        QVERIFY(anyContains(said, "checkpoint: minilm rather than bert-base-uncased"));
        QVERIFY(anyContains(said, "Adapters, sizes: 8, 64 rather than 1, 2, 4"));
        QVERIFY(anyContains(said, "LayerNorm only: left out"));
        QVERIFY(anyContains(said, "number of seeds: 1 rather than 3"));
        QVERIFY(anyContains(said, "batch: 16 rather than 32"));
        QVERIFY(anyContains(said, "precision: bfloat16 rather than float32"));
        study.recipe.epochs = 9;
        study.arms[0].epochs.clear();
        QVERIFY(anyContains(differencesFromPaper(study), "epochs: 9 rather than 3, 20"));
        study.paper = "gleu";
        QVERIFY(anyContains(differencesFromPaper(study), "there is no prepared study \"gleu\""));
        study.paper = "quick"; // which is not the paper's
        QVERIFY(!anyContains(differencesFromPaper(study), "election-tweets"));
        study.recipe.warmup = 0; // both fall from the first step then
        study.recipe.dropout = 0;
        QVERIFY(!anyContains(differencesFromPaper(study), "where warm-up ends"));
        QVERIFY(!anyContains(differencesFromPaper(study), "dropout: none below"));
    }

    void timeIsExpectedFromTheMostSimilarRun()
    {
        const std::vector<Run> finished = {measured(1, "trec", "adapter", 0.5), measured(2, "trec", "full", 1),
                                           measured(3, "cola", "adapter", 0.25)};
        // 100 steps an epoch, as on trec before
        QCOMPARE(expectedTime({planned("trec", "adapter", 3)}, finished).seconds, 150.0);
        QCOMPARE(expectedTime({planned("trec", "full", 1)}, finished).seconds, 100.0);
        // Another method on a known task: the task's length of texts tells more than the method.
        QCOMPARE(expectedTime({planned("cola", "full", 1)}, finished).seconds, 25.0);
        // Of several sizes the nearest: the top layer alone costs less than three.
        std::vector<Run> sizes = {measured(1, "trec", "top-k", 0.1), measured(2, "trec", "top-k", 0.4)};
        sizes[0].spec.method.topLayers = 1;
        sizes[1].spec.method.topLayers = 3;
        TrainSpec top = planned("trec", "top-k", 1);
        top.method.topLayers = 1;
        QCOMPARE(expectedTime({top}, sizes).seconds, 10.0);
        top.method.topLayers = 4;
        QCOMPARE(expectedTime({top}, sizes).seconds, 40.0);
        // A task without a run: its examples are counted, 64 of them make two steps.
        const TimeEstimate other = expectedTime({planned("rte", "full", 5)}, finished, {{"rte", {64, {}}}});
        QCOMPARE(other.seconds, 10.0);
        QCOMPARE(other.rough, 1);
        QCOMPARE(other.unknown, 0);
        QCOMPARE(expectedTime({planned("rte", "full", 5)}, finished).unknown, 1);
        QCOMPARE(expectedTime({planned("trec", "full", 1)}, {}).unknown, 1);
    }

    void aTaskWithoutARunIsScaledByItsTexts()
    {
        const std::vector<Run> finished = {measured(1, "trec", "adapter", 0.5), measured(2, "trec", "full", 1)};
        TrainSpec spec = planned("rte", "full", 5);
        const TimeEstimate blind = expectedTime({spec}, finished);
        QCOMPARE(blind.unsized, (std::set<std::string>{"rte", "trec"}));
        // Two steps of ten seconds in each epoch, of texts twice to three times as long.
        const TaskSizes sizes{{"rte", {64, {20, 30}}}, {"trec", {3200, {10, 10, 10}}}};
        QCOMPARE(expectedTime({spec}, finished, sizes).seconds, 25.0);
        QVERIFY(expectedTime({spec}, finished, sizes).unsized.empty());
        spec.recipe.maxLength = 20; // the longer ones are cut
        QCOMPARE(expectedTime({spec}, finished, sizes).seconds, 20.0);
        // As soon as one of its own is there, that counts.
        const TimeEstimate own = expectedTime({planned("trec", "full", 1)}, finished, sizes);
        QCOMPARE(own.seconds, 100.0);
        QCOMPARE(own.rough, 0);
    }

    void theEstimateFollowsTheNewestRun()
    {
        std::vector<Run> finished = {measured(1, "trec", "adapter", 0.5)};
        QCOMPARE(expectedTime({planned("trec", "adapter", 2)}, finished).seconds, 100.0);
        finished.push_back(measured(2, "trec", "adapter", 0.75));
        QCOMPARE(expectedTime({planned("trec", "adapter", 2)}, finished).seconds, 150.0);
        finished[1].spec.recipe.device = "cuda:0"; // tells nothing about the processor
        QCOMPARE(expectedTime({planned("trec", "adapter", 2)}, finished).seconds, 100.0);
    }

    void runsThatWereComputedTogetherSharedTheirTime()
    {
        std::vector<Run> finished = {measured(1, "trec", "adapter", 0.5)};
        finished[0].provenance.together = 2;
        QCOMPARE(expectedTime({planned("trec", "adapter", 2), planned("trec", "adapter", 2)}, finished).seconds, 100.0);
    }

    void thousandsOfRunsAreEstimatedAtOnce()
    {
        std::vector<Run> finished;
        std::vector<TrainSpec> ahead;
        for (int i = 0; i < 5000; ++i) {
            finished.push_back(measured(i + 1, ("task " + std::to_string(i % 9)).c_str(), i % 2 ? "adapter" : "full", 0.5));
            ahead.push_back(planned(("task " + std::to_string(i % 9)).c_str(), i % 3 ? "adapter" : "head", 1));
        }
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(expectedTime(ahead, finished).runs, 5000);
#ifndef __SANITIZE_ADDRESS__
        QVERIFY2(timer.elapsed() < 100, qPrintable(QString::number(timer.elapsed()) + " ms"));
#endif
    }
};

QTEST_GUILESS_MAIN(TestStudy)
#include "tst_study.moc"
