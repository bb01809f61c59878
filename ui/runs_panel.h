#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <QWidget>

#include "core/types.h"

namespace awb {

class LabBridge;

/// Queue and history in one table: state, what, score, parameters, progress bar with time left; filter, sort; cancel,
/// pause, resume, retry, move up and down, delete with confirmation.
class RunsPanel : public QWidget {
    Q_OBJECT

public:
    explicit RunsPanel(LabBridge &bridge, QWidget *parent = nullptr);
    ~RunsPanel() override;

    QList<QAction *> commands() const; ///< on the selected runs and on the queue, for a menu
    std::int64_t selectedRun() const;  ///< 0: none
    /// Selects and shows a run, past any filter; one that the table does not have yet as soon as it has.
    void selectRun(std::int64_t run);
    /// Order, widths and sorting of the columns, for restoreColumns() of the next start. Those of another version of the
    /// program, with other columns, are not taken.
    QByteArray columns() const;
    void restoreColumns(const QByteArray &saved);

signals:
    void runSelected(std::int64_t run);
    void runsSelected(const std::vector<std::int64_t> &runs); ///< all that are selected now; never none
    void settingsReused(const awb::TrainSpec &spec);          ///< "Use these settings"

protected:
    void changeEvent(QEvent *event) override; // theme

private:
    struct Ui;
    LabBridge &m_bridge;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
