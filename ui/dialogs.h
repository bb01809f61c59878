#pragma once

#include <functional>

#include <QString>
#include <QStringList>

class QWidget;

/// Every modal box of the program goes through these replaceable functions, so that tests answer them.
namespace awb::dialogs {

struct Functions {
    std::function<QString(QWidget *, const QString &title, const QString &filter)> openFile;
    std::function<QString(QWidget *, const QString &title)> openFolder;
    /// `chosen`, where not nullptr, becomes the filter that the user chose.
    std::function<QString(QWidget *, const QString &title, const QString &suggested, const QString &filter, QString *chosen)>
        saveFile;
    std::function<bool(QWidget *, const QString &title, const QString &question, const QString &yes)> confirm;
    /// Which of the choices, the first being the usual one; -1: none, go back.
    std::function<int(QWidget *, const QString &title, const QString &question, const QStringList &choices)> choose;
    std::function<void(QWidget *, const QString &title, const QString &sentence)> error;
    std::function<void(QWidget *, const QString &title, const QString &html)> about;
};

/// The functions in use; the real Qt dialogs unless a test put in its own.
Functions &functions();

} // namespace awb::dialogs
