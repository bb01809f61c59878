#include <fstream>
#include <map>
#include <set>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include "core/content_hash.h"
#include "core/data/data_hash.h"
#include "core/data/dataset.h"
#include "core/data/dataset_rules.h"
#include "core/data/inspect.h"
#include "core/data/recognise.h"
#include "core/data/word_piece.h"
#include "core/error.h"
#include "core/files.h"

using namespace awb;
using Strings = std::vector<std::string>;

namespace {

constexpr TableFormat tsv{TableFormat::Kind::Delimited, '\t', false, false};

// The sentence with which `work` fails; "" when it does not.
template <typename Work>
QString refusal(const Work &work)
{
    try {
        work();
        return {};
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
}

Manifest smsLike(const std::string &file)
{
    Manifest manifest;
    manifest.name = "messages";
    manifest.train = {file, tsv, 1, -1, 0, 0};
    return manifest;
}

} // namespace

class TestDataset : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void manifestsSurviveJson();
    void brokenManifestsAreRefused();
    void labelsAreMergedRenamedAndDropped();
    void labelsEndWhereTheManifestSays();
    void scoresAreRead();
    void rowsThatCannotBeUsedAreLeftOutAndNoted();
    void rowsWithoutTextMakeNoClass();
    void badFilesAreRefusedWithASentence();
    void labelsUnseenInTrainingAreRefused();
    void unlabelledTestRowsStayInLine();
    void aSplitKeepsEqualTextsTogether();
    void aSplitDependsOnSeedAndTextsOnly();
    void aSplitOfTooFewTextsIsRefused();
    void aSplitLeavesTwoClassesForTraining();
    void trainIsSplitOnlyWithoutADevFile();
    void splitAndMetricsAreSetAsTheyAreWritten();
    void splitsAndMetricsThatCannotBeAreRefused();
    void dataReadOtherwiseHasAnotherHash();
    void inspectionCountsDuplicatesConflictsAndLengths();

private:
    std::string write(const std::string &name, const std::string &content)
    {
        const std::filesystem::path path = m_folder->filePath(QString::fromStdString(name)).toStdString();
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
        return path.string();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestDataset::manifestsSurviveJson()
{
    Manifest manifest;
    manifest.name = "fragen – Größe \"1\"";
    manifest.layout = "custom";
    manifest.task = Task::Regression;
    manifest.train = {"/data/ü/train.csv", {TableFormat::Kind::Delimited, ';', true, true}, 3, 4, 2, ':'};
    manifest.dev = DataFile{"/data/dev.jsonl", {TableFormat::Kind::JsonLines, '\t', false, false}, 1, -1, 0, 0};
    manifest.split = {18446744073709551615ull, 0.25, 0.0};
    manifest.classes = {"no", "yes"};
    manifest.merge = {{"", ""}, {"Y", "yes"}, {"Can't Decide", ""}};
    manifest.metrics = {"pearson", "spearman"};
    manifest.licence = "CC BY-SA 4.0";
    manifest.sha256 = "ab cd";
    QCOMPARE(manifestFromJson(toJson(manifest)), manifest);
    QVERIFY(!manifestFromJson(toJson(manifest)).test);
}

void TestDataset::brokenManifestsAreRefused()
{
    for (const std::string json :
         {"", "{", "[]", "{}", R"({"name": "a"})", R"({"name": "a", "train": {"path": "p", "kind": "xlsx"}})",
          R"({"name": "a", "task": "parsing", "train": {"path": "p", "kind": "delimited"}})",
          R"({"name": "a", "train": {"path": "p", "kind": "delimited", "delimiter": ""}})",
          R"({"name": "a", "train": {"path": "p", "kind": "delimited", "label": "x"}})"})
        QVERIFY2(!refusal([&] { manifestFromJson(json); }).isEmpty(), json.c_str());
}

void TestDataset::labelsAreMergedRenamedAndDropped()
{
    auto manifest = smsLike(
        write("climate.tsv", "Yes\tit warms\nY\tit warms more\nN\tit does not\nNo \tno\nN/A\twhat\n\tnothing said\n"));
    manifest.merge = {{"Y", "warming"}, {"Yes", "warming"}, {"N", "none"}, {"No", "none"}, {"N/A", ""}, {"", ""}};
    manifest.split = {0, 0, 0};
    completeManifest(manifest);
    QCOMPARE(manifest.classes, (Strings{"none", "warming"}));
    QCOMPARE(manifest.metrics.front(), std::string("accuracy"));
    QCOMPARE(std::string(fileHashes(manifest.sha256)), sha256OfFile(manifest.train.path));
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.train.size(), std::size_t(4));
    QCOMPARE(dataset.train[0].label, 1);
    QCOMPARE(dataset.train[1].label, 1);
    QCOMPARE(dataset.train[3].label, 0);
    QCOMPARE(dataset.notes, (Strings{"climate.tsv: 2 rows left out, the label is dropped."}));
}

void TestDataset::labelsEndWhereTheManifestSays()
{
    auto manifest =
        smsLike(write("trec.tsv", "DESC:def\tWhat is it ?\nHUM:ind\tWho was it ?\nDESC:manner\tHow does it go ?\n"));
    manifest.train.labelUntil = ':';
    manifest.split = {0, 0, 0};
    completeManifest(manifest);
    QCOMPARE(manifest.classes, (Strings{"DESC", "HUM"}));
    QCOMPARE(loadDataset(manifest).train[2].label, 0);
}

void TestDataset::scoresAreRead()
{
    std::string rows;
    for (int i = 0; i < 20; ++i)
        rows += (i % 2 ? std::to_string(i * 0.25) : std::to_string(i / 4)) + "\tsentence " + std::to_string(i) + "\n";
    auto manifest = smsLike(write("scores.tsv", rows));
    manifest.split = {0, 0, 0};
    completeManifest(manifest);
    QCOMPARE(manifest.task, Task::Regression);
    QCOMPARE(manifest.metrics, (Strings{"pearson", "spearman"}));
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.train[3].score, 0.75f);
    QCOMPARE(dataset.train[8].score, 2.0f);
    for (const std::string bad : {"five", "nan", "1,5", "1e999"}) {
        manifest.train.path = write("bad.tsv", "1.5\tfine\n" + bad + "\tbroken\n");
        const QString sentence = refusal([&] { loadDataset(manifest); });
        QVERIFY2(sentence.contains("Line 2 of " + QString::fromStdString(manifest.train.path)) &&
                     sentence.contains("not a number"),
                 qPrintable(sentence));
    }
}

