#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QPalette>
#include <QStringList>
#include <QStyle>
#include <QStyleFactory>
#include <QTemporaryDir>
#include <QWidget>

#include "ui/dialogs.h"

/// What tests of the window share: answers to modal boxes, pictures to look at, small files.
namespace awb::test {

/// Puts answers in place of every modal box for as long as it lives, and remembers what was asked.
class AnsweredDialogs {
public:
    AnsweredDialogs() : m_before(dialogs::functions())
    {
        auto &use = dialogs::functions();
        use.openFile = [this](QWidget *, const QString &, const QString &) { return file; };
        use.openFolder = [this](QWidget *, const QString &) { return file; };
        use.saveFile = [this](QWidget *, const QString &, const QString &, const QString &filters, QString *chosen) {
            offered = filters.split(QStringLiteral(";;"));
            if (chosen)
                *chosen = filter.isEmpty() ? offered.first() : filter;
            return file;
        };
        use.confirm = [this](QWidget *, const QString &, const QString &question, const QString &) {
            questions << question;
            return yes;
        };
        use.choose = [this](QWidget *, const QString &, const QString &question, const QStringList &choices) {
            questions << question;
            offered = choices;
            return choice;
        };
        use.error = [this](QWidget *, const QString &, const QString &sentence) { errors << sentence; };
        use.about = [this](QWidget *, const QString &, const QString &html) { abouts << html; };
    }
    ~AnsweredDialogs() { dialogs::functions() = m_before; }

    QString file, filter; ///< filter: that is chosen when a file is saved; empty: the first
    QStringList offered;  ///< filters of the last file saved, or what there was to choose from
    bool yes = true;
    int choice = -1;
    QStringList questions, errors, abouts;

private:
    dialogs::Functions m_before;
};

inline QPalette darkPalette()
{
    QPalette palette(QColor(0x2b, 0x2d, 0x30), QColor(0x1e, 0x1f, 0x22));
    palette.setColor(QPalette::WindowText, QColor(0xdf, 0xe1, 0xe5));
    palette.setColor(QPalette::Text, QColor(0xdf, 0xe1, 0xe5));
    palette.setColor(QPalette::ButtonText, QColor(0xdf, 0xe1, 0xe5));
    palette.setColor(QPalette::Base, QColor(0x1e, 0x1f, 0x22));
    palette.setColor(QPalette::AlternateBase, QColor(0x25, 0x27, 0x2a));
    palette.setColor(QPalette::PlaceholderText, QColor(0x8a, 0x8e, 0x96));
    palette.setColor(QPalette::Highlight, QColor(0x2e, 0x6c, 0xb5));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Disabled, QPalette::ButtonText, QColor(0x70, 0x74, 0x7c));
    palette.setColor(QPalette::Disabled, QPalette::WindowText, QColor(0x70, 0x74, 0x7c));
    palette.setColor(QPalette::Disabled, QPalette::Text, QColor(0x70, 0x74, 0x7c));
    return palette;
}

/// Saves the widget in both themes as FOLDER/name-light.png and name-dark.png when AWB_PICTURES names a folder.
inline void savePictures(QWidget &widget, const QString &name)
{
    const char *folder = std::getenv("AWB_PICTURES");
    if (!folder)
        return;
    const QPalette before = QApplication::palette();
    QDir().mkpath(QString::fromLocal8Bit(folder));
    for (const bool dark : {false, true}) {
        QApplication::setPalette(dark ? darkPalette() : QApplication::style()->standardPalette());
        QApplication::processEvents();
        QApplication::processEvents();
        widget.grab().save(QString::fromLocal8Bit(folder) + QLatin1Char('/') + name +
                           (dark ? QStringLiteral("-dark.png") : QStringLiteral("-light.png")));
    }
    QApplication::setPalette(before);
}

/// What is wrong with the figures that a chart exports from a dark window: they must be light, small and hold their letters.
template <typename Chart>
QString wrongInPrint(Chart &chart)
{
    chart.setPalette(darkPalette());
    const QTemporaryDir folder;
    const auto exported = [&](const char *name) {
        QFile file(folder.filePath(QLatin1String(name)));
        chart.exportTo(file.fileName());
        return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
    };
    const QImage png = QImage::fromData(exported("chart.png"));
    if (png.isNull() || png.pixelColor(3, 3) != QColor(Qt::white))
        return QStringLiteral("The picture is not light.");
    if (!exported("chart.pdf").contains("/FontFile"))
        return QStringLiteral("The PDF has no letters of its own.");
    const QByteArray svg = exported("chart.svg");
    if (svg.size() < 1000 || svg.size() > 200000)
        return QStringLiteral("The SVG has %1 bytes.").arg(svg.size());
    const QByteArray words = darkPalette().color(QPalette::Text).name().toLatin1();
    return svg.contains(words) ? QStringLiteral("There are letters of the dark window.") : QString();
}

inline void writeText(const QString &file, const std::string &content)
{
    std::ofstream(file.toStdString(), std::ios::binary) << content;
}

} // namespace awb::test
