#include "ui/main_window.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QLabel>
#include <QLoggingCategory>
#include <QMenuBar>
#include <QScreen>
#include <QSettings>
#include <QStatusBar>
#include <QTabWidget>
#include <QTimer>

#include "core/error.h"
#include "core/store/sample_library.h"
#include "core/store/study_queue.h"
#include "core/study/study.h"
#include "ui/ablation_panel.h"
#include "ui/checkpoint_view.h"
#include "ui/curve_panel.h"
#include "ui/dataset_view.h"
#include "ui/dialogs.h"
#include "ui/lab_bridge.h"
#include "ui/library_panel.h"
#include "ui/run_page.h"
#include "ui/runs_panel.h"
#include "ui/setup_panel.h"
#include "ui/study_panel.h"
#include "ui/theme.h"
#include "ui/tradeoff_panel.h"
#include "ui/wording.h"

namespace awb {
namespace {

// QT_LOGGING_RULES="awb.start.debug=true" says when there is something to see.
Q_LOGGING_CATEGORY(startLog, "awb.start", QtWarningMsg)

constexpr int layoutVersion = 1; // of the saved docks; another number starts from the default layout

} // namespace

MainWindow::MainWindow(LabBridge &bridge, DeviceChoices devices, QWidget *parent) : QMainWindow(parent), m_bridge(bridge)
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Adapter Workbench"));
    setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
    makePanels(std::move(devices));
    makeDocks();
    makeMenus();
    m_trouble = new QLabel(this);
    m_trouble->setObjectName(QStringLiteral("troubleLabel"));
    m_trouble->hide();
    statusBar()->addPermanentWidget(m_trouble);
    connectPanels();
    restore();
    refreshStatus();
}

void MainWindow::makePanels(DeviceChoices devices)
{
    m_tradeoff = new TradeoffPanel(m_bridge);
    m_studies = new StudyPanel(m_bridge, devices);
    m_run = new RunPage(m_bridge);
    m_ablation = new AblationPanel(m_bridge);
    m_datasetView = new DatasetView(m_bridge);
    m_checkpointView = new CheckpointView(m_bridge);
    m_library = new LibraryPanel(m_bridge);
    m_setup = new SetupPanel(m_bridge, std::move(devices));
    m_runs = new RunsPanel(m_bridge);
    m_curve = new CurvePanel(m_bridge);

    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("mainTabs"));
    m_tabs->setAccessibleName(tr("Views"));
    m_tabs->setDocumentMode(true);
    m_tabs->setMinimumHeight(330); // in a low window the docks below give way, not what one looks at
    m_tabs->addTab(m_tradeoff, tr("Trade-off"));
    m_tabs->addTab(m_studies, tr("Studies"));
    m_tabs->addTab(m_run, tr("Run"));
    m_tabs->addTab(m_ablation, tr("Ablation"));
    m_tabs->addTab(m_datasetView, tr("Data set"));
    m_tabs->addTab(m_checkpointView, tr("Checkpoint"));
    setCentralWidget(m_tabs);
}

void MainWindow::makeDocks()
{
    const auto dock = [this](QWidget *panel, const QString &title, const char *name, Qt::DockWidgetArea area) {
        auto *result = new QDockWidget(title, this);
        result->setObjectName(QString::fromLatin1(name));
        result->setWidget(panel);
        addDockWidget(area, result);
        return result;
    };
    m_setupDock = dock(m_setup, tr("Set-up"), "setupDock", Qt::LeftDockWidgetArea);
    QDockWidget *library = dock(m_library, tr("Library"), "libraryDock", Qt::LeftDockWidgetArea);
    tabifyDockWidget(m_setupDock, library);
    m_setupDock->raise();
    QDockWidget *runs = dock(m_runs, tr("Runs"), "runsDock", Qt::BottomDockWidgetArea);
    m_curveDock = dock(m_curve, tr("Learning curve"), "curveDock", Qt::BottomDockWidgetArea);
    splitDockWidget(runs, m_curveDock, Qt::Horizontal);
    resizeDocks({m_setupDock}, {360}, Qt::Horizontal);
    resizeDocks({runs, m_curveDock}, {600, 330}, Qt::Horizontal);
    resizeDocks({runs, m_curveDock}, {300, 300}, Qt::Vertical);
}

void MainWindow::shareCorner()
{
    // The model stands over the whole height; in a small window runs and curve need the whole width more.
    setCorner(Qt::BottomLeftCorner, width() < 1100 ? Qt::BottomDockWidgetArea : Qt::LeftDockWidgetArea);
}

