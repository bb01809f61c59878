#include "core/store/run_crew.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "core/error.h"
#include "core/store/run_worker.h"
#include "core/store/store.h"
#include "core/train/devices.h"

namespace awb {

namespace {

constexpr std::chrono::milliseconds pollEvery(200);
constexpr int most = 8;

/// The first of `ids` that is queued. Takes off those before it that are not going to be.
std::optional<Run> firstQueued(const Store &store, std::vector<std::int64_t> &ids)
{
    for (auto id = ids.begin(); id != ids.end();) {
        std::optional<Run> run = store.run(*id);
        if (run && run->state == RunState::Queued)
            return run;
        id = run && run->state == RunState::Running ? std::next(id) : ids.erase(id);
    }
    return std::nullopt;
}

} // namespace

/// A thread and the run it computes.
struct RunCrew::Member {
    std::optional<Run> run;
    bool stepped = false; ///< the run has done a step, so its memory is taken
    std::thread thread;
};

RunCrew::RunCrew(std::filesystem::path home, const RunFunction &run, const LabCallbacks &callbacks,
                 std::function<bool()> stop, bool patient, bool background, std::function<bool()> plenty)
    : m_home(std::move(home)), m_run(run), m_outer(callbacks), m_stop(std::move(stop)), m_plenty(std::move(plenty)),
      m_patient(patient), m_background(background)
{
    m_callbacks.changed = [this] {
        tell([this] {
            if (m_outer.changed)
                m_outer.changed();
        });
    };
    m_callbacks.progress = [this](const Progress &progress) { progressed(progress); };
    m_callbacks.trouble = [this](const std::string &sentence) {
        tell([&] {
            if (m_outer.trouble)
                m_outer.trouble(sentence);
        });
    };
}

RunCrew::~RunCrew()
{
    {
        const std::lock_guard guard(m_mutex);
        m_closing = true;
    }
    m_condition.notify_all();
    for (const auto &member : m_members)
        member->thread.join();
}

bool RunCrew::mayStart(const Run &next) const
{
    const std::lock_guard guard(m_mutex);
    if (m_running == 0)
        return true;
    for (const auto &member : m_members)
        if (member->run && (!member->stepped || !sharesTheCores(member->run->spec.recipe)))
            return false;
    return m_running < std::min(most, defaultThreads()) && sharesTheCores(next.spec.recipe) && m_plenty();
}

/// With the mutex held.
void RunCrew::start(const Run &run)
{
    auto free = std::find_if(m_members.begin(), m_members.end(), [](const auto &member) { return !member->run; });
    if (free == m_members.end()) {
        m_members.reserve(m_members.size() + 1); // so that a thread that was started is a member
        auto member = std::make_unique<Member>();
        member->thread = std::thread([this, &member = *member] { work(member); }); // which waits for the mutex
        m_members.push_back(std::move(member));
        free = std::prev(m_members.end());
    }
    (*free)->run = run;
    (*free)->stepped = false;
    ++m_running;
    m_condition.notify_all();
}

void RunCrew::workUntilEmpty(Store &store, std::vector<std::int64_t> only)
{
    const bool all = only.empty();
    std::exception_ptr failure; // no new runs then, but those at hand are computed to their end under the worker lock
    for (;;) {
        std::optional<Run> next, claimed;
        try {
            if (!failure && !store.isThere()) // what is computed now would be kept beside the library that was moved
                throw Error("The library " + m_home.string() + " is gone or was replaced.");
            if (!failure && !(m_stop && m_stop()))
                next = all ? store.next() : firstQueued(store, only);
            if (next && mayStart(*next))
                claimed = store.claim(next->id);
        } catch (...) {
            failure = std::current_exception();
        }
        std::unique_lock guard(m_mutex);
        if (claimed) {
            try {
                start(*claimed);
                continue;
            } catch (...) { // no more threads, say; the next worker takes the run back into the queue
                failure = std::current_exception();
            }
        }
        if (m_failure)
            failure = std::exchange(m_failure, nullptr);
        if (m_running == 0 && (failure || !next))
            break;
        m_condition.wait_for(guard, pollEvery);
    }
    if (failure)
        std::rethrow_exception(failure);
}

void RunCrew::work(Member &member)
{
    // The window shares the cores with this thread (and with the ones that LibTorch starts from it) and must stay fluid.
    // On Linux a thread has a nice value of its own.
    if (m_background)
        ::setpriority(PRIO_PROCESS, id_t(::gettid()), 10);
    std::optional<Store> store;
    std::unique_lock guard(m_mutex);
    for (;;) {
        m_condition.wait(guard, [&] { return m_closing || member.run; });
        if (!member.run)
            return;
        const Run run = *member.run;
        guard.unlock();
        std::exception_ptr failure;
        try {
            if (!store)
                store.emplace(m_home);
            RunWorker(*store, m_run, m_callbacks, m_stop, m_patient, [this] { return running(); }).compute(run);
        } catch (...) {
            failure = std::current_exception();
            store.reset();
        }
        guard.lock();
        computed(member, failure);
    }
}

/// With the mutex held.
void RunCrew::computed(Member &member, std::exception_ptr failure)
{
    member.run.reset();
    --m_running;
    if (failure)
        m_failure = failure;
    m_condition.notify_all();
}

void RunCrew::progressed(const Progress &progress)
{
    {
        const std::lock_guard guard(m_mutex);
        for (const auto &member : m_members)
            if (member->run && member->run->id == progress.run && !std::exchange(member->stepped, true))
                m_condition.notify_all();
    }
    tell([&] {
        if (m_outer.progress)
            m_outer.progress(progress);
    });
}

void RunCrew::tell(const std::function<void()> &what)
{
    const std::lock_guard guard(m_telling);
    try {
        what();
    } catch (const std::exception &) { // who only looks on must not end a run
    }
}

} // namespace awb
