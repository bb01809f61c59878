#include "app/working.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>

#include <unistd.h>

#include "app/output.h"
#include "core/error.h"
#include "core/spec_json.h"
#include "core/store/lab.h"
#include "core/store/run_training.h"

namespace awb {

namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free); // set from a signal handler

/// Ctrl-C and a polite kill ask to stop; a second one ends the process as usual.
class InterruptGuard {
public:
    InterruptGuard()
    {
        struct sigaction action {};
        action.sa_handler = [](int) { interrupted = true; };
        action.sa_flags = int(SA_RESETHAND);
        ::sigaction(SIGINT, &action, &m_oldInterrupt);
        ::sigaction(SIGTERM, &action, &m_oldTerminate);
    }
    ~InterruptGuard()
    {
        ::sigaction(SIGINT, &m_oldInterrupt, nullptr);
        ::sigaction(SIGTERM, &m_oldTerminate, nullptr);
    }
    InterruptGuard(const InterruptGuard &) = delete;
    InterruptGuard &operator=(const InterruptGuard &) = delete;

private:
    struct sigaction m_oldInterrupt {
    }, m_oldTerminate{};
};

/// What a person sees meanwhile, on standard error: one line that moves on a terminal, else a line per epoch.
class ProgressReport {
public:
    explicit ProgressReport(Store &store) : m_store(store), m_terminal(::isatty(STDERR_FILENO)) {}
    ~ProgressReport() { endLine(); }

    void progress(const Progress &p)
    {
        const auto now = std::chrono::steady_clock::now();
        begin(p.run);
        if (!m_terminal || now - m_shown < std::chrono::milliseconds(100))
            return;
        m_shown = now;
        const double left = p.examplesPerSecond > 0 ? double(p.steps - p.step) * m_batch / p.examplesPerSecond : 0;
        std::fprintf(stderr, "\r\033[K  step %d of %d, loss %.4f, %.0f examples/s, %s left", p.step, p.steps, p.loss,
                     p.examplesPerSecond, durationText(left).c_str());
        std::fflush(stderr);
        m_lineOpen = true;
    }

    /// The store changed: tells of epochs that have ended since.
    void changed()
    {
        if (m_run == 0)
            return;
        const auto run = m_store.run(m_run);
        if (!run)
            return;
        for (const Measurement &m : m_store.measurements(m_run))
            if (m.name.starts_with("dev.") && m.step > m_lastStep && m.name.substr(4) == firstMetric()) {
                endLine();
                std::fprintf(stderr, "  epoch %.0f of %d: loss %.4f, dev %s %s\n", m.epoch, run->spec.recipe.epochs,
                             run->loss, firstMetric().c_str(), scoreText(m.value).c_str());
                m_lastStep = m.step;
            }
    }

private:
    /// Names the run when its first progress arrives.
    void begin(std::int64_t id)
    {
        if (m_run == id)
            return;
        endLine();
        m_run = id;
        m_lastStep = 0;
        const auto run = m_store.run(id);
        if (!run)
            return;
        m_batch = run->spec.recipe.batch;
        m_metric = m_store.dataset(run->spec.dataset).metrics.front();
        std::fprintf(stderr, "run %lld: %s, %s, seed %llu\n", static_cast<long long>(id),
                     methodText(run->spec.method).c_str(), run->spec.dataset.c_str(),
                     static_cast<unsigned long long>(run->spec.seed));
    }
    const std::string &firstMetric() const { return m_metric; }
    void endLine()
    {
        if (m_lineOpen)
            std::fputs("\r\033[K", stderr);
        m_lineOpen = false;
    }

    Store &m_store;
    bool m_terminal;
    bool m_lineOpen = false;
    std::int64_t m_run = 0;
    int m_lastStep = 0;
    int m_batch = 0;
    std::string m_metric;
    std::chrono::steady_clock::time_point m_shown;
};

} // namespace

void work(Context &context, std::int64_t only)
{
    const InterruptGuard guard;
    {
        ProgressReport report(context.store());
        LabCallbacks callbacks;
        callbacks.changed = [&report] { report.changed(); };
        callbacks.progress = [&report](const Progress &p) { report.progress(p); };
        workQueue(context.homeFolder(), runTraining, callbacks, only, [] { return interrupted.load(); });
    }
    if (interrupted)
        throw Error("Stopped. The run keeps what it has computed and is in the queue again; `awb work` goes on with it.");
}

void requireDone(const Run &run)
{
    if (run.state == RunState::Failed)
        throw Error(run.error);
    if (run.state != RunState::Done)
        throw Error("Run " + std::to_string(run.id) + " is " + toString(run.state) + ", not done.");
}

} // namespace awb
