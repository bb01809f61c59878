#include <QElapsedTimer>
#include <QtTest>

#include "core/data/dataset.h"
#include "core/data/inspect.h"
#include "core/data/recognise.h"
#include "core/data/word_piece.h"
#include "tests/real_files.h"

using namespace awb;

namespace {

/// What a part must hold; counted by an independent reader.
struct Expected {
    std::size_t rows;
    std::vector<std::size_t> perClass;
    std::size_t duplicates, conflicting, shared;
};

struct RealData {
    const char *path, *layout;
    std::vector<std::string> classes;
    std::vector<Expected> parts; // train, dev, test
};

const std::vector<std::string> binary = {"0", "1"}, entailment = {"entailment", "not_entailment"};

const std::vector<RealData> &realSets()
{
    static const std::vector<RealData> sets = {
        {"GLUE/CoLA",
         "GLUE CoLA",
         binary,
         {{8551, {2528, 6023}, 19, 11, 0}, {1043, {322, 721}, 4, 3, 16}, {1063, {0, 0}, 3, 0, 19}}},
        {"GLUE/SST-2",
         "GLUE SST-2",
         binary,
         {{67349, {29780, 37569}, 371, 5, 0}, {872, {428, 444}, 0, 0, 0}, {1821, {0, 0}, 0, 0, 0}}},
        {"GLUE/MRPC",
         "GLUE MRPC",
         binary,
         {{3668, {1194, 2474}, 0, 0, 0}, {408, {129, 279}, 0, 0, 0}, {1725, {578, 1147}, 0, 0, 0}}},
        {"GLUE/RTE", "GLUE RTE", entailment, {{2490, {1249, 1241}, 2, 0, 0}, {277, {146, 131}, 0, 0, 0}}},
        {"GLUE/STS-B", "GLUE STS-B", {}, {{5749, {}, 43, 4, 0}, {1500, {}, 2, 0, 6}, {1379, {}, 1, 0, 7}}},
        {"GLUE/WNLI", "GLUE WNLI", binary, {{635, {323, 312}, 0, 0, 0}, {71, {40, 31}, 0, 0, 0}, {146, {0, 0}, 0, 0, 0}}},
        {"SST-2-sentences",
         "SST-2 sentences",
         binary,
         {{6920, {3310, 3610}, 9, 0, 0}, {872, {428, 444}, 0, 0, 0}, {1821, {912, 909}, 0, 0, 2}}},
        {"TREC",
         "TREC (six coarse classes, official test as dev)",
         {"ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"},
         {{5452, {86, 1162, 1250, 1223, 835, 896}, 71, 0, 0}, {500, {9, 138, 94, 65, 81, 113}, 0, 0, 10}}},
        {"Subj", "Subj", binary, {{10000, {5000, 5000}, 0, 0, 0}}},
        {"SMS-Spam", "SMS spam", {"ham", "spam"}, {{5574, {4827, 747}, 403, 0, 0}}},
        {"CF-airline",
         "Crowdflower airline",
         {"negative", "neutral", "positive"},
         {{14640, {9178, 3099, 2363}, 213, 25, 0}}},
        {"CF-corporate-messaging",
         "Crowdflower corporate messaging",
         {"Action", "Dialogue", "Exclude", "Information"},
         {{3118, {724, 226, 39, 2129}, 198, 13, 0}}},
        {"CF-disasters", "Crowdflower disasters", {"Not Relevant", "Relevant"}, {{10860, {6187, 4673}, 196, 26, 0}}},
        {"CF-global-warming", "Crowdflower global warming", {"No", "Yes"}, {{4225, {1114, 3111}, 336, 20, 0}}},
    };
    return sets;
}

// A set without official parts, as one part.
void keepWhole(Manifest &manifest)
{
    if (!manifest.dev && !manifest.test)
        manifest.split = {0, 0, 0};
}

} // namespace

class TestRealData : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everySetLoadsWithItsCounts_data();
    void everySetLoadsWithItsCounts();
    void splitsOfTheRealSetsLeakNothing();
    void unmergedCrowdflowerLabels();
    void whatTheFilesDidIsNoted();
    void tokenLengthsAreThoseOfBert();
    void sst2LoadsInWellUnderASecond();
};

void TestRealData::everySetLoadsWithItsCounts_data()
{
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < realSets().size(); ++i)
        QTest::newRow(realSets()[i].path) << int(i);
}

void TestRealData::everySetLoadsWithItsCounts()
{
    QFETCH(int, index);
    const RealData &real = realSets()[std::size_t(index)];
    const auto folder = test::realData(real.path);
    if (folder.empty())
        QSKIP("needs the real data sets");
    QElapsedTimer timer;
    timer.start();
    auto manifest = recognise(folder, "real");
    QVERIFY(manifest);
    keepWhole(*manifest);
    const qint64 recognised = timer.elapsed();
    const Dataset dataset = loadDataset(*manifest);
    const qint64 loaded = timer.elapsed();
    const auto parts = inspectDataset(dataset, nullptr);
    qInfo("%s: recognised in %lld ms, loaded in %lld ms, inspected in %lld ms", real.path, recognised, loaded - recognised,
          timer.elapsed() - loaded);

    QCOMPARE(manifest->layout, std::string(real.layout));
    QCOMPARE(manifest->classes, real.classes);
    QCOMPARE(parts.size(), real.parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        QCOMPARE(parts[i].rows, real.parts[i].rows);
        QCOMPARE(parts[i].perClass, real.parts[i].perClass);
        QCOMPARE(parts[i].duplicates, real.parts[i].duplicates);
        QCOMPARE(parts[i].conflicting, real.parts[i].conflicting);
        QCOMPARE(parts[i].sharedWithTrain, real.parts[i].shared);
    }
    if (manifest->task == Task::Regression) {
        QVERIFY(std::abs(parts[0].scoreMean - 2.701) < 5e-4);
        QVERIFY(std::abs(parts[1].scoreMean - 2.364) < 5e-4);
    }
    QVERIFY(timer.elapsed() < 5000);
}

