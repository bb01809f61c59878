#include <algorithm>

#include <QTest>

#include "core/files.h"
#include "library_fixture.h"
#include "tests/sentence.h"

using namespace awb;
using namespace awb::test;
namespace fs = std::filesystem;

class TestQueue : public QObject {
    Q_OBJECT

private:
    static std::vector<std::int64_t> queueOf(const Store &store)
    {
        std::vector<Run> queued;
        for (const Run &run : store.runs()) {
            if (run.state == RunState::Queued)
                queued.push_back(run);
        }
        std::sort(queued.begin(), queued.end(), [](const Run &a, const Run &b) { return a.position < b.position; });
        std::vector<std::int64_t> ids;
        for (const Run &run : queued)
            ids.push_back(run.id);
        return ids;
    }

private Q_SLOTS:
    void claimTakesTheFirstAndEachOnce()
    {
        QTemporaryDir home;
        Store store(pathOf(home)), other(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1), someSpec(2)});
        QCOMPARE(store.claim(ids[2])->id, ids[2]);
        QVERIFY(!other.claim(ids[2]));
        QCOMPARE(other.claim()->id, ids[0]);
        const auto second = store.claim();
        QCOMPARE(second->id, ids[1]);
        QVERIFY(second->state == RunState::Running);
        QVERIFY(!second->started.empty());
        QVERIFY(!other.claim());
    }

    void aPausedQueueGivesNothing()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        store.setQueuePaused(true);
        QVERIFY(Store(pathOf(home)).queuePaused());
        QVERIFY(!store.claim());
        store.setQueuePaused(false);
        QCOMPARE(store.claim()->id, id);
    }

    void cancelPauseResumeAndRetry()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        store.pause(ids[0]);
        QVERIFY(stateOf(store, ids[0]) == RunState::Paused);
        QCOMPARE(store.claim()->id, ids[1]);
        store.pause(ids[1]);
        QVERIFY(store.requestedState(ids[1]) == RunState::Paused);
        QVERIFY(store.run(ids[1])->stopRequested);
        store.resume(ids[1]);
        QVERIFY(store.requestedState(ids[1]) == RunState::Running);
        store.cancel(ids[1]);
        store.pause(ids[1]); // must not weaken the cancel
        QVERIFY(store.requestedState(ids[1]) == RunState::Cancelled);
        QVERIFY(stateOf(store, ids[1]) == RunState::Running);

        const fs::path snapshot = pathOf(home) / "runs" / std::to_string(ids[0]) / "snapshot";
        fs::create_directories(snapshot.parent_path());
        writeFileAtomically(snapshot, "half a run");
        store.resume(ids[0]);
        QVERIFY(fs::exists(snapshot));
        store.cancel(ids[0]);
        QVERIFY(!fs::exists(snapshot));
        QVERIFY(stateOf(store, ids[0]) == RunState::Cancelled);
        store.retry(ids[0]);
        QCOMPARE(store.claim()->id, ids[0]);
    }

    void aRunThatStoppedBecomesWhatWasAsked()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1), someSpec(2)});
        for (const auto id : ids) {
            store.claim();
            fs::create_directories(pathOf(home) / "runs" / std::to_string(id));
        }
        store.cancel(ids[0]);
        store.pause(ids[1]);
        for (const auto id : ids)
            store.leave(id, "An epoch is lost.");
        QVERIFY(stateOf(store, ids[0]) == RunState::Cancelled);
        QVERIFY(!store.run(ids[0])->finished.empty() && store.run(ids[0])->error.empty());
        QVERIFY(!fs::exists(pathOf(home) / "runs" / std::to_string(ids[0])));
        QVERIFY(stateOf(store, ids[1]) == RunState::Paused);
        QVERIFY(stateOf(store, ids[2]) == RunState::Queued); // the program is closing
        QCOMPARE(store.run(ids[2])->error, std::string("An epoch is lost."));
        QVERIFY(fs::exists(pathOf(home) / "runs" / std::to_string(ids[2])));
        QVERIFY(!store.run(ids[1])->stopRequested);
    }

    void aRetriedRunWaitsAtTheEndOfTheQueueWithWhatItHadComputed()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        store.claim();
        store.addMeasurements(ids[0], {{"loss", 1, 0.5, 0.5}});
        store.setProgress({ids[0], 1, 2, 0.5, 0, 1});
        const fs::path snapshot = pathOf(home) / "runs" / std::to_string(ids[0]) / "snapshot";
        fs::create_directories(snapshot.parent_path());
        writeFileAtomically(snapshot, "half a run");
        store.fail(ids[0], "The learning rate is too high.");
        QCOMPARE(store.run(ids[0])->error, std::string("The learning rate is too high."));
        store.retry(ids[0]);
        QVERIFY(fs::exists(snapshot));
        QCOMPARE(store.measurements(ids[0]).size(), std::size_t(1));
        QCOMPARE(store.run(ids[0])->step, 0);
        QVERIFY(store.run(ids[0])->error.empty());
        QCOMPARE(queueOf(store), (std::vector<std::int64_t>{ids[1], ids[0]}));
        QVERIFY(!sentenceOf([&] { store.retry(ids[1]); }).empty());
    }

    void aCancelledRunStartsOver()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        store.addMeasurements(id, {{"loss", 1, 0.5, 0.5}});
        store.cancel(id);
        store.retry(id);
        QVERIFY(store.measurements(id).empty());
    }

    void runsMoveWithinTheQueue()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec(0), someSpec(1), someSpec(2), someSpec(3)});
        store.move(id[2], -1);
        QCOMPARE(queueOf(store), (std::vector<std::int64_t>{id[0], id[2], id[1], id[3]}));
        store.move(id[0], 2);
        QCOMPARE(queueOf(store), (std::vector<std::int64_t>{id[2], id[1], id[0], id[3]}));
        store.move(id[3], -100);
        QCOMPARE(queueOf(store), (std::vector<std::int64_t>{id[3], id[2], id[1], id[0]}));
        store.move(id[3], 0);
        QCOMPARE(store.claim()->id, id[3]);
        QVERIFY(!sentenceOf([&] { store.move(id[3], 1); }).empty());
    }

    void aDeletedRunLeavesNothingBehind()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        store.claim();
        QVERIFY(sentenceOf([&] { store.remove(id); }).find("cancel it") != std::string::npos);
        store.addMeasurements(id, {{"loss", 1, 0.5, 0.5}});
        fs::create_directories(pathOf(home) / "runs" / std::to_string(id));
        store.finish(finished(*store.run(id), 1));
        store.remove(id);
        QVERIFY(!store.run(id));
        QVERIFY(store.measurements(id).empty());
        QVERIFY(!fs::exists(pathOf(home) / "runs" / std::to_string(id)));
        QVERIFY(store.enqueue({someSpec()}).front() > id); // an id never means two runs
        QVERIFY(!sentenceOf([&] { store.cancel(id); }).empty());
    }

    void orphansGoBackToTheQueueOrToWhatWasAsked()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1), someSpec(2), someSpec(3)});
        for (int i = 0; i < 4; ++i)
            store.claim();
        store.cancel(ids[1]);
        store.pause(ids[2]);
        store.finish(finished(*store.run(ids[3]), 0.5));
        for (const auto id : ids)
            fs::create_directories(pathOf(home) / "runs" / std::to_string(id));
        QCOMPARE(store.requeueOrphans(), 3);
        QVERIFY(!fs::exists(pathOf(home) / "runs" / std::to_string(ids[1])));
        QVERIFY(fs::exists(pathOf(home) / "runs" / std::to_string(ids[2])));
        QVERIFY(stateOf(store, ids[0]) == RunState::Queued);
        QVERIFY(stateOf(store, ids[1]) == RunState::Cancelled);
        QVERIFY(stateOf(store, ids[2]) == RunState::Paused);
        QVERIFY(stateOf(store, ids[3]) == RunState::Done);
        QCOMPARE(store.requeueOrphans(), 0);
    }

    void aRunThatAlwaysTakesItsProgramAlongIsGivenUp()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        const auto die = [&] {
            store.claim(id);
            QCOMPARE(store.requeueOrphans(), 1);
        };
        die();
        die();
        QVERIFY(stateOf(store, id) == RunState::Queued);
        store.claim(id);
        store.addMeasurements(id, {{"loss", 1, 1.0, 0.5}}); // an epoch is done: it gets on
        QCOMPARE(store.requeueOrphans(), 1);
        QVERIFY(stateOf(store, id) == RunState::Queued);
        die();
        die();
        QVERIFY(stateOf(store, id) == RunState::Failed);
        QVERIFY(store.run(id)->error.find("memory") != std::string::npos);
        QVERIFY(!store.run(id)->finished.empty());
        store.retry(id);
        die();
        QVERIFY(stateOf(store, id) == RunState::Queued);
    }

    void openingAViewRequeuesNothing()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        store.claim();
        QVERIFY(stateOf(Store(pathOf(home)), id) == RunState::Running);
    }
};

QTEST_APPLESS_MAIN(TestQueue)
#include "tst_queue.moc"
