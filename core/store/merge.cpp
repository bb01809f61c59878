#include "core/store/merge.h"

#include <map>

#include <unistd.h>

#include "core/error.h"
#include "core/files.h"
#include "core/store/zip.h"
#include "core/study/seed_groups.h"
#include "core/study/study.h"
#include "core/temporary_folder.h"

namespace awb {

namespace {

namespace fs = std::filesystem;

constexpr const char *libraryName = "library.sqlite";

/// Beside what it becomes or where it goes: on the same disk.
std::string partOf(const fs::path &path, const std::string &process = std::to_string(::getpid()))
{
    return path.string() + ".part-" + process;
}

/// Notes on the data sets and checkpoints here that are not those of the runs that came.
void noteChanges(const Store &store, const Store &other, MergeReport &report)
{
    std::map<std::string, std::string> data, checkpoints;
    for (const Manifest &manifest : store.datasets())
        data[manifest.name] = manifest.sha256;
    for (const CheckpointEntry &entry : store.checkpoints())
        checkpoints[entry.name] = entry.sha256;
    std::map<std::string, int> otherData, otherCheckpoint;
    for (const Run &run : other.finishedRuns({}, {})) {
        if (const auto found = data.find(run.spec.dataset);
            found != data.end() && found->second != run.provenance.dataSha256)
            ++otherData[run.spec.dataset];
        if (const auto found = checkpoints.find(run.spec.checkpoint);
            found != checkpoints.end() && !sameCheckpoint(found->second, run.provenance.checkpointSha256))
            ++otherCheckpoint[run.spec.checkpoint];
    }
    const auto note = [&](const std::string &what, const std::map<std::string, int> &changed, const std::string &why) {
        for (const auto &[name, count] : changed)
            report.notes.push_back("The " + what + " " + name + " is another here than that which " + runsText(count) +
                                   (count == 1 ? " was" : " were") + " computed " + why);
    };
    note("data set", otherData, "on: it has other files, or the same ones are read otherwise.");
    note("checkpoint", otherCheckpoint, "with: its weights, its vocabulary or its configuration are others.");
}

/// Registers what only the other library has, where it lies.
void addMissing(Store &store, const Store &other)
{
    const auto has = [](const auto &entries, const std::string &name) {
        for (const auto &entry : entries)
            if (entry.name == name)
                return true;
        return false;
    };
    std::vector<CheckpointEntry> checkpoints;
    std::vector<Manifest> datasets;
    for (CheckpointEntry entry : other.checkpoints())
        if (!has(store.checkpoints(), entry.name)) {
            entry.folder = other.resolve(entry.folder).string();
            checkpoints.push_back(std::move(entry));
        }
    for (const Manifest &manifest : other.datasets())
        if (!has(store.datasets(), manifest.name))
            datasets.push_back(manifest);
    store.addSampleLibrary(checkpoints, datasets);
}

} // namespace

std::string runsText(int count)
{
    return std::to_string(count) + (count == 1 ? " run" : " runs");
}

std::string describe(const MergeReport &report)
{
    std::string text = report.runs == 0 ? "No run is new here" : runsText(report.runs) + " came in";
    if (report.known > 0)
        text += "; " + runsText(report.known) + (report.known == 1 ? " was" : " were") + " here already";
    if (report.unfinished > 0)
        text += "; " + runsText(report.unfinished) + " that " + (report.unfinished == 1 ? "is" : "are") +
                " not finished stayed there";
    text += ".";
    for (const std::string &note : report.notes)
        text += "\n" + note;
    return text;
}

MergeReport mergeLibrary(Store &store, const fs::path &otherHome)
{
    std::error_code error;
    if (!fs::is_regular_file(otherHome / libraryName, error))
        throw Error("The folder " + otherHome.string() + " is no library: it has no file " + libraryName + ".");
    if (fs::equivalent(otherHome, store.home(), error))
        throw Error("The folder " + otherHome.string() + " is this library itself; choose another one.");
    const Store other(otherHome, Store::Access::ReadAtLeast);
    MergeReport report = store.absorb(other, {});
    noteChanges(store, other, report);
    addMissing(store, other);
    return report;
}

void exportStudy(const Store &store, const Study &study, const fs::path &archive,
                 const std::function<void(const fs::path &folder)> &addFigures)
{
    const TemporaryFolder folder(partOf(archive));
    {
        Store part(folder.path());
        part.saveStudy(study);
        if (part.absorb(store, study.name).runs == 0)
            throw Error("The study " + study.name + " has no finished run to export; `awb study run " + study.name +
                        "` computes it.");
    }
    writeFileAtomically(folder.path() / "study.json", toJson(study));
    if (addFigures) {
        createFolders(folder.path() / "figures");
        addFigures(folder.path() / "figures");
    }
    packZip(folder.path(), archive);
}

MergeReport importStudy(Store &store, const fs::path &archive)
{
    removeAbandoned(store.home(), partOf("incoming", ""));
    const TemporaryFolder folder(partOf(store.home() / "incoming"));
    unpackZip(archive, folder.path(), [](const std::string &entry) {
        return entry == libraryName || entry.starts_with("runs/") ? entry : std::string();
    });
    if (!fs::exists(folder.path() / libraryName))
        throw Error("The archive " + archive.string() + " holds no study: it has no " + libraryName +
                    ". `awb study export` writes such archives.");
    try {
        const Store other(folder.path());
        MergeReport report = store.absorb(other, {});
        noteChanges(store, other, report);
        return report;
    } catch (const Error &error) {
        throw Error("The archive " + archive.string() + " cannot be imported: " + error.what());
    }
}

} // namespace awb
