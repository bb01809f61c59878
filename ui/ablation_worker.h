#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <vector>

#include <QObject>
#include <QThreadPool>

#include "core/types.h"

namespace awb {

/// Evaluates trained runs without some of their adapters, on two threads of its own: one computes maps, one answers the
/// toggles, for which it keeps the last run in memory.
class AblationWorker : public QObject {
    Q_OBJECT

public:
    explicit AblationWorker(std::filesystem::path home, QObject *parent = nullptr);
    ~AblationWorker() override; ///< stops what is computed and waits for it

    /// Computes a run's map and stores it; nothing while another one is computed.
    void computeMap(std::int64_t run);
    void stopMap();
    std::int64_t mapRun() const { return m_mapRun; } ///< whose map is computed; 0: none

    /// The dev score of a run with these adapters alone. What was asked before and is not answered yet is dropped.
    void score(std::int64_t run, const std::vector<LayerSites> &active);

signals:
    void mapProgress(std::int64_t run, double share);
    void mapEnded(std::int64_t run, const QString &error); ///< empty: it is stored, or stopped
    /// `seconds`: of computing. `error` not empty: there is no score.
    void scored(std::int64_t run, double score, double seconds, const QString &error);

private:
    struct Live; // what the thread of the toggles keeps

    std::filesystem::path m_home;
    std::int64_t m_mapRun = 0;
    std::atomic<bool> m_stopMap = false;
    std::atomic<int> m_asked = 0; ///< number of the last question
    std::shared_ptr<Live> m_live;
    QThreadPool m_mapPool, m_scorePool; ///< last: joined first
};

} // namespace awb
