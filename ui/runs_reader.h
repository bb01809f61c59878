#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <QElapsedTimer>
#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include "core/store/store.h"
#include "core/types.h"

namespace awb {

/// Reads the run table on a thread of its own with a connection of its own: ten thousand specs are too many to parse
/// between two frames of the window. Requests that come while it reads are answered by one further read.
class RunsReader : public QObject {
    Q_OBJECT

public:
    explicit RunsReader(std::filesystem::path home, QObject *parent = nullptr);
    ~RunsReader() override;

    void request();
    /// The runs of the last read; handed over once.
    std::vector<Run> takeRuns() { return std::move(m_runs); }
    bool queuePaused() const { return m_queuePaused; }

signals:
    void ready();
    void failed(const QString &sentence);

private:
    std::filesystem::path m_home;
    std::shared_ptr<std::unique_ptr<Store>> m_store; ///< opened and used on the pool's only thread
    std::vector<Run> m_runs;
    bool m_queuePaused = false, m_reading = false, m_again = false;
    QTimer m_rest;
    QElapsedTimer m_clock;
    QThreadPool m_pool;
};

} // namespace awb
