#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QTabWidget>
#include <QTableView>

#include "tests/window_fixture.h"
#include "ui/checkpoint_view.h"
#include "ui/dataset_view.h"
#include "ui/runs_model.h"

using namespace awb;
using namespace awb::test;

namespace {

/// What of the window's visible controls and words is cut: narrower than it needs to be, or beyond the edge of what it lies
/// in.
QStringList cutWidgets(const QWidget &window)
{
    QStringList cut;
    for (const QWidget *widget : window.findChildren<QWidget *>()) {
        const auto *label = qobject_cast<const QLabel *>(widget);
        const bool words = label && !label->wordWrap() && !label->text().isEmpty();
        const QWidget *dock = widget; // one behind another dock's tab counts as visible
        while (dock && !dock->inherits("QDockWidget"))
            dock = dock->parentWidget();
        if (!widget->isVisible() || (dock && dock->visibleRegion().isEmpty()) ||
            !(words || (widget->focusPolicy() & Qt::TabFocus)) || widget->objectName().startsWith(QStringLiteral("qt_")))
            continue;
        // What is made to do with less says so by a minimum of its own.
        const int least = widget->minimumWidth() > 0 ? widget->minimumWidth() : widget->minimumSizeHint().width();
        bool inside = widget->width() >= least;
        for (const QWidget *outer = widget->parentWidget(); outer && inside; outer = outer->parentWidget()) {
            const QRect place(widget->mapTo(outer, QPoint(0, 0)), widget->size());
            const bool scrolled = outer->parentWidget() && outer->parentWidget()->inherits("QAbstractScrollArea");
            inside = place.left() >= 0 && place.right() < outer->width() &&
                     (scrolled || (place.top() >= 0 && place.bottom() < outer->height()));
            if (scrolled || outer->isWindow())
                break;
        }
        if (!inside)
            cut << QStringLiteral("%1 %2 “%3” %4 of %5")
                       .arg(QLatin1String(widget->metaObject()->className()), widget->objectName(),
                            widget->property("text").toString())
                       .arg(widget->width())
                       .arg(least);
    }
    return cut;
}

} // namespace

class TestWindowLayout : public WindowTest {
    Q_OBJECT

private slots:
    void initTestCase() { prepare(); }
    void init() { makeHome(); }
    void cleanup() { close(); }

    void nothingIsCutAt800By600();
    void everythingFocusableHasAName();
    void columnsOfTheRunsAreRemembered();
};

void TestWindowLayout::columnsOfTheRunsAreRemembered()
{
    addTinyLibrary();
    open();
    auto *header = find<QTableView>("runsTable")->horizontalHeader();
    header->moveSection(header->visualIndex(RunsModel::ProgressBar), 2);
    find<QTableView>("runsTable")->sortByColumn(RunsModel::Score, Qt::DescendingOrder);
    header->resizeSection(RunsModel::Dataset, 222);
    m_window->close();
    open();
    header = find<QTableView>("runsTable")->horizontalHeader();
    QCOMPARE(header->visualIndex(RunsModel::ProgressBar), 2);
    QCOMPARE(header->sortIndicatorSection(), int(RunsModel::Score));
    QCOMPARE(header->sortIndicatorOrder(), Qt::DescendingOrder);
    QCOMPARE(header->sectionSize(RunsModel::Dataset), 222);
    QSettings().setValue(QStringLiteral("runColumns"), QByteArray("99 of another version"));
    open();
    QVERIFY(find<QTableView>("runsTable")->horizontalHeader()->visualIndex(RunsModel::ProgressBar) != 2);
}

void TestWindowLayout::nothingIsCutAt800By600()
{
    addTinyLibrary();
    open();
    const auto ids = trainTwoMethods();
    const QSize small(800, 600);
    const QSize least = m_window->minimumSizeHint();
    QVERIFY2(least.width() <= small.width() && least.height() <= small.height(),
             qPrintable(QStringLiteral("%1 x %2").arg(least.width()).arg(least.height())));
    m_window->resize(1280, 840);
    QTest::qWait(50);
    m_window->resize(small);
    QTest::qWait(50);
    QCOMPARE(m_window->size(), small);
    m_window->findChild<DatasetView *>()->show(QStringLiteral("reviews"), QStringLiteral("tiny"));
    m_window->findChild<CheckpointView *>()->show(QStringLiteral("tiny"));
    QTRY_COMPARE(find<QLabel>("datasetTitle")->text(), QStringLiteral("reviews"));
    QTRY_COMPARE(find<QLabel>("checkpointTitle")->text(), QStringLiteral("tiny"));
    auto *tabs = find<QTabWidget>("mainTabs");
    for (const char *dock : {"libraryDock", "setupDock"}) {
        find<QDockWidget>(dock)->raise();
        for (int tab = 0; tab < tabs->count(); ++tab) {
            tabs->setCurrentIndex(tab);
            auto *pages = tabs->currentWidget()->findChild<QTabWidget *>();
            for (int page = 0; page < (pages ? pages->count() : 1); ++page) {
                if (pages)
                    pages->setCurrentIndex(page);
                QTest::qWait(20);
                const QStringList cut = cutWidgets(*m_window);
                QVERIFY2(cut.isEmpty(), qPrintable(cut.join(u'\n')));
            }
        }
    }
    QCOMPARE(m_window->size(), small);
    // The score is what one looks for: it is in view, whole.
    auto *table = find<QTableView>("runsTable");
    QTRY_COMPARE(table->model()->rowCount(), 2);
    const QModelIndex score = table->model()->index(0, RunsModel::Score);
    const QRect cell = table->visualRect(score);
    QVERIFY(table->viewport()->rect().contains(cell));
    QVERIFY(cell.width() >= table->sizeHintForIndex(score).width());
}

void TestWindowLayout::everythingFocusableHasAName()
{
    addTinyLibrary();
    open();
    QStringList nameless;
    for (QWidget *widget : m_window->findChildren<QWidget *>()) {
        if (!(widget->focusPolicy() & Qt::TabFocus) || widget->objectName().startsWith(QStringLiteral("qt_")))
            continue;
        // Tabs are named by their titles; the others belong to a named widget.
        if (widget->inherits("QTabBar") || widget->inherits("QTabWidget") || widget->inherits("QDockWidget") ||
            widget->inherits("QComboBoxListView") || widget->parentWidget()->inherits("QAbstractSpinBox"))
            continue;
        bool buddy = false;
        for (const QLabel *label : m_window->findChildren<QLabel *>())
            buddy |= label->buddy() == widget;
        const QString text = widget->property("text").toString();
        if (!buddy && widget->accessibleName().isEmpty() && text.isEmpty())
            nameless << QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName();
    }
    QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QStringLiteral(", "))));
}

QTEST_MAIN(TestWindowLayout)
#include "tst_window_layout.moc"
