#include "app/working.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iterator>
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

/// Ctrl-C, a polite kill and a closed terminal ask to stop; a second one ends the process as usual. What is ignored already,
/// as `nohup` does, stays so.
class InterruptGuard {
public:
    InterruptGuard()
    {
        struct sigaction action {};
        action.sa_handler = [](int) { interrupted = true; };
        action.sa_flags = int(SA_RESETHAND);
        for (std::size_t i = 0; i < std::size(signals); ++i) {
            ::sigaction(signals[i], nullptr, &m_old[i]);
            if (m_old[i].sa_handler != SIG_IGN)
                ::sigaction(signals[i], &action, nullptr);
        }
    }
    ~InterruptGuard()
    {
        for (std::size_t i = 0; i < std::size(signals); ++i)
            ::sigaction(signals[i], &m_old[i], nullptr);
    }
    InterruptGuard(const InterruptGuard &) = delete;
    InterruptGuard &operator=(const InterruptGuard &) = delete;

private:
    static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction m_old[std::size(signals)]{};
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
        std::string metric;
        Progress last;
    };

    /// Names the run when its first progress arrives.
    Seen &known(std::int64_t id)
    {
        const auto [at, isNew] = m_runs.try_emplace(id);
        const auto run = isNew ? m_store.run(id) : std::nullopt;
        if (run) {
            at->second.metric = m_store.dataset(run->spec.dataset).metrics.front();
            endLine();
            std::fprintf(stderr, "run %lld: %s, %s, seed %llu\n", static_cast<long long>(id),
                         methodText(run->spec.method).c_str(), run->spec.dataset.c_str(),
                         static_cast<unsigned long long>(run->spec.seed));
        }
        return at->second;
    }

    static std::string lineOf(std::int64_t id, const Seen &seen)
    {
        const Progress &p = seen.last;
        const double left = p.stepsPerSecond > 0 ? double(p.steps - p.step) / p.stepsPerSecond : 0;
        char text[160];
        std::snprintf(text, sizeof text, "run %lld: step %d of %d, loss %.4f, %.0f examples/s, %s left",
                      static_cast<long long>(id), p.step, p.steps, p.loss, p.examplesPerSecond, durationText(left).c_str());
        return text;
    }

    /// Of the steps after `from` up to `to`: "mean loss 0.4321, "; empty where no loss was stored there.
    static std::string meanLoss(const std::vector<Measurement> &all, int from, int to)
    {
        double sum = 0;
        int n = 0;
        for (const Measurement &m : all)
            if (m.name == "loss" && from < m.step && m.step <= to) {
                sum += m.value; // each stands for equally many steps
                ++n;
            }
        char text[48];
        std::snprintf(text, sizeof text, "mean loss %.4f, ", sum / n);
        return n > 0 ? text : "";
    }

    void tellEpochs(const Run &run, Seen &seen)
    {
        const std::vector<Measurement> all = m_store.measurements(run.id);
        for (const Measurement &m : all) {
            if (m.name != "dev." + seen.metric || m.step <= seen.lastStep)
                continue;
            endLine();
            std::fprintf(stderr, "  run %lld, epoch %.0f of %d: %sdev %s %s\n", static_cast<long long>(run.id), m.epoch,
                         run.spec.recipe.epochs, meanLoss(all, seen.lastStep, m.step).c_str(), seen.metric.c_str(),
                         scoreText(m.value).c_str());
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

/// Throws the sentence after an interrupt, unless all that was to be done is done. `only` empty: the whole queue.
void sayWhatStopped(const Store &store, const std::vector<std::int64_t> &only)
{
    bool queued = only.empty();
    for (const std::int64_t id : only) {
        const auto run = store.run(id);
        queued = queued || (run && run->state == RunState::Queued);
        if (run && run->state == RunState::Running) // this process has let go of its own
            throw Error("Stopped waiting. Run " + std::to_string(id) + " is computed by another process and goes on there.");
    }
    if (queued)
        throw Error("Stopped. The run keeps what it has computed and is in the queue again; `awb work` goes on with it.");
}

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
        sayWhatStopped(context.store(), only);
}

void requireDone(const Run &run)
{
    if (run.state == RunState::Failed)
        throw Error(run.error);
    if (run.state != RunState::Done)
        throw Error("Run " + std::to_string(run.id) + " is " + toString(run.state) + ", not done.");
}

} // namespace awb
