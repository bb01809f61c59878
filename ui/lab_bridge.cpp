#include "ui/lab_bridge.h"

#include <QMetaObject>

#include "core/error.h"

namespace awb {

LabBridge::LabBridge(const std::filesystem::path &home, RunFunction run, QObject *parent) : QObject(parent), m_store(home)
{
    m_version = m_store.dataVersion();
    LabCallbacks callbacks;
    callbacks.changed = [this] { QMetaObject::invokeMethod(this, &LabBridge::changed, Qt::QueuedConnection); };
    callbacks.progress = [this](const Progress &now) {
        QMetaObject::invokeMethod(
            this, [this, now] { emit progress(now); }, Qt::QueuedConnection);
    };
    callbacks.trouble = [this](const std::string &sentence) {
        QMetaObject::invokeMethod(
            this, [this, words = QString::fromStdString(sentence)] { emit trouble(words); }, Qt::QueuedConnection);
    };
    m_lab = std::make_unique<Lab>(home, std::move(run), std::move(callbacks));

    m_poll.setInterval(500);
    connect(&m_poll, &QTimer::timeout, this, [this] {
        const std::int64_t version = m_store.dataVersion();
        if (version != m_version) {
            m_version = version;
            emit changed();
        }
        if (!m_store.isThere()) {
            m_poll.stop(); // said once; nothing that is done here now could be kept
            throw Error(
                "The library folder " + m_store.home().string() +
                " is gone or was replaced. Nothing done from now on can be kept: put the folder back, close the window "
                "and open it again.");
        }
    });
    m_poll.start();
}

LabBridge::~LabBridge() = default;

void LabBridge::wake()
{
    m_lab->wake();
    emit changed();
}

} // namespace awb
