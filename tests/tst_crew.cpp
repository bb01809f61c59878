#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <utility>

#include <QTest>

#include "core/data/layouts.h"
#include "core/data/recognise.h"
#include "core/error.h"
#include "core/files.h"
#include "core/methods/methods.h"
#include "core/store/lab.h"
#include "core/store/run_crew.h"
#include "core/store/run_training.h"
#include "core/train/devices.h"
#include "core/train/train.h"
#include "library_fixture.h"
#include "tests/real_files.h"

using namespace awb;
using namespace awb::test;
using std::chrono::milliseconds;
namespace fs = std::filesystem;

namespace {

/// How many runs were computed at the same time.
struct Crowd {
    std::atomic<int> now = 0, most = 0;

    void enter()
    {
        const int count = ++now;
        for (int seen = most; count > seen && !most.compare_exchange_weak(seen, count);) {
        }
    }
};

/// A pretended training of `steps` batches of 5 ms that is counted.
RunFunction counted(Crowd &crowd, int steps)
{
    return [&crowd, steps](const Run &run, RunContext &context) {
        crowd.enter();
        struct Leave {
            Crowd &crowd;
            ~Leave() { --crowd.now; }
        } leave{crowd};
        for (int step = 0; step < steps; ++step) {
            if (context.stopRequested())
                throw Stopped();
            if (run.spec.seed == 13 && step == 5)
                throw Error("The loss became NaN at step 5.");
            context.progress({0, step + 1, steps, 0.5, 1e-3, 32 + 1.0 * context.threads()});
            std::this_thread::sleep_for(milliseconds(5));
        }
        Run done = run;
        done.score = 0.5;
        return done;
    };
}

int mostAtOnce()
{
    return std::min(8, defaultThreads());
}

} // namespace

