#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "core/store/lab.h"
#include "core/store/store.h"

namespace awb {

/// Computes claimed runs one by one and writes what becomes of them into the store, whatever happens. Lives on the thread
/// that computes, with that thread's store.
class RunWorker {
public:
    /// `stop` is asked between batches; true: the run at hand goes back to the queue with its snapshot. `patient`: an
    /// outcome that cannot be written (a full disk, say) is tried again every second until `stop`. `company`: how many runs
    /// are computed at the moment, this one included; empty: this one alone.
    RunWorker(Store &store, const RunFunction &run, const LabCallbacks &callbacks, std::function<bool()> stop, bool patient,
              std::function<int()> company = {});

    /// Computes `run` and leaves it done, failed, cancelled, paused or (stop) queued. Throws Error when even that cannot
    /// be written: then the run stays 'running' until the worker lock is taken the next time.
    void compute(const Run &run);
    void changed() const;

private:
    using Clock = std::chrono::steady_clock;

    Run result(const Run &run);
    int shareOfTheCores();
    void settle(const std::function<void()> &write);
    void report(const Progress &progress);
    bool stopRequested(std::int64_t id);
    void storeMeasurements(std::int64_t id);

    Store &m_store;
    const RunFunction &m_run;
    const LabCallbacks &m_callbacks;
    std::function<bool()> m_stop;
    bool m_patient;
    std::function<int()> m_company;
    int m_mostCompany = 1;   ///< over the run's time
    bool m_stopping = false; ///< once true it stays true for the run
    std::optional<Progress> m_last;
    std::vector<Measurement> m_pending; ///< curve points that could not be written yet
    Clock::time_point m_reported, m_stored;
};

} // namespace awb