void TestDataset::rowsThatCannotBeUsedAreLeftOutAndNoted()
{
    auto manifest = smsLike(write("rough.tsv", "ham\tfine\nspam\tWin caf\xE9\nham\n\tno label\nham\t  \nspam\tcall now\n"));
    manifest.split = {0, 0, 0};
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.manifest.classes, (Strings{"ham", "spam"}));
    QCOMPARE(dataset.train.size(), std::size_t(3));
    QCOMPARE(dataset.train[1].a, std::string("Win café"));
    QCOMPARE(dataset.notes.size(), std::size_t(5)); // encoding, short row, and three reasons
    QVERIFY(QString::fromStdString(dataset.notes[0]).contains("Windows-1252"));
    QCOMPARE(dataset.notes[4], std::string("rough.tsv: 1 row left out, no label."));
}

void TestDataset::rowsWithoutTextMakeNoClass()
{
    auto manifest = smsLike(write("typo.tsv", "ham\tfine\nspam\tcall now\ntypo\t \n\x1a\n"));
    completeManifest(manifest);
    QCOMPARE(manifest.classes, (Strings{"ham", "spam"}));
}

void TestDataset::badFilesAreRefusedWithASentence()
{
    const auto sentence = [](const Manifest &manifest) { return refusal([&] { loadDataset(manifest); }); };
    QVERIFY(sentence(smsLike(m_folder->filePath("nowhere.tsv").toStdString())).contains("nowhere.tsv"));
    QVERIFY(sentence(smsLike(write("empty.tsv", ""))).contains("empty.tsv is empty"));
    QVERIFY(sentence(smsLike(write("narrow.tsv", "only\nonly\n"))).contains("narrow.tsv has no usable row"));
    const QString oneClass = sentence(smsLike(write("ham.tsv", "ham\tone\nham\ttwo\n")));
    QVERIFY2(oneClass.contains("ham.tsv") && oneClass.contains("at least two classes"), qPrintable(oneClass));
    auto manifest = smsLike(write("three.tsv", "a\tone\nb\ttwo\nc\tthree\n"));
    manifest.classes = {"a", "b"};
    QVERIFY2(sentence(manifest).startsWith("Line 3 of") && sentence(manifest).contains("\"c\""),
             qPrintable(sentence(manifest)));
    manifest.train.label = -1;
    QVERIFY(sentence(manifest).contains("No label column"));
    manifest.train.label = 0;
    manifest.train.textA = -1;
    QVERIFY(sentence(manifest).contains("No text column"));
    std::string many;
    for (int i = 0; i < 1500; ++i)
        many += "id" + std::to_string(i) + "\ttext\n";
    auto ids = smsLike(write("ids.tsv", many));
    QVERIFY(refusal([&] { completeManifest(ids); }).contains("1500 different values"));
}

