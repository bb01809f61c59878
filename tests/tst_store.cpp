#include <cmath>
#include <csignal>
#include <functional>
#include <limits>

#include <sys/resource.h>

#include <QElapsedTimer>
#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>

#include "core/error.h"
#include "core/files.h"
#include "core/store/run_files.h"
#include "core/study/ablation.h"
#include "library_fixture.h"
#include "tests/sentence.h"

using namespace awb;
using namespace awb::test;
namespace fs = std::filesystem;

class TestStore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anEmptyFolderBecomesALibrary()
    {
        QTemporaryDir home;
        Store store(pathOf(home) / "new" / "library");
        QVERIFY(store.runs().empty());
        QVERIFY(store.checkpoints().empty());
        QVERIFY(store.datasets().empty());
        QVERIFY(!store.claim());
    }

    void theHomeFollowsTheEnvironment()
    {
        qputenv("AWB_HOME", "/some/some library");
        QCOMPARE(Store::defaultHome(), fs::path("/some/some library"));
        qunsetenv("AWB_HOME");
        qputenv("XDG_DATA_HOME", "/some/data");
        QCOMPARE(Store::defaultHome(), fs::path("/some/data/adapter-workbench"));
        qputenv("XDG_DATA_HOME", "relative");
        qputenv("HOME", "/some/me");
        QCOMPARE(Store::defaultHome(), fs::path("/some/me/.local/share/adapter-workbench"));
    }

    void runsComeBackAsTheyWereQueued()
    {
        QTemporaryDir home;
        const auto spec = someSpec(std::numeric_limits<std::uint64_t>::max());
        {
            Store store(pathOf(home));
            QCOMPARE(store.enqueue({someSpec(1), spec}, "sweep").size(), std::size_t(2));
        }
        const auto runs = Store(pathOf(home)).runs();
        QCOMPARE(runs.size(), std::size_t(2));
        QVERIFY(runs[0].spec == spec);
        QVERIFY(runs[0].id > runs[1].id);
        QCOMPARE(runs[0].study, std::string("sweep"));
        QVERIFY(runs[0].state == RunState::Queued);
        QVERIFY(!runs[0].score);
        QCOMPARE(runs[0].created.size(), std::strlen("2019-06-13T12:00:00Z"));
    }

    void beforeItsEndARunIsScoredByItsTasksMetric()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const std::int64_t id = store.enqueue({someSpec()}).front();
        QCOMPARE(store.run(id)->metric, std::string()); // of a task that is gone
        Manifest manifest;
        manifest.name = someSpec().dataset;
        manifest.metrics = {"f1", "accuracy"};
        store.addDataset(manifest);
        QCOMPARE(store.run(id)->metric, std::string("f1"));
        Run run = finished(*store.claim(), 0.875);
        run.metric = "matthews";
        store.finish(run);
        QCOMPARE(store.run(id)->metric, std::string("matthews"));
    }

    void aFinishedRunKeepsEverything()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        store.enqueue({someSpec()});
        Run run = finished(*store.claim(), 0.875);
        store.setProgress({run.id, 90, 100, 0.25, 0, 40});
        run.step = run.steps = 100;
        run.loss = 0.125;
        run.weights = (pathOf(home) / run.weights).string();
        store.finish(run);
        const Run back = *Store(pathOf(home)).run(run.id);
        QVERIFY(back.state == RunState::Done);
        QCOMPARE(back.score.value(), 0.875);
        QCOMPARE(back.trainable, run.trainable);
        QCOMPARE(back.total, run.total);
        QCOMPARE(back.trainedTables, run.trainedTables);
        QCOMPARE(back.layers, 12);
        QCOMPARE(back.metric, run.metric);
        QCOMPARE(back.step, 100);
        QCOMPARE(back.loss, 0.125);
        QCOMPARE(back.weights, "runs/" + std::to_string(run.id) + "/adapter.safetensors");
        QCOMPARE(store.resolve(back.weights), fs::path(run.weights));
        QCOMPARE(back.provenance.libtorch, std::string("2.13.0"));
        QCOMPARE(back.provenance.dataSha256, std::string("bb"));
        QCOMPARE(back.provenance.seconds, 12.5);
        QCOMPARE(back.provenance.stepsPerSecond, 3.5);
        QCOMPARE(back.provenance.examplesPerSecond, 112.0);
        QCOMPARE(back.provenance.peakMemory, std::int64_t(1 << 30));
        QCOMPARE(back.provenance.inferenceSeconds, 0.0015);
        QCOMPARE(back.provenance.together, 2);
        QVERIFY(!back.finished.empty());
    }

    void aDivergedLossAndAScoreThatIsNoNumberAreKeptAsSuch()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        store.enqueue({someSpec()});
        Run run = finished(*store.claim(), NAN);
        store.setProgress({run.id, 1, 2, NAN, 0, INFINITY});
        store.addMeasurements(run.id, {{"loss", 1, 0.5, NAN}});
        QVERIFY(std::isnan(store.run(run.id)->loss));
        QVERIFY(std::isnan(store.measurements(run.id).at(0).value));
        store.finish(run);
        QVERIFY(!store.run(run.id)->score);
    }

    void curvesAreOrderedAndCanBeCutBack()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        store.addMeasurements(id, {{"loss", 2, 1, 0.5}, {"loss", 1, 0.5, 0.75}, {"dev.accuracy", 2, 1, 0.25}});
        store.addMeasurements(id, {{"loss", 2, 1, 0.375}});
        auto curve = store.measurements(id);
        QCOMPARE(curve.size(), std::size_t(3));
        QCOMPARE(curve[0].name, std::string("dev.accuracy"));
        QCOMPARE(curve[1].value, 0.75);
        QCOMPARE(curve[2].value, 0.375);
        store.dropMeasurementsAfter(id, 1);
        QCOMPARE(store.measurements(id).size(), std::size_t(1));
    }

    void idsAreListedByState()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        QVERIFY(store.runIds().empty());
        const auto ids = store.enqueue({someSpec(0), someSpec(1), someSpec(2)});
        store.pause(ids[1]);
        QCOMPARE(store.runIds(), ids);
        QCOMPARE(store.runIds(RunState::Queued), (std::vector<std::int64_t>{ids[0], ids[2]}));
        QCOMPARE(store.runIds(RunState::Paused), (std::vector<std::int64_t>{ids[1]}));
        QVERIFY(store.runIds(RunState::Done).empty());
    }

    void aFinishedRunKeepsNoSnapshot()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const std::int64_t id = store.enqueue({someSpec()}).front();
        const auto folder = pathOf(home) / "runs" / std::to_string(id);
        std::filesystem::create_directories(folder);
        writeFileAtomically(folder / run_files::snapshot, "three times the weights");
        writeFileAtomically(folder / run_files::weights, "weights");
        store.finish(finished(store.claim(id).value(), 0.5));
        QVERIFY(!std::filesystem::exists(folder / run_files::snapshot));
        QVERIFY(std::filesystem::exists(folder / run_files::weights));
    }

    void theLatestRunIsTheOneThatEndedLast()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        QVERIFY(!store.latestRun());
        const auto ids = store.enqueue({someSpec(0), someSpec(1), someSpec(2)});
        QCOMPARE(store.latestRun()->id, ids[2]); // none is finished: the one added last
        for (const std::int64_t id : {ids[1], ids[0]})
            store.finish(finished(store.claim(id).value(), 0.5));
        SQLite::Database db((pathOf(home) / "library.sqlite").string(), SQLite::OPEN_READWRITE);
        const auto endedAt = [&](std::int64_t id, const char *time) {
            SQLite::Statement set(db, "UPDATE run SET finished = ? WHERE id = ?");
            set.bind(1, time);
            set.bind(2, id);
            set.exec();
        };
        endedAt(ids[0], "2026-01-02T00:00:00Z"); // retried, say
        endedAt(ids[1], "2026-01-01T00:00:00Z");
        QCOMPARE(store.latestRun()->id, ids[0]);
        store.cancel(ids[2]);
        QCOMPARE(store.latestRun()->id, ids[0]);
        endedAt(ids[1], "2026-01-02T00:00:00Z");
        QCOMPARE(store.latestRun()->id, ids[1]);
    }

    void finishedRunsAreSelectedByDataSetAndCheckpoint()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        auto other = someSpec();
        other.dataset = "trec";
        store.enqueue({someSpec(0), other, someSpec(1)});
        store.finish(finished(*store.claim(), 0.5));
        store.finish(finished(*store.claim(), 0.75));
        QCOMPARE(store.finishedRuns("tweets", "tiny").size(), std::size_t(1));
        QCOMPARE(store.finishedRuns("trec", "").front().score.value(), 0.75);
        QCOMPARE(store.finishedRuns("", "tiny").size(), std::size_t(2));
        QVERIFY(store.finishedRuns("cola", "").empty());
    }

    void otherConnectionsAreNoticed()
    {
        QTemporaryDir home;
        Store store(pathOf(home)), other(pathOf(home));
        const auto before = store.dataVersion();
        QCOMPARE(store.dataVersion(), before);
        other.enqueue({someSpec()});
        QVERIFY(store.dataVersion() != before);
    }

    void theLibraryCanBeMoved()
    {
        QTemporaryDir folder;
        const fs::path before = pathOf(folder) / "before", after = pathOf(folder) / "after";
        Manifest manifest;
        manifest.name = "tweets";
        manifest.train.path = (before / "data" / "tweets.tab").string();
        manifest.dev = DataFile{"/elsewhere/dev.tsv", {}, 1, -1, 0, 0};
        manifest.classes = {"no", "yes"};
        {
            Store store(before);
            store.addDataset(manifest);
            store.addCheckpoint({"tiny", (before / "checkpoints" / "tiny").string(), "aa", ""});
            QVERIFY(store.dataset("tweets") == manifest);
        }
        fs::rename(before, after);
        Store store(after);
        QCOMPARE(store.dataset("tweets").train.path, (after / "data" / "tweets.tab").string());
        QCOMPARE(store.dataset("tweets").dev->path, std::string("/elsewhere/dev.tsv"));
        QCOMPARE(store.resolve(store.checkpoint("tiny").folder), after / "checkpoints" / "tiny");
        QVERIFY(!store.checkpoint("tiny").added.empty());
        QVERIFY(sentenceOf([&] { store.dataset("cola"); }).find("tweets") != std::string::npos);
        QVERIFY(sentenceOf([&] { store.checkpoint("bert"); }).find("tiny") != std::string::npos);
        store.removeCheckpoint("tiny");
        store.removeDataset("tweets");
        QVERIFY(store.checkpoints().empty() && store.datasets().empty());
    }

    void anAblationMapIsKeptWithItsRun()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        Run done = finished(*store.claim(), 0.8);
        done.metric = "accuracy";
        store.finish(done);
        AblationMap map{"accuracy", 0.8, {{0.75, 0.7}, {0.5}}, {0.003, 0.002, 0.001}, "this processor", 2};
        QVERIFY(!store.ablation(done.id));
        store.saveAblation(done.id, map);
        QVERIFY(store.ablation(done.id) == map);
        map.removed[0][1] = 0.6;
        store.saveAblation(done.id, map); // computed again
        QVERIFY(Store(pathOf(home)).ablation(done.id) == map);
        map.removed[1][0] = NAN;
        store.saveAblation(done.id, map);
        QVERIFY(std::isnan(store.ablation(done.id)->scoreWithout(1, 1)));
        QCOMPARE(store.ablation(done.id)->scoreDropped(2), 0.6);
        QVERIFY(!store.ablation(ids[1]));
        store.remove(done.id);
        QVERIFY(!store.ablation(done.id));
        store.saveAblation(done.id, map); // deleted while it was computed
        QVERIFY(!store.ablation(done.id));
    }

    void aNewerLibraryIsRefusedAndLeftAlone()
    {
        QTemporaryDir home;
        const fs::path file = pathOf(home) / "library.sqlite";
        {
            Store store(pathOf(home));
            store.enqueue({someSpec()});
        }
        std::string bytes = readFile(file);
        bytes[63] = 99; // user_version, a big-endian number at offset 60 of the file
        writeFileAtomically(file, bytes);
        QVERIFY(sentenceOf([&] { Store store(pathOf(home)); }).find("newer version") != std::string::npos);
        QCOMPARE(readFile(file), bytes);
    }

    void aDamagedLibraryGetsASentence()
    {
        QTemporaryDir home;
        const fs::path file = pathOf(home) / "library.sqlite";
        writeFileAtomically(file, std::string(8192, 'x'));
        const auto sentence = sentenceOf([&] { Store store(pathOf(home)); });
        QVERIFY2(sentence.find(file.string()) != std::string::npos && sentence.find("damaged") != std::string::npos,
                 sentence.c_str());
        QCOMPARE(readFile(file), std::string(8192, 'x'));
    }

    void aLibraryDamagedInTheMiddleGetsASentence()
    {
        QTemporaryDir home;
        const fs::path file = pathOf(home) / "library.sqlite";
        {
            Store store(pathOf(home));
            store.enqueue(std::vector<TrainSpec>(200, someSpec()));
        }
        std::string bytes = readFile(file);
        std::fill(bytes.begin() + 4096, bytes.end(), '\x5a');
        writeFileAtomically(file, bytes);
        const auto sentence = sentenceOf([&] { Store(pathOf(home)).runs(); });
        QVERIFY2(sentence.find("damaged") != std::string::npos, sentence.c_str());
    }

    void aReadOnlyLibraryGetsASentence()
    {
        QTemporaryDir home;
        {
            Store store(pathOf(home));
            store.enqueue({someSpec()});
        }
        fs::permissions(pathOf(home), fs::perms(0555));
        fs::permissions(pathOf(home) / "library.sqlite", fs::perms(0444));
        const int status = inChild([&]() -> int {
            if (::getuid() == 0 && ::setuid(65534) != 0) // the administrator may write everywhere
                return 98;
            Store reading(pathOf(home), Store::Access::ReadAtLeast);
            if (reading.runs().size() != 1 || reading.home() != pathOf(home))
                return 2;
            for (const auto &write : {std::function([&] { Store(pathOf(home)).enqueue({someSpec()}); }),
                                      std::function([&] { reading.requireWritable(); }),
                                      std::function([&] { reading.enqueue({someSpec()}); })}) {
                const auto sentence = sentenceOf(write);
                if (sentence.find((pathOf(home) / "library.sqlite").string()) == std::string::npos ||
                    sentence.find("permissions") == std::string::npos)
                    return 3;
            }
            return 1;
        });
        fs::permissions(pathOf(home), fs::perms(0755));
        fs::permissions(pathOf(home) / "library.sqlite", fs::perms(0644));
        QCOMPARE(status, 1);
        QCOMPARE(Store(pathOf(home)).runs().size(), std::size_t(1));
    }

    void aFullDiskGetsASentenceAndLosesNothing()
    {
        QTemporaryDir home;
        std::int64_t id = 0;
        {
            Store store(pathOf(home));
            id = store.enqueue({someSpec()}).front();
            store.finish(finished(*store.claim(), 0.5));
        }
        const int status = inChild([&]() -> int {
            Store store(pathOf(home));
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit = {60000, 60000}; // as far as any file may grow
            ::setrlimit(RLIMIT_FSIZE, &limit);
            const auto sentence = sentenceOf([&] { store.enqueue(std::vector<TrainSpec>(2000, someSpec())); });
            return sentence.find("library.sqlite") != std::string::npos && sentence.find("space") != std::string::npos &&
                   store.runs().size() == 1;
        });
        QCOMPARE(status, 1);
        Store store(pathOf(home));
        QCOMPARE(store.runs().size(), std::size_t(1));
        QCOMPARE(store.run(id)->score.value(), 0.5);
        QCOMPARE(store.enqueue(std::vector<TrainSpec>(2000, someSpec())).size(), std::size_t(2000));
    }

    void manyProcessesOpenANewLibraryAtOnce()
    {
        QTemporaryDir home;
        std::vector<pid_t> children;
        for (int i = 0; i < 8; ++i) {
            children.push_back(::fork());
            if (children.back() == 0)
                ::_exit(sentenceOf([&] { Store(pathOf(home)).enqueue({someSpec(), someSpec()}); }).empty() ? 0 : 1);
        }
        for (const pid_t child : children) {
            int status = 0;
            ::waitpid(child, &status, 0);
            QCOMPARE(WEXITSTATUS(status), 0);
        }
        QCOMPARE(Store(pathOf(home)).runs().size(), std::size_t(16));
    }

    void aLargeLibraryOpensAndListsQuickly()
    {
        QTemporaryDir home;
        {
            Store store(pathOf(home));
            std::vector<TrainSpec> specs;
            for (int i = 0; i < 10000; ++i)
                specs.push_back(someSpec(std::uint64_t(i)));
            std::vector<Measurement> curve;
            for (int step = 1; step <= 100; ++step)
                curve.push_back({"loss", step, step / 100.0, 1.0 / step});
            for (const auto id : store.enqueue(specs))
                store.addMeasurements(id, curve);
            for (int i = 0; i < 5000; ++i)
                store.finish(finished(*store.claim(), i / 5000.0));
        }
        QElapsedTimer timer;
        timer.start();
        Store store(pathOf(home));
        const auto opened = timer.restart();
        const auto runs = store.runs();
        const auto listed = timer.restart();
        QCOMPARE(store.runs().size(), std::size_t(10000));
        const auto again = timer.restart();
        QCOMPARE(store.finishedRuns("tweets", "tiny").size(), std::size_t(5000));
        const auto selected = timer.restart();
        QCOMPARE(store.measurements(runs[5].id).size(), std::size_t(100));
        const auto curve = timer.restart();
        qInfo("opened in %lld ms, 10,000 runs in %lld ms, again in %lld ms, 5,000 finished in %lld ms, a curve in %lld ms",
              opened, listed, again, selected, curve);
        QCOMPARE(runs.size(), std::size_t(10000));
#ifndef __SANITIZE_ADDRESS__
        QVERIFY(opened + listed < 2000);
#endif
    }
};

QTEST_APPLESS_MAIN(TestStore)
#include "tst_store.moc"
