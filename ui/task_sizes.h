#pragma once

#include <map>
#include <set>
#include <string>

#include <QObject>

#include "core/data/dataset.h"
#include "core/study/estimate.h"

namespace awb {

class LabBridge;

/// The sizes of data sets, read in the background when the expected time of a study needs them; kept while the window lives.
class TaskSizesReader : public QObject {
    Q_OBJECT

public:
    /// The one that every view of this library shares.
    static TaskSizesReader &of(LabBridge &bridge);

    const TaskSizes &sizes() const { return m_sizes; }
    /// Reads them, unless that was tried already with the same files; changed() says when one is there.
    void read(const std::set<std::string> &datasets);

signals:
    void changed();

private:
    explicit TaskSizesReader(LabBridge &bridge);

    LabBridge &m_bridge;
    TaskSizes m_sizes;
    std::map<std::string, Manifest> m_tried;
};

} // namespace awb
