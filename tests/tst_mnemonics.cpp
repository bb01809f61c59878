#include <QAbstractButton>
#include <QComboBox>
#include <QDockWidget>
#include <QGroupBox>
#include <QKeySequence>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QStandardPaths>
#include <QTabBar>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include "gui_helpers.h"
#include "library_fixture.h"
#include "ui/lab_bridge.h"
#include "ui/main_window.h"
#include "ui/study_dialog.h"

using namespace awb;
using namespace awb::test;

namespace {

/// Alt + letter, and what it belongs to.
class Letters {
public:
    void add(const QString &words)
    {
        const QKeySequence key = QKeySequence::mnemonic(words);
        if (key.isEmpty())
            return;
        if (m_owners.contains(key.toString()))
            collisions << QStringLiteral("%1: %2 and %3").arg(key.toString(), m_owners[key.toString()], words);
        m_owners[key.toString()] = words;
    }
    QStringList collisions;

private:
    QMap<QString, QString> m_owners;
};

/// Two things that one Alt + letter would mean, among those that can be reached at the moment.
QStringList collisions(const QWidget &window)
{
    Letters letters;
    for (const QMenuBar *bar : window.findChildren<QMenuBar *>())
        for (const QAction *action : bar->actions())
            letters.add(action->text());
    for (const QWidget *widget : window.findChildren<QWidget *>()) {
        if (!widget->isVisible() || !widget->isEnabled())
            continue;
        if (const auto *label = qobject_cast<const QLabel *>(widget); label && label->buddy())
            letters.add(label->text());
        else if (const auto *button = qobject_cast<const QAbstractButton *>(widget))
            letters.add(button->text());
        else if (const auto *group = qobject_cast<const QGroupBox *>(widget))
            letters.add(group->title());
        else if (const auto *tabs = qobject_cast<const QTabBar *>(widget))
            for (int i = 0; i < tabs->count(); ++i)
                letters.add(tabs->tabText(i));
    }
    return letters.collisions;
}

QStringList collisionsIn(const QMenu &menu)
{
    Letters letters;
    for (const QAction *action : menu.actions())
        letters.add(action->text());
    return letters.collisions;
}

} // namespace

/// One letter, one thing: with two, Alt + letter only moves the focus between them.
class TestMnemonics : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<LabBridge> m_bridge;
    AnsweredDialogs m_dialogs; // nothing is to wait for a person

    /// A checkpoint, a data set and a finished run, so that every page has something to offer.
    void fill()
    {
        Store &store = m_bridge->store();
        store.addCheckpoint({"tiny", AWB_TEST_DATA "/model/tiny", "aa", "2026-01-01T00:00:00Z"});
        Manifest manifest;
        manifest.name = "cola";
        manifest.metrics = {"accuracy"};
        store.addDataset(manifest);
        TrainSpec spec = someSpec();
        spec.dataset = "cola";
        spec.method.sites.clear();
        const auto ids = store.enqueue({spec, spec}, "mine");
        Run run = store.claim(ids[0]).value();
        run.metric = "accuracy";
        run.score = 0.5;
        run.trainable = 1000;
        store.finish(run);
        Study study = *presetStudy("quick");
        study.name = "mine";
        study.checkpoint = "tiny";
        study.datasets = {"cola"};
        store.saveStudy(study);
    }

    void walk(MainWindow &window)
    {
        auto *tabs = window.findChild<QTabWidget *>(QStringLiteral("mainTabs"));
        for (int tab = 0; tab < tabs->count(); ++tab) {
            tabs->setCurrentIndex(tab);
            // The box that chooses what a page shows.
            auto *views = tabs->currentWidget()->findChild<QComboBox *>(QStringLiteral("studyFigureCombo"));
            if (!views)
                views = tabs->currentWidget()->findChild<QComboBox *>(QStringLiteral("ablationView"));
            for (int view = 0; view < (views ? views->count() : 1); ++view) {
                if (views)
                    views->setCurrentIndex(view);
                QCoreApplication::processEvents();
                const QStringList met = collisions(window);
                QVERIFY2(met.isEmpty(), qPrintable(tabs->tabText(tab) + QLatin1Char(' ') + QString::number(view) +
                                                   QStringLiteral(":\n") + met.join(u'\n')));
            }
        }
    }

private slots:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName(QStringLiteral("adapter-workbench-tests"));
        QSettings::setDefaultFormat(QSettings::IniFormat);
    }

    void init()
    {
        m_home = std::make_unique<QTemporaryDir>();
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_home->path());
        m_bridge = std::make_unique<LabBridge>(pathOf(*m_home), [](const Run &run, RunContext &) { return run; });
        m_bridge->store().setQueuePaused(true);
    }

    void cleanup()
    {
        m_bridge.reset();
        m_home.reset();
    }

    void everyLetterIsOneThingOnEachPage_data()
    {
        QTest::addColumn<bool>("filled");
        QTest::newRow("nothing there") << false;
        QTest::newRow("a library") << true;
    }

    void everyLetterIsOneThingOnEachPage()
    {
        QFETCH(bool, filled);
        if (filled)
            fill();
        MainWindow window(*m_bridge, DeviceChoices{{"cpu", "this processor"}});
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        for (const char *dock : {"libraryDock", "setupDock"}) {
            window.findChild<QDockWidget *>(QString::fromLatin1(dock))->raise();
            walk(window);
        }
        auto *method = window.findChild<QComboBox *>(QStringLiteral("methodCombo"));
        for (int i = 0; i < method->count(); ++i) {
            method->setCurrentIndex(i);
            walk(window);
        }
    }

    void everyLetterIsOneThingInEachMenu()
    {
        MainWindow window(*m_bridge, DeviceChoices{{"cpu", "this processor"}});
        for (const QMenu *menu : window.menuBar()->findChildren<QMenu *>())
            QVERIFY2(collisionsIn(*menu).isEmpty(), qPrintable(collisionsIn(*menu).join(u'\n')));
    }

    void everyLetterIsOneThingInTheEditorOfStudies()
    {
        fill();
        StudyDialog dialog(*m_bridge, m_bridge->store().study("mine").value());
        dialog.show();
        auto *tabs = dialog.findChild<QTabWidget *>();
        for (int i = 0; i < tabs->count(); ++i) {
            tabs->setCurrentIndex(i);
            QVERIFY2(collisions(dialog).isEmpty(), qPrintable(collisions(dialog).join(u'\n')));
        }
    }
};

QTEST_MAIN(TestMnemonics)
#include "tst_mnemonics.moc"
