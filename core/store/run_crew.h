#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/store/lab.h"
#include "core/store/memory_budget.h"

namespace awb {

/// Computes queued runs side by side, each on a long-lived thread of its own with its share of the cores: one run to a core
/// is faster than all cores to one run, and what the runs have in common is in memory once. A run's numbers do not depend
/// on its company. Another run starts when the one before has done its first step and half of the machine's memory is
/// still free; a run whose numbers depend on the number of threads, or that needs another device, is computed alone.
class RunCrew {
public:
    /// `stop`, `patient`: as RunWorker's. `background`: the threads run at a lower priority than the window. `plenty`:
    /// whether the memory is enough for another run beside those at hand.
    RunCrew(
        std::filesystem::path home, const RunFunction &run, const LabCallbacks &callbacks, std::function<bool()> stop,
        bool patient, bool background, std::function<bool()> plenty = [] { return memoryIsPlenty(); });
    /// Waits for the runs at hand.
    ~RunCrew();
    RunCrew(const RunCrew &) = delete;
    RunCrew &operator=(const RunCrew &) = delete;

    /// Until the queue is empty, or none of the runs `only` is queued (none given: all), or stop(). Call with the worker
    /// lock held. Throws Error when an outcome cannot be written.
    void workUntilEmpty(Store &store, std::vector<std::int64_t> only);
    int running() const { return m_running; }

private:
    struct Member;

    bool mayStart(const Run &next) const;
    void start(const Run &run);
    void work(Member &member);
    void computed(Member &member, std::exception_ptr failure);
    void progressed(const Progress &progress);
    void tell(const std::function<void()> &what); ///< those who look on

    std::filesystem::path m_home;
    const RunFunction &m_run;
    LabCallbacks m_outer; ///< whom the callbacks are for
    LabCallbacks m_callbacks;
    std::function<bool()> m_stop, m_plenty;
    bool m_patient, m_background;

    std::mutex m_telling; ///< one callback at a time
    mutable std::mutex m_mutex;
    std::condition_variable m_condition;
    bool m_closing = false;
    std::atomic<int> m_running = 0;
    std::exception_ptr m_failure;
    std::vector<std::unique_ptr<Member>> m_members; ///< last: their threads use the rest
};

} // namespace awb
