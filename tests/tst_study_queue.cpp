#include <fstream>

#include <QTest>

#include "core/error.h"
#include "core/files.h"
#include "core/store/study_queue.h"
#include "core/study/seed_groups.h"
#include "library_fixture.h"
#include "tests/sentence.h"

using namespace awb;
using namespace awb::test;

namespace {

/// A library with the tiny checkpoint and two tasks of 70 training examples.
struct Library {
    QTemporaryDir home;
    Store store{pathOf(home)};

    Library()
    {
        store.addCheckpoint({"tiny", AWB_TEST_DATA "/model/tiny", "aa", "2026-01-01T00:00:00Z"});
        for (const char *name : {"first", "second"})
            addDataset(name);
    }

    void addDataset(const std::string &name)
    {
        const std::string file = (pathOf(home) / (name + ".csv")).string();
        std::ofstream out(file);
        out << "text,label\n";
        for (int i = 0; i < 100; ++i)
            out << "example " << i << "," << (i % 2 ? "yes" : "no") << "\n";
        out.close();
        Manifest manifest;
        manifest.name = name;
        manifest.train.path = file;
        manifest.train.format.delimiter = ',';
        manifest.train.format.header = true;
        manifest.train.label = 1;
        manifest.metrics = {"accuracy"};
        store.addDataset(manifest);
    }

    /// Ends a queued run as if it had been computed in that time.
    void finish(std::int64_t id, double score, double seconds = 10)
    {
        Run run = store.claim(id).value();
        run.score = score;
        run.metric = "accuracy";
        run.step = run.steps = 20;
        run.layers = 2;
        run.provenance.seconds = seconds;
        run.provenance.dataSha256 = store.dataset(run.spec.dataset).sha256;
        store.finish(run);
    }
};

Study twoByTwo()
{
    return studyFromJson(R"({"name": "mine", "checkpoint": "tiny", "datasets": ["first", "second"],
        "methods": [{"method": "head"}, {"method": "top-k", "sizes": [1]}]})");
}

} // namespace

