#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include <QWidget>

#include "core/study/ablation.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;

namespace awb {

class AblationPlot;
class AblationWorker;
class AdapterDropPlot;
class AdapterToggles;
class LabBridge;

/// Which adapters of the selected run matter: the heat map of Figure 6, the AdapterDrop curve, and toggles whose score
/// follows. Maps are computed in the background and kept in the store.
class AblationPanel : public QWidget {
    Q_OBJECT

public:
    explicit AblationPanel(LabBridge &bridge, QWidget *parent = nullptr);

    void selectRun(std::int64_t run);
    AblationPlot &chart() { return *m_map; }
    QStringList views() const; ///< titles
    void showView(int index);

public slots:
    void exportChart();

private:
    enum View { Map, Drop, Toggles };
    QLayout *makeBar();
    void makePages();
    QLayout *makeFooter();
    void refresh();
    void refreshPage();
    void refreshRun(); ///< the toggles' model
    void refreshFooter();
    void computeOrCancel();
    View view() const;
    QString message() const; ///< what stands in the place of the view; empty: the view

    LabBridge &m_bridge;
    AblationWorker *m_worker;
    QComboBox *m_view, *m_published;
    QLabel *m_publishedLabel, *m_message, *m_state;
    QPushButton *m_compute, *m_export;
    QProgressBar *m_progress;
    QStackedWidget *m_pages;
    AblationPlot *m_map;
    AdapterDropPlot *m_drop;
    AdapterToggles *m_toggles;
    std::int64_t m_run = 0;
    QString m_problem;                          ///< why this run cannot be ablated
    std::map<std::int64_t, QString> m_failures; ///< of maps, by run, until they are computed again
    bool m_hasMap = false;
};

} // namespace awb