void TestRealData::splitsOfTheRealSetsLeakNothing()
{
    for (const char *path : {"SMS-Spam", "CF-airline", "CF-global-warming"}) {
        const auto folder = test::realData(path);
        if (folder.empty())
            QSKIP("needs the real data sets");
        const Dataset dataset = loadDataset(*recognise(folder, "real"));
        const auto parts = inspectDataset(dataset, nullptr);
        const double all = double(parts[0].rows + parts[1].rows + parts[2].rows);
        for (std::size_t i : {1u, 2u}) {
            QCOMPARE(parts[i].sharedWithTrain, std::size_t(0));
            QVERIFY(std::abs(double(parts[i].rows) - 0.1 * all) <= 1);
        }
    }
}

void TestRealData::unmergedCrowdflowerLabels()
{
    const auto disasters = test::realData("CF-disasters"), warming = test::realData("CF-global-warming");
    if (disasters.empty() || warming.empty())
        QSKIP("needs the real data sets");
    auto manifest = *recognise(disasters, "raw");
    manifest.merge.clear();
    keepWhole(manifest);
    completeManifest(manifest);
    auto train = inspectDataset(loadDataset(manifest), nullptr)[0];
    QCOMPARE(train.perClass, (std::vector<std::size_t>{16, 6187, 4673})); // "Can't Decide" first
    QCOMPARE(train.duplicates, std::size_t(198));
    QCOMPARE(train.conflicting, std::size_t(28));

    manifest = *recognise(warming, "raw");
    manifest.merge = {{"", "blank"}};
    keepWhole(manifest);
    completeManifest(manifest);
    train = inspectDataset(loadDataset(manifest), nullptr)[0];
    QCOMPARE(manifest.classes, (std::vector<std::string>{"N", "N/A", "NA", "No", "Y", "Yes", "blank"}));
    QCOMPARE(train.perClass, (std::vector<std::size_t>{1053, 469, 1393, 61, 2554, 557, 3}));
    QCOMPARE(train.duplicates, std::size_t(549));
    QCOMPARE(train.conflicting, std::size_t(167));
}

void TestRealData::whatTheFilesDidIsNoted()
{
    const auto trec = test::realData("TREC");
    if (trec.empty())
        QSKIP("needs the real data sets");
    const Dataset dataset = loadDataset(*recognise(trec, "trec"));
    QCOMPARE(dataset.notes, (std::vector<std::string>{"TREC.train: 1 row not valid UTF-8, read as Windows-1252."}));
    const auto hasSister = [](const Example &e) {
        return e.a.find("sister\xC3\xB0"
                        "city") != std::string::npos;
    };
    QVERIFY(std::any_of(dataset.train.begin(), dataset.train.end(), hasSister));
}

void TestRealData::tokenLengthsAreThoseOfBert()
{
    const auto cola = test::realData("GLUE/CoLA"), rte = test::realData("GLUE/RTE");
    const auto checkpoint = test::sampleCheckpoint();
    if (cola.empty() || rte.empty() || checkpoint.empty())
        QSKIP("needs the real data sets and the sample checkpoint");
    const WordPiece tokenizer = WordPiece::load(checkpoint);
    const auto single = inspectDataset(loadDataset(*recognise(cola, "cola")), &tokenizer);
    QCOMPARE(single[0].maxLength(), std::size_t(47));
    QCOMPARE(single[1].maxLength(), std::size_t(35));
    QVERIFY(std::abs(single[0].meanLength() - 11.3) < 0.05);
    const auto pairs = inspectDataset(loadDataset(*recognise(rte, "rte")), &tokenizer);
    QCOMPARE(pairs[0].maxLength(), std::size_t(289));
    QVERIFY(std::abs(pairs[0].meanLength() - 70.2) < 0.05);
    QVERIFY(std::abs(pairs[0].truncatedShare(128) - 0.12) < 0.005);
}

void TestRealData::sst2LoadsInWellUnderASecond()
{
    const auto folder = test::realData("GLUE/SST-2");
    if (folder.empty())
        QSKIP("needs the real data sets");
    const auto manifest = *recognise(folder, "sst-2");
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(loadDataset(manifest).train.size(), std::size_t(67349));
    qInfo("SST-2, 70,042 rows in three files: %lld ms", timer.elapsed());
    QVERIFY(timer.elapsed() < 1000);
}

QTEST_GUILESS_MAIN(TestRealData)
#include "tst_real_data.moc"