class TestStudyQueue : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void onlyWhatIsMissingIsQueued()
    {
        Library library;
        const auto ids = queueStudy(library.store, twoByTwo());
        QCOMPARE(ids.size(), std::size_t(4));
        QCOMPARE(library.store.run(ids[0])->study, std::string("mine"));
        library.finish(ids[0], 0.9);
        library.store.cancel(ids[1]);
        library.store.pause(ids[2]);
        const StudyState state = studyState(library.store, twoByTwo());
        QCOMPARE(state.specs.size(), std::size_t(4));
        QCOMPARE(state.done, 1);
        QCOMPARE(state.missing.size(), std::size_t(1)); // the cancelled one
        const auto again = queueStudy(library.store, twoByTwo());
        QCOMPARE(again.size(), std::size_t(3));
        QCOMPARE(again[0], ids[2]);
        QVERIFY(stateOf(library.store, ids[2]) == RunState::Queued); // paused before
        QVERIFY(library.store.run(again[2])->spec == library.store.run(ids[1])->spec);
        QCOMPARE(library.store.run(ids[0])->score.value(), 0.9);
        QCOMPARE(library.store.runsOfStudy("mine").size(), std::size_t(5));
    }

    void whereItIsComputedIsNoSettingOfAStudy()
    {
        Library library;
        for (const std::int64_t id : queueStudy(library.store, twoByTwo()))
            library.finish(id, 0.9);
        Study elsewhere = twoByTwo();
        elsewhere.recipe.threads = 1;
        elsewhere.recipe.device = "cuda:0";
        const StudyState state = studyState(library.store, elsewhere);
        QCOMPARE(state.done, 4);
        QVERIFY(state.missing.empty());
    }

    void aQueuedRepeatLeavesWhatIsFinished()
    {
        Library library;
        const auto ids = queueStudy(library.store, twoByTwo());
        library.finish(ids[0], 0.9);
        library.store.enqueue({library.store.run(ids[0])->spec}, "mine");
        QCOMPARE(studyState(library.store, twoByTwo()).done, 1);
    }

    void twoStartsAtOnceQueueItOnce()
    {
        Library library;
        const auto missing = studyState(library.store, twoByTwo()).missing; // as both have seen it
        const auto ids = library.store.enqueueMissing(missing, "mine");
        library.store.claim(ids[0]);
        library.store.pause(ids[1]);
        QCOMPARE(library.store.enqueueMissing(missing, "mine"), ids);
        QCOMPARE(library.store.runs().size(), std::size_t(4));
        library.finish(ids[2], 0.5);
        QVERIFY(library.store.enqueueMissing({missing[2]}, "mine").front() != ids[2]); // asked for again
        QVERIFY(library.store.enqueueMissing({missing[3]}, "another").front() != ids[3]);
    }

    void aLargerStudyAddsToTheSmaller()
    {
        Library library;
        Study study = twoByTwo();
        for (const std::int64_t id : queueStudy(library.store, study))
            library.finish(id, 0.5);
        QVERIFY(queueStudy(library.store, study).empty());
        study.seeds = {0, 1};
        QCOMPARE(queueStudy(library.store, study).size(), std::size_t(4));
        QVERIFY(*library.store.study("mine") == study);
    }

    void theExpectedTimeIsCorrectedAsRunsFinish()
    {
        Library library;
        const Study study = twoByTwo();
        QCOMPARE(studyState(library.store, study).expected.unknown, 4);
        const auto ids = queueStudy(library.store, study);
        library.finish(ids[0], 0.5, 10); // 20 steps of half a second on the first task
        QCOMPARE(studyState(library.store, study).expected.unsized, (std::set<std::string>{"first", "second"}));
        TaskSizes sizes;
        for (const Manifest &manifest : library.store.datasets())
            sizes[manifest.name] = readTaskSize(manifest);
        QCOMPARE(sizes.at("second").tokens.front(), 4); // "example 7" and the special tokens
        const StudyState one = studyState(library.store, study, sizes);
        QCOMPARE(one.expected.runs, 3);
        QCOMPARE(one.expected.unknown, 0);
        QCOMPARE(one.expected.rough, 2);
        // One more on the first task, two on the second, whose 80 training examples make 2 steps in each of 3 epochs.
        const auto steps = [&] { return 3 * (loadDataset(library.store.dataset("second")).train.size() / 32); };
        QCOMPARE(one.expected.seconds, 10 + 2 * double(steps()) * 0.5);
        library.finish(ids[1], 0.5, 40);
        library.finish(ids[2], 0.5, 30);
        const StudyState three = studyState(library.store, study, sizes);
        QCOMPARE(three.done, 3);
        QCOMPARE(three.expected.seconds, 30.0); // as the head on the same task
    }

    void theStoreKeepsStudies()
    {
        Library library;
        Study study = twoByTwo();
        library.store.saveStudy(study);
        study.title = "Another title";
        library.store.saveStudy(study);
        library.store.saveStudy(*presetStudy("glue"));
        const Store reopened(pathOf(library.home));
        QCOMPARE(reopened.studies().size(), std::size_t(2));
        QVERIFY(reopened.studies()[1] == study);
        QVERIFY(reopened.study("glue").value() == *presetStudy("glue"));
        QVERIFY(!reopened.study("other"));
        library.store.removeStudy("glue");
        QCOMPARE(library.store.studies().size(), std::size_t(1));
    }

    void aDeletedStudyLeavesItsRuns()
    {
        Library library;
        const auto ids = queueStudy(library.store, twoByTwo());
        const auto other = library.store.enqueue({library.store.run(ids[0])->spec}, "other").front();
        library.finish(ids[0], 0.9);
        library.store.addMeasurements(ids[0], {{"loss", 1, 1, 0.5}});
        library.store.pause(ids[1]);
        library.store.claim(ids[2]);
        const std::string sentence = sentenceOf([&] { deleteStudy(library.store, "mine"); });
        QVERIFY2(sentence.find("Run " + std::to_string(ids[2]) + " of the study mine is being computed") == 0,
                 sentence.c_str());
        QVERIFY(library.store.study("mine") && stateOf(library.store, ids[1]) == RunState::Paused); // nothing was changed
        library.store.fail(ids[2], "for a test");

        QCOMPARE(deleteStudy(library.store, "mine"), 1);
        QVERIFY(!library.store.study("mine"));
        QVERIFY(library.store.runsOfStudy("mine").empty());
        QCOMPARE(library.store.run(ids[0])->study, std::string());
        QCOMPARE(library.store.run(ids[0])->score.value(), 0.9);
        QCOMPARE(library.store.measurements(ids[0]).size(), std::size_t(1));
        QVERIFY(stateOf(library.store, ids[1]) == RunState::Cancelled);
        QVERIFY(stateOf(library.store, ids[2]) == RunState::Failed);
        QVERIFY(stateOf(library.store, ids[3]) == RunState::Cancelled);
        QVERIFY(stateOf(library.store, other) == RunState::Queued);

        QVERIFY(sentenceOf([&] { deleteStudy(library.store, "mine"); }).find("no study \"mine\"") != std::string::npos);
        QVERIFY(sentenceOf([&] { deleteStudy(library.store, "glue"); }).find("comes with the program") != std::string::npos);
    }

    void anotherStudyOfTheSameNameIsNoticed()
    {
        Library library;
        Study study = twoByTwo();
        QVERIFY(!replacesAnother(library.store, study));
        queueStudy(library.store, study);
        QVERIFY(!replacesAnother(library.store, study));
        study.seeds = {0, 1};
        QVERIFY(replacesAnother(library.store, study));
    }

    void theBestEpochIsReadFromTheCurves()
    {
        Library library;
        const auto ids = queueStudy(library.store, twoByTwo());
        library.finish(ids[0], 0.7);
        library.store.addMeasurements(
            ids[0],
            {{"dev.accuracy", 10, 1, 0.8}, {"dev.accuracy", 20, 2, 0.7}, {"dev.f1", 10, 1, 0.95}, {"loss", 5, 0.5, 3}});
        library.finish(ids[1], 0.6);
        library.store.addMeasurements(ids[2], {{"dev.accuracy", 10, 1, 0.9}}); // not finished
        const auto best = library.store.bestEpochScores("mine");
        QCOMPARE(best.size(), std::size_t(1));
        QCOMPARE(best.at(ids[0]), 0.8);
    }

    void olderHashesOfACheckpointAreOfItsWeightsAlone()
    {
        QVERIFY(sameCheckpoint("aa read-as:1", "aa read-as:1"));
        QVERIFY(!sameCheckpoint("aa read-as:1", "aa read-as:2"));
        QVERIFY(!sameCheckpoint("aa read-as:1", "bb read-as:1"));
        QVERIFY(sameCheckpoint("aa", "aa read-as:2"));
        QVERIFY(sameCheckpoint("aa read-as:2", "aa"));
        QVERIFY(!sameCheckpoint("aa", "bb read-as:2"));
        QVERIFY(!sameCheckpoint("aa", "bb"));
        QVERIFY(sameCheckpoint("", "bb"));
    }

    void chartsHoldWhatTheStudyAsksForNow()
    {
        Library library;
        Study study = twoByTwo();
        for (const std::int64_t id : queueStudy(library.store, study))
            library.finish(id, 0.5);
        study.datasets = {"second"}; // edited
        library.store.saveStudy(study);
        for (const Run &run : studyResults(library.store, study).runs)
            QCOMPARE(run.spec.dataset, std::string("second"));
        QCOMPARE(studyResults(library.store, study).runs.size(), std::size_t(2));
        study.checkpoint = "another";
        QVERIFY(studyResults(library.store, study).runs.empty());
    }

    void settingsThatAnEditTookAwayAreNoLongerChosen()
    {
        Library library;
        Study study = twoByTwo();
        for (const std::int64_t id : queueStudy(library.store, study))
            library.finish(id, 0.9);
        study.recipe.batch = 16; // edited: all of it is to be computed anew
        study.recipe.threads = 1;
        const auto ids = queueStudy(library.store, study);
        QCOMPARE(ids.size(), std::size_t(4));
        library.finish(ids[0], 0.5);
        const StudyResults results = studyResults(library.store, study);
        QCOMPARE(results.others, 4);
        const auto all = outcomes(results.runs, study.selection, study.counting);
        QCOMPARE(all.size(), std::size_t(1));
        QCOMPARE(all[0].score, 0.5); // and not the 0.9 of settings that it does not ask for
        QCOMPARE(leftOut(results, study.counting).back(),
                 std::string("4 runs under the study's name have other settings than it asks for now and are left out."));
        const TaskResults task = taskResults(library.store, "mine", "first", "tiny");
        QCOMPARE(task.runs.size(), std::size_t(1));
        QCOMPARE(task.runs[0].id, ids[0]);
        QCOMPARE(task.rule.others, 2);
        QCOMPARE(taskResults(library.store, "mine", "", "").rule.others, 4);
        QVERIFY(taskResults(library.store, "mine", "second", "tiny").runs.empty());
        QCOMPARE(taskResults(library.store, "", "second", "tiny").runs.size(), std::size_t(2));
        study.recipe.threads = 2; // where it is computed is no setting
        QCOMPARE(studyResults(library.store, study).others, 4);
        study.arms = {{"lora", {}, true, {}, {}, {}}}; // a chart has no dialog to say so
        QCOMPARE(studyResults(library.store, study).others, 0);
    }

    void whatWasComputedOnOtherDataIsMissing()
    {
        Library library;
        const auto replace = [&](const char *sha256) {
            Manifest manifest = library.store.dataset("first");
            manifest.sha256 = sha256;
            library.store.addDataset(manifest);
        };
        replace("aa");
        for (const std::int64_t id : queueStudy(library.store, twoByTwo()))
            library.finish(id, 0.9);
        QCOMPARE(studyState(library.store, twoByTwo()).done, 4);
        replace("bb");
        const StudyState state = studyState(library.store, twoByTwo());
        QCOMPARE(state.done, 2);
        QCOMPARE(state.missing.size(), std::size_t(2));
        for (const std::int64_t id : queueStudy(library.store, twoByTwo()))
            library.finish(id, 0.5);
        QCOMPARE(studyState(library.store, twoByTwo()).done, 4);
        const StudyResults results = studyResults(library.store, twoByTwo());
        QCOMPARE(results.runs.size(), std::size_t(4));
        QCOMPARE(results.outdated, 2);
        QCOMPARE(leftOut(results, CountingRule::Trained).back(),
                 std::string("2 runs were computed on other data or weights than the library has now, or scored by another "
                             "metric, and are left out."));
        QCOMPARE(outcomes(results.runs, {}, CountingRule::Trained).size(), std::size_t(4));
        replace("aa"); // the first files are put back: what was computed on them counts, though it is older
        QCOMPARE(studyState(library.store, twoByTwo()).done, 4);
        for (const SettingResult &outcome :
             outcomes(studyResults(library.store, twoByTwo()).runs, {}, CountingRule::Trained))
            QCOMPARE(outcome.score, 0.9);
        const TaskResults tradeoff = taskResults(library.store, twoByTwo(), "first", "tiny"); // the same in each chart
        QCOMPARE(tradeoff.rule.outdated, 2);
        for (const Point &point : tradeoffPoints(tradeoff.runs, tradeoff.counting, tradeoff.rule)) {
            QCOMPARE(point.mean, 0.9);
            QVERIFY(!point.earlier);
        }
    }

    void whatIsScoredByAnotherMetricIsMissing()
    {
        Library library;
        for (const std::int64_t id : queueStudy(library.store, twoByTwo()))
            library.finish(id, 0.9);
        Manifest manifest = library.store.dataset("first");
        manifest.metrics = {"f1", "accuracy"};
        library.store.addDataset(manifest);
        const StudyState state = studyState(library.store, twoByTwo());
        QCOMPARE(state.done, 2);
        QCOMPARE(state.missing.size(), std::size_t(2));
        QCOMPARE(studyResults(library.store, twoByTwo()).runs.size(), std::size_t(4)); // until there are newer ones
    }

    void anEditCancelsWhatWaitsAndIsNotAskedFor()
    {
        Library library;
        const auto ids = queueStudy(library.store, twoByTwo());
        library.finish(ids[0], 0.9);
        QCOMPARE(studyState(library.store, twoByTwo()).ahead, 3);
        Study study = twoByTwo();
        study.arms.pop_back(); // the head alone
        QCOMPARE(noLongerAsked(library.store, study).size(), std::size_t(2));
        QCOMPARE(replaceStudy(library.store, study), 2);
        const StudyState state = studyState(library.store, study);
        QCOMPARE(state.done, 1);
        QCOMPARE(state.ahead, 1);
        QCOMPARE(unfinishedRuns(library.store, "mine").size(), std::size_t(1));
        QCOMPARE(queueStudy(library.store, study).size(), std::size_t(1));
        QCOMPARE(*library.store.study("mine"), study);
    }

    void whatCannotBeComputedHereIsRefused()
    {
        Library library;
        Study study = twoByTwo(); // texts of up to 128 tokens
        QVERIFY(sentenceOf([&] { requireComputable(library.store, study); }).find("48 positions") != std::string::npos);
        study.recipe.maxLength = 48;
        requireComputable(library.store, study);
        study.recipe.dropout = 0.995;
        QVERIFY(sentenceOf([&] { requireComputable(library.store, study); }).find("from 0 to 0.99") != std::string::npos);
        study.recipe.dropout = -1;
        study.arms.front().initStds = {50};
        QVERIFY(sentenceOf([&] { requireComputable(library.store, study); }).find("init_stds") != std::string::npos);
        study.arms.front().initStds.clear();
        study.recipe.device = "cuda:9";
        QVERIFY(sentenceOf([&] { requireComputable(library.store, study); }).find("\"cuda:9\"") != std::string::npos);
    }

    void whatIsMissingInTheLibraryIsSaid()
    {
        Library library;
        Study study = twoByTwo();
        study.datasets = {"first", "third", "fourth"};
        const std::string datasets = sentenceOf([&] { queueStudy(library.store, study); });
        QVERIFY2(datasets.find("third, fourth") != datasets.npos, datasets.c_str());
        QVERIFY(library.store.runs().empty());
        study = twoByTwo();
        study.checkpoint = "bert";
        QVERIFY(sentenceOf([&] { queueStudy(library.store, study); }).find("bert") != std::string::npos);
        QVERIFY(library.store.studies().empty());
    }

    void aStudyIsFoundByNameOrFile()
    {
        Library library;
        QCOMPARE(findStudy(library.store, "glue").datasets.size(), std::size_t(9));
        Study own = *presetStudy("glue");
        own.datasets = {"first"};
        library.store.saveStudy(own);
        QCOMPARE(findStudy(library.store, "glue").datasets.size(), std::size_t(1));
        const std::string file = (pathOf(library.home) / "mine.json").string();
        writeFileAtomically(file, toJson(twoByTwo()));
        QVERIFY(findStudy(library.store, file) == twoByTwo());
        writeFileAtomically(file, "{}");
        QVERIFY(sentenceOf([&] { findStudy(library.store, file); }).find(file) != std::string::npos);
        const std::string unknown = sentenceOf([&] { findStudy(library.store, "nothing"); });
        QVERIFY(unknown.find("glue-small") != unknown.npos);
    }
};

QTEST_GUILESS_MAIN(TestStudyQueue)
#include "tst_study_queue.moc"