void TestDataset::labelsUnseenInTrainingAreRefused()
{
    auto manifest = smsLike(write("train.tsv", "ham\tone\nspam\ttwo\n"));
    manifest.dev = DataFile{write("dev.tsv", "ham\tone\nphish\tthree\n"), tsv, 1, -1, 0, 0};
    const auto sentence = [&] { return refusal([&] { loadDataset(manifest); }); };
    for (const Strings &classes : {Strings{}, Strings{"ham", "phish", "spam"}}) { // known by name, but without a row
        manifest.classes = classes;
        QVERIFY2(sentence().contains("\"phish\", unseen in training") && sentence().contains("train.tsv") &&
                     sentence().contains("dev.tsv"),
                 qPrintable(sentence()));
    }
    manifest.classes.clear();
    manifest.merge["phish"] = "spam";
    QCOMPARE(loadDataset(manifest).dev[1].label, 1);
    manifest.dev->label = -1;
    QVERIFY(sentence().contains("No label column"));
}

void TestDataset::unlabelledTestRowsStayInLine()
{
    auto manifest = smsLike(write("train.tsv", "ham\tone\nspam\ttwo\n"));
    manifest.dev = manifest.train;
    manifest.test = DataFile{write("test.tsv", "index\tsentence\n0\tfirst\n1\t \n2\tthird\n"),
                             {TableFormat::Kind::Delimited, '\t', false, true},
                             1,
                             -1,
                             -1,
                             0};
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.test.size(), std::size_t(3)); // the blank one too
    for (const auto &example : dataset.test)
        QCOMPARE(example.label, -1);
}

static std::vector<Example> messages(int n)
{
    std::vector<Example> all;
    for (int i = 0; i < n; ++i)
        all.push_back({"message " + std::to_string(i % (n * 9 / 10)), i % 7 ? "" : "second", i % 2, 0});
    return all;
}

void TestDataset::aSplitKeepsEqualTextsTogether()
{
    Dataset dataset;
    splitByText(messages(5000), {3, 0.1, 0.1}, true, dataset);
    std::map<std::string, std::set<int>> parts;
    const std::vector<const std::vector<Example> *> all = {&dataset.train, &dataset.dev, &dataset.test};
    for (int part = 0; part < 3; ++part)
        for (const auto &example : *all[std::size_t(part)])
            parts[textKey(example)].insert(part);
    for (const auto &[text, in] : parts)
        QCOMPARE(in.size(), std::size_t(1));
    QCOMPARE(dataset.dev.size(), std::size_t(500));
    QCOMPARE(dataset.test.size(), std::size_t(500));
    QCOMPARE(dataset.train.size(), std::size_t(4000));

    std::vector<Example> oneText(90, Example{"the same again", "", 0, 0});
    for (int i = 0; i < 10; ++i)
        oneText.push_back({"other " + std::to_string(i), "", 1, 0});
    Dataset uneven;
    splitByText(oneText, {0, 0.05, 0.0}, true, uneven);
    QCOMPARE(uneven.dev.size(), std::size_t(5)); // a large group does not swallow a small part
}

