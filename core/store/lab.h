#pragma once

#include <functional>
#include <filesystem>
#include <memory>
#include <string>

#include "core/types.h"

namespace awb {

class Store;

/// Handed to the function that computes a run.
struct RunContext {
    Store &store;                                                   ///< of the worker thread
    std::filesystem::path folder;                                   ///< runs/ID, for weights and snapshot
    std::function<void(const Progress &)> progress;                 ///< any rate; throttled by the lab
    std::function<void(const std::vector<Measurement> &)> measured; ///< once per epoch; stored in one transaction
    std::function<bool()> stopRequested; ///< asked between batches; true: save a snapshot and throw Stopped
    std::function<int()> threads;        ///< this run's share of the cores now: others may be computed beside it
};

/// Computes a run and returns it with score, weights, parameters and provenance filled in. Throws Error (the run
/// becomes 'failed') or Stopped (paused, cancelled or queued again).
using RunFunction = std::function<Run(const Run &, RunContext &)>;

/// Called from the threads that compute, never two at once. Must be cheap: hop to your own thread.
struct LabCallbacks {
    std::function<void()> changed;                  ///< something in the store changed: look again
    std::function<void(const Progress &)> progress; ///< at most ten times a second
    /// Why the store cannot be written at the moment (a full disk, say), at each try of a worker that goes on trying.
    std::function<void(const std::string &)> trouble;
};

/// The queue's worker: takes the first queued runs, computes them side by side (run_crew.h), writes the results, and goes on
/// with the next whatever happened. Only one process per library works at a time: it holds a lock on worker.lock, which
/// the kernel frees even after kill -9; another process's lab waits for it and takes over.
class Lab {
public:
    Lab(std::filesystem::path home, RunFunction run, LabCallbacks callbacks);
    /// Asks the current runs to stop (they keep their snapshots and go back to 'queued') and joins.
    ~Lab();

    /// Something was enqueued, resumed, cancelled: look now rather than at the next poll (200 ms).
    void wake();
    /// True while this process computes runs.
    bool busy() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m;
};

/// Works the queue, or only the runs named, until none of them is queued or running. Waits for a lab of another process that
/// holds the lock. `stop` is asked between batches (Ctrl-C). Throws Error when a run is not in the library.
void workQueue(const std::filesystem::path &home, const RunFunction &run, const LabCallbacks &callbacks,
               const std::vector<std::int64_t> &only, const std::function<bool()> &stop);

} // namespace awb
