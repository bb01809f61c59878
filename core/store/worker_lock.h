#pragma once

#include <filesystem>

namespace awb {

class Store;

/// The right to compute runs of a library: an exclusive flock on home/worker.lock. The kernel gives it back when its
/// process ends, however that happens. Two objects exclude each other in one process too.
class WorkerLock {
public:
    /// Does not lock yet. Throws Error when the file cannot be created.
    explicit WorkerLock(const std::filesystem::path &home);
    ~WorkerLock();
    WorkerLock(const WorkerLock &) = delete;
    WorkerLock &operator=(const WorkerLock &) = delete;

    /// False when somebody else has it; true when it is ours, now or already. Throws Error where files cannot be locked.
    bool tryLock();
    void unlock();

private:
    std::filesystem::path m_file;
    int m_descriptor = -1;
    bool m_held = false;
};

/// Store::requeueOrphans() for whoever works no queue, when nobody else does: runs of a killed program wait again. A library
/// that can only be read stays as it is.
void requeueOrphansOf(Store &store);

} // namespace awb