void TestDataset::aSplitDependsOnSeedAndTextsOnly()
{
    const auto devTexts = [](std::vector<Example> all, std::uint64_t seed) {
        Dataset dataset;
        splitByText(std::move(all), {seed, 0.1, 0.1}, true, dataset);
        std::multiset<std::string> texts;
        for (const auto &example : dataset.dev)
            texts.insert(textKey(example));
        return texts;
    };
    const auto all = messages(1000);
    auto reversed = all;
    std::reverse(reversed.begin(), reversed.end());
    QCOMPARE(devTexts(all, 1), devTexts(all, 1));
    QCOMPARE(devTexts(reversed, 1), devTexts(all, 1));
    QVERIFY(devTexts(all, 2) != devTexts(all, 1));

    Dataset dataset;
    splitByText(all, {1, 0.1, 0.1}, true, dataset);
    QCOMPARE(dataset.train.front().a, all.front().a); // the order of the file stays
}

void TestDataset::aSplitOfTooFewTextsIsRefused()
{
    Dataset dataset;
    const SplitRule rule;
    QVERIFY_EXCEPTION_THROWN(splitByText({{"a", "", 0, 0}, {"b", "", 1, 0}}, rule, true, dataset), Error);
    QVERIFY_EXCEPTION_THROWN(splitByText(std::vector<Example>(50, {"same", "", 0, 0}), rule, true, dataset), Error);
    QVERIFY_EXCEPTION_THROWN(splitByText(messages(100), {0, 0.6, 0.6}, true, dataset), Error);
    QVERIFY_EXCEPTION_THROWN(splitByText(messages(100), {0, -0.1, 0.1}, true, dataset), Error);
    QVERIFY_EXCEPTION_THROWN( // by rounding nothing would be left for training
        splitByText({{"a", "", 0, 0}, {"b", "", 1, 0}, {"c", "", 1, 0}}, {0, 0.5, 0.4}, true, dataset), Error);
    splitByText({{"a", "", 0, 0}, {"b", "", 1, 0}, {"c", "", 1, 0}}, rule, true, dataset);
    QCOMPARE(dataset.train.size(), std::size_t(1));
}

void TestDataset::aSplitLeavesTwoClassesForTraining()
{
    std::string rows;
    for (int i = 0; i < 20; ++i)
        rows += (i == 7 ? "ham\ttext " : "spam\ttext ") + std::to_string(i) + "\n";
    auto manifest = smsLike(write("train.tsv", rows));
    manifest.classes = {"ham", "spam"};
    int refused = 0, split = 0;
    for (manifest.split.seed = 0; manifest.split.seed < 40; ++manifest.split.seed) {
        try {
            const Dataset dataset = loadDataset(manifest);
            QVERIFY(std::ranges::count(dataset.train, 0, &Example::label) == 1);
            ++split;
        } catch (const Error &error) {
            QVERIFY2(std::string(error.what()).find("train.tsv") != std::string::npos, error.what());
            ++refused;
        }
    }
    QVERIFY(refused > 0 && split > 0);

    rows += "jam\tanother text\n"; // where two classes are left, a third that is not is said
    manifest = smsLike(write("train.tsv", rows + "ham\tone\nham\ttwo\nham\tthree\nham\tfour\n"));
    manifest.classes = {"ham", "jam", "spam"};
    int said = 0;
    for (manifest.split.seed = 0; manifest.split.seed < 40; ++manifest.split.seed) {
        const Dataset dataset = loadDataset(manifest);
        const bool trained = std::ranges::count(dataset.train, 1, &Example::label) == 1;
        const auto note = std::ranges::count_if(
            dataset.notes, [](const std::string &one) { return one.find("\"jam\" is so rare") != std::string::npos; });
        QCOMPARE(note, trained ? 0 : 1);
        said += int(note);
    }
    QVERIFY(said > 0);
}

