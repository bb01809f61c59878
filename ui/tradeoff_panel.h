#pragma once

#include <cstdint>

#include <QWidget>

#include "core/types.h"
#include "ui/tradeoff_plot.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;

namespace awb {

class LabBridge;

/// The home view: which data set and checkpoint, their trade-off chart, and - while the library has no run at all - what a
/// first-time user does next.
class TradeoffPanel : public QWidget {
    Q_OBJECT

public:
    explicit TradeoffPanel(LabBridge &bridge, QWidget *parent = nullptr);

    /// Shows the chart of a data set and checkpoint.
    void show(const QString &dataset, const QString &checkpoint);
    using QWidget::show;
    /// Marks the run's point, after changing to its data set and checkpoint.
    void selectRun(std::int64_t run);
    TradeoffPlot &chart() { return *m_chart; }

public slots:
    void exportChart();
    void setBusyText(const QString &sentence); ///< shown on the welcome page while the sample library is fetched

signals:
    void runSelected(std::int64_t run);
    void quickStudyRequested();
    void samplesRequested();

private:
    QWidget *makeWelcome();
    QWidget *makeChartPage();
    QLayout *makeBar();
    void refresh();
    void refreshChoices();
    std::string study() const;
    /// Whether the chosen study's chart holds the run, or will once it is finished.
    bool studyHolds(const Run &run) const;

    LabBridge &m_bridge;
    QStackedWidget *m_pages;
    std::pair<std::string, CountingRule> m_counted{{},
                                                   CountingRule::Trained}; ///< study whose rule m_counting has had, and it
    QComboBox *m_dataset, *m_checkpoint, *m_study, *m_axis, *m_counting, *m_published;
    QCheckBox *m_seeds;
    QPushButton *m_export, *m_quickStudy, *m_samples;
    QLabel *m_busy;
    TradeoffPlot *m_chart;
    std::int64_t m_selected = 0;
};

} // namespace awb
