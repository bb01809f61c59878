#include "ui/runs_reader.h"

#include <algorithm>

#include "ui/background.h"

namespace awb {

namespace {

struct Read {
    std::vector<Run> runs;
    bool queuePaused = false;
};

} // namespace

RunsReader::RunsReader(std::filesystem::path home, QObject *parent)
    : QObject(parent), m_home(std::move(home)), m_store(std::make_shared<std::unique_ptr<Store>>())
{
    m_pool.setMaxThreadCount(1);
    m_pool.setExpiryTimeout(-1);
    m_rest.setSingleShot(true);
    connect(&m_rest, &QTimer::timeout, this, [this] {
        if (m_again)
            request();
    });
}

RunsReader::~RunsReader()
{
    m_pool.waitForDone();
}

void RunsReader::request()
{
    if (m_reading || m_rest.isActive()) {
        m_again = true;
        return;
    }
    m_reading = true;
    m_again = false;
    m_clock.start();
    const auto work = [store = m_store, home = m_home] {
        if (!*store)
            *store = std::make_unique<Store>(home);
        return Read{(*store)->runs(), (*store)->queuePaused()};
    };
    const auto then = [this](Outcome<Read> outcome) {
        m_reading = false;
        const qint64 took = m_clock.elapsed();
        if (outcome.error.isEmpty()) {
            m_runs = std::move(outcome.value.runs);
            m_queuePaused = outcome.value.queuePaused;
            emit ready();
        } else {
            emit failed(outcome.error);
        }
        // Reading takes at most a fifth of the time, however many runs there are.
        m_rest.setInterval(int(std::max<qint64>(20, 4 * took)));
        m_rest.start();
    };
    inBackground(this, work, then, &m_pool);
}

} // namespace awb