void MainWindow::connectPanels()
{
    connect(m_library, &LibraryPanel::datasetChosen, this, [this](const QString &name) {
        m_datasetView->show(name, m_setup->checkpoint());
        m_setup->setDataset(name);
        m_tabs->setCurrentWidget(m_datasetView);
    });
    // Until something is chosen in the library, its pages show what the set-up has.
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        if (m_tabs->currentWidget() == m_datasetView && m_datasetView->isEmpty() && !m_setup->dataset().isEmpty())
            m_datasetView->show(m_setup->dataset(), m_setup->checkpoint());
        if (m_tabs->currentWidget() == m_checkpointView && m_checkpointView->isEmpty() && !m_setup->checkpoint().isEmpty())
            m_checkpointView->show(m_setup->checkpoint());
    });
    connect(m_library, &LibraryPanel::checkpointChosen, this, [this](const QString &name) {
        m_checkpointView->show(name);
        m_setup->setCheckpoint(name);
        m_tabs->setCurrentWidget(m_checkpointView);
    });
    connect(m_library, &LibraryPanel::fetchProgress, m_tradeoff, &TradeoffPanel::setBusyText);
    connect(m_library, &LibraryPanel::samplesFailed, this, [this] {
        m_quickStudyWaits = false;
        m_tradeoff->setBusyText({});
    });
    connect(m_library, &LibraryPanel::samplesReady, this, [this] {
        m_tradeoff->setBusyText({});
        if (m_quickStudyWaits)
            enqueueQuickStudy();
    });
    connect(m_setup, &SetupPanel::selectionChanged, this, [this] { m_datasetView->setCheckpoint(m_setup->checkpoint()); });
    connect(m_setup, &SetupPanel::enqueued, this, [this](std::int64_t run) {
        m_tabs->setCurrentWidget(m_tradeoff);
        selectRun(run);
    });
    connect(m_runs, &RunsPanel::runSelected, this, &MainWindow::showRun);
    connect(m_runs, &RunsPanel::runsSelected, m_curve, &CurvePanel::showRuns);
    connect(m_runs, &RunsPanel::runsSelected, m_run, &RunPage::showRuns);
    connect(m_curve, &CurvePanel::titleChanged, this, [this](const QString &title) { m_curveDock->setWindowTitle(title); });
    connect(m_runs, &RunsPanel::settingsReused, this, [this](const TrainSpec &spec) {
        m_setup->setSpec(spec);
        m_setupDock->show(); // may have been closed, or lie behind the library
        m_setupDock->raise();
    });
    connect(m_tradeoff, &TradeoffPanel::runSelected, this, &MainWindow::selectRun);
    connect(m_studies, &StudyPanel::runSelected, this, &MainWindow::selectRun);
    connect(m_studies, &StudyPanel::queued, this, &MainWindow::selectRun);
    connect(m_tradeoff, &TradeoffPanel::quickStudyRequested, this, &MainWindow::runQuickStudy);
    connect(m_tradeoff, &TradeoffPanel::samplesRequested, m_library, &LibraryPanel::fetchSamples);
    connect(&m_bridge, &LabBridge::progress, this, &MainWindow::showProgress);
    connect(&m_bridge, &LabBridge::trouble, this, [this](const QString &sentence) {
        m_trouble->setText(tr("The library cannot be written"));
        m_trouble->setToolTip(
            tr("%1\nThis is tried again every second; what a run has computed waits in memory for it.").arg(sentence));
        m_trouble->show();
    });
    connect(&m_bridge, &LabBridge::changed, this, &MainWindow::refreshStatus);
    connect(statusBar(), &QStatusBar::messageChanged, this, [this](const QString &now) {
        if (now.isEmpty()) // what was shown for some seconds is over
            refreshStatus();
    });
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget *before, QWidget *now) {
        if (before && !qobject_cast<const QMenuBar *>(before)) // else the window comes back, and what it shows was chosen
            raiseDockOf(now);
    });
}

void MainWindow::selectRun(std::int64_t run)
{
    m_runs->selectRun(run);
    showRun(run);
}

void MainWindow::showRun(std::int64_t run)
{
    m_tradeoff->selectRun(run);
    m_studies->selectRun(run);
    m_curve->showRun(run);
    m_run->showRuns({run});
    m_ablation->selectRun(run);
}

/// Of several runs that are computed at once the first one's, until it ends.
void MainWindow::showProgress(const Progress &now)
{
    const std::vector<std::int64_t> running = m_bridge.store().runIds(RunState::Running);
    if (now.run != m_progressOf && std::ranges::find(running, m_progressOf) != running.end())
        return;
    m_progressOf = now.run;
    QString words = tr("Run %1: step %2 of %3, loss %4, %5 examples/s")
                        .arg(now.run)
                        .arg(now.step)
                        .arg(now.steps)
                        .arg(now.loss, 0, 'f', 3)
                        .arg(now.examplesPerSecond, 0, 'f', 0);
    if (now.stepsPerSecond > 0)
        words += tr(", %1 left").arg(wording::duration(std::ceil((now.steps - now.step) / now.stepsPerSecond)));
    if (running.size() > 1)
        words += tr("; %1 more at the same time").arg(running.size() - 1);
    statusBar()->showMessage(words);
}

void MainWindow::refreshStatus()
{
    m_trouble->hide();
    const std::vector<std::int64_t> running = m_bridge.store().runIds(RunState::Running);
    if (!running.empty())
        return showRunning(running);
    m_progressOf = 0;
    const int queued = int(m_bridge.store().runIds(RunState::Queued).size());
    const QString waiting = queued == 1 ? tr("One run waits.") : tr("%1 runs wait.").arg(queued);
    const bool paused = m_bridge.store().queuePaused();
    statusBar()->showMessage(queued == 0
                                 ? paused ? tr("Idle. The queue is empty and paused.") : tr("Idle. The queue is empty.")
                             : paused ? tr("The queue is paused. ") + waiting
                                      : waiting);
}

