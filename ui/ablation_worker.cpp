#include "ui/ablation_worker.h"

#include <chrono>

#include "core/error.h"
#include "core/store/ablate.h"
#include "core/store/store.h"
#include "ui/background.h"

namespace awb {

struct AblationWorker::Live {
    std::int64_t run = 0;
    std::unique_ptr<AblationEngine> engine;
};

namespace {

struct Answer {
    double score = 0, seconds = 0;
    bool stopped = false;
};

} // namespace

AblationWorker::AblationWorker(std::filesystem::path home, QObject *parent)
    : QObject(parent), m_home(std::move(home)), m_live(std::make_shared<Live>())
{
    for (QThreadPool *pool : {&m_mapPool, &m_scorePool}) {
        pool->setMaxThreadCount(1);
        pool->setExpiryTimeout(-1); // LibTorch's threads belong to the one that calls it
    }
}

AblationWorker::~AblationWorker()
{
    m_stopMap = true;
    ++m_asked;
    m_mapPool.waitForDone();
    m_scorePool.waitForDone();
}

void AblationWorker::computeMap(std::int64_t run)
{
    if (m_mapRun != 0)
        return;
    m_mapRun = run;
    m_stopMap = false;
    const auto work = [this, run, home = m_home] {
        giveWay();
        Store store(home);
        try {
            computeAblation(
                store, run, [&](double share) { emit mapProgress(run, share); }, [this] { return m_stopMap.load(); });
        } catch (const Stopped &) {
        }
        return true;
    };
    inBackground(
        this, work,
        [this, run](const Outcome<bool> &outcome) {
            m_mapRun = 0;
            emit mapEnded(run, outcome.error);
        },
        &m_mapPool);
}

void AblationWorker::stopMap()
{
    m_stopMap = true;
}

void AblationWorker::score(std::int64_t run, const std::vector<LayerSites> &active)
{
    const int number = ++m_asked;
    const auto work = [this, number, run, active, home = m_home, live = m_live] {
        giveWay();
        const auto stop = [this, number] { return m_asked != number; };
        Answer answer;
        answer.stopped = stop();
        if (answer.stopped)
            return answer;
        if (live->run != run) {
            live->run = 0;
            live->engine.reset(); // before the next one needs the memory
            live->engine = openAblation(Store(home), run);
            live->run = run;
        }
        const auto start = std::chrono::steady_clock::now();
        try {
            answer.score = live->engine->score(active, stop);
        } catch (const Stopped &) {
            answer.stopped = true;
        } catch (const Error &) {
            live->run = 0; // what it has read does not count any more
            throw;
        }
        answer.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return answer;
    };
    inBackground(
        this, work,
        [this, number, run](const Outcome<Answer> &outcome) {
            if (!outcome.value.stopped && number == m_asked)
                emit scored(run, outcome.value.score, outcome.value.seconds, outcome.error);
        },
        &m_scorePool);
}

} // namespace awb
