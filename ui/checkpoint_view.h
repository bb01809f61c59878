#pragma once

#include <memory>

#include <QWidget>

namespace awb {

class LabBridge;

/// Browser of one checkpoint: architecture, parameters and bytes per layer, tensor table with statistics and histogram of
/// the selected tensor, licence file, what is missing or unexpected. Files are read on a worker; the window never waits.
class CheckpointView : public QWidget {
    Q_OBJECT

public:
    explicit CheckpointView(LabBridge &bridge, QWidget *parent = nullptr);
    ~CheckpointView() override;

    void show(const QString &checkpoint);
    using QWidget::show;

signals:
    void loaded(); ///< the checkpoint asked for is on screen (or its error is)

private:
    struct Ui;
    LabBridge &m_bridge;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
