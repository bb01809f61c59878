#include <array>
#include <csignal>
#include <fstream>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>

#include "core/error.h"
#include "core/files.h"
#include "core/store/merge.h"
#include "core/store/run_files.h"
#include "core/study/ablation.h"
#include "core/study/study.h"
#include "core/store/zip.h"
#include "core/store/study_queue.h"
#include "core/study/tradeoff.h"
#include "tests/library_fixture.h"
#include "tests/sentence.h"

using namespace awb;
using namespace awb::test;

namespace {

namespace fs = std::filesystem;

/// A library whose finished runs have a curve, a score of their own and a file of weights.
struct Library {
    QTemporaryDir folder;
    Store store;
    double slowness = 0; ///< seconds that each run takes longer than in another library

    Library() : store(pathOf(folder)) {}
    explicit Library(const fs::path &home) : store(home) {}

    fs::path home() const { return store.home(); }

    std::int64_t add(std::uint64_t seed, double score, const std::string &study = "mine")
    {
        const std::int64_t id = store.enqueue({someSpec(seed)}, study).front();
        Run run = *store.claim(id);
        store.addMeasurements(id, {{"loss", 1, 0.5, 1 - score}, {"dev.accuracy", 2, 1, score}});
        const fs::path weights = home() / "runs" / std::to_string(id) / "adapter.safetensors";
        fs::create_directories(weights.parent_path());
        std::ofstream(weights) << "weights of seed " << seed << " with " << score;
        run.score = score;
        run.metric = "accuracy";
        run.trainable = 605954;
        run.weights = weights.string();
        run.provenance = {"0.1.0", "2.13.0", "cpu", "plain", 2, "aa", "bb", 12.5 + slowness, 3.5, 112, 1 << 30, 0.0015, 2};
        store.finish(run);
        return id;
    }
};

Study someStudy()
{
    Study study = *presetStudy("quick");
    study.name = "mine";
    study.title = "A study of mine";
    return study;
}

std::string chartOf(const Store &store)
{
    const std::vector<Run> runs = store.finishedRuns("tweets", "tiny");
    return toCsv(tradeoffPoints(runs), runs);
}

} // namespace

