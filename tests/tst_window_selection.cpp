#include <algorithm>

#include <QAbstractItemView>
#include <QComboBox>
#include <QLabel>
#include <QRegularExpression>
#include <QTabWidget>
#include <QTableWidget>
#include <QTextBrowser>

#include "core/study/ablation.h"
#include "tests/study_fixture.h"
#include "tests/window_fixture.h"
#include "ui/ablation_panel.h"
#include "ui/ablation_plot.h"
#include "ui/learning_curve.h"
#include "ui/run_page.h"
#include "ui/runs_model.h"
#include "ui/runs_panel.h"
#include "ui/series_plot.h"
#include "ui/study_panel.h"

using namespace awb;
using namespace awb::test;

/// A run that is chosen in one chart or table is marked in all of them.
class TestWindowSelection : public WindowTest {
    Q_OBJECT

private slots:
    void initTestCase() { prepare(); }
    void init()
    {
        makeHome();
        m_library = std::make_unique<StudyLibrary>();
        m_library->finishAll();
        for (const Run &run : m_library->store().runs()) // any will do
            m_library->store().saveAblation(run.id, {"accuracy", 0.8, {{0.7, 0.6}, {0.7}}, {1e-3, 9e-4, 8e-4}, "cpu", 1});
        m_window = std::make_unique<MainWindow>(*m_library->bridge, DeviceChoices{{"cpu", "this processor"}});
        m_window->resize(1280, 840);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_tabs = find<QTabWidget>("mainTabs");
        m_studies = m_window->findChild<StudyPanel *>();
        m_studies->showStudy(QStringLiteral("mine"));
    }
    void cleanup()
    {
        m_window.reset();
        m_library.reset();
    }

    void aPointOfTheTradeoffIsSelectedEverywhere();
    void aPointOfFigure1IsSelectedEverywhere();
    void aCellOfTable1IsSelectedEverywhere();
    void aRowOfTheRunsTableIsSelectedEverywhere();

private:
    std::int64_t bestAdapters(const char *dataset, int size) const;
    void selectAnother(const char *dataset);
    void expectEverywhere(std::int64_t id);

    std::unique_ptr<StudyLibrary> m_library;
    QTabWidget *m_tabs = nullptr;
    StudyPanel *m_studies = nullptr;
};

/// Of the learning rates and seeds of adapters the run that stands in Figure 1 and the tables, if its size does.
std::int64_t TestWindowSelection::bestAdapters(const char *dataset, int size) const
{
    const auto runs = m_library->store().finishedRuns(dataset, "tiny");
    const Run *best = nullptr;
    for (const Run &run : runs)
        if (run.spec.method.name == "adapter" && run.spec.method.bottleneck == size &&
            run.spec.recipe.learningRate == 1e-3 && (!best || *run.score > *best->score))
            best = &run;
    return best->id;
}

/// So that no panel is at the run by chance.
void TestWindowSelection::selectAnother(const char *dataset)
{
    const auto runs = m_library->store().finishedRuns(dataset, "tiny");
    const auto full = std::ranges::find_if(runs, [](const Run &run) { return run.spec.method.name == "full"; });
    m_window->findChild<RunsPanel *>()->selectRun(full->id);
    QTRY_COMPARE(m_window->findChild<LearningCurve *>()->run(), full->id);
}