void MainWindow::showRunning(const std::vector<std::int64_t> &running)
{
    if (m_bridge.busy()) {
        if (std::find(running.begin(), running.end(), m_progressOf) == running.end())
            statusBar()->showMessage(tr("Run %1 starts …").arg(running.front()));
        return;
    }
    if (const auto run = m_bridge.store().run(running.front()))
        statusBar()->showMessage(
            run->steps > 0
                ? tr("Another process computes run %1: step %2 of %3.").arg(run->id).arg(run->step).arg(run->steps)
                : tr("Another process computes run %1.").arg(run->id));
}

void MainWindow::runQuickStudy()
{
    if (sampleLibraryPresent(m_bridge.store()))
        return enqueueQuickStudy();
    m_quickStudyWaits = true;
    m_library->fetchSamples();
}

void MainWindow::enqueueQuickStudy()
{
    m_quickStudyWaits = false;
    try {
        const auto runs = queueStudy(m_bridge.store(), findStudy(m_bridge.store(), quickStudyName));
        m_bridge.wake();
        m_tabs->setCurrentWidget(m_tradeoff);
        if (!runs.empty()) // else all of it is computed already
            selectRun(runs.front());
    } catch (const Error &error) {
        dialogs::functions().error(this, tr("Quick study"), QString::fromUtf8(error.what()));
    }
}

void MainWindow::setTheme(const QString &name)
{
    theme::apply(*qApp, name);
    QSettings().setValue(QStringLiteral("theme"), name);
}

void MainWindow::restore()
{
    QSettings settings;
    const QString chosen = settings.value(QStringLiteral("theme"), QStringLiteral("system")).toString();
    for (QAction *action : m_themes->actions())
        action->setChecked(action->data().toString() == chosen);
    theme::apply(*qApp, chosen);
    resize(QSize(1280, 840).boundedTo(screen()->availableSize()));
    restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray());
    restoreState(settings.value(QStringLiteral("docks")).toByteArray(), layoutVersion);
    m_runs->restoreColumns(settings.value(QStringLiteral("runColumns")).toByteArray());
    shareCorner();
    showLatestRun();
    m_setup->suggest(settings.value(QStringLiteral("checkpoint")).toString(),
                     settings.value(QStringLiteral("dataset")).toString());
}

/// What one comes back for: the latest run. Without any, the data set of the set-up.
void MainWindow::showLatestRun()
{
    const auto latest = m_bridge.store().latestRun();
    if (!latest)
        return m_tradeoff->show(m_setup->dataset(), m_setup->checkpoint());
    m_setup->suggest(QString::fromStdString(latest->spec.checkpoint), QString::fromStdString(latest->spec.dataset));
    if (!latest->study.empty())
        m_studies->showStudy(QString::fromStdString(latest->study));
    selectRun(latest->id);
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    shareCorner();
}

bool MainWindow::event(QEvent *event)
{
    // No entry of a menu has words for the status bar, and Qt would empty it for each.
    return event->type() == QEvent::StatusTip || QMainWindow::event(event);
}

void MainWindow::paintEvent(QPaintEvent *event)
{
    QMainWindow::paintEvent(event);
    if (!std::exchange(m_painted, true)) // the panels are painted after their window, before the next event
        QTimer::singleShot(0, this, [] { qCDebug(startLog, "The window is painted."); });
}

bool MainWindow::mayClose()
{
    if (!m_backgroundOffered || !m_bridge.busy() || qApp->isSavingSession())
        return true;
    std::size_t unfinished = 0;
    try {
        for (const RunState state : {RunState::Running, RunState::Queued})
            unfinished += m_bridge.store().runIds(state).size();
    } catch (const Error &) {
        return true; // without its library nothing goes on
    }
    const QString question =
        unfinished == 1
            ? tr("A run is not finished. It can go on without the window, or stop here and go on when it is opened again.")
            : tr("%1 runs are not finished. They can go on without the window, or stop here and go on when it is opened "
                 "again.")
                  .arg(unfinished);
    const int answer = dialogs::functions().choose(this, tr("Close the window"), question,
                                                   {tr("Go on in the &background"), tr("&Stop until then")});
    m_goesOn = answer == 0;
    return answer >= 0;
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (!mayClose())
        return event->ignore();
    QSettings settings;
    settings.setValue(QStringLiteral("geometry"), saveGeometry());
    settings.setValue(QStringLiteral("docks"), saveState(layoutVersion));
    settings.setValue(QStringLiteral("runColumns"), m_runs->columns());
    settings.setValue(QStringLiteral("checkpoint"), m_setup->checkpoint());
    settings.setValue(QStringLiteral("dataset"), m_setup->dataset());
    QMainWindow::closeEvent(event);
}

} // namespace awb
