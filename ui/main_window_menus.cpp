#include "ui/main_window.h"

#include <utility>

#include <QActionGroup>
#include <QDockWidget>
#include <QMenuBar>
#include <QTabWidget>

#include "ui/ablation_panel.h"
#include "ui/curve_panel.h"
#include "ui/dialogs.h"
#include "ui/lab_bridge.h"
#include "ui/library_exchange.h"
#include "ui/library_panel.h"
#include "ui/run_page.h"
#include "ui/runs_panel.h"
#include "ui/study_panel.h"
#include "ui/tradeoff_panel.h"
#include "version.h"

namespace awb {

namespace {

/// By another dock in the same place: Qt moves it out of the window then. What it holds may paint all of it, so that its
/// visible region says nothing.
bool isCovered(const QDockWidget &dock)
{
    return !dock.isFloating() && dock.isVisible() && !dock.parentWidget()->rect().intersects(dock.geometry());
}

} // namespace

void MainWindow::makeMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addAction(tr("Add &data set…"), QKeySequence(Qt::CTRL | Qt::Key_D), m_library, &LibraryPanel::addDataset);
    file->addAction(tr("Add data set &folder…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D), m_library,
                    &LibraryPanel::addDatasetFolder);
    file->addAction(tr("Add &checkpoint…"), QKeySequence(Qt::CTRL | Qt::Key_K), m_library, &LibraryPanel::addCheckpoint);
    file->addAction(tr("Get &sample library"), m_library, &LibraryPanel::fetchSamples);
    file->addAction(tr("&Merge another library…"), this, [this] { library_exchange::mergeLibrary(*this, m_bridge); });
    file->addSeparator();
    file->addAction(tr("&Export trade-off chart…"), QKeySequence(Qt::CTRL | Qt::Key_E), m_tradeoff,
                    &TradeoffPanel::exportChart);
    file->addAction(tr("Export &learning curve…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E), m_curve,
                    &CurvePanel::exportChart);
    file->addSeparator();
    file->addAction(tr("&Quit"), QKeySequence(QKeySequence::Quit), this, &QWidget::close);

    QMenu *study = menuBar()->addMenu(tr("&Study"));
    study->addAction(tr("Run the &quick study"), this, &MainWindow::runQuickStudy);
    study->addAction(tr("&Export the study shown…"), m_studies, &StudyPanel::exportArchive);
    study->addAction(tr("&Import a study…"), this, [this] { library_exchange::importStudy(*this, m_bridge); });
    study->addAction(tr("&Delete the study shown…"), m_studies, &StudyPanel::deleteStudy);

    menuBar()->addMenu(tr("&Runs"))->addActions(m_runs->commands());
    makeChartsMenu(*menuBar()->addMenu(tr("&Charts")));

    QMenu *view = menuBar()->addMenu(tr("&View"));
    for (QDockWidget *dock : findChildren<QDockWidget *>())
        view->addAction(makeViewAction(*dock));
    view->addSeparator();
    makeThemeMenu(*view->addMenu(tr("&Theme")));

    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&About"), this, [this] {
        dialogs::functions().about(this, tr("About Adapter Workbench"),
                                   tr("<b>Adapter Workbench %1</b><p>Experiments with adapters on BERT-like Transformers "
                                      "(Houlsby et al. 2019).<p>GPL-3.0-or-later. Library: %2")
                                       .arg(QString::fromLatin1(version),
                                            QString::fromStdString(m_bridge.store().home().string()).toHtmlEscaped()));
    });
}

/// Shows a dock, also one that lies behind another, or closes it; ticked while it is seen.
QAction *MainWindow::makeViewAction(QDockWidget &dock)
{
    auto *action = new QAction(dock.windowTitle(), this);
    action->setCheckable(true);
    connect(action, &QAction::triggered, &dock, [&dock, action] {
        const bool seen = dock.isVisible() && !isCovered(dock);
        dock.setVisible(!seen);
        if (!seen)
            dock.raise();
        action->setChecked(!seen); // of a dock that was shown already nothing changes
    });
    connect(&dock, &QDockWidget::visibilityChanged, action, &QAction::setChecked);
    return action;
}

/// Every chart two clicks away, whatever page is shown.
void MainWindow::makeChartsMenu(QMenu &menu)
{
    const auto addPage = [&](QWidget *page, const QString &title) {
        menu.addAction(title, this, [this, page] { m_tabs->setCurrentWidget(page); });
    };
    addPage(m_tradeoff, tr("&Trade-off of a task"));
    menu.addSeparator();
    for (int i = 0; i < m_studies->figures().size(); ++i)
        menu.addAction(m_studies->figures()[i], this, [this, i] {
            m_tabs->setCurrentWidget(m_studies);
            m_studies->showFigure(i);
        });
    menu.addSeparator();
    for (int i = 0; i < m_ablation->views().size(); ++i)
        menu.addAction(m_ablation->views()[i], this, [this, i] {
            m_tabs->setCurrentWidget(m_ablation);
            m_ablation->showView(i);
        });
    menu.addSeparator();
    addPage(m_run, tr("&Run, or two side by side"));
    menu.addAction(tr("&Learning curves of the chosen runs"), this, [this] {
        m_curveDock->show(); // may have been closed
        m_curveDock->raise();
    });
}

void MainWindow::makeThemeMenu(QMenu &menu)
{
    m_themes = new QActionGroup(this);
    for (const auto &[name, title] :
         {std::pair("system", tr("As the &desktop")), std::pair("light", tr("&Light")), std::pair("dark", tr("D&ark"))}) {
        QAction *action = menu.addAction(title);
        action->setCheckable(true);
        action->setData(QString::fromLatin1(name));
        m_themes->addAction(action);
    }
    connect(m_themes, &QActionGroup::triggered, this, [this](QAction *action) { setTheme(action->data().toString()); });
}

/// What takes the keyboard is to be seen: Qt lets the Tab key into a dock that lies behind another.
void MainWindow::raiseDockOf(const QWidget *focused)
{
    for (QDockWidget *dock : findChildren<QDockWidget *>())
        if (focused && dock->isAncestorOf(focused) && isCovered(*dock))
            dock->raise();
}

} // namespace awb