class TestCrew : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void queuedRunsAreComputedSideBySide()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        Crowd crowd;
        const auto ids = store.enqueue({someSpec(0), someSpec(1), someSpec(2), someSpec(3)});
        workQueue(pathOf(home), counted(crowd, 100), {}, {}, {});
        QCOMPARE(crowd.most.load(), std::min(4, mostAtOnce()));
        for (const auto id : ids) {
            QVERIFY(stateOf(store, id) == RunState::Done);
            QCOMPARE(store.run(id)->steps, 100);
        }
        QCOMPARE(store.run(ids[0])->provenance.together, std::min(4, mostAtOnce()));
    }

    void namedRunsAreComputedSideBySideAndNoOthers()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        Crowd crowd;
        const auto ids = store.enqueue({someSpec(0), someSpec(1), someSpec(2), someSpec(3)});
        workQueue(pathOf(home), counted(crowd, 100), {}, {ids[3], ids[1], ids[2]}, {});
        QCOMPARE(crowd.most.load(), std::min(3, mostAtOnce()));
        QVERIFY(stateOf(store, ids[0]) == RunState::Queued);
        for (const int i : {1, 2, 3})
            QVERIFY(stateOf(store, ids[std::size_t(i)]) == RunState::Done);
    }

    void withLittleMemoryRunsAreComputedOneByOne()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        Crowd crowd;
        const auto ids = store.enqueue({someSpec(0), someSpec(1), someSpec(2)});
        const RunFunction run = counted(crowd, 20);
        RunCrew(pathOf(home), run, {}, {}, false, false, [] { return false; }).workUntilEmpty(store, {});
        QCOMPARE(crowd.most.load(), 1);
        for (const auto id : ids)
            QVERIFY(stateOf(store, id) == RunState::Done);
    }

    void aCancelIsSeenAtTheNextBatch()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        int batchesAfter = 0;
        workQueue(pathOf(home),
                  [&](const Run &run, RunContext &context) {
                      for (int step = 0; step < 1000; ++step) { // no batch takes any time
                          if (context.stopRequested())
                              throw Stopped();
                          batchesAfter += step >= 5;
                          if (step == 5)
                              Store(pathOf(home)).cancel(run.id); // as another process would
                      }
                      return run;
                  },
                  {}, {}, {});
        QVERIFY(stateOf(store, id) == RunState::Cancelled);
        QCOMPARE(batchesAfter, 1);
    }

    void aStopSaysWhatItCouldNotKeep()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const auto id = store.enqueue({someSpec()}).front();
        const auto pausedAtOnce = [&](const std::string &sentence) {
            return [&store, sentence](const Run &run, RunContext &context) {
                store.pause(run.id);
                if (context.stopRequested())
                    throw Stopped(sentence);
                return run;
            };
        };
        workQueue(pathOf(home), pausedAtOnce("Step 7 could not be kept."), {}, {}, {});
        QVERIFY(stateOf(store, id) == RunState::Paused);
        QCOMPARE(store.run(id)->error, std::string("Step 7 could not be kept."));
        store.resume(id);
        workQueue(pathOf(home), pausedAtOnce({}), {}, {}, {});
        QVERIFY(stateOf(store, id) == RunState::Paused);
        QCOMPARE(store.run(id)->error, std::string());
    }

    void whatNeedsAllCoresIsComputedAlone_data()
    {
        QTest::addColumn<int>("what");
        QTest::newRow("a number of threads is asked for") << 0;
        QTest::newRow("the plain path") << 1;
        QTest::newRow("another device") << 2;
    }
    void whatNeedsAllCoresIsComputedAlone()
    {
        QFETCH(int, what);
        QTemporaryDir home;
        Store store(pathOf(home));
        Crowd crowd;
        std::vector<TrainSpec> specs = {someSpec(0), someSpec(1), someSpec(2)};
        Recipe &recipe = specs[1].recipe;
        if (what == 0)
            recipe.threads = 1;
        else if (what == 1)
            recipe.plainPath = true;
        else
            recipe.device = "cuda:0";
        store.enqueue(specs);
        workQueue(pathOf(home), counted(crowd, 20), {}, {}, {});
        QCOMPARE(crowd.most.load(), 1);
        QCOMPARE(store.finishedRuns("", "").size(), std::size_t(3));
    }

    void theNextWaitsForTheFirstStepOfTheOneBefore()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        Crowd crowd;
        store.enqueue({someSpec(0), someSpec(1)});
        const RunFunction silent = [&](const Run &run, RunContext &) {
            crowd.enter();
            std::this_thread::sleep_for(milliseconds(400));
            --crowd.now;
            return run;
        };
        workQueue(pathOf(home), silent, {}, {}, {});
        QCOMPARE(crowd.most.load(), 1);
    }

    void oneFailsAndOneIsCancelledWithoutTheOthers()
    {
        if (mostAtOnce() < 2)
            QSKIP("needs two cores");
        QTemporaryDir home;
        Store store(pathOf(home));
        Crowd crowd;
        const auto ids = store.enqueue({someSpec(0), someSpec(13), someSpec(2)});
        Lab lab(pathOf(home), counted(crowd, 300), {});
        QTRY_VERIFY(stateOf(store, ids[1]) == RunState::Failed);
        QTRY_VERIFY(stateOf(store, ids[2]) == RunState::Running);
        QVERIFY(stateOf(store, ids[0]) == RunState::Running);
        store.cancel(ids[2]);
        QTRY_VERIFY(stateOf(store, ids[2]) == RunState::Cancelled);
        QVERIFY(stateOf(store, ids[0]) == RunState::Running);
        QTRY_VERIFY(stateOf(store, ids[0]) == RunState::Done);
        QTRY_VERIFY(!lab.busy());
    }

    void theCoresAreShared()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        Crowd crowd;
        std::set<int> threads; // callbacks come one at a time
        store.enqueue({someSpec(0), someSpec(1)});
        workQueue(pathOf(home), counted(crowd, 100),
                  {{}, [&](const Progress &progress) { threads.insert(int(progress.examplesPerSecond) - 32); }, {}}, {}, {});
        QVERIFY(threads.contains(defaultThreads()));                                          // alone
        QVERIFY(threads.contains(std::max(1, defaultThreads() / std::min(2, mostAtOnce())))); // two of them
    }

    void aCheckpointThatWasWrittenToIsOpenedAnew()
    {
        QTemporaryDir home;
        const fs::path folder = pathOf(home) / "tiny";
        fs::copy(testData("model/tiny"), folder);
        Store store(pathOf(home));
        store.addCheckpoint({"tiny", folder.string(), {}, {}});
        Manifest manifest;
        manifest.name = "weather";
        manifest.train.path = (pathOf(home) / "weather.tsv").string();
        manifest.train.label = 1;
        std::ofstream rows(manifest.train.path);
        for (int i = 0; i < 60; ++i)
            rows << (i % 2 ? "It rained on day " : "The sun shone on day ") << i << '\t' << (i % 2 ? "wet" : "dry") << '\n';
        rows.close();
        completeManifest(manifest);
        store.addDataset(manifest);
        TrainSpec spec;
        spec.checkpoint = "tiny";
        spec.dataset = "weather";
        spec.method = methodEntry("adapter").method;
        spec.recipe.epochs = 2;
        spec.recipe.maxLength = 12;
        TrainSpec other = spec;
        other.seed = 1;
        const auto ids = store.enqueue({spec, other});
        const RunFunction training = trainingFunction();
        const auto compute = [&](std::int64_t id, const std::function<void()> &meanwhile) {
            Store own(pathOf(home));
            const fs::path runFolder = pathOf(home) / "runs" / std::to_string(id);
            fs::create_directories(runFolder);
            bool asked = false;
            RunContext context{own,
                               runFolder,
                               [&](const Progress &) {
                                   if (!std::exchange(asked, true))
                                       meanwhile();
                               },
                               [](const std::vector<Measurement> &) {},
                               [] { return false; },
                               [] { return 1; }};
            return training(*own.run(id), context);
        };
        Run second;
        std::string said;
        try {
            compute(ids[0], [&] {
                fs::last_write_time(folder / "model.safetensors",
                                    fs::file_time_type::clock::now() + std::chrono::seconds(1));
                second = compute(ids[1], [] {}); // while the first one holds the file as it was
            });
        } catch (const Error &error) {
            said = error.what();
        }
        QVERIFY2(said.find("model.safetensors was written to") != said.npos, said.c_str());
        QVERIFY(second.score);
    }

    void numbersDoNotDependOnTheCompany()
    {
        const auto trec = realData("TREC/TREC.train");
        if (trec.empty())
            QSKIP("needs the real data sets");
        QTemporaryDir home;
        Store store(pathOf(home));
        store.addCheckpoint({"tiny", testData("model/tiny").string(), {}, {}});
        Manifest manifest = *recogniseLabelText(trec);
        manifest.name = "trec";
        completeManifest(manifest);
        store.addDataset(manifest);

        std::vector<TrainSpec> specs;
        for (const char *method : {"adapter", "adapter", "adapter-frozen", "top-k", "head", "full", "adapter", "adapter"}) {
            TrainSpec spec;
            spec.checkpoint = "tiny";
            spec.dataset = "trec";
            spec.method = methodEntry(method).method;
            spec.recipe.epochs = 2;
            spec.recipe.maxLength = 24;
            spec.seed = specs.size();
            if (spec.method.bottleneck > 0)
                spec.method.bottleneck = 4 << specs.size() % 4;
            specs.push_back(spec);
        }
        specs[1].recipe.learningRate = 3e-4;
        specs[6].recipe.initStd = 0.2;
        specs[7].recipe.precision = Precision::BFloat16;
        if (!sharesTheCores(specs[7].recipe))
            specs.pop_back(); // this processor has no bfloat16 products
        specs[2].method.sites = parseLayerSites("-,af", 2);
        specs[3].method = topLayersMethod(specs[3].method, 1, true, 2);

        const auto together = store.enqueue(specs), alone = store.enqueue(specs);
        for (const auto id : alone)
            store.pause(id);
        const RunFunction training = trainingFunction();
        workQueue(pathOf(home), training, {}, {}, {});
        for (const auto id : alone) {
            store.resume(id);
            workQueue(pathOf(home), training, {}, {id}, {});
        }
        for (std::size_t i = 0; i < specs.size(); ++i) {
            const Run a = *store.run(together[i]), b = *store.run(alone[i]);
            QVERIFY2(a.state == RunState::Done, a.error.c_str());
            QCOMPARE(b.provenance.together, 1);
            QCOMPARE(a.score, b.score);
            QCOMPARE(a.loss, b.loss);
            QVERIFY(readFile(store.resolve(a.weights)) == readFile(store.resolve(b.weights)));
        }
        if (mostAtOnce() > 1)
            QVERIFY(store.run(together[1])->provenance.together > 1);
    }
};

QTEST_GUILESS_MAIN(TestCrew)
#include "tst_crew.moc"
