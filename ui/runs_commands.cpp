#include "ui/runs_commands.h"

#include <algorithm>

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>

#include "core/methods/methods.h"
#include "core/methods/train_command.h"
#include "ui/dialogs.h"
#include "ui/lab_bridge.h"
#include "ui/runs_filter.h"
#include "ui/runs_model.h"
#include "ui/wording.h"

namespace awb {

using glyphs::Glyph;
using wording::text;

namespace {

QString nameOf(const Run &run)
{
    return RunsCommands::tr("run %1 (%2 on %3)")
        .arg(run.id)
        .arg(text(describe(run.spec.method, int(run.spec.method.sites.size()))), text(run.spec.dataset));
}

} // namespace

RunsCommands::RunsCommands(LabBridge &bridge, RunsModel &model, RunsFilter &filter, QTableView &table, QToolBar &tools)
    : QObject(&table), m_bridge(bridge), m_model(model), m_filter(filter), m_table(table), m_tools(tools)
{
    m_cancel =
        add("cancelRun", tr("Cancel"), Glyph::Square, tr("Ctrl+."), tr("Cancel the selected runs"), [this] { cancel(); });
    m_pause =
        add("pauseRun", tr("Pause"), Glyph::Bars, tr("Ctrl+P"),
            tr("Pause or resume the selected runs; a running one keeps what it has learnt"), [this] { pauseOrResume(); });
    m_retry = add(
        "retryRun", tr("Retry"), Glyph::Retry, tr("Ctrl+T"),
        tr("Queue failed or cancelled runs again: failed ones go on from what they have kept, cancelled ones start over"),
        [this] { retry(); });
    separate();
    m_up = add("moveRunUp", tr("Move up"), Glyph::Up, tr("Alt+Up"), tr("Run earlier"), [this] { move(-1); });
    m_down = add("moveRunDown", tr("Move down"), Glyph::Down, tr("Alt+Down"), tr("Run later"), [this] { move(1); });
    separate();
    m_reuse = add("reuseRun", tr("Use these settings"), Glyph::Reuse, tr("Ctrl+U"), tr("Fill the set-up form from this run"),
                  [this] {
                      if (const Run *run = current())
                          emit settingsReused(run->spec);
                  });
    m_again = addToMenu("runAgain", tr("Run again"), tr("Ctrl+Shift+R"),
                        tr("Queue the selected runs once more, with the same settings and seed"), [this] { again(); });
    m_copy = addToMenu("copyCommand", tr("Copy as command"), tr("Ctrl+Shift+C"),
                       tr("Copy the awb train lines that repeat the selected runs"), [this] { copyCommands(); });
    separate();
    m_delete = add("deleteRun", tr("Delete…"), Glyph::Bin, tr("Del"),
                   tr("Delete the selected runs with their curves and weights"), [this] { remove(); });
    separate();
    m_tools.addSeparator();
    m_queue = add("pauseQueue", tr("Pause queue"), Glyph::Bars, tr("Ctrl+Shift+P"), tr("Start no further runs, or go on"),
                  [this] { guarded([this] { m_bridge.store().setQueuePaused(!m_bridge.store().queuePaused()); }); });
    m_queue->setShortcutContext(Qt::WindowShortcut); // it is about no selected run
    if (auto *button = qobject_cast<QToolButton *>(m_tools.widgetForAction(m_queue)))
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
}

QAction *RunsCommands::add(const char *name, const QString &label, Glyph glyph, const QString &keys, const QString &tip,
                           const std::function<void()> &triggered)
{
    QAction *action = addToMenu(name, label, keys, tip, triggered);
    m_tools.addAction(action);
    if (QWidget *button = m_tools.widgetForAction(action)) {
        button->setObjectName(action->objectName() + QLatin1String("Button"));
        button->setAccessibleName(label);
        button->setFocusPolicy(Qt::TabFocus);
    }
    m_icons.push_back({action, glyph});
    return action;
}

QAction *RunsCommands::addToMenu(const char *name, const QString &label, const QString &keys, const QString &tip,
                                 const std::function<void()> &triggered)
{
    auto *action = new QAction(label, this);
    action->setObjectName(QLatin1String(name));
    action->setShortcut(QKeySequence(keys));
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(
        tr("%1: %2 (%3)")
            .arg(QString(label).remove(QChar(0x2026)), tip, action->shortcut().toString(QKeySequence::NativeText)));
    connect(action, &QAction::triggered, this, triggered);
    m_table.addAction(action);
    return action;
}

void RunsCommands::separate()
{
    auto *line = new QAction(this);
    line->setSeparator(true);
    m_table.addAction(line);
}

const Run *RunsCommands::current() const
{
    // When rows go, Qt makes a neighbour the current row without selecting it: nobody chose that one.
    QModelIndex index = m_table.currentIndex();
    if (!m_table.selectionModel()->isRowSelected(index.row())) {
        const QModelIndexList rows = m_table.selectionModel()->selectedRows();
        index = rows.size() == 1 ? rows.front() : QModelIndex();
    }
    return index.isValid() ? &m_model.at(m_filter.mapToSource(index).row()) : nullptr;
}

std::vector<const Run *> RunsCommands::selected() const
{
    std::vector<const Run *> runs;
    for (const QModelIndex &index : m_table.selectionModel()->selectedRows())
        runs.push_back(&m_model.at(m_filter.mapToSource(index).row()));
    return runs;
}

std::vector<std::int64_t> RunsCommands::selectedIn(std::initializer_list<RunState> states) const
{
    std::vector<std::int64_t> ids;
    for (const Run *run : selected()) {
        if (std::find(states.begin(), states.end(), run->state) != states.end())
            ids.push_back(run->id);
    }
    return ids;
}

void RunsCommands::enable(bool queuePaused)
{
    const auto all = selected();
    const bool pausing = !selectedIn({RunState::Queued, RunState::Running}).empty();
    const bool resuming = !pausing && !selectedIn({RunState::Paused}).empty();
    m_cancel->setEnabled(pausing || resuming);
    m_pause->setEnabled(pausing || resuming);
    m_pause->setText(resuming ? tr("Resume") : tr("Pause"));
    m_pause->setIcon(glyphs::icon(resuming ? Glyph::Triangle : Glyph::Bars, m_colors));
    m_retry->setEnabled(!selectedIn({RunState::Failed, RunState::Cancelled}).empty());
    const bool oneQueued = all.size() == 1 && all.front()->state == RunState::Queued;
    m_up->setEnabled(oneQueued);
    m_down->setEnabled(oneQueued);
    m_delete->setEnabled(!all.empty() && selectedIn({RunState::Running}).empty());
    m_reuse->setEnabled(all.size() == 1);
    m_again->setEnabled(!all.empty());
    m_copy->setEnabled(!all.empty());
    m_queue->setText(queuePaused ? tr("Resume queue") : tr("Pause queue"));
    m_queue->setIcon(glyphs::icon(queuePaused ? Glyph::Triangle : Glyph::Bars, m_colors));
}

void RunsCommands::showIcons(const QPalette &palette)
{
    m_colors = palette;
    for (const ActionIcon &entry : m_icons)
        entry.action->setIcon(glyphs::icon(entry.glyph, palette));
}

void RunsCommands::guarded(const std::function<void()> &change)
{
    try {
        change();
    } catch (const std::exception &failure) {
        dialogs::functions().error(&m_table, tr("Runs"), QString::fromUtf8(failure.what()));
    }
    m_bridge.wake();
}

void RunsCommands::cancel()
{
    const auto ids = selectedIn({RunState::Queued, RunState::Paused, RunState::Running});
    const bool learnt = std::any_of(ids.begin(), ids.end(), [this](std::int64_t id) {
        const Run &run = *m_model.run(id);
        return run.state != RunState::Queued || run.step > 0;
    });
    if (learnt &&
        !(ids.size() == 1
              ? dialogs::functions().confirm(
                    &m_table, tr("Cancel run"),
                    tr("Cancel %1? What it has learnt so far is given up.").arg(nameOf(*m_model.run(ids.front()))),
                    tr("Cancel the run"))
              : dialogs::functions().confirm(&m_table, tr("Cancel runs"),
                                             tr("Cancel %1 runs? What they have learnt so far is given up.").arg(ids.size()),
                                             tr("Cancel the runs"))))
        return;
    guarded([this, &ids] {
        for (const std::int64_t id : ids)
            m_bridge.store().cancel(id);
    });
}

void RunsCommands::pauseOrResume()
{
    guarded([this] {
        const auto active = selectedIn({RunState::Queued, RunState::Running});
        for (const std::int64_t id : active)
            m_bridge.store().pause(id);
        if (active.empty()) {
            for (const std::int64_t id : selectedIn({RunState::Paused}))
                m_bridge.store().resume(id);
        }
    });
}

void RunsCommands::retry()
{
    guarded([this] {
        auto ids = selectedIn({RunState::Failed, RunState::Cancelled});
        std::sort(ids.begin(), ids.end());
        for (const std::int64_t id : ids)
            m_bridge.store().retry(id);
    });
}

void RunsCommands::move(int places)
{
    guarded([this, places] {
        for (const std::int64_t id : selectedIn({RunState::Queued}))
            m_bridge.store().move(id, places);
    });
}

void RunsCommands::again()
{
    std::vector<std::int64_t> ids;
    guarded([this, &ids] {
        auto runs = selected();
        std::sort(runs.begin(), runs.end(), [](const Run *a, const Run *b) { return a->id < b->id; });
        for (const Run *run : runs)
            ids.push_back(m_bridge.store().enqueue({run->spec}, run->study).front());
    });
    if (!ids.empty())
        emit queued(ids.front());
}

void RunsCommands::copyCommands()
{
    auto runs = selected();
    std::sort(runs.begin(), runs.end(), [](const Run *a, const Run *b) { return a->id < b->id; });
    QStringList lines;
    for (const Run *run : runs)
        lines << text(trainCommand(run->spec));
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void RunsCommands::remove()
{
    const auto runs = selected();
    if (runs.empty())
        return;
    const QString question =
        runs.size() == 1 ? tr("Delete %1? Its score, curve and weights are removed for good.").arg(nameOf(*runs.front()))
                         : tr("Delete %1 runs? Their scores, curves and weights are removed for good.").arg(runs.size());
    std::vector<std::int64_t> ids;
    for (const Run *run : runs)
        ids.push_back(run->id);
    if (!dialogs::functions().confirm(&m_table, tr("Delete runs"), question, tr("Delete")))
        return;
    guarded([this, &ids] {
        for (const std::int64_t id : ids)
            m_bridge.store().remove(id);
    });
}

} // namespace awb
