#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <new>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include <QElapsedTimer>
#include <QProcess>
#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>

#include "core/error.h"
#include "core/files.h"
#include "core/store/lab.h"
#include "core/store/run_files.h"
#include "core/store/worker_lock.h"
#include "library_fixture.h"

using namespace awb;
using namespace awb::test;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

/// A pretended training: `steps` batches of `batch` each, with a snapshot when it is stopped.
RunFunction pretended(int steps, milliseconds batch)
{
    return [=](const Run &run, RunContext &context) {
        int step = 0;
        const fs::path snapshot = context.folder / run_files::snapshot;
        if (fs::exists(snapshot))
            step = std::stoi(readFile(snapshot));
        for (; step < steps; ++step) {
            if (context.stopRequested()) {
                writeFileAtomically(snapshot, std::to_string(step));
                throw Stopped();
            }
            std::this_thread::sleep_for(batch);
            context.progress({0, step + 1, steps, 1.0 / (step + 1), 1e-3, 32});
        }
        context.measured({{"loss", steps, 1, 0.5}});
        Run done = run;
        done.score = 0.25;
        done.metric = "accuracy";
        done.weights = "runs/" + std::to_string(run.id) + "/adapter.safetensors";
        writeFileAtomically(context.folder / "adapter.safetensors", "weights of " + std::to_string(run.id));
        return done;
    };
}

RunFunction failing(std::function<void()> how)
{
    return [=](const Run &run, RunContext &context) {
        if (run.spec.seed == 0)
            how();
        return pretended(1, milliseconds(1))(run, context);
    };
}

fs::path snapshotOf(const QTemporaryDir &home, std::int64_t id)
{
    return pathOf(home) / "runs" / std::to_string(id) / run_files::snapshot;
}

/// Starts a process that works the queue until it is killed or the queue is empty.
pid_t worker(const fs::path &home, int steps, milliseconds batch)
{
    const pid_t child = ::fork();
    if (child == 0) {
        int status = 0;
        try {
            workQueue(home, pretended(steps, batch), {}, {}, {});
        } catch (...) {
            status = 1;
        }
        ::_exit(status);
    }
    return child;
}

} // namespace