void TestWindowSelection::expectEverywhere(std::int64_t id)
{
    const Run run = m_library->store().run(id).value();
    QVERIFY(id > 0);
    QCOMPARE(m_window->findChild<RunsPanel *>()->selectedRun(), id);
    const auto *rows = find<QAbstractItemView>("runsTable")->selectionModel();
    QCOMPARE(rows->selectedRows(RunsModel::Id).size(), 1);
    QCOMPARE(rows->selectedRows(RunsModel::Id).front().data().toString(), QString::number(id));
    QCOMPARE(m_window->findChild<LearningCurve *>()->run(), id);

    auto *tradeoff = m_window->findChild<TradeoffPanel *>();
    m_tabs->setCurrentWidget(tradeoff);
    QCOMPARE(find<QComboBox>("chartDataset")->currentText(), QString::fromStdString(run.spec.dataset));
    const auto &points = tradeoff->chart().points();
    const auto point = std::ranges::find_if(points, [&](const Point &one) { return std::ranges::count(one.runs, id) > 0; });
    const QCPGraph *ring = graph(tradeoff->chart().plot(), "selection");
    QVERIFY(ring && ring->dataCount() == 1);
    QCOMPARE(ring->data()->at(0)->key, double(point->trainable));
    QVERIFY(std::abs(ring->data()->at(0)->value - 100 * point->mean) < 1e-9);

    m_tabs->setCurrentWidget(m_studies);
    m_studies->showFigure(0);
    ring = graph(m_studies->chart().plot(), "selection");
    std::vector<double> ringed, stands;
    for (int i = 0; ring && i < ring->dataCount(); ++i)
        ringed.push_back(ring->data()->at(i)->key);
    for (const Series &series : m_studies->chart().chart().series)
        for (const SeriesPoint &one : series.points)
            if (std::ranges::count(one.runs, id) > 0)
                stands.push_back(one.x);
    QVERIFY(!stands.empty());
    QCOMPARE(ringed, stands);
    m_studies->showFigure(3);
    const auto *table = find<QTableWidget>("studyTable");
    int holding = 0; // the adapters of 64 and those of the best size may be the same
    for (int row = 0; row < table->rowCount(); ++row)
        for (int column = 0; column < table->columnCount(); ++column) {
            const QTableWidgetItem *cell = table->item(row, column);
            const QString runs = cell->toolTip().section(QStringLiteral("Run"), 1).remove(QRegularExpression("^s? "));
            const bool holds = runs.split(QStringLiteral(", ")).contains(QString::number(id));
            QCOMPARE(cell->font().bold(), holds);
            holding += holds;
        }
    QVERIFY(holding > 0);

    m_tabs->setCurrentWidget(m_window->findChild<RunPage *>());
    const QString text = find<QTextBrowser>("runText")->toPlainText();
    QVERIFY2(text.startsWith(QStringLiteral("Run %1").arg(id)), qPrintable(text.left(80)));

    const QString file = m_library->home.filePath(QStringLiteral("map.csv"));
    QCOMPARE(sentenceOf([&] { m_window->findChild<AblationPanel *>()->chart().exportTo(file); }), QString());
    QVERIFY2(contentOf(file).contains(QStringLiteral("\n%1,").arg(id).toUtf8()), contentOf(file).constData());
}

void TestWindowSelection::aPointOfTheTradeoffIsSelectedEverywhere()
{
    selectAnother("trec");
    auto *panel = m_window->findChild<TradeoffPanel *>();
    m_tabs->setCurrentWidget(panel);
    QCustomPlot &plot = panel->chart().plot();
    const std::int64_t id = bestAdapters("trec", 64);
    const auto point = std::ranges::find_if(panel->chart().points(),
                                            [&](const Point &one) { return std::ranges::count(one.runs, id) > 0; });
    plot.replot();
    QTest::mouseClick(&plot, Qt::LeftButton, {}, pixel(plot, double(point->trainable), 100 * point->mean));
    expectEverywhere(id);
}

void TestWindowSelection::aPointOfFigure1IsSelectedEverywhere()
{
    selectAnother("sms");
    m_tabs->setCurrentWidget(m_studies);
    m_studies->showFigure(0);
    QCustomPlot &plot = m_studies->chart().plot();
    plot.replot();
    const auto data = graph(plot, "points.adapter")->data()->at(2); // of 64
    QTest::mouseClick(&plot, Qt::LeftButton, {}, pixel(plot, data->key, data->value));
    const std::int64_t id = m_window->findChild<RunsPanel *>()->selectedRun();
    QCOMPARE(m_library->store().run(id)->spec.method.bottleneck, 64);
    expectEverywhere(id);
}

void TestWindowSelection::aCellOfTable1IsSelectedEverywhere()
{
    selectAnother("cola");
    m_tabs->setCurrentWidget(m_studies);
    m_studies->showFigure(3);
    auto *table = find<QTableWidget>("studyTable");
    int column = 0;
    while (!table->horizontalHeaderItem(column)->toolTip().startsWith(QStringLiteral("Adapters")))
        ++column;
    const QTableWidgetItem *cell = table->item(2, column);
    QCOMPARE(table->item(2, 0)->text(), QStringLiteral("sms"));
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualItemRect(cell).center());
    const std::int64_t id = m_window->findChild<RunsPanel *>()->selectedRun();
    QVERIFY2(cell->toolTip().contains(QString::number(id)), qPrintable(cell->toolTip()));
    expectEverywhere(id);
}

void TestWindowSelection::aRowOfTheRunsTableIsSelectedEverywhere()
{
    selectAnother("sms");
    const std::int64_t id = bestAdapters("cola", 64);
    auto *rows = find<QAbstractItemView>("runsTable");
    QTRY_COMPARE(rows->model()->rowCount(), int(m_library->store().runs().size()));
    for (int row = 0; row < rows->model()->rowCount(); ++row) {
        const QModelIndex cell = rows->model()->index(row, RunsModel::Id);
        if (cell.data().toString() != QString::number(id))
            continue;
        rows->scrollTo(cell);
        QTest::mouseClick(rows->viewport(), Qt::LeftButton, {}, rows->visualRect(cell).center());
    }
    expectEverywhere(id);
}

QTEST_MAIN(TestWindowSelection)
#include "tst_window_selection.moc"
