#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <QWidget>

#include "core/types.h"

namespace awb {

class LabBridge;

/// Set-up of runs: data set, checkpoint, method, bottleneck slider with exact entry, per-layer toggles, recipe, seeds,
/// precision, device; beside the slider the count that follows it. "Add to queue" enqueues one run per seed.
class SetupPanel : public QWidget
{
    Q_OBJECT

public:
    /// `devices`: names to choose from ("cpu", "cuda:0"), the first is the default.
    SetupPanel(LabBridge &bridge, std::vector<std::pair<QString, QString>> devices, QWidget *parent = nullptr);
    ~SetupPanel() override;

    /// The specs that "Add to queue" would enqueue now, one per seed; empty while checkpoint or data set is missing.
    std::vector<TrainSpec> specs() const;
    /// Fills the form from a stored run ("run again").
    void setSpec(const TrainSpec &spec);
    void setDataset(const QString &name);
    void setCheckpoint(const QString &name);
    QString dataset() const;
    QString checkpoint() const;

signals:
    void enqueued(std::int64_t firstRun);
    void selectionChanged(); ///< data set or checkpoint chosen

private:
    struct Ui;
    LabBridge &m_bridge;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
