#include <algorithm>
#include <cstdio>

#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QPushButton>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include "core/data/recognise.h"
#include "core/store/store.h"
#include "core/study/study.h"
#include "ui/ablation_panel.h"
#include "ui/checkpoint_view.h"
#include "ui/dataset_view.h"
#include "ui/import_dialog.h"
#include "ui/lab_bridge.h"
#include "ui/library_panel.h"
#include "ui/main_window.h"
#include "ui/run_page.h"
#include "ui/runs_panel.h"
#include "ui/study_dialog.h"
#include "ui/study_panel.h"
#include "ui/theme.h"
#include "ui/tradeoff_panel.h"

/// Draws the window on a library into PNG files, for docs/images and for looking at:
///     pictures LIBRARY FOLDER [WIDTHxHEIGHT]
/// Nothing is trained: the queue is paused meanwhile.
namespace {

void save(QWidget &widget, const QString &folder, const QString &name)
{
    QTest::qWait(400);
    widget.grab().save(folder + QLatin1Char('/') + name + QStringLiteral(".png"));
}

/// Each chart and table of a study that has something to show there.
void drawStudies(QWidget &window, awb::StudyPanel &panel, awb::Store &store, const QString &theme, const QString &folder)
{
    const char *const names[] = {"studies-", "initialisation-", "learning-rate-", "table1-", "table2-"};
    const auto *exports = panel.findChild<QPushButton *>(QStringLiteral("exportStudyChartButton"));
    auto studies = store.studies();
    for (int figure = int(panel.figures().size()) - 1; figure >= 0; --figure) {
        const bool sweep = figure == 1 || figure == 2; // of one task, where the others are over tasks
        const std::string chart = QString::fromLatin1(names[figure]).chopped(1).toStdString();
        std::ranges::stable_sort(studies, [&](const awb::Study &a, const awb::Study &b) {
            if (a.name.starts_with(chart) != b.name.starts_with(chart))
                return a.name.starts_with(chart); // made for it
            return sweep ? a.datasets.size() < b.datasets.size() : a.datasets.size() > b.datasets.size();
        });
        for (const awb::Study &study : studies) {
            panel.showStudy(QString::fromStdString(study.name));
            panel.showFigure(figure);
            if (!exports->isEnabled())
                continue;
            save(window, folder, QLatin1String(names[figure]) + theme);
            break;
        }
    }
}

/// The trade-off of the first task that has accuracies, as the paper's Figure 4 has, with the published points.
void drawPublished(QWidget &window, awb::Store &store, const QString &theme, const QString &folder)
{
    auto *panel = window.findChild<awb::TradeoffPanel *>();
    for (const auto &manifest : store.datasets()) {
        const auto runs = store.finishedRuns(manifest.name, {});
        if (manifest.metrics.front() != "accuracy" || runs.empty())
            continue;
        panel->show(QString::fromStdString(manifest.name), QString::fromStdString(runs.front().spec.checkpoint));
        auto *published = panel->findChild<QComboBox *>(QStringLiteral("chartPublished"));
        published->setCurrentIndex(1);
        save(*panel, folder, QStringLiteral("tradeoff-published-") + theme);
        published->setCurrentIndex(0);
        return;
    }
}

void draw(awb::LabBridge &bridge, const QString &theme, QSize size, const QString &folder)
{
    QSettings().setValue(QStringLiteral("theme"), theme);
    awb::MainWindow window(bridge, {{QStringLiteral("cpu"), QStringLiteral("this computer's processor")}});
    window.resize(size);
    window.show();
    const auto runs = bridge.store().runs();
    const auto withMap = std::find_if(runs.begin(), runs.end(),
                                      [&](const awb::Run &run) { return bridge.store().ablation(run.id).has_value(); });
    if (withMap != runs.end()) // else the window's own choice
        window.findChild<awb::RunsPanel *>()->selectRun(withMap->id);
    save(window, folder, QStringLiteral("window-") + theme);
    drawPublished(window, bridge.store(), theme, folder);

    auto *tabs = window.findChild<QTabWidget *>(QStringLiteral("mainTabs"));
    auto *table = window.findChild<QAbstractItemView *>(QStringLiteral("runsTable"));
    tabs->setCurrentWidget(window.findChild<awb::RunPage *>());
    table->selectAll();
    save(window, folder, QStringLiteral("curves-") + theme);
    table->clearSelection();
    for (const int row : {0, 1})
        table->selectionModel()->select(table->model()->index(row, 0),
                                        QItemSelectionModel::Select | QItemSelectionModel::Rows);
    QTest::qWait(1500); // the predictions are read in the background
    save(window, folder, QStringLiteral("runs-") + theme);

    auto *studies = window.findChild<awb::StudyPanel *>();
    tabs->setCurrentWidget(studies);
    drawStudies(window, *studies, bridge.store(), theme, folder);
    studies->findChild<QPushButton *>(QStringLiteral("editStudyButton"))->click();
    auto *editor = studies->findChild<awb::StudyDialog *>();
    save(*editor, folder, QStringLiteral("study-editor-") + theme);
    editor->reject();

    auto *ablation = window.findChild<awb::AblationPanel *>();
    window.findChild<QTabWidget *>(QStringLiteral("mainTabs"))->setCurrentWidget(ablation);
    if (withMap == runs.end()) {
        save(window, folder, QStringLiteral("ablation-") + theme);
    } else {
        window.findChild<awb::RunsPanel *>()->selectRun(withMap->id);
        window.findChild<QComboBox *>(QStringLiteral("publishedMap"))->setCurrentIndex(2);
        auto *view = window.findChild<QComboBox *>(QStringLiteral("ablationView"));
        for (const char *name : {"ablation-", "adapterdrop-", "toggles-"}) {
            save(window, folder, QLatin1String(name) + theme);
            view->setCurrentIndex(std::min(view->currentIndex() + 1, view->count() - 1));
            QTest::qWait(2000); // the toggles load the run
        }
    }

    const auto library = window.findChild<awb::LibraryPanel *>();
    for (const auto &manifest : bridge.store().datasets())
        if (manifest.name == "election-tweets-2016") {
            emit library->datasetChosen(QString::fromStdString(manifest.name));
            QTest::qWait(2500);
            save(window, folder, QStringLiteral("dataset-") + theme);
        }
    if (!bridge.store().checkpoints().empty()) {
        for (QDockWidget *dock : window.findChildren<QDockWidget *>())
            if (dock->isAncestorOf(library))
                dock->raise();
        emit library->checkpointChosen(QString::fromStdString(bridge.store().checkpoints().front().name));
        QTest::qWait(2500);
        save(window, folder, QStringLiteral("checkpoint-") + theme);
        auto *view = window.findChild<awb::CheckpointView *>();
        view->findChild<QTabWidget *>(QStringLiteral("checkpointTabs"))->setCurrentIndex(1);
        view->findChild<QAbstractItemView *>(QStringLiteral("tensorTable"))
            ->setCurrentIndex(view->findChild<QAbstractItemView *>(QStringLiteral("tensorTable"))->model()->index(0, 0));
        QTest::qWait(1000); // its statistics are read in the background
        save(*view, folder, QStringLiteral("tensors-") + theme);
    }
}

/// The window as a newcomer finds it, and a table that is being imported there.
void drawFirstStart(const QString &theme, QSize size, const QString &folder)
{
    QSettings().setValue(QStringLiteral("theme"), theme);
    QTemporaryDir home;
    awb::LabBridge bridge(home.path().toStdString(), [](const awb::Run &run, awb::RunContext &) { return run; });
    awb::MainWindow window(bridge, {{QStringLiteral("cpu"), QStringLiteral("this computer's processor")}});
    window.resize(size);
    window.show();
    save(window, folder, QStringLiteral("first-start-") + theme);

    QFile file(home.filePath(QStringLiteral("letters.csv")));
    if (!file.open(QFile::WriteOnly))
        return;
    file.write("message,feeling,id\n\"Thank you, both of you.\",glad,1\n\"He said \"\"never again\"\".\",cross,2\n"
               "\"Two lines,\nof one letter.\",Glad,3\nIt rained on the picnic.,cross,4\nThe parcel arrived empty.,cross,5\n"
               "I cannot say.,unsure,6\nThe garden is in flower.,glad,7\nYou forgot my birthday.,cross,8\n"
               "Grandmother laughed all evening.,glad,9\nThe lamp broke again.,cross,10\n");
    file.close();
    awb::ImportDialog dialog(awb::guessManifest(file.fileName().toStdString(), "letters"), &window);
    dialog.show();
    save(dialog, folder, QStringLiteral("import-") + theme);
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    if (argc < 3) {
        std::fprintf(stderr, "usage: pictures LIBRARY FOLDER [WIDTHxHEIGHT]\n");
        return 2;
    }
    QTemporaryDir settings; // the user's own stay as they are
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    QApplication::setOrganizationName(QStringLiteral("adapter-workbench-pictures"));

    const QString folder = QString::fromLocal8Bit(argv[2]);
    QDir().mkpath(folder);
    QSize size(1280, 840);
    if (argc > 3)
        std::sscanf(argv[3], "%dx%d", &size.rwidth(), &size.rheight());
    awb::Store store(argv[1]);
    const bool paused = store.queuePaused();
    store.setQueuePaused(true);
    {
        awb::LabBridge bridge(argv[1], [](const awb::Run &run, awb::RunContext &) { return run; });
        for (const char *theme : {"light", "dark"})
            draw(bridge, QString::fromLatin1(theme), size, folder);
    }
    for (const char *theme : {"light", "dark"})
        drawFirstStart(QString::fromLatin1(theme), size, folder);
    store.setQueuePaused(paused);
    return 0;
}
