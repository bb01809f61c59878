#pragma once

#include <cstdint>
#include <vector>

#include <QMainWindow>

#include "core/types.h"
#include "ui/device_choice.h"

class QAction;
class QActionGroup;
class QDockWidget;
class QLabel;
class QMenu;
class QTabWidget;

namespace awb {

class AblationPanel;
class CheckpointView;
class CurvePanel;
class DatasetView;
class LabBridge;
class LibraryPanel;
class RunPage;
class RunsPanel;
class SetupPanel;
class StudyPanel;
class TradeoffPanel;

/// The window: places the panels in docks, wires them to each other, menus, and remembers its state. No logic of its own.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// `devices`: what runs can be computed on; the first is the default.
    MainWindow(LabBridge &bridge, DeviceChoices devices, QWidget *parent = nullptr);

    /// Whether closing the window while runs are computed asks if they shall go on without it.
    void setBackgroundOffered(bool offered) { m_backgroundOffered = offered; }
    /// What was answered: the caller starts a worker once the window's own has ended.
    bool goesOnInBackground() const { return m_goesOn; }

public slots:
    /// Fetches the sample library if it is missing, then adds the quick study to the queue.
    void runQuickStudy();

protected:
    void closeEvent(QCloseEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void makePanels(DeviceChoices devices);
    void makeDocks();
    void shareCorner(); ///< between the docks at the left and those below
    void makeMenus();
    void makeChartsMenu(QMenu &menu);
    void makeThemeMenu(QMenu &menu);
    QAction *makeViewAction(QDockWidget &dock);
    void raiseDockOf(const QWidget *focused);
    void connectPanels();
    void restore();
    void showLatestRun();
    void selectRun(std::int64_t run);
    void showRun(std::int64_t run); ///< on every page; the table of runs stays as it is
    void enqueueQuickStudy();
    void showProgress(const Progress &now);
    void refreshStatus();
    bool mayClose();                                            ///< asks where runs are computed
    void showRunning(const std::vector<std::int64_t> &running); ///< in the status bar
    void setTheme(const QString &name);

    LabBridge &m_bridge;
    QTabWidget *m_tabs = nullptr;
    TradeoffPanel *m_tradeoff = nullptr;
    StudyPanel *m_studies = nullptr;
    RunPage *m_run = nullptr;
    AblationPanel *m_ablation = nullptr;
    DatasetView *m_datasetView = nullptr;
    CheckpointView *m_checkpointView = nullptr;
    LibraryPanel *m_library = nullptr;
    SetupPanel *m_setup = nullptr;
    RunsPanel *m_runs = nullptr;
    CurvePanel *m_curve = nullptr;
    QDockWidget *m_curveDock = nullptr;
    QDockWidget *m_setupDock = nullptr;
    QActionGroup *m_themes = nullptr;
    QLabel *m_trouble = nullptr;    ///< why results are not written, while they are not
    bool m_quickStudyWaits = false; ///< for the sample library
    std::int64_t m_progressOf = 0;  ///< run whose progress the status bar shows
    bool m_painted = false;
    bool m_backgroundOffered = false, m_goesOn = false;
};

} // namespace awb
