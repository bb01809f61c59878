#include "ui/study_commands.h"

#include <algorithm>

#include <QCoreApplication>

#include "core/error.h"
#include "core/store/study_queue.h"
#include "ui/dialogs.h"
#include "ui/lab_bridge.h"
#include "ui/wording.h"

namespace awb::study_commands {

namespace {

using wording::text;

QString tr(const char *words)
{
    return QCoreApplication::translate("study_commands", words);
}

} // namespace

void cancelRest(QWidget &window, LabBridge &bridge, const Study &study)
{
    const int rest = int(unfinishedRuns(bridge.store(), study.name).size());
    const QString question = rest == 1
                                 ? tr("Cancel the one run of the study %1 that is not finished? What is finished stays.")
                                 : tr("Cancel the %2 runs of the study %1 that are not finished? What is finished stays.");
    if (rest == 0 || !dialogs::functions().confirm(&window, tr("Cancel the rest of a study"),
                                                   rest == 1 ? question.arg(text(study.name))
                                                             : question.arg(text(study.name), wording::count(rest)),
                                                   tr("Cancel runs")))
        return;
    try {
        cancelStudy(bridge.store(), study.name);
    } catch (const Error &error) {
        dialogs::functions().error(&window, tr("The study was not cancelled"), QString::fromUtf8(error.what()));
    }
    bridge.wake();
}

void remove(QWidget &window, LabBridge &bridge, const Study &study)
{
    const std::vector<Run> runs = bridge.store().runsOfStudy(study.name);
    const auto in = [&](RunState state) { return std::ranges::count(runs, state, &Run::state); };
    const auto done = in(RunState::Done), waiting = in(RunState::Queued) + in(RunState::Paused);
    QString question = tr("Delete the study %1?").arg(text(study.name));
    if (done > 0)
        question +=
            done == 1
                ? tr(" Its finished run stays in the library and only loses the study's name.")
                : tr(" Its %1 finished runs stay in the library and only lose the study's name.").arg(wording::count(done));
    if (waiting > 0)
        question += waiting == 1 ? tr(" Its run that waits is cancelled.")
                                 : tr(" Its %1 runs that wait are cancelled.").arg(wording::count(waiting));
    // What cannot be deleted is not asked about; deleteStudy() says why.
    if (bridge.store().study(study.name) && in(RunState::Running) == 0 &&
        !dialogs::functions().confirm(&window, tr("Delete a study"), question, tr("Delete")))
        return;
    try {
        deleteStudy(bridge.store(), study.name);
    } catch (const Error &error) {
        dialogs::functions().error(&window, tr("The study was not deleted"), QString::fromUtf8(error.what()));
    }
    bridge.wake();
}

} // namespace awb::study_commands
