#include "ui/task_sizes.h"

#include "core/store/study_queue.h"
#include "ui/background.h"
#include "ui/lab_bridge.h"

namespace awb {

TaskSizesReader &TaskSizesReader::of(LabBridge &bridge)
{
    auto *reader = bridge.findChild<TaskSizesReader *>(QString(), Qt::FindDirectChildrenOnly);
    return reader ? *reader : *new TaskSizesReader(bridge);
}

TaskSizesReader::TaskSizesReader(LabBridge &bridge) : QObject(&bridge), m_bridge(bridge) {}

void TaskSizesReader::read(const std::set<std::string> &datasets)
{
    if (datasets.empty())
        return;
    for (const Manifest &manifest : m_bridge.store().datasets()) { // one that measured runs had may be gone
        const auto tried = m_tried.find(manifest.name);
        if (!datasets.contains(manifest.name) || (tried != m_tried.end() && tried->second == manifest))
            continue;
        m_tried[manifest.name] = manifest;
        inBackground(
            this, [manifest] { return readTaskSize(manifest); },
            [this, name = manifest.name](const Outcome<TaskSize> &outcome) {
                if (!outcome.error.isEmpty())
                    return; // its runs will say why; how long they take is not known
                m_sizes[name] = outcome.value;
                emit changed();
            });
    }
}

} // namespace awb
