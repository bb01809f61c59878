#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <QStringList>
#include <QWidget>

#include "core/study/study.h"
#include "ui/device_choice.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;

namespace awb {

class LabBridge;
class SeriesPlot;
class StudyTable;

/// The page of studies: which study, how far it is and what it lacks, and its charts - a function of the store, live while
/// runs finish - and tables.
class StudyPanel : public QWidget {
    Q_OBJECT

public:
    explicit StudyPanel(LabBridge &bridge, DeviceChoices devices = {}, QWidget *parent = nullptr);

    void showStudy(const QString &name);
    void selectRun(std::int64_t run);
    SeriesPlot &chart() { return *m_chart; }
    QStringList figures() const; ///< titles of the charts and tables
    void showFigure(int index);

public slots:
    void exportChart();
    void exportArchive(); ///< of the study shown
    void deleteStudy();   ///< the one shown

signals:
    void runSelected(std::int64_t run);
    void queued(std::int64_t run); ///< runs of a study were queued, this one first

private:
    QLayout *makeBar();
    QLayout *makeFooter();
    void showEvent(QShowEvent *event) override;
    void refresh(); ///< the list at once; the rest when the page is seen
    void refreshStudies();
    void refreshState();
    void refreshChart(); ///< or the table
    void showTable(int number);
    void exportTable();
    bool isTable() const;
    void takeRules(); ///< of the study: how it counts, and whose published points belong to it
    void edit();
    void queueMissing();
    void cancelRest();
    std::optional<Study> study() const;

    LabBridge &m_bridge;
    DeviceChoices m_devices; ///< for the editor
    QComboBox *m_study, *m_figure, *m_counting, *m_publishedBy;
    QCheckBox *m_published, *m_tasks;
    QPushButton *m_edit, *m_queue, *m_cancel, *m_export;
    QLabel *m_state;
    QStackedWidget *m_pages;
    SeriesPlot *m_chart;
    StudyTable *m_table;
    bool m_stale = false; ///< the store has changed while the page was not seen
};

} // namespace awb
