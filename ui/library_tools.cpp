#include "ui/library_tools.h"

#include <QAction>
#include <QEvent>
#include <QMenu>
#include <QToolButton>

#include "ui/glyphs.h"

namespace awb {

using glyphs::Glyph;

LibraryTools::LibraryTools(QWidget *parent)
    : QToolBar(parent), addCheckpoint(make("addCheckpoint", tr("Add checkpoint…"), tr("Add a Hugging Face BERT folder"))),
      addFile(
          make("addDatasetFile", tr("Add data set from a file…"), tr("Tab- or comma-separated, JSON Lines, Orange table"))),
      addFolder(make("addDatasetFolder", tr("Add data set from a folder…"),
                     tr("A GLUE task folder, or train, dev and test files"))),
      edit(make("editDataset", tr("Read it otherwise…"), tr("Columns, labels, split and metrics of the data set"))),
      remove(make("removeEntry", tr("Remove…"), tr("Remove from the library; files elsewhere stay (Del)"))),
      m_addDataset(new QToolButton)
{
    setObjectName(QStringLiteral("libraryTools"));
    setIconSize(QSize(16, 16));
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    addCheckpoint->setIconText(tr("Checkpoint…"));
    remove->setShortcut(QKeySequence::Delete);
    remove->setShortcutContext(Qt::WidgetShortcut);
    auto *menu = new QMenu(this);
    menu->addActions({addFile, addFolder});
    m_addDataset->setObjectName(QStringLiteral("addDatasetButton"));
    m_addDataset->setText(tr("Data set…"));
    m_addDataset->setToolTip(tr("Add a data set"));
    m_addDataset->setAccessibleName(tr("Add a data set"));
    m_addDataset->setMenu(menu);
    m_addDataset->setPopupMode(QToolButton::InstantPopup);
    m_addDataset->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_addDataset->setFocusPolicy(Qt::TabFocus);
    addAction(addCheckpoint);
    addWidget(m_addDataset);
    addAction(edit);
    addAction(remove);
    for (QAction *action : {addCheckpoint, edit, remove}) {
        auto *button = qobject_cast<QToolButton *>(widgetForAction(action));
        button->setObjectName(action->objectName() + QLatin1String("Button"));
        button->setAccessibleName(action->text());
        button->setFocusPolicy(Qt::TabFocus);
    }
    for (QAction *action : {edit, remove})
        qobject_cast<QToolButton *>(widgetForAction(action))->setToolButtonStyle(Qt::ToolButtonIconOnly);
    showTheme();
}

QAction *LibraryTools::make(const char *name, const QString &label, const QString &tip)
{
    auto *action = new QAction(label, this);
    action->setObjectName(QLatin1String(name));
    action->setToolTip(tip);
    return action;
}

void LibraryTools::showTheme()
{
    addCheckpoint->setIcon(glyphs::icon(Glyph::Plus, palette()));
    m_addDataset->setIcon(glyphs::icon(Glyph::Plus, palette()));
    addFile->setIcon(glyphs::icon(Glyph::Rows, palette()));
    addFolder->setIcon(glyphs::icon(Glyph::Rows, palette()));
    edit->setIcon(glyphs::icon(Glyph::Pencil, palette()));
    remove->setIcon(glyphs::icon(Glyph::Bin, palette()));
}

void LibraryTools::changeEvent(QEvent *event)
{
    QToolBar::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showTheme();
}

} // namespace awb
