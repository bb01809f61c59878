#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <QWidget>

#include "core/types.h"
#include "ui/device_choice.h"

class QLayout;

namespace awb {

class LabBridge;

/// Set-up of runs: data set, checkpoint, method, bottleneck slider with exact entry, per-layer toggles, recipe, seeds,
/// precision, device; beside the slider the count that follows it. "Add to queue" enqueues one run per seed. Remembers
/// nothing itself.
class SetupPanel : public QWidget {
    Q_OBJECT

public:
    /// `devices`: what runs can be computed on; the first is the default.
    SetupPanel(LabBridge &bridge, DeviceChoices devices, QWidget *parent = nullptr);
    ~SetupPanel() override;

    /// The specs that "Add to queue" would enqueue now, one per seed; empty while something is missing or wrong.
    std::vector<TrainSpec> specs() const;
    /// Fills the form from a stored run ("run again").
    void setSpec(const TrainSpec &spec);
    void setDataset(const QString &name);
    void setCheckpoint(const QString &name);
    /// Chooses those of the two that the library has; what is chosen stays in place of one that it lacks.
    void suggest(const QString &checkpoint, const QString &dataset);
    QString dataset() const;
    QString checkpoint() const;

signals:
    void enqueued(std::int64_t firstRun);
    void selectionChanged(); ///< data set or checkpoint chosen

private:
    struct Ui;
    void build(const DeviceChoices &devices);
    QLayout *buildChoices();
    QLayout *buildSites();
    QLayout *buildFooter();
    void connectAll();
    void readStore();  ///< fills the combo boxes again, keeping what is chosen
    void readShape();  ///< of the chosen checkpoint
    void takeMethod(); ///< of the combo box: its bottleneck and learning rate
    void refresh();    ///< everything that follows from the choices
    void showCount(const Method &method, int outputs);
    void enqueue();
    void copyCommand();
    Method method() const;
    int outputs() const;     ///< classes of the chosen data set; 1 for regression
    QString problem() const; ///< why nothing can be enqueued, as a sentence; empty: nothing is missing

    LabBridge &m_bridge;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
