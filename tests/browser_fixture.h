#pragma once

#include <functional>
#include <memory>
#include <string>

#include <QLabel>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>

#include "core/data/recognise.h"
#include "core/store/store.h"
#include "tests/gui_helpers.h"
#include "ui/lab_bridge.h"

/// What tests of the browsers of data sets and checkpoints share.
namespace awb::test {

inline const std::string reviews = "text\tverdict\n"
                                   "The soup was cold and the waiter colder.\tbad\n"
                                   "We came back the next evening, and the one after.\tgood\n"
                                   "A quiet place with honest bread.\tgood\n"
                                   "The soup was cold and the waiter colder.\tbad\n"
                                   "Forty minutes for a glass of water.\tbad\n"
                                   "A quiet place with honest bread.\tbad\n"
                                   "The owner remembered our names.\tgood\n"
                                   "Salt is not a sauce.\tbad\n"
                                   "Worth the climb for the view and the lentils.\tgood\n"
                                   "They played the same song all night.\tbad\n"
                                   "My aunt, who likes nothing, liked the tart.\tgood\n"
                                   "The bill had a dish on it that we never saw.\tbad\n";

struct BrowserFixture {
    BrowserFixture()
    {
        bridge = std::make_unique<LabBridge>(folder.path().toStdString(), [](const Run &run, RunContext &) { return run; });
    }
    /// Registers a data set of the given rows as train, a dev file where given, and returns its name.
    QString addDataset(const QString &name, const std::string &train, const std::string &dev = {})
    {
        Manifest manifest;
        manifest.name = name.toStdString();
        manifest.layout = "custom";
        manifest.train.path = write(name + "-train.tsv", train);
        manifest.train.format.header = true;
        manifest.train.label = 1;
        if (!dev.empty()) {
            manifest.dev = manifest.train;
            manifest.dev->path = write(name + "-dev.tsv", dev);
        }
        completeManifest(manifest);
        bridge->store().addDataset(manifest);
        return name;
    }
    std::string write(const QString &name, const std::string &content)
    {
        const QString file = folder.filePath(name);
        writeText(file, content);
        return file.toStdString();
    }

    QTemporaryDir folder;
    std::unique_ptr<LabBridge> bridge;
};

template <class View>
void showAndWait(View &view, const std::function<void()> &show)
{
    QSignalSpy loaded(&view, &View::loaded);
    show();
    QTRY_VERIFY_WITH_TIMEOUT(!loaded.isEmpty(), 30000);
}

inline QString cell(const QTableWidget &table, int row, int column)
{
    return table.item(row, column) ? table.item(row, column)->text() : QString("nothing");
}

template <class Widget = QLabel>
Widget &in(const QWidget &view, const char *name)
{
    auto *found = view.findChild<Widget *>(QLatin1String(name));
    if (!found)
        qFatal("no %s", name);
    return *found;
}

} // namespace awb::test
