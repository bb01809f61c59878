#include "core/store/lab.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include "core/error.h"
#include "core/store/run_worker.h"
#include "core/store/store.h"
#include "core/store/worker_lock.h"

namespace awb {

namespace {

constexpr std::chrono::milliseconds pollEvery(200), afterError(1000);

bool ended(RunState state)
{
    return state == RunState::Done || state == RunState::Failed || state == RunState::Cancelled;
}

void requeueOrphans(Store &store, const RunWorker &worker)
{
    if (store.requeueOrphans() > 0)
        worker.changed();
}

} // namespace

struct Lab::Impl {
    std::filesystem::path home;
    RunFunction run;
    LabCallbacks callbacks;
    std::mutex mutex;
    std::condition_variable_any condition;
    bool woken = false;
    std::atomic<bool> busy = false;
    std::jthread thread; ///< last, so that it is joined before what it uses is gone

    void loop(const std::stop_token &stop);
    void workUntilEmpty(const std::stop_token &stop, Store &store);
    void sleep(const std::stop_token &stop, std::chrono::milliseconds time);
};

void Lab::Impl::loop(const std::stop_token &stop)
{
    // The window shares the cores with this thread (and with the ones that LibTorch starts from it) and must stay fluid.
    // On Linux a thread has a nice value of its own.
    ::setpriority(PRIO_PROCESS, id_t(::gettid()), 10);
    std::optional<Store> store;
    while (!stop.stop_requested()) {
        auto pause = pollEvery;
        try {
            if (!store)
                store.emplace(home);
            workUntilEmpty(stop, *store);
        } catch (const std::exception &) {
            // Whoever looks at the library gets the sentence from a store of his own. Here only a later try helps.
            store.reset();
            pause = afterError;
        }
        sleep(stop, pause);
    }
}

void Lab::Impl::workUntilEmpty(const std::stop_token &stop, Store &store)
{
    // Held while there is work only, so that the command line may run its own training beside an idle window.
    WorkerLock lock(home);
    if (!lock.tryLock())
        return;
    RunWorker worker(
        store, run, callbacks, [&] { return stop.stop_requested(); }, true);
    requeueOrphans(store, worker);
    while (!stop.stop_requested()) {
        const std::optional<Run> next = store.claim();
        if (!next)
            return;
        busy = true;
        try {
            worker.compute(*next);
        } catch (...) {
            busy = false;
            throw;
        }
        busy = false;
        worker.changed();
    }
}

void Lab::Impl::sleep(const std::stop_token &stop, std::chrono::milliseconds time)
{
    std::unique_lock guard(mutex);
    condition.wait_for(guard, stop, time, [&] { return woken; });
    woken = false;
}

Lab::Lab(std::filesystem::path home, RunFunction run, LabCallbacks callbacks) : m(std::make_unique<Impl>())
{
    m->home = std::move(home);
    m->run = std::move(run);
    m->callbacks = std::move(callbacks);
    m->thread = std::jthread([impl = m.get()](const std::stop_token &stop) { impl->loop(stop); });
}

Lab::~Lab() = default;

void Lab::wake()
{
    const std::lock_guard guard(m->mutex);
    m->woken = true;
    m->condition.notify_all();
}

bool Lab::busy() const
{
    return m->busy;
}

namespace {

/// A run that another process computes: passes its progress on, as far as the store knows it.
void passOnProgress(const Run &run, const LabCallbacks &callbacks, int &lastStep)
{
    if (run.state != RunState::Running || run.step == lastStep || !callbacks.progress)
        return;
    lastStep = run.step;
    callbacks.progress({run.id, run.step, run.steps, run.loss, 0, run.examplesPerSecond});
}

} // namespace

void workQueue(const std::filesystem::path &home, const RunFunction &run, const LabCallbacks &callbacks, std::int64_t only,
               const std::function<bool()> &stop)
{
    Store store(home);
    WorkerLock lock(home);
    RunWorker worker(store, run, callbacks, stop, false);
    int lastStep = -1;
    while (!stop || !stop()) {
        const bool ours = lock.tryLock();
        if (ours)
            requeueOrphans(store, worker);
        if (only != 0) {
            const std::optional<Run> wanted = store.run(only);
            if (!wanted)
                throw Error("The library has no run " + std::to_string(only) + "; it may have been deleted.");
            if (ended(wanted->state) || wanted->state == RunState::Paused)
                return;
            passOnProgress(*wanted, callbacks, lastStep);
        }
        if (ours) {
            const std::optional<Run> next = only != 0 ? store.claim(only) : store.claim();
            if (next)
                worker.compute(*next);
            else if (only == 0)
                return;
            continue;
        }
        std::this_thread::sleep_for(pollEvery);
    }
}

} // namespace awb
