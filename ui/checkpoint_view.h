#pragma once

#include <memory>

#include "ui/browser_view.h"

namespace awb {

class LabBridge;
struct CheckpointEntry;

/// Browser of one checkpoint: architecture, parameters and bytes per layer, tensor table with statistics and histogram of
/// the selected tensor, licence file, what is missing or unexpected. Files are read on a worker; the window never waits.
class CheckpointView : public BrowserView {
    Q_OBJECT

public:
    explicit CheckpointView(LabBridge &bridge, QWidget *parent = nullptr);
    ~CheckpointView() override;

    void show(const QString &checkpoint);
    using QWidget::show;

private:
    struct Ui;
    void lookAgain() override;
    void read(const CheckpointEntry &entry);

    LabBridge &m_bridge;
    QString m_checkpoint; ///< name of what is looked at
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
