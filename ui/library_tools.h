#pragma once

#include <QToolBar>

class QAction;
class QToolButton;

namespace awb {

/// Actions of the library: buttons here, and entries for a context menu.
class LibraryTools : public QToolBar {
    Q_OBJECT

public:
    explicit LibraryTools(QWidget *parent = nullptr);

    QAction *addCheckpoint, *addFile, *addFolder, *edit, *remove;

protected:
    void changeEvent(QEvent *event) override; // theme

private:
    QAction *make(const char *name, const QString &label, const QString &tip);
    void showTheme();

    QToolButton *m_addDataset;
};

} // namespace awb
