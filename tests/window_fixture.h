#pragma once

#include <memory>

#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <qcustomplot.h>

#include "core/data/recognise.h"
#include "core/methods/methods.h"
#include "core/store/run_training.h"
#include "tests/chart_fixture.h"
#include "tests/gui_helpers.h"
#include "tests/real_files.h"
#include "ui/lab_bridge.h"
#include "ui/main_window.h"
#include "ui/setup_panel.h"
#include "ui/tradeoff_panel.h"

namespace awb::test {

/// A hundred and sixty short reviews in words that the tiny checkpoint knows.
inline std::string reviews()
{
    const char *films[] = {"the film", "a book", "the small film", "a large book"};
    const char *good[] = {"is good", "was very good", "is not bad", "was good and large"};
    const char *bad[] = {"is bad", "was very bad", "is not good", "was bad and small"};
    std::string text;
    for (int i = 0; i < 160; ++i) {
        const bool positive = i % 2 == 0;
        text += std::string(positive ? "good" : "bad") + "\t" + films[i / 2 % 4] + " " + (positive ? good : bad)[i / 8 % 4] +
                " day " + char('a' + i % 26) + char('a' + i / 26) + "\n";
    }
    return text;
}

inline Manifest manifestOf(const std::filesystem::path &file)
{
    Manifest manifest = guessManifest(file, "reviews");
    manifest.train.label = 0;
    manifest.train.textA = 1;
    completeManifest(manifest);
    return manifest;
}

/// The window on a library of its own. A test calls prepare() before its first function, makeHome() and close() around each.
class WindowTest : public QObject {
protected:
    void prepare();
    void makeHome();
    void close();
    void addTinyLibrary();
    void open();
    std::vector<std::int64_t> trainTwoMethods();
    void clickMenu(const QString &menu, const QString &entry);
    template <typename T>
    T *find(const char *name) const
    {
        return m_window->findChild<T *>(QString::fromLatin1(name));
    }

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<LabBridge> m_bridge;
    std::unique_ptr<MainWindow> m_window;
    AnsweredDialogs m_dialogs;
};

inline void WindowTest::prepare()
{
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName(QStringLiteral("adapter-workbench-tests"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
}

inline void WindowTest::makeHome()
{
    m_home = std::make_unique<QTemporaryDir>();
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_home->path());
    QSettings().clear();
}

inline void WindowTest::close()
{
    m_window.reset();
    m_bridge.reset();
    m_home.reset();
}

inline void WindowTest::addTinyLibrary()
{
    const std::filesystem::path home = m_home->path().toStdString();
    writeText(m_home->filePath(QStringLiteral("reviews.tsv")), reviews());
    Store store(home);
    store.addCheckpoint({"tiny", testData("model/tiny").string(), {}, {}});
    store.addDataset(manifestOf(home / "reviews.tsv"));
}

inline void WindowTest::open()
{
    m_window.reset();
    m_bridge = std::make_unique<LabBridge>(m_home->path().toStdString(), trainingFunction());
    m_window = std::make_unique<MainWindow>(*m_bridge, DeviceChoices{{"cpu", "this processor"}});
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

/// A finished run with adapters and one of the head alone, both on the chart.
inline std::vector<std::int64_t> WindowTest::trainTwoMethods()
{
    TrainSpec adapters = m_window->findChild<SetupPanel *>()->specs().front();
    adapters.recipe.maxLength = 32;
    adapters.recipe.epochs = 1;
    TrainSpec head = adapters;
    head.method = methodEntry("head").method;
    const auto ids = m_bridge->store().enqueue({adapters, head});
    m_bridge->wake();
    TradeoffPlot &chart = m_window->findChild<TradeoffPanel *>()->chart();
    [&] { QTRY_COMPARE_WITH_TIMEOUT(chart.points().size(), std::size_t(2), 60000); }();
    chart.plot().replot();
    return ids;
}

inline void WindowTest::clickMenu(const QString &menu, const QString &entry)
{
    const auto named = [](const QList<QAction *> &actions, const QString &name) -> QAction * {
        for (QAction *action : actions)
            if (action->text().remove(u'&') == name)
                return action;
        return nullptr;
    };
    QMenuBar *bar = m_window->menuBar();
    QAction *title = named(bar->actions(), menu);
    QVERIFY2(title, qPrintable(menu));
    QTest::mouseClick(bar, Qt::LeftButton, {}, bar->actionGeometry(title).center());
    QTRY_VERIFY(title->menu()->isVisible());
    QAction *action = named(title->menu()->actions(), entry);
    QVERIFY2(action, qPrintable(entry));
    title->menu()->setActiveAction(action); // Qt 6.8's menus take no click without a pointer that came there
    QTest::keyClick(title->menu(), Qt::Key_Return);
    QTRY_VERIFY(!title->menu()->isVisible());
}

} // namespace awb::test
