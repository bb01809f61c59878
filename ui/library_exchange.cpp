#include "ui/library_exchange.h"

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include <QCoreApplication>
#include <QTemporaryDir>
#include <QTimer>
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

/// `work` for another thread, with a store of its own.
template <class Result>
auto onOwnStore(LabBridge &bridge, const std::function<Result(Store &)> &work)
{
    return [home = bridge.store().home(), work] {
        Store store(home);
        return work(store);
    };
}

/// Runs `work` on another thread, then says what it returned, or its error.
void work(QWidget &window, LabBridge &bridge, const QString &title, const std::function<std::string(Store &)> &work)
{
    window.setCursor(Qt::BusyCursor);
    inBackground(&window, onOwnStore(bridge, work), [&window, &bridge, title](const Outcome<std::string> &outcome) {
        window.unsetCursor();
        if (outcome.error.isEmpty())
            dialogs::functions().about(&window, title,
                                       wording::text(outcome.value).toHtmlEscaped().replace(u'\n', QStringLiteral("<br>")));
        else
            dialogs::functions().error(&window, title, outcome.error);
        bridge.wake();
    });
}

/// Calls them one by one, between which the window can do something else; then `then`, or shows the error of one.
void inTurn(QWidget &window, const QString &title, std::deque<std::function<void()>> steps,
            const std::function<void()> &then)
{
    try {
        if (steps.empty())
            return then();
        steps.front()();
    } catch (const std::exception &failure) {
        window.unsetCursor();
        dialogs::functions().error(&window, title, QString::fromUtf8(failure.what()));
        return;
    }
    steps.pop_front();
    QTimer::singleShot(0, &window, [&window, title, steps = std::move(steps), then]() mutable {
        inTurn(window, title, std::move(steps), then);
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
    // Only the drawing needs the window's thread.
    window.setCursor(Qt::BusyCursor);
    const std::function<StudyFigures(Store &)> read = [study](Store &store) { return readStudyFigures(store, study); };
    const auto drawn = std::make_shared<QTemporaryDir>();
    const fs::path folder = drawn->path().toStdString();
    const auto archive = [&window, &bridge, title, study, drawn, folder, file = fs::path(file.toStdString())] {
        work(window, bridge, title, [study, drawn, folder, file](Store &store) {
            awb::exportStudy(store, study, file,
                             [&](const fs::path &to) { fs::copy(folder, to, fs::copy_options::recursive); });
            return "The study " + study.name + " is in " + file.string() +
                   ", with its specs, results, curves, weights and figures.";
        });
    };
    inBackground(&window, onOwnStore(bridge, read), [&window, title, folder, archive](const Outcome<StudyFigures> &outcome) {
        if (outcome.error.isEmpty())
            return inTurn(window, title, drawings(outcome.value, folder), archive);
        window.unsetCursor();
        dialogs::functions().error(&window, title, outcome.error);
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