void TestDataset::trainIsSplitOnlyWithoutADevFile()
{
    std::string rows;
    for (int i = 0; i < 100; ++i)
        rows += (i % 2 ? "ham\ttext " : "spam\ttext ") + std::to_string(i) + "\n";
    auto manifest = smsLike(write("train.tsv", rows));
    Dataset both = loadDataset(manifest);
    QCOMPARE(both.train.size(), std::size_t(80));
    QCOMPARE(both.dev.size(), std::size_t(10));
    QCOMPARE(both.test.size(), std::size_t(10));
    manifest.test = DataFile{write("test.tsv", "ham\tanother\n"), tsv, 1, -1, 0, 0};
    Dataset devOnly = loadDataset(manifest);
    QCOMPARE(devOnly.train.size(), std::size_t(90));
    QCOMPARE(devOnly.test.size(), std::size_t(1));
    manifest.dev = manifest.test;
    manifest.test.reset();
    Dataset official = loadDataset(manifest);
    QCOMPARE(official.train.size(), std::size_t(100));
    QVERIFY(official.test.empty());
}

void TestDataset::splitAndMetricsAreSetAsTheyAreWritten()
{
    Manifest manifest;
    QCOMPARE(splitText(manifest), std::string("80/10/10"));
    setSplit(manifest, " 62.5 / 30/7.5", 7);
    QCOMPARE(manifest.split, (SplitRule{7, 0.3, 0.075}));
    QCOMPARE(splitText(manifest), std::string("62.5/30/7.5"));
    setSplit(manifest, "66.66666667/16.66666667/16.66666666", 7);
    const SplitRule thirds = manifest.split;
    setSplit(manifest, splitText(manifest), 7); // as the dialog does that shows it
    QVERIFY(manifest.split.dev == thirds.dev && manifest.split.test == thirds.test);
    setSplit(manifest, "80/10/10", 0);
    QCOMPARE(manifest.split, SplitRule()); // to the bit
    setSplit(manifest, "70/30", 1);
    QCOMPARE(splitText(manifest), std::string("70/30/0"));
    manifest.test = DataFile();
    QCOMPARE(splitText(manifest), std::string("70/30"));
    setMetrics(manifest, "f1 ,accuracy");
    QCOMPARE(manifest.metrics, (Strings{"f1", "accuracy"}));
    QCOMPARE(metricsText(manifest), std::string("f1, accuracy"));
    manifest.task = Task::Regression;
    setMetrics(manifest, "spearman");
    QCOMPARE(manifest.metrics, Strings{"spearman"});
}

void TestDataset::splitsAndMetricsThatCannotBeAreRefused()
{
    Manifest manifest;
    const auto split = [&](const char *shares) { return refusal([&] { setSplit(manifest, shares, 5); }); };
    for (const char *shares : {"", "80", "80-20", "a/b/c", "50/20/20/10", "110/-20/10", "nan/50/50", "80/10/"})
        QVERIFY2(split(shares).contains("was not understood"), shares);
    QVERIFY(split("80/10/20").contains("does not add up to 100"));
    QVERIFY(split("0/50/50").contains("nothing for train"));
    QVERIFY(split("80/0/20").contains("nothing for dev"));
    manifest.test = DataFile();
    QVERIFY(split("80/10/10").contains("test, which has a file of its own"));
    manifest.dev = DataFile{"dev.tsv", tsv};
    QVERIFY(split("90/10").contains("dev.tsv"));
    QCOMPARE(manifest.split, SplitRule()); // a refusal changes nothing

    const auto metrics = [&](const char *names) { return refusal([&] { setMetrics(manifest, names); }); };
    QVERIFY(metrics("").contains("no metric of classes"));
    QVERIFY(
        metrics("accuracy, pearson").contains("\"pearson\" is no metric of classes; give some of accuracy, f1, matthews"));
    QVERIFY(metrics("f1, f1").contains("twice"));
    manifest.task = Task::Regression;
    QVERIFY(metrics("accuracy").contains("no metric of a score"));
    QVERIFY(manifest.metrics.empty());
}

