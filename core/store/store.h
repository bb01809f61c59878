#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/data/dataset.h"
#include "core/types.h"

namespace awb {

struct AblationMap;
struct MergeReport;
struct Study;

/// A checkpoint known to the library.
struct CheckpointEntry {
    std::string name;
    std::string folder; ///< absolute, or relative to the library when inside it
    std::string sha256; ///< checkpointSha256()
    std::string added;  ///< ISO 8601, UTC
};

/// The library: a folder with library.sqlite (the truth), checkpoints/, data/, runs/. The only place with SQL.
/// One object per thread. Several processes may use one library at the same time (WAL).
/// Every member throws Error with a sentence: a newer library than the program, read-only folder, full disk.
class Store {
public:
    /// --home, else AWB_HOME, else $XDG_DATA_HOME/adapter-workbench, else ~/.local/share/adapter-workbench.
    static std::filesystem::path defaultHome();

    enum class Access {
        Write, ///< throws Error where the library may not be written
        /// The same where it may be written. Else a copy of its database is read: what others write later is not seen, and
        /// every member that writes throws Error.
        ReadAtLeast
    };

    /// Opens, creates or migrates the library in `home`.
    explicit Store(const std::filesystem::path &home, Access access = Access::Write);
    ~Store();

    const std::filesystem::path &home() const;
    /// Throws Error where nothing can be written, before something is computed for nothing.
    void requireWritable() const;
    /// Absolute path of a stored path (relative ones start at home()).
    std::filesystem::path resolve(const std::string &stored) const;

    // -- checkpoints and data sets
    void addCheckpoint(const CheckpointEntry &entry);          ///< replaces one of the same name
    std::vector<CheckpointEntry> checkpoints() const;          ///< by name
    CheckpointEntry checkpoint(const std::string &name) const; ///< throws Error listing the known names
    void removeCheckpoint(const std::string &name);
    void addDataset(const Manifest &manifest);       ///< replaces one of the same name
    std::vector<Manifest> datasets() const;          ///< by name
    Manifest dataset(const std::string &name) const; ///< throws Error listing the known names
    void removeDataset(const std::string &name);
    /// All or nothing: what a fetch registers.
    void addSampleLibrary(const std::vector<CheckpointEntry> &checkpoints, const std::vector<Manifest> &datasets);

    // -- studies
    void saveStudy(const Study &study); ///< replaces one of the same name
    std::vector<Study> studies() const; ///< by name
    std::optional<Study> study(const std::string &name) const;
    /// Its runs stay without its name, those that wait are cancelled. Throws Error while one is being computed.
    void removeStudy(const std::string &name);

    // -- queue
    /// One transaction; ids in the order of specs. `study` may be empty.
    std::vector<std::int64_t> enqueue(const std::vector<TrainSpec> &specs, const std::string &study = {});
    /// The same for a study, but of specs that a run of it waits for or computes already that run's id.
    std::vector<std::int64_t> enqueueMissing(const std::vector<TrainSpec> &specs, const std::string &study);
    /// First queued run; nothing when none is queued or the queue is paused.
    std::optional<Run> next() const;
    /// The same, now 'running'.
    std::optional<Run> claim();
    /// That run, now 'running', if it is still queued.
    std::optional<Run> claim(std::int64_t id);
    void setProgress(const Progress &progress);
    void addMeasurements(std::int64_t run, const std::vector<Measurement> &measurements); ///< one transaction
    /// Removes a run's curve points after `step` (when it goes on from a snapshot).
    void dropMeasurementsAfter(std::int64_t run, int step);
    /// 'done' with score, weights and provenance in one transaction. Its snapshot goes.
    void finish(const Run &run);
    void fail(std::int64_t id, const std::string &sentence);
    /// A running run that has stopped becomes what was asked for, cancelled or paused, or is queued again: the program is
    /// closing. `remark`: a sentence for the user, kept as the run's error until it is claimed.
    void leave(std::int64_t id, const std::string &remark = {});
    /// A queued or paused run becomes cancelled; a running one is asked to stop and the worker cancels it.
    void cancel(std::int64_t id);
    /// A queued run becomes paused; a running one is asked to stop, keeps its snapshot and becomes paused.
    void pause(std::int64_t id);
    void resume(std::int64_t id); ///< paused -> queued
    /// A failed or cancelled run goes to the end of the queue: a failed one with its snapshot and its curves so far, a
    /// cancelled one from the beginning.
    void retry(std::int64_t id);
    /// Moves a queued run by `places` (negative: earlier).
    void move(std::int64_t id, int places);
    /// Deletes run, curves and its folder. Throws Error for a running one.
    void remove(std::int64_t id);
    /// What a stop request for a running run asks for; Running when none.
    RunState requestedState(std::int64_t id) const;
    /// A fact about the machine under a name of its own, as an earlier start has kept it.
    std::optional<std::string> remembered(const std::string &name) const;
    void remember(const std::string &name, const std::string &value);
    void setQueuePaused(bool paused);
    bool queuePaused() const;
    /// 'running' without a worker: 'queued' again, the third time in a row 'failed'. With the worker lock. Returns how many.
    int requeueOrphans();

    // -- reading
    std::vector<Run> runs() const; ///< newest first
    std::optional<Run> run(std::int64_t id) const;
    /// The run that was finished last; where none is, the one added last.
    std::optional<Run> latestRun() const;
    /// Ids of the runs in a state, oldest first; of all runs without one. Much cheaper than runs().
    std::vector<std::int64_t> runIds(std::optional<RunState> state = std::nullopt) const;
    std::vector<Measurement> measurements(std::int64_t run) const;
    /// Finished runs of one data set and checkpoint; empty names mean any.
    std::vector<Run> finishedRuns(const std::string &dataset, const std::string &checkpoint) const;
    /// Data set and checkpoint of finished runs, each pair once, whether the library still has them or not.
    std::vector<std::pair<std::string, std::string>> tasksOfRuns() const;
    /// Runs of a study, oldest first.
    std::vector<Run> runsOfStudy(const std::string &study) const;
    /// The highest value of its own metric on dev over its epochs, of each finished run of a study that has one.
    std::map<std::int64_t, double> bestEpochScores(const std::string &study) const;
    /// The value of its own metric on test, of each finished run of a study that was scored there; NaN: not a number.
    std::map<std::int64_t, double> testScores(const std::string &study) const;
    /// Takes in the finished runs of another library (of one study; empty: all) that are not here yet, with curves and
    /// files, and its studies that have no namesake here. One transaction.
    MergeReport absorb(const Store &other, const std::string &study);
    /// The run's stored map; nothing when none was computed.
    std::optional<AblationMap> ablation(std::int64_t run) const;
    /// Replaces the run's map in one transaction; a run that was deleted meanwhile gets none.
    void saveAblation(std::int64_t run, const AblationMap &map);
    /// Changes when any other connection or process commits (PRAGMA data_version).
    std::int64_t dataVersion() const;
    /// Whether the file of the library is still where it was opened: false once it was deleted, moved or replaced.
    bool isThere() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m;
};

} // namespace awb
