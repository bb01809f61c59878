#include "app/working.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <map>
#include <optional>

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

/// What a person sees meanwhile, on standard error: a line per run and epoch, and on a terminal one that moves for all runs
/// that are computed.
class ProgressReport {
public:
    ProgressReport(Store &store, const std::function<void()> &runEnded)
        : m_store(store), m_runEnded(runEnded), m_terminal(::isatty(STDERR_FILENO))
    {
    }
    ~ProgressReport() { endLine(); }

    void progress(const Progress &p)
    {
        const auto now = std::chrono::steady_clock::now();
        known(p.run).last = p;
        if (!m_terminal || now - m_shown < std::chrono::milliseconds(100))
            return;
        m_shown = now;
        std::string line;
        for (const auto &[id, seen] : m_runs)
            line += (line.empty() ? "  " : " | ") + lineOf(id, seen);
        std::fprintf(stderr, "\r\033[K%s", line.c_str());
        std::fflush(stderr);
        m_lineOpen = true;
    }

    /// The store changed: tells of epochs that have ended since.
    void changed()
    {
        for (auto it = m_runs.begin(); it != m_runs.end();) {
            const auto run = m_store.run(it->first);
            if (run)
                tellEpochs(*run, it->second);
            if (run && run->state == RunState::Running) {
                ++it;
                continue;
            }
            it = m_runs.erase(it);
            if (run && run->state != RunState::Queued && m_runEnded)
                m_runEnded();
        }
    }

private:
    struct Seen {
        int lastStep = 0; ///< of the epochs told
        int batch = 0;
        std::string metric;
        Progress last;
    };

    /// Names the run when its first progress arrives.
    Seen &known(std::int64_t id)
    {
        const auto [at, isNew] = m_runs.try_emplace(id);
        const auto run = isNew ? m_store.run(id) : std::nullopt;
        if (run) {
            at->second.batch = run->spec.recipe.batch;
            at->second.metric = m_store.dataset(run->spec.dataset).metrics.front();
            endLine();
            std::fprintf(stderr, "run %lld: %s, %s, seed %llu\n", static_cast<long long>(id),
                         methodText(run->spec.method).c_str(), run->spec.dataset.c_str(),
                         static_cast<unsigned long long>(run->spec.seed));
        }
        return at->second;
    }

    std::string lineOf(std::int64_t id, const Seen &seen) const
    {
        const Progress &p = seen.last;
        const double left = p.examplesPerSecond > 0 ? double(p.steps - p.step) * seen.batch / p.examplesPerSecond : 0;
        char text[160];
        std::snprintf(text, sizeof text, "run %lld: step %d of %d, loss %.4f, %.0f examples/s, %s left",
                      static_cast<long long>(id), p.step, p.steps, p.loss, p.examplesPerSecond, durationText(left).c_str());
        return text;
    }

    void tellEpochs(const Run &run, Seen &seen)
    {
        for (const Measurement &m : m_store.measurements(run.id)) {
            if (m.name != "dev." + seen.metric || m.step <= seen.lastStep)
                continue;
            endLine();
            std::fprintf(stderr, "  run %lld, epoch %.0f of %d: loss %.4f, dev %s %s\n", static_cast<long long>(run.id),
                         m.epoch, run.spec.recipe.epochs, run.loss, seen.metric.c_str(), scoreText(m.value).c_str());
            seen.lastStep = m.step;
        }
    }

    void endLine()
    {
        if (m_lineOpen)
            std::fputs("\r\033[K", stderr);
        m_lineOpen = false;
    }

    Store &m_store;
    const std::function<void()> &m_runEnded;
    bool m_terminal;
    bool m_lineOpen = false;
    std::map<std::int64_t, Seen> m_runs; ///< that are computed now
    std::chrono::steady_clock::time_point m_shown;
};

} // namespace

void work(Context &context, const std::vector<std::int64_t> &only, const std::function<void()> &runEnded)
{
    const InterruptGuard guard;
    {
        ProgressReport report(context.store(), runEnded);
        LabCallbacks callbacks;
        callbacks.changed = [&report] { report.changed(); };
        callbacks.progress = [&report](const Progress &p) { report.progress(p); };
        workQueue(context.homeFolder(), trainingFunction(), callbacks, only, [] { return interrupted.load(); });
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
