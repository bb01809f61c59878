#include "core/store/run_worker.h"

#include <algorithm>
#include <new>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/train/devices.h"
#include "core/train/train.h"

namespace awb {

namespace {

constexpr std::chrono::milliseconds reportEvery(100), storeEvery(1000);

std::filesystem::path folderOf(const Store &store, const Run &run)
{
    return store.home() / "runs" / std::to_string(run.id);
}

constexpr const char *notEnoughMemory = "The memory was not enough for this run; choose a smaller batch, a shorter maximum "
                                        "length or a smaller checkpoint, and try again.";

/// Of an error that is not ours: LibTorch says in its own way that memory is short, and adds where in its code it was.
std::string sentenceOf(const std::exception &error)
{
    const std::string text = error.what();
    if (text.find("can't allocate memory") != std::string::npos || text.find("out of memory") != std::string::npos)
        return notEnoughMemory;
    return "The run ended with an unexpected error: " + text.substr(0, text.find('\n'));
}

} // namespace

RunWorker::RunWorker(Store &store, const RunFunction &run, const LabCallbacks &callbacks, std::function<bool()> stop,
                     bool patient, std::function<int()> company)
    : m_store(store), m_run(run), m_callbacks(callbacks), m_stop(std::move(stop)), m_patient(patient),
      m_company(std::move(company))
{
}

void RunWorker::changed() const
{
    if (m_callbacks.changed)
        m_callbacks.changed();
}

void RunWorker::compute(const Run &run)
{
    m_last.reset();
    m_pending.clear();
    m_reported = m_stored = {};
    m_stopping = false;
    m_mostCompany = 1;
    changed();
    std::optional<Run> done;
    std::string sentence; // empty: stopped on request
    std::string lost;     // by the stop
    try {
        done = result(run);
    } catch (const Stopped &stopped) {
        lost = stopped.loss();
    } catch (const std::bad_alloc &) {
        sentence = notEnoughMemory;
    } catch (const Error &error) {
        sentence = error.what();
    } catch (const std::exception &error) {
        sentence = sentenceOf(error);
    } catch (...) {
        sentence = "The run ended with an unknown error; try it again.";
    }
    settle([&] {
        if (!m_store.run(run.id))
            return;
        storeMeasurements(run.id);
        if (done)
            m_store.finish(*done);
        else if (sentence.empty())
            m_store.leave(run.id, lost);
        else
            m_store.fail(run.id, sentence); // its snapshot stays: a retry goes on from there
    });
    changed();
}

Run RunWorker::result(const Run &run)
{
    RunContext context{m_store,
                       folderOf(m_store, run),
                       [&](Progress progress) {
                           progress.run = run.id;
                           report(progress);
                       },
                       [&](const std::vector<Measurement> &points) {
                           m_pending.insert(m_pending.end(), points.begin(), points.end());
                           try {
                               storeMeasurements(run.id);
                           } catch (const Error &) {
                               // Locked for long, or a full disk: written with the next ones, or with the outcome.
                           }
                           changed();
                       },
                       [&] { return stopRequested(run.id); },
                       [&] { return shareOfTheCores(); }};
    createFolders(context.folder);
    Run done = m_run(run, context);
    done.id = run.id;
    done.provenance.together = m_mostCompany;
    if (m_last) {
        done.step = m_last->step;
        done.steps = m_last->steps;
        done.loss = m_last->loss;
        done.examplesPerSecond = m_last->examplesPerSecond;
    }
    return done;
}

int RunWorker::shareOfTheCores()
{
    const int company = m_company ? std::max(1, m_company()) : 1;
    m_mostCompany = std::max(m_mostCompany, company);
    return std::max(1, defaultThreads() / company);
}

void RunWorker::settle(const std::function<void()> &write)
{
    for (;;) {
        try {
            write();
            return;
        } catch (const Error &error) {
            if (!m_patient)
                throw;
            if (m_callbacks.trouble)
                m_callbacks.trouble(error.what());
            for (int tenths = 0; tenths < 10; ++tenths) {
                if (m_stop && m_stop())
                    throw;
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
            }
        }
    }
}

void RunWorker::report(const Progress &progress)
{
    const auto now = Clock::now();
    m_last = progress;
    if (now - m_reported >= reportEvery && m_callbacks.progress) {
        m_reported = now;
        m_callbacks.progress(progress);
    }
    if (now - m_stored < storeEvery)
        return;
    m_stored = now;
    try {
        m_store.setProgress(progress);
    } catch (const Error &) {
        // Only a courtesy to other processes; no reason to lose a run.
    }
}

void RunWorker::storeMeasurements(std::int64_t id)
{
    if (!m_pending.empty())
        m_store.addMeasurements(id, m_pending);
    m_pending.clear();
}

bool RunWorker::stopRequested(std::int64_t id)
{
    if (m_stopping || (m_stop && m_stop()))
        return true;
    try {
        m_stopping = m_store.requestedState(id) != RunState::Running;
    } catch (const Error &) {
        // Asked again after the next batch.
    }
    return m_stopping;
}

} // namespace awb
