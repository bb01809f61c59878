#include "ui/library_exchange.h"

#include <filesystem>
#include <memory>

#include <QCoreApplication>
#include <QTemporaryDir>
#include <QWidget>

#include "core/error.h"
#include "core/store/merge.h"
#include "core/study/study.h"
#include "ui/background.h"
#include "ui/dialogs.h"
#include "ui/lab_bridge.h"
#include "ui/study_figures.h"
#include "ui/wording.h"

namespace awb::library_exchange {

namespace {

namespace fs = std::filesystem;

QString tr(const char *words)
{
    return QCoreApplication::translate("library_exchange", words);
}

/// Runs `work` on another thread with a store of its own, then says what it returned, or its error.
void work(QWidget &window, LabBridge &bridge, const QString &title, const std::function<std::string(Store &)> &work)
{
    window.setCursor(Qt::BusyCursor);
    inBackground(
        &window,
        [home = bridge.store().home(), work] {
            Store store(home);
            return work(store);
        },
        [&window, &bridge, title](const Outcome<std::string> &outcome) {
            window.unsetCursor();
            if (outcome.error.isEmpty())
                dialogs::functions().about(
                    &window, title, wording::text(outcome.value).toHtmlEscaped().replace(u'\n', QStringLiteral("<br>")));
            else
                dialogs::functions().error(&window, title, outcome.error);
            bridge.wake();
        });
}

} // namespace

void exportStudy(QWidget &window, LabBridge &bridge, const Study &study)
{
    const QString title = tr("Export study");
    const QString file = dialogs::functions().saveFile(&window, title, wording::text(study.name) + QStringLiteral(".zip"),
                                                       tr("Study archives (*.zip)"), nullptr);
    if (file.isEmpty())
        return;
    const auto figures = std::make_shared<QTemporaryDir>();
    const fs::path folder = figures->path().toStdString();
    try {
        writeStudyFigures(bridge.store(), study, folder);
    } catch (const Error &error) {
        dialogs::functions().error(&window, title, QString::fromUtf8(error.what()));
        return;
    }
    work(window, bridge, title, [study, figures, folder, archive = fs::path(file.toStdString())](Store &store) {
        awb::exportStudy(store, study, archive,
                         [&](const fs::path &to) { fs::copy(folder, to, fs::copy_options::recursive); });
        return "The study " + study.name + " is in " + archive.string() +
               ", with its specs, results, curves, weights and figures.";
    });
}

void importStudy(QWidget &window, LabBridge &bridge)
{
    const QString title = tr("Import study");
    const QString file = dialogs::functions().openFile(&window, title, tr("Study archives (*.zip)"));
    if (!file.isEmpty())
        work(window, bridge, title,
             [archive = fs::path(file.toStdString())](Store &store) { return describe(awb::importStudy(store, archive)); });
}

void mergeLibrary(QWidget &window, LabBridge &bridge)
{
    const QString title = tr("Merge library");
    const QString folder = dialogs::functions().openFolder(&window, tr("Folder of the other library"));
    if (!folder.isEmpty())
        work(window, bridge, title,
             [home = fs::path(folder.toStdString())](Store &store) { return describe(awb::mergeLibrary(store, home)); });
}

} // namespace awb::library_exchange
