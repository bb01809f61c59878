#include "ui/dialogs.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QObject>
#include <QPushButton>
#include <QSettings>

namespace awb::dialogs {

namespace {

bool confirm(QWidget *parent, const QString &title, const QString &question, const QString &yes)
{
    QMessageBox box(QMessageBox::Question, title, question, QMessageBox::Cancel, parent);
    box.setTextFormat(Qt::PlainText);                                 // names may hold anything
    box.button(QMessageBox::Cancel)->setText(QObject::tr("Go back")); // "Cancel" could be what is asked about
    QPushButton *accept = box.addButton(yes, QMessageBox::AcceptRole);
    // What is asked about cannot be undone: Enter must not do it by accident.
    box.setDefaultButton(QMessageBox::Cancel);
    box.exec();
    return box.clickedButton() == accept;
}

int choose(QWidget *parent, const QString &title, const QString &question, const QStringList &choices)
{
    QMessageBox box(QMessageBox::Question, title, question, QMessageBox::Cancel, parent);
    box.setTextFormat(Qt::PlainText);
    box.button(QMessageBox::Cancel)->setText(QObject::tr("Go back"));
    QList<QAbstractButton *> buttons;
    for (const QString &choice : choices)
        buttons << box.addButton(choice, QMessageBox::AcceptRole);
    box.setDefaultButton(static_cast<QPushButton *>(buttons.first()));
    box.exec();
    return int(buttons.indexOf(box.clickedButton()));
}

void error(QWidget *parent, const QString &title, const QString &sentence)
{
    QMessageBox box(QMessageBox::Warning, title, sentence, QMessageBox::Close, parent);
    box.setTextFormat(Qt::PlainText);
    box.setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    box.exec();
}

/// Where the user has been last.
QString lastFolder()
{
    return QSettings().value(QStringLiteral("lastFolder"), QDir::homePath()).toString();
}

QString remembered(const QString &chosen)
{
    if (!chosen.isEmpty())
        QSettings().setValue(QStringLiteral("lastFolder"), QFileInfo(chosen).absolutePath());
    return chosen;
}

QString openFile(QWidget *parent, const QString &title, const QString &filter)
{
    return remembered(QFileDialog::getOpenFileName(parent, title, lastFolder(), filter));
}

QString openFolder(QWidget *parent, const QString &title)
{
    return remembered(QFileDialog::getExistingDirectory(parent, title, lastFolder()));
}

QString saveFile(QWidget *parent, const QString &title, const QString &suggested, const QString &filter, QString *chosen)
{
    return remembered(QFileDialog::getSaveFileName(parent, title, QDir(lastFolder()).filePath(suggested), filter, chosen));
}

} // namespace

Functions &functions()
{
    static Functions inUse{openFile, openFolder, saveFile, confirm, choose, error, QMessageBox::about};
    return inUse;
}

} // namespace awb::dialogs
