#include "ui/dialogs.h"

#include <QDir>
#include <QFileDialog>
#include <QMessageBox>
#include <QObject>
#include <QPushButton>

namespace awb::dialogs {

namespace {

bool confirm(QWidget *parent, const QString &title, const QString &question, const QString &yes)
{
    QMessageBox box(QMessageBox::Question, title, question, QMessageBox::Cancel, parent);
    box.setTextFormat(Qt::PlainText); // names may hold anything
    box.button(QMessageBox::Cancel)->setText(QObject::tr("Go back")); // "Cancel" could be what is asked about
    QPushButton *accept = box.addButton(yes, QMessageBox::AcceptRole);
    // What is asked about cannot be undone: Enter must not do it by accident.
    box.setDefaultButton(QMessageBox::Cancel);
    box.exec();
    return box.clickedButton() == accept;
}

void error(QWidget *parent, const QString &title, const QString &sentence)
{
    QMessageBox box(QMessageBox::Warning, title, sentence, QMessageBox::Close, parent);
    box.setTextFormat(Qt::PlainText);
    box.setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    box.exec();
}

QString saveFile(QWidget *parent, const QString &title, const QString &suggested, const QString &filter, QString *chosen)
{
    return QFileDialog::getSaveFileName(parent, title, suggested, filter, chosen);
}

} // namespace

Functions &functions()
{
    static Functions inUse{[](QWidget *parent, const QString &title, const QString &filter) {
                               return QFileDialog::getOpenFileName(parent, title, QDir::homePath(), filter);
                           },
                           [](QWidget *parent, const QString &title) {
                               return QFileDialog::getExistingDirectory(parent, title, QDir::homePath());
                           },
                           saveFile,
                           confirm,
                           error,
                           QMessageBox::about};
    return inUse;
}

} // namespace awb::dialogs
