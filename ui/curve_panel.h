#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <QWidget>

#include "core/types.h"

class QComboBox;
class QLabel;
class QStackedWidget;

namespace awb {

class LabBridge;
class LearningCurve;
class SeriesPlot;

/// How the chosen runs learn: one run's curve in full, live; of several runs the curves overlaid and averaged over seeds.
/// A run that is deleted leaves it.
class CurvePanel : public QWidget {
    Q_OBJECT

public:
    explicit CurvePanel(LabBridge &bridge, QWidget *parent = nullptr);

    void showRun(std::int64_t run); ///< one that does not exist changes nothing
    /// The newest fifty of these; a single one as showRun() does.
    void showRuns(std::vector<std::int64_t> runs);

public slots:
    void exportChart();

signals:
    void titleChanged(const QString &title); ///< what is shown, for the dock

private:
    void refresh();
    void forgetDeleted();
    void showOverlay();
    void suggestQuantity(const std::map<std::int64_t, std::vector<Measurement>> &measurements);
    bool overlaid() const { return m_runs.size() > 1; }

    LabBridge &m_bridge;
    std::vector<std::int64_t> m_runs; ///< shown; descending
    std::vector<std::int64_t> m_left; ///< chosen runs that are not shown
    /// Of finished runs, which do not change: many curves take long to read, and a run in progress asks twice a second.
    std::map<std::int64_t, std::vector<Measurement>> m_finished;
    bool m_settled = false; ///< all runs of the overlay were finished when it was drawn
    QStackedWidget *m_pages;
    LearningCurve *m_curve;
    SeriesPlot *m_overlay;
    QComboBox *m_quantity;
    bool m_quantityChosen = false; ///< by the user
    QLabel *m_note;
};

} // namespace awb
