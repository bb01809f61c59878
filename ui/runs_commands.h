#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <vector>

#include <QObject>
#include <QPalette>

#include "core/types.h"
#include "ui/glyphs.h"

class QAction;
class QTableView;
class QToolBar;
class QWidget;

namespace awb {

class LabBridge;
class RunsFilter;
class RunsModel;

/// What the user can do with the selected runs: actions for the tool bar, the menus and the keyboard.
class RunsCommands : public QObject {
    Q_OBJECT

public:
    /// `table` shows `filter` over `model`. The actions go into `tools` and become the table's own.
    RunsCommands(LabBridge &bridge, RunsModel &model, RunsFilter &filter, QTableView &table, QToolBar &tools);

    const Run *current() const; ///< the one marked last of those selected, or the only one; null: none
    std::vector<const Run *> selected() const;
    void enable(bool queuePaused); ///< as selection and states allow
    void showIcons(const QPalette &palette);

signals:
    void settingsReused(const awb::TrainSpec &spec);
    void queued(std::int64_t run); ///< by "Run again"

private:
    QAction *add(const char *name, const QString &label, glyphs::Glyph glyph, const QString &keys, const QString &tip,
                 const std::function<void()> &triggered);
    /// One that is rarer and is found in the menus only.
    QAction *addToMenu(const char *name, const QString &label, const QString &keys, const QString &tip,
                       const std::function<void()> &triggered);
    void separate(); ///< in the menus
    void guarded(const std::function<void()> &change);
    std::vector<std::int64_t> selectedIn(std::initializer_list<RunState> states) const;
    void cancel();
    void pauseOrResume();
    void retry();
    void move(int places);
    void remove();
    void again();
    void copyCommands();

    struct ActionIcon {
        QAction *action;
        glyphs::Glyph glyph;
    };
    LabBridge &m_bridge;
    RunsModel &m_model;
    RunsFilter &m_filter;
    QTableView &m_table;
    QToolBar &m_tools;
    QAction *m_cancel, *m_pause, *m_retry, *m_up, *m_down, *m_delete, *m_reuse, *m_again, *m_copy, *m_queue;
    std::vector<ActionIcon> m_icons;
    QPalette m_colors; ///< of the panel: the table learns of another theme later
};

} // namespace awb