class TestMerge : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anEmptyLibraryTakesTheNumbersOfTheRuns()
    {
        Library from, to, other;
        for (const std::uint64_t seed : {0, 1})
            from.add(seed, 0.5, "another");
        from.store.saveStudy(someStudy());
        const std::int64_t third = from.add(2, 0.8), fourth = from.add(3, 0.9);
        const fs::path archive = from.home() / "mine.zip"; // whose figures name runs by number
        exportStudy(from.store, someStudy(), archive, {});
        importStudy(to.store, archive);
        QCOMPARE(to.store.runIds(), (std::vector<std::int64_t>{third, fourth}));
        QCOMPARE(readFile(to.home() / "runs" / std::to_string(fourth) / "adapter.safetensors"),
                 readFile(from.home() / "runs" / std::to_string(fourth) / "adapter.safetensors"));
        const std::int64_t own = other.add(7, 0.7);
        other.store.remove(own);
        importStudy(other.store, archive);
        QCOMPARE(other.store.runIds(), (std::vector<std::int64_t>{own + 1, own + 2})); // no number is used twice
    }

    void weightsThatAreGoneHereComeHome()
    {
        Library from, to;
        const std::int64_t id = from.add(0, 0.8);
        const fs::path weights = from.home() / "runs" / std::to_string(id) / "adapter.safetensors",
                       kept = from.home() / "kept";
        const std::string content = readFile(weights);
        fs::rename(weights.parent_path(), kept);
        MergeReport report = mergeLibrary(to.store, from.home());
        QCOMPARE(report.runs, 1);
        QCOMPARE(report.notes, (std::vector<std::string>{"1 run came without weights, which are gone there."}));
        fs::rename(kept, weights.parent_path());
        report = mergeLibrary(to.store, from.home());
        QCOMPARE(report.runs, 0);
        QCOMPARE(report.notes, (std::vector<std::string>{"The weights of 1 run that lacked them here came in."}));
        QCOMPARE(readFile(to.store.resolve(to.store.runs().front().weights)), content);
        QVERIFY(mergeLibrary(to.store, from.home()).notes.empty());
    }

    void aLibraryThatMayOnlyBeReadIsMergedFrom()
    {
        Library from;
        from.add(0, 0.8);
        Manifest data;
        data.name = "tweets";
        data.train.path = (from.home() / "data" / "tweets.tsv").string();
        data.classes = {"a", "b"};
        data.metrics = {"accuracy"};
        from.store.addDataset(data);
        from.store.addCheckpoint({"tiny", (from.home() / "checkpoints" / "tiny").string(), "aa", {}});
        for (const char *name : {"library.sqlite", "library.sqlite-wal", "library.sqlite-shm"})
            if (fs::exists(from.home() / name))
                fs::permissions(from.home() / name, fs::perms(0444));
        for (const fs::path &folder : {from.home() / "runs" / "1", from.home() / "runs", from.home()})
            fs::permissions(folder, fs::perms(0555));
        QTemporaryDir own;
        fs::permissions(pathOf(own), fs::perms(0777));
        const int status = inChild([&] {
            if (::getuid() == 0 && ::setuid(65534) != 0) // the administrator may write everywhere
                return 2;
            Store to(pathOf(own) / "mine");
            if (mergeLibrary(to, from.home()).runs != 1 || to.runs().size() != 1)
                return 3;
            const Run run = to.runs().front();
            if (readFile(to.resolve(run.weights)) != "weights of seed 0 with 0.8")
                return 4;
            return to.dataset("tweets").train.path == data.train.path &&
                           to.checkpoint("tiny").folder == (from.home() / "checkpoints" / "tiny").string()
                       ? 42
                       : 5;
        });
        for (const fs::path &folder : {from.home(), from.home() / "runs", from.home() / "runs" / "1"})
            fs::permissions(folder, fs::perms(0755));
        QCOMPARE(status, 42);
    }

    void whatAKilledMergeLeftIsRemoved()
    {
        Library from, to;
        from.add(0, 0.8);
        const fs::path left = to.home() / "runs" / ".incoming-999999999"; // more than the kernel gives
        fs::create_directories(left / "1");
        mergeLibrary(to.store, from.home());
        QVERIFY(!fs::exists(left));
    }

    void aStudyWrittenByAnotherVersionIsTheSame()
    {
        Library from, to;
        from.add(0, 0.8);
        for (Library *library : {&from, &to})
            library->store.saveStudy(someStudy());
        SQLite::Database((to.home() / "library.sqlite").string(), SQLite::OPEN_READWRITE)
            .exec("UPDATE study SET json = json || char(10)");
        QVERIFY(mergeLibrary(to.store, from.home()).notes.empty());
    }

    void aStudyTravelsInOneFile()
    {
        Library from, to;
        from.store.saveStudy(someStudy());
        for (const std::uint64_t seed : {0, 1, 2})
            from.add(seed, 0.8 + 0.02 * double(seed));
        from.add(3, 0.5, "another");
        from.store.enqueue({someSpec(9)}, "mine"); // waits still
        const fs::path archive = from.home() / "mine.zip";
        exportStudy(from.store, someStudy(), archive,
                    [](const fs::path &folder) { std::ofstream(folder / "figure1.csv") << "numbers"; });

        const MergeReport report = importStudy(to.store, archive);
        QCOMPARE(report.runs, 3);
        QCOMPARE(report.known, 0);
        QVERIFY(report.notes.empty());
        QCOMPARE(to.store.runs().size(), std::size_t(3));
        std::vector<Run> ofStudy = from.store.runsOfStudy("mine");
        std::erase_if(ofStudy, [](const Run &run) { return run.state != RunState::Done; });
        QCOMPARE(chartOf(to.store), toCsv(tradeoffPoints(ofStudy), ofStudy));
        QVERIFY(to.store.study("mine") == from.store.study("mine"));
        for (const Run &run : to.store.runs()) {
            const Run before = *from.store.run(run.id); // of an empty library: the same numbers
            QVERIFY(run.spec == before.spec);
            QCOMPARE(run.finished, before.finished);
            QCOMPARE(run.provenance.seconds, before.provenance.seconds);
            QCOMPARE(to.store.measurements(run.id).size(), std::size_t(2));
            QCOMPARE(to.store.measurements(run.id).at(0).value, before.score.value());
            QCOMPARE(readFile(to.store.resolve(run.weights)), readFile(from.store.resolve(before.weights)));
        }
        QVERIFY(!fs::exists(from.home() / ("mine.zip.part-" + std::to_string(::getpid()))));
    }

    void theArchiveHoldsSpecAndFiguresToRead()
    {
        Library from;
        from.store.saveStudy(someStudy());
        from.add(0, 0.8);
        const fs::path archive = from.home() / "mine.zip";
        exportStudy(from.store, someStudy(), archive,
                    [](const fs::path &folder) { std::ofstream(folder / "figure1.csv") << "numbers"; });
        QTemporaryDir unpacked;
        unpackZip(archive, pathOf(unpacked), [](const std::string &entry) { return entry; });
        QVERIFY(studyFromJson(readFile(pathOf(unpacked) / "study.json")) == someStudy());
        QCOMPARE(readFile(pathOf(unpacked) / "figures" / "figure1.csv"), std::string("numbers"));
    }

    void aFullDiskLeavesTheOldArchiveAndIsSaid()
    {
        Library from;
        from.store.saveStudy(someStudy());
        from.add(0, 0.8);
        const fs::path archive = from.home() / "mine.zip";
        exportStudy(from.store, someStudy(), archive, {});
        const std::string before = readFile(archive);
        const int status = inChild([&] {
            std::signal(SIGXFSZ, SIG_IGN);
            const std::string said = sentenceOf([&] {
                Store store(from.home());
                exportStudy(store, someStudy(), archive, [&](const fs::path &) {
                    const rlimit limit = {500, 500}; // less than the archive
                    ::setrlimit(RLIMIT_FSIZE, &limit);
                });
            });
            return said.find("mine.zip cannot be written") != said.npos ? 42 : 1;
        });
        QCOMPARE(status, 42);
        QVERIFY(readFile(archive) == before);
        for (const auto &entry : fs::directory_iterator(from.home())) // nothing half-written stays
            QVERIFY2(entry.path().filename().string().find("mine.zip.") != 0, entry.path().c_str());
        QCOMPARE(from.store.run(1)->score.value(), 0.8);
    }

    void importedTwiceNothingIsAdded()
    {
        Library from, to;
        from.store.saveStudy(someStudy());
        from.add(0, 0.8);
        from.add(1, 0.9);
        const fs::path archive = from.home() / "mine.zip";
        exportStudy(from.store, someStudy(), archive, {});
        importStudy(to.store, archive);
        const MergeReport again = importStudy(to.store, archive);
        QCOMPARE(again.runs, 0);
        QCOMPARE(again.known, 2);
        QCOMPARE(to.store.runs().size(), std::size_t(2));
        QCOMPARE(describe(again), std::string("No run is new here; 2 runs were here already."));
        // And home again: they are here.
        QCOMPARE(importStudy(from.store, archive).known, 2);
    }

    void ablationMapsComeAlong()
    {
        const AblationMap map{"accuracy", 0.8, {{0.75, 0.7}, {0.5}}, {0.003, 0.002, 0.001}, "that processor", 2};
        Library from, to;
        from.store.saveStudy(someStudy());
        to.add(7, 0.6, "another"); // takes the number that the run has there
        const std::int64_t there = from.add(0, 0.8);
        const fs::path archive = from.home() / "mine.zip";
        exportStudy(from.store, someStudy(), archive, {});
        importStudy(to.store, archive);
        const std::int64_t here = to.store.runsOfStudy("mine").front().id;
        QVERIFY(!to.store.ablation(here));

        from.store.saveAblation(there, map); // computed later: the run is here, its map is not
        QCOMPARE(mergeLibrary(to.store, from.home()).runs, 0);
        QVERIFY(to.store.ablation(here) == map);
        Library empty;
        exportStudy(from.store, someStudy(), archive, {});
        importStudy(empty.store, archive);
        QVERIFY(empty.store.ablation(empty.store.runs().front().id) == map);

        AblationMap own = map;
        own.score = 0.9;
        to.store.saveAblation(here, own); // a map that is here stays
        mergeLibrary(to.store, from.home());
        QVERIFY(to.store.ablation(here) == own);
        QVERIFY(!to.store.ablation(1)); // another run's number there
    }

    void testScoresComeAlong()
    {
        Library from, to;
        from.store.saveStudy(someStudy());
        to.add(7, 0.6, "another"); // takes the number that the run has there
        const std::int64_t there = from.add(0, 0.8);
        mergeLibrary(to.store, from.home());
        QVERIFY(to.store.testScores("mine").empty());
        from.store.addMeasurements(there, {{"test.accuracy", 2, 1, 0.7}}); // later: the run is here already
        QCOMPARE(mergeLibrary(to.store, from.home()).runs, 0);
        const std::int64_t here = to.store.runsOfStudy("mine").front().id;
        QCOMPARE(to.store.testScores("mine"), (std::map<std::int64_t, double>{{here, 0.7}}));
        QVERIFY(to.store.testScores("another").empty());
        from.store.addMeasurements(there, {{"test.accuracy", 2, 1, 0.1}});
        mergeLibrary(to.store, from.home());
        QCOMPARE(to.store.testScores("mine").at(here), 0.7); // a score that is here stays
    }

    void twoLibrariesJoinBothWaysWithoutDuplicates()
    {
        Library a, b;
        b.slowness = 1;
        a.add(0, 0.8);
        a.add(1, 0.9);
        b.add(2, 0.7);
        b.add(0, 0.8); // computed there as well: another run of the same spec, at its own time
        b.store.cancel(b.store.enqueue({someSpec(5)}).front());
        const auto counts = [](const MergeReport &report) {
            return std::array{report.runs, report.known, report.unfinished};
        };
        const std::int64_t other = b.store.runs().back().id;
        QCOMPARE(counts(mergeLibrary(a.store, b.home())), (std::array{2, 0, 1}));
        QCOMPARE(counts(mergeLibrary(b.store, a.home())), (std::array{2, 2, 0}));
        QCOMPARE(counts(mergeLibrary(a.store, b.home())), (std::array{0, 4, 1}));
        QCOMPARE(a.store.finishedRuns("tweets", "tiny").size(), std::size_t(4));
        QCOMPARE(b.store.finishedRuns("tweets", "tiny").size(), std::size_t(4));
        // A number that was taken here gets another one, and its weights follow.
        const auto came = a.store.finishedRuns("tweets", "tiny").at(2);
        QVERIFY(came.id != other);
        QCOMPARE(came.spec.seed, std::uint64_t(2));
        QCOMPARE(readFile(a.store.resolve(came.weights)), std::string("weights of seed 2 with 0.7"));
        QVERIFY(!fs::exists(a.home() / "runs" / (".incoming-" + std::to_string(::getpid()))));
    }

    void whatOnlyTheOtherLibraryHasIsFoundWhereItLies()
    {
        Library a, b;
        b.add(0, 0.8);
        b.store.addCheckpoint({"tiny", (b.home() / "checkpoints" / "tiny").string(), "aa", {}});
        Manifest manifest;
        manifest.name = "tweets";
        manifest.sha256 = "bb";
        manifest.train.path = (b.home() / "data" / "tweets.tsv").string();
        b.store.addDataset(manifest);
        mergeLibrary(a.store, b.home());
        QCOMPARE(a.store.resolve(a.store.checkpoint("tiny").folder), b.home() / "checkpoints" / "tiny");
        QCOMPARE(a.store.dataset("tweets").train.path, manifest.train.path);
    }

    void differencesAreSaid()
    {
        Library a, b;
        b.add(0, 0.8);
        b.store.saveStudy(someStudy());
        Study mine = someStudy();
        mine.seeds = {0, 1, 2};
        a.store.saveStudy(mine);
        Manifest manifest;
        manifest.name = "tweets";
        manifest.sha256 = "other files";
        a.store.addDataset(manifest);
        a.store.addCheckpoint({"tiny", "/nowhere", "other weights", "2026-01-01T00:00:00Z"});
        const MergeReport report = mergeLibrary(a.store, b.home());
        QCOMPARE(report.notes.size(), std::size_t(3));
        QVERIFY(report.notes[0].find("The study mine is another here") == 0);
        QVERIFY(report.notes[1].find("The data set tweets is another here") == 0);
        QVERIFY(report.notes[2].find("The checkpoint tiny is another here than that which 1 run was computed with") == 0);
        QVERIFY(a.store.study("mine") == mine);
    }

    void badArchivesAreNamedAndLeaveNothing()
    {
        Library to;
        const fs::path file = to.home() / "bad.zip";
        std::ofstream(file) << "no zip at all";
        QVERIFY(sentenceOf([&] { importStudy(to.store, file); }).find(file.string()) != std::string::npos);
        QVERIFY(sentenceOf([&] { importStudy(to.store, to.home() / "missing.zip"); }).find("missing.zip") !=
                std::string::npos);

        QTemporaryDir other;
        std::ofstream(pathOf(other) / "notes.txt") << "something else";
        packZip(pathOf(other), file);
        QVERIFY(sentenceOf([&] { importStudy(to.store, file); }).find("holds no study") != std::string::npos);
        std::ofstream(pathOf(other) / "library.sqlite") << "no database, but long enough to be looked at as one ......";
        packZip(pathOf(other), file);
        const std::string sentence = sentenceOf([&] { importStudy(to.store, file); });
        QVERIFY2(sentence.find(file.string()) != std::string::npos, sentence.c_str());

        // Cut short in the middle of its weights.
        Library from;
        from.store.saveStudy(someStudy());
        from.add(0, 0.8);
        exportStudy(from.store, someStudy(), file, {});
        fs::resize_file(file, fs::file_size(file) / 2);
        QVERIFY(sentenceOf([&] { importStudy(to.store, file); }).find(file.string()) != std::string::npos);
        QVERIFY(to.store.runs().empty());
        QVERIFY(to.store.studies().empty());
        for (const auto &entry : fs::directory_iterator(to.home()))
            QVERIFY2(entry.path().filename().string().find("incoming") == std::string::npos, entry.path().c_str());
    }

    void whatCannotBePlacedBringsNothing()
    {
        Library from, to;
        from.store.saveStudy(someStudy());
        for (const std::uint64_t seed : {0, 1, 2})
            from.add(seed, 0.8);
        QVERIFY(sentenceOf([&] { mergeLibrary(to.store, from.home() / "nowhere"); }).find("is no library") !=
                std::string::npos);
        QVERIFY(sentenceOf([&] { mergeLibrary(to.store, to.home()); }).find("this library itself") != std::string::npos);
        std::ofstream(to.home() / "runs") << "a file in the place of the folder of runs";
        QVERIFY(!sentenceOf([&] { mergeLibrary(to.store, from.home()); }).empty());
        QVERIFY(to.store.runs().empty());
        QVERIFY(to.store.studies().empty());
        fs::remove(to.home() / "runs");
        QCOMPARE(mergeLibrary(to.store, from.home()).runs, 3);
    }

    void whatCannotBeReadHereIsRefusedWhole()
    {
        Library from, to;
        from.store.saveStudy(someStudy());
        from.add(0, 0.8);
        from.add(1, 0.9);
        SQLite::Database db((from.home() / "library.sqlite").string(), SQLite::OPEN_READWRITE);
        db.exec("UPDATE run SET spec = replace(spec, '\"float32\"', '\"tf32\"') WHERE id = 2");
        QVERIFY(sentenceOf([&] { mergeLibrary(to.store, from.home()); }).find("tf32") != std::string::npos);
        QVERIFY(to.store.runs().empty());
        QVERIFY(!fs::exists(to.home() / "runs" / "1"));
        db.exec("UPDATE run SET spec = replace(spec, '\"tf32\"', '\"float32\"')");
        db.exec("UPDATE study SET json = '{}'");
        QVERIFY(!sentenceOf([&] { mergeLibrary(to.store, from.home()); }).empty());
        QVERIFY(to.store.runs().empty() && to.store.studies().empty());
    }

    void aRunThatEndsWhileFilesAreCopiedComesWithTheNextMerge()
    {
        Library from, to;
        const std::int64_t first = from.add(0, 0.8);
        fs::resize_file(from.home() / "runs" / std::to_string(first) / "adapter.safetensors", 1 << 26); // takes a while
        std::jthread other([&](const std::stop_token &stop) {
            const fs::path staged = to.home() / "runs" / (".incoming-" + std::to_string(::getpid()));
            while (!stop.stop_requested() && !fs::exists(staged / std::to_string(first)))
                std::this_thread::yield();
            Library meanwhile(from.home());
            meanwhile.add(1, 0.9);
        });
        mergeLibrary(to.store, from.home());
        other.join();
        mergeLibrary(to.store, from.home());
        QCOMPARE(to.store.runs().size(), std::size_t(2));
        for (const Run &run : to.store.runs())
            QVERIFY(fs::exists(to.store.resolve(run.weights)));
    }

    void aDeletedStudyComesBackWithItsRuns()
    {
        Library library;
        library.store.saveStudy(someStudy());
        library.add(0, 0.8);
        const fs::path archive = library.home() / "mine.zip";
        exportStudy(library.store, someStudy(), archive, {});
        deleteStudy(library.store, "mine");
        QVERIFY(library.store.runsOfStudy("mine").empty());
        const MergeReport report = importStudy(library.store, archive);
        QCOMPARE(report.runs, 0);
        QCOMPARE(report.known, 1);
        QCOMPARE(library.store.runsOfStudy("mine").size(), std::size_t(1));
    }

    void snapshotsStayBehind()
    {
        Library from, to;
        const std::int64_t id = from.add(0, 0.8);
        const fs::path snapshot = fs::path("runs") / std::to_string(id) / run_files::snapshot;
        std::ofstream(from.home() / snapshot) << "of a program that was killed before it could remove it";
        mergeLibrary(to.store, from.home());
        QVERIFY(fs::exists(to.store.resolve(to.store.runs().front().weights)));
        QVERIFY(!fs::exists(to.home() / snapshot));
    }

    void anEmptyStudyIsNotExported()
    {
        Library from;
        from.store.saveStudy(someStudy());
        const fs::path archive = from.home() / "mine.zip";
        QVERIFY(sentenceOf([&] { exportStudy(from.store, someStudy(), archive, {}); }).find("no finished run") !=
                std::string::npos);
        QVERIFY(!fs::exists(archive));
        from.add(0, 0.8);
        QVERIFY(sentenceOf([&] {
                    exportStudy(from.store, someStudy(), from.home() / "no" / "place.zip", {});
                }).find("place.zip") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestMerge)
#include "tst_merge.moc"
