#include "core/store/lab.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/store/run_crew.h"
#include "core/store/store.h"
#include "core/store/worker_lock.h"

namespace awb {

namespace {

constexpr std::chrono::milliseconds pollEvery(200), afterError(1000);

} // namespace

struct Lab::Impl {
    Impl(std::filesystem::path folder, RunFunction function, const LabCallbacks &told)
        : home(std::move(folder)), run(std::move(function)), callbacks(told),
          crew(
              home, run, callbacks, [this] { return closing.stop_requested(); }, true, true)
    {
    }

    std::filesystem::path home;
    RunFunction run;
    LabCallbacks callbacks;
    std::stop_source closing;
    std::mutex mutex;
    std::condition_variable_any condition;
    bool woken = false;
    RunCrew crew;
    std::jthread thread; ///< last, so that it is joined before what it uses is gone

    void loop(const std::stop_token &stop);
    void workUntilEmpty(Store &store);
    void sleep(const std::stop_token &stop, std::chrono::milliseconds time);
};

void Lab::Impl::loop(const std::stop_token &stop)
{
    std::optional<Store> store;
    while (!stop.stop_requested()) {
        auto pause = pollEvery;
        try {
            if (!store)
                store.emplace(home);
            if (!store->isThere())
                throw Error("The library " + home.string() + " was replaced.");
            workUntilEmpty(*store);
        } catch (const std::exception &error) {
            if (callbacks.trouble)
                callbacks.trouble(error.what());
            store.reset(); // a later try may help
            pause = afterError;
        }
        sleep(stop, pause);
    }
}

void Lab::Impl::workUntilEmpty(Store &store)
{
    // Held while there is work only, so that the command line may run its own training beside an idle window.
    WorkerLock lock(home);
    if (!lock.tryLock())
        return;
    if (store.requeueOrphans() > 0 && callbacks.changed)
        callbacks.changed();
    crew.workUntilEmpty(store, {});
}

void Lab::Impl::sleep(const std::stop_token &stop, std::chrono::milliseconds time)
{
    std::unique_lock guard(mutex);
    condition.wait_for(guard, stop, time, [&] { return woken; });
    woken = false;
}

Lab::Lab(std::filesystem::path home, RunFunction run, LabCallbacks callbacks)
    : m(std::make_unique<Impl>(std::move(home), std::move(run), callbacks))
{
    m->thread = std::jthread([impl = m.get(), stop = m->closing.get_token()] { impl->loop(stop); });
}

Lab::~Lab()
{
    m->closing.request_stop();
}

void Lab::wake()
{
    const std::lock_guard guard(m->mutex);
    m->woken = true;
    m->condition.notify_all();
}

bool Lab::busy() const
{
    return m->crew.running() > 0;
}

namespace {

/// Of runs that another process computes: passes their progress on, as far as the store knows it. Says whether one of `ids`
/// is still queued or running.
bool passOnProgress(const Store &store, const std::vector<std::int64_t> &ids, const LabCallbacks &callbacks,
                    std::map<std::int64_t, int> &lastSteps)
{
    bool open = false;
    for (const std::int64_t id : ids) {
        const std::optional<Run> run = store.run(id);
        open = open || (run && (run->state == RunState::Queued || run->state == RunState::Running));
        if (!run || run->state != RunState::Running || !callbacks.progress)
            continue;
        const auto [last, isNew] = lastSteps.try_emplace(id, run->step);
        if (isNew || std::exchange(last->second, run->step) != run->step)
            callbacks.progress(
                {run->id, run->step, run->steps, run->loss, 0, run->examplesPerSecond, run->provenance.stepsPerSecond});
    }
    return open;
}

} // namespace

void workQueue(const std::filesystem::path &home, const RunFunction &run, const LabCallbacks &callbacks,
               const std::vector<std::int64_t> &only, const std::function<bool()> &stop)
{
    Store store(home);
    for (const std::int64_t id : only)
        if (!store.run(id))
            throw Error("The library has no run " + std::to_string(id) + "; it may have been deleted.");
    WorkerLock lock(home);
    std::map<std::int64_t, int> lastSteps;
    while (!(stop && stop())) {
        if (lock.tryLock()) {
            if (store.requeueOrphans() > 0 && callbacks.changed)
                callbacks.changed();
            RunCrew(home, run, callbacks, stop, false, false).workUntilEmpty(store, only);
            return;
        }
        if (!only.empty() && !passOnProgress(store, only, callbacks, lastSteps))
            return;
        std::this_thread::sleep_for(pollEvery);
    }
}

} // namespace awb