class TestLab : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aChildProcessDoesNotKeepTheLock()
    {
        QTemporaryDir home;
        QProcess child; // pip, say, which outlives the window
        {
            WorkerLock lock(pathOf(home));
            QVERIFY(lock.tryLock());
            child.start(QStringLiteral("sleep"), {QStringLiteral("30")});
            QVERIFY(child.waitForStarted());
        }
        const bool free = WorkerLock(pathOf(home)).tryLock();
        child.kill();
        child.waitForFinished();
        QVERIFY(free);
    }

    void whoOnlyLooksOnDoesNotEndARun()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        LabCallbacks callbacks;
        callbacks.progress = [](const Progress &) { throw Error("There is no data set of that name."); };
        callbacks.changed = [] { throw Error("The database is locked."); };
        workQueue(pathOf(home), pretended(3, milliseconds(1)), callbacks, {}, [] { return false; });
        QVERIFY(store.run(id)->state == RunState::Done);
    }

    void theQueueIsWorkedInOrderAndTheNextFollowsAFailure_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("words");
        QTest::newRow("a sentence") << 0 << "The file weights.bin is truncated.";
        QTest::newRow("out of memory") << 1 << "smaller batch";
        QTest::newRow("an exception of a library") << 2 << "shape mismatch";
        QTest::newRow("LibTorch out of memory") << 3 << "smaller batch";
        QTest::newRow("not even an exception") << 4 << "unknown error";
    }
    void theQueueIsWorkedInOrderAndTheNextFollowsAFailure()
    {
        QFETCH(int, kind);
        QFETCH(QString, words);
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        workQueue(pathOf(home), failing([&] {
                      if (kind == 0)
                          throw Error("The file weights.bin is truncated.");
                      if (kind == 1)
                          throw std::bad_alloc();
                      if (kind == 2)
                          throw std::runtime_error("shape mismatch\nframe #0: torch");
                      if (kind == 3)
                          throw std::runtime_error("DefaultCPUAllocator: can't allocate memory: 1 byte\nframe #0: torch");
                      throw 7;
                  }),
                  {}, {}, {});
        QVERIFY(stateOf(store, ids[0]) == RunState::Failed);
        QVERIFY2(store.run(ids[0])->error.find(words.toStdString()) != std::string::npos, store.run(ids[0])->error.c_str());
        QVERIFY(store.run(ids[0])->error.find("frame") == std::string::npos);
        QVERIFY(stateOf(store, ids[1]) == RunState::Done);
    }

    void aLibraryThatIsTakenAwayIsNotReplacedByAnEmptyOne()
    {
        QTemporaryDir home;
        const fs::path folder = pathOf(home) / "library", away = pathOf(home) / "away";
        Store store(folder);
        Lab lab(folder, pretended(1, milliseconds(1)), {});
        const auto first = store.enqueue({someSpec(0)});
        lab.wake();
        QTRY_VERIFY(stateOf(store, first[0]) == RunState::Done);
        QVERIFY(store.isThere());
        fs::rename(folder, away);
        QVERIFY(!store.isThere());
        QTest::qWait(2500);                                   // it looks once a second
        QVERIFY_EXCEPTION_THROWN(Store again(folder), Error); // nor do the other readers of the window
        QVERIFY(!fs::exists(folder));
        fs::rename(away, folder);
        QVERIFY(store.isThere());
        const auto second = store.enqueue({someSpec(1)});
        QTRY_VERIFY(stateOf(store, second[0]) == RunState::Done);
    }

    void noRunIsBegunInALibraryThatIsGone()
    {
        QTemporaryDir home;
        const fs::path folder = pathOf(home) / "library", away = pathOf(home) / "away";
        Store store(folder);
        TrainSpec alone = someSpec(0);
        alone.recipe.plainPath = true; // the next one waits for it
        const auto ids = store.enqueue({alone, someSpec(1)});
        Lab lab(folder, pretended(100, milliseconds(5)), {});
        QTRY_VERIFY(store.run(ids[0])->step > 0);
        fs::rename(folder, away);
        QTRY_VERIFY(stateOf(store, ids[0]) == RunState::Failed); // its weights have no place
        QTest::qWait(1500);
        QVERIFY(stateOf(store, ids[1]) == RunState::Queued);
        QVERIFY(!fs::exists(folder));
        fs::rename(away, folder);
        QTRY_VERIFY(stateOf(store, ids[1]) == RunState::Done);
    }

    void anotherLibraryInTheSamePlaceIsLeftAlone()
    {
        QTemporaryDir home;
        const fs::path folder = pathOf(home) / "library", away = pathOf(home) / "away", other = pathOf(home) / "other";
        std::int64_t id = 0;
        {
            Store backup(other);
            id = backup.enqueue({someSpec(0)}).front();
            fs::create_directories(other / "runs" / std::to_string(id));
            writeFileAtomically(other / "runs" / std::to_string(id) / "adapter.safetensors", "of the backup");
        }
        Store store(folder);
        QCOMPARE(store.enqueue({someSpec(1)}).front(), id);
        store.cancel(id);
        Lab lab(folder, pretended(1, milliseconds(1)), {});
        fs::rename(folder, away);
        fs::rename(other, folder);
        lab.wake();
        QTest::qWait(1500);
        QVERIFY_EXCEPTION_THROWN(Store again(folder), Error);
        QVERIFY_EXCEPTION_THROWN(store.remove(id), Error);
        QVERIFY(fs::exists(folder / "runs" / std::to_string(id) / "adapter.safetensors"));
    }

    void aLabFinishesWhatIsQueuedAndReports()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        std::atomic<int> changed = 0, progressed = 0;
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        Lab lab(pathOf(home), pretended(200, milliseconds(2)),
                {[&] { ++changed; }, [&](const Progress &progress) { progressed += progress.run > 0; }, {}});
        QTRY_VERIFY(lab.busy());
        QElapsedTimer timer;
        timer.start();
        QTRY_VERIFY(stateOf(store, ids[1]) == RunState::Done);
        QTRY_VERIFY(!lab.busy());
        QVERIFY(changed >= 4);
        QVERIFY2(progressed >= 4 && progressed <= 2 + int(timer.elapsed() / 100) + 10, "ten times a second at most");
        const Run done = *store.run(ids[0]);
        QCOMPARE(done.score.value(), 0.25);
        QCOMPARE(done.step, 200);
        QCOMPARE(done.steps, 200);
        QCOMPARE(store.measurements(ids[0]).size(), std::size_t(1));
        // What comes later is seen too.
        const auto later = store.enqueue({someSpec(2)}).front();
        lab.wake();
        QTRY_VERIFY(stateOf(store, later) == RunState::Done);
    }

    void theComputingThreadIsNicerThanTheWindow()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        std::atomic<int> niceness = -100;
        Lab lab(pathOf(home),
                [&](const Run &run, RunContext &) {
                    niceness = ::getpriority(PRIO_PROCESS, id_t(::gettid()));
                    return run;
                },
                {});
        QTRY_VERIFY(stateOf(store, id) == RunState::Done);
        QVERIFY(niceness >= 10);
        QVERIFY(::getpriority(PRIO_PROCESS, 0) < niceness);
    }

    void cancelIsSeenWithinABatch()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        Lab lab(pathOf(home), pretended(2000, milliseconds(150)), {});
        QTRY_VERIFY(stateOf(store, ids[0]) == RunState::Running);
        QElapsedTimer timer;
        timer.start();
        store.cancel(ids[0]);
        QTRY_VERIFY_WITH_TIMEOUT(stateOf(store, ids[0]) == RunState::Cancelled, 1000);
        QVERIFY2(timer.elapsed() < 450, "one batch and a poll"); // QTRY polls every 50 ms
        QVERIFY(!fs::exists(snapshotOf(home, ids[0])));
        QTRY_VERIFY(stateOf(store, ids[1]) == RunState::Running);
    }

    void aPausedRunKeepsItsSnapshotAndGoesOnFromIt()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        Lab lab(pathOf(home), pretended(60, milliseconds(20)), {});
        QTRY_VERIFY(stateOf(store, id) == RunState::Running);
        QTest::qWait(300);
        store.pause(id);
        QTRY_VERIFY(stateOf(store, id) == RunState::Paused);
        const int step = std::stoi(readFile(snapshotOf(home, id)));
        QVERIFY(step > 0);
        QElapsedTimer timer;
        timer.start();
        store.resume(id);
        lab.wake();
        QTRY_VERIFY(stateOf(store, id) == RunState::Done);
        QVERIFY(timer.elapsed() < (60 - step) * 20 + 400);
        QVERIFY(!fs::exists(snapshotOf(home, id)));
    }

    void closingKeepsTheSnapshotAndTheQueue()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        QElapsedTimer timer;
        {
            Lab lab(pathOf(home), pretended(1000, milliseconds(50)), {});
            QTRY_VERIFY(stateOf(store, ids[0]) == RunState::Running);
            QTest::qWait(200);
            timer.start();
        }
        QVERIFY2(timer.elapsed() < 200, "one batch");
        QVERIFY(stateOf(store, ids[0]) == RunState::Queued);
        QVERIFY(stateOf(store, ids[1]) == RunState::Queued);
        QVERIFY(fs::exists(snapshotOf(home, ids[0])));
        Lab again(pathOf(home), pretended(10, milliseconds(1)), {});
        QTRY_VERIFY(stateOf(store, ids[1]) == RunState::Done);
        QVERIFY(stateOf(store, ids[0]) == RunState::Done);
    }

    void onlyOneRunIsWorkedWhenAskedFor()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        workQueue(pathOf(home), pretended(3, milliseconds(1)), {}, {ids[1]}, {});
        QVERIFY(stateOf(store, ids[0]) == RunState::Queued);
        QVERIFY(stateOf(store, ids[1]) == RunState::Done);
        QVERIFY_THROWS_EXCEPTION(Error, workQueue(pathOf(home), pretended(3, milliseconds(1)), {}, {4711}, {}));
    }

    void anInterruptedCommandLeavesItsRunQueued()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        QElapsedTimer timer;
        timer.start();
        workQueue(pathOf(home), pretended(1000, milliseconds(10)), {}, {id}, [&] { return timer.elapsed() > 100; });
        QVERIFY(stateOf(store, id) == RunState::Queued);
        QVERIFY(fs::exists(snapshotOf(home, id)));
    }

    void oneProcessWorksAndTheOtherTakesOver()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        const pid_t other = worker(pathOf(home), 1000, milliseconds(10));
        QTRY_VERIFY(stateOf(store, ids[0]) == RunState::Running);
        std::atomic<int> computed = 0;
        Lab lab(pathOf(home),
                [&](const Run &run, RunContext &context) {
                    ++computed;
                    return pretended(3, milliseconds(1))(run, context);
                },
                {});
        QTest::qWait(500);
        QCOMPARE(computed.load(), 0);
        QVERIFY(stateOf(store, ids[0]) == RunState::Running);
        ::kill(other, SIGKILL);
        ::waitpid(other, nullptr, 0);
        QTRY_VERIFY(stateOf(store, ids[1]) == RunState::Done);
        QVERIFY(stateOf(store, ids[0]) == RunState::Done);
        QCOMPARE(computed.load(), 2);
    }

    void anotherProcessCancelsAndSeesProgress()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        const pid_t other = worker(pathOf(home), 100000, milliseconds(5));
        QTRY_VERIFY(store.run(id)->step > 0);
        store.cancel(id);
        QTRY_VERIFY_WITH_TIMEOUT(stateOf(store, id) == RunState::Cancelled, 1000);
        int status = 0;
        ::waitpid(other, &status, 0); // its queue is empty now
        QCOMPARE(WEXITSTATUS(status), 0);
    }

    void curvePointsThatCannotBeWrittenComeWithTheNextOnes()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto ids = store.enqueue({someSpec(0), someSpec(1)});
        SQLite::Database db((pathOf(home) / "library.sqlite").string(), SQLite::OPEN_READWRITE);
        const auto refuse = [&](bool refused) {
            db.exec(refused ? "CREATE TRIGGER busy BEFORE INSERT ON metric BEGIN SELECT RAISE(ABORT, 'busy'); END"
                            : "DROP TRIGGER busy");
        };
        const RunFunction run = [&](const Run &claimed, RunContext &context) {
            refuse(true);
            context.measured({{"loss", 1, 0.5, 0.75}});
            if (claimed.spec.seed == 0) {
                refuse(false);
                context.measured({{"loss", 2, 1, 0.5}});
                refuse(true);
                context.measured({{"loss", 3, 1.5, 0.25}});
            }
            refuse(false);
            return finished(claimed, 0.5);
        };
        workQueue(pathOf(home), run, {}, {}, {});
        QCOMPARE(stateOf(store, ids[0]), RunState::Done);
        QCOMPARE(stateOf(store, ids[1]), RunState::Done);
        QCOMPARE(store.measurements(ids[0]).size(), std::size_t(3));
        QCOMPARE(store.measurements(ids[1]).size(), std::size_t(1)); // with the outcome
    }

    void waitingForAnothersRunPassesItsProgressOn()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        const pid_t other = worker(pathOf(home), 150, milliseconds(10));
        QTRY_VERIFY(stateOf(store, id) == RunState::Running);
        int progressed = 0;
        workQueue(pathOf(home), pretended(1, milliseconds(1)), {{}, [&](const Progress &) { ++progressed; }, {}}, {id}, {});
        QVERIFY(progressed > 0);
        QVERIFY(stateOf(store, id) == RunState::Done);
        QCOMPARE(store.run(id)->steps, 150);
        ::waitpid(other, nullptr, 0);
    }

    void killedAtAnyMomentNothingFinishedIsLostAndNothingRunsForEver()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        std::vector<TrainSpec> specs;
        for (int i = 0; i < 40; ++i)
            specs.push_back(someSpec(std::uint64_t(i)));
        const auto ids = store.enqueue(specs);
        std::vector<Run> finished;
        for (int round = 0; round < 25; ++round) {
            const pid_t child = worker(pathOf(home), 3, milliseconds(2));
            std::this_thread::sleep_for(std::chrono::microseconds(3000 + 3700 * round % 41000));
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
            for (const Run &run : finished)
                QVERIFY(stateOf(store, run.id) == RunState::Done);
            finished = store.finishedRuns("", "");
            for (const Run &run : finished)
                QCOMPARE(readFile(store.resolve(run.weights)), "weights of " + std::to_string(run.id));
        }
        QVERIFY(!finished.empty());
        workQueue(pathOf(home), pretended(1, milliseconds(0)), {}, {}, {});
        for (const std::int64_t id : store.runIds(RunState::Failed)) { // struck three times in a row
            QVERIFY(store.run(id)->error.find("three times") != std::string::npos);
            store.retry(id);
        }
        workQueue(pathOf(home), pretended(1, milliseconds(0)), {}, {}, {});
        QCOMPARE(store.finishedRuns("", "").size(), ids.size());
    }

    void aFailedRunGoesOnFromItsSnapshot()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        workQueue(pathOf(home),
                  [](const Run &run, RunContext &context) -> Run {
                      writeFileAtomically(context.folder / run_files::snapshot, "epoch 1");
                      context.measured({{"loss", 1, 1.0, 0.5}});
                      throw Error("Cannot write the snapshot of run " + std::to_string(run.id) + ".");
                  },
                  {}, {}, {});
        QVERIFY(stateOf(store, id) == RunState::Failed);
        store.retry(id);
        std::string found;
        workQueue(pathOf(home),
                  [&](const Run &run, RunContext &context) {
                      found = readFile(context.folder / run_files::snapshot);
                      return run;
                  },
                  {}, {}, {});
        QCOMPARE(found, std::string("epoch 1"));
        QCOMPARE(store.measurements(id).size(), std::size_t(1));
        QVERIFY(stateOf(store, id) == RunState::Done);
    }

    void aRunThatCannotBeWrittenDownIsNotLost()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        const int status = inChild([&] { // the disk fills up while the run is computed
            std::signal(SIGXFSZ, SIG_IGN);
            try {
                workQueue(pathOf(home),
                          [](const Run &run, RunContext &) {
                              const rlimit limit = {16, 16};
                              ::setrlimit(RLIMIT_FSIZE, &limit);
                              return run;
                          },
                          {}, {}, {});
            } catch (const Error &error) {
                return std::string(error.what()).find("space") != std::string::npos ? 42 : 1;
            }
            return 0;
        });
        QCOMPARE(status, 42);
        QVERIFY(stateOf(store, id) == RunState::Running); // until the next worker comes
        workQueue(pathOf(home), pretended(1, milliseconds(1)), {}, {}, {});
        QVERIFY(stateOf(store, id) == RunState::Done);
    }

    void anOutcomeThatCannotBeWrittenIsSaidAndTriedAgain()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        SQLite::Database db((pathOf(home) / "library.sqlite").string(), SQLite::OPEN_READWRITE);
        db.exec("CREATE TRIGGER full BEFORE UPDATE ON run WHEN NEW.state = 'done' "
                "BEGIN SELECT RAISE(ABORT, 'no room is left'); END");
        std::atomic<int> said = 0;
        LabCallbacks callbacks;
        callbacks.trouble = [&](const std::string &sentence) {
            said += sentence.find("no room is left") != std::string::npos;
        };
        Lab lab(pathOf(home), pretended(1, milliseconds(1)), callbacks);
        QTRY_VERIFY(said >= 2);
        QVERIFY(stateOf(store, id) == RunState::Running);
        db.exec("DROP TRIGGER full");
        QTRY_VERIFY(stateOf(store, id) == RunState::Done);
    }

    void theLockExcludesAndIsGivenBack()
    {
        QTemporaryDir home;
        WorkerLock one(pathOf(home)), two(pathOf(home));
        QVERIFY(one.tryLock());
        QVERIFY(one.tryLock());
        QVERIFY(!two.tryLock());
        QCOMPARE(inChild([&] { return int(WorkerLock(pathOf(home)).tryLock()); }), 0);
        one.unlock();
        QVERIFY(two.tryLock());
    }
};

QTEST_GUILESS_MAIN(TestLab)
#include "tst_lab.moc"
