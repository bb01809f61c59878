#pragma once

#include <filesystem>
#include <memory>

#include <QObject>
#include <QTimer>

#include "core/store/lab.h"
#include "core/store/store.h"
#include "core/types.h"

namespace awb {

/// The only hop between the worker thread and the window: owns the window's store and the lab, and turns the lab's
/// callbacks into signals on the GUI thread. Also notices what other processes commit to the same library.
class LabBridge : public QObject {
    Q_OBJECT

public:
    /// `run` computes runs (trainingFunction() in the program, a fake in tests). Throws Error when the library cannot be
    /// opened.
    LabBridge(const std::filesystem::path &home, RunFunction run, QObject *parent = nullptr);
    ~LabBridge() override;

    /// The GUI thread's connection. Reads are quick; never hold a result across events.
    Store &store() { return m_store; }
    /// After enqueue, resume, cancel ...: the worker looks now, and every view re-reads.
    void wake();
    bool busy() const { return m_lab->busy(); }

signals:
    void changed();                          ///< something in the store changed: look again
    void progress(const awb::Progress &now); ///< of the run that this process computes
    void trouble(const QString &sentence);   ///< why results cannot be written; again at each try, every second

private:
    Store m_store;
    QTimer m_poll;
    std::int64_t m_version = 0;
    std::unique_ptr<Lab> m_lab; ///< last member: joined before anything it calls into goes
};

} // namespace awb