void TestDataset::dataReadOtherwiseHasAnotherHash()
{
    const std::string rows = "text,note,label\nthe first thing,one,a\nthe second,two,b\nthe third,three,c\n";
    const std::filesystem::path file = write("things.csv", rows);
    const Manifest found = guessManifest(file, "things");
    QCOMPARE(found.sha256, sha256OfFile(file)); // as libraries have it that know of the files alone

    std::set<std::string> hashes{found.sha256};
    const auto isNew = [&](auto &&change) {
        Manifest manifest = found;
        change(manifest);
        completeManifest(manifest, false);
        return fileHashes(manifest.sha256) == found.sha256 && hashes.insert(manifest.sha256).second;
    };
    QVERIFY(isNew([](Manifest &m) { m.merge["c"] = "b"; }));
    QVERIFY(isNew([](Manifest &m) { m.merge["c"] = ""; }));
    QVERIFY(isNew([](Manifest &m) { m.train.textA = 1; }));
    QVERIFY(isNew([](Manifest &m) { m.train.textB = 1; }));
    QVERIFY(isNew([](Manifest &m) { m.train.format.header = false; }));
    QVERIFY(isNew([](Manifest &m) { m.split.seed = 1; }));
    QVERIFY(isNew([](Manifest &m) { m.split.dev = 0.2; }));
    QVERIFY(!isNew([](Manifest &m) { m.merge["c"] = "c"; }));
    QVERIFY(!isNew([](Manifest &m) { m.metrics = {"f1"}; }));
    QVERIFY(!isNew([](Manifest &m) { m.name = "other"; }));

    // Wherever the files lie and whichever are dev and test by the user's word alone.
    Manifest parts = found;
    parts.train.path = write("elsewhere/things.csv", rows);
    parts.dev = parts.test = parts.train;
    parts.split.seed = 3; // nothing is split off
    completeManifest(parts);
    QCOMPARE(parts.sha256, found.sha256 + " " + found.sha256 + " " + found.sha256);
}

void TestDataset::inspectionCountsDuplicatesConflictsAndLengths()
{
    Dataset dataset;
    dataset.manifest.classes = {"no", "yes"};
    dataset.train = {{"a", "", 0, 0}, {"a", "", 1, 0}, {"a", "", 1, 0}, {"b", "a", 1, 0}, {"b", "", 1, 0}};
    dataset.dev = {{"a", "", 1, 0}, {"b", "b", 0, 0}, {"b", "a", 0, 0}};
    const WordPiece tokenizer({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"}, {});
    const auto parts = inspectDataset(dataset, &tokenizer);
    QCOMPARE(parts.size(), std::size_t(2));
    QCOMPARE(parts[0].part, std::string("train"));
    QCOMPARE(parts[0].rows, std::size_t(5));
    QCOMPARE(parts[0].perClass, (std::vector<std::size_t>{1, 4}));
    QCOMPARE(parts[0].duplicates, std::size_t(2));
    QCOMPARE(parts[0].conflicting, std::size_t(1));
    QCOMPARE(parts[0].sharedWithTrain, std::size_t(0));
    QCOMPARE(parts[1].sharedWithTrain, std::size_t(2));
    QCOMPARE(parts[0].lengths, (std::vector<std::size_t>{0, 0, 0, 4, 0, 1})); // [CLS] a [SEP]; [CLS] b [SEP] a [SEP]
    QCOMPARE(parts[0].maxLength(), std::size_t(5));
    QCOMPARE(parts[0].meanLength(), 3.4);
    QCOMPARE(parts[0].truncatedShare(4), 0.2);
    QCOMPARE(parts[0].truncatedShare(5), 0.0);
    QVERIFY(inspectDataset(dataset, nullptr)[0].lengths.empty());
}

QTEST_GUILESS_MAIN(TestDataset)
#include "tst_dataset.moc"
