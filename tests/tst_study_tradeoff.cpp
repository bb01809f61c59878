#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>

#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>
#include <qcustomplot.h>

#include "core/study/costs.h"
#include "core/study/published.h"
#include "chart_fixture.h"
#include "gui_helpers.h"
#include "study_fixture.h"
#include "ui/tradeoff_panel.h"
#include "ui/tradeoff_plot.h"

using namespace awb;
using namespace awb::test;

namespace {

/// The trade-off of a task in a library whose study is finished.
struct Page {
    StudyLibrary library;
    std::unique_ptr<TradeoffPanel> panel;

    Page()
    {
        library.finishAll();
        panel = std::make_unique<TradeoffPanel>(*library.bridge);
        panel->resize(900, 620);
        panel->show();
        panel->show(QStringLiteral("cola"), QStringLiteral("tiny"));
    }
};

double sameForAllSeeds(const Run &run)
{
    const Method &method = run.spec.method;
    if (method.name == "adapter")
        return method.bottleneck == 1 ? 0.80 : method.bottleneck == 8 ? 0.83 : 0.86;
    return method.name == "full" ? 0.90 : method.name == "head" ? 0.70 : method.topLayers == 0 ? 0.72 : 0.85;
}

} // namespace

/// The trade-off of a task in a library with a study.
class StudyTradeoffTest : public QObject {
    Q_OBJECT

private slots:
    void theTradeoffDrawsWhatSqlGives()
    {
        StudyLibrary library;
        library.finishAll();
        TradeoffPlot plot;
        const auto compare = [&](const char *counted) {
            const SQLite::Database db((pathOf(library.home) / "library.sqlite").string());
            SQLite::Statement rows(db,
                                   std::string("SELECT method, ") + counted +
                                       " AS x, 100 * AVG(score), 50 * (MAX(score) - MIN(score)) FROM run WHERE dataset = "
                                       "'cola' AND state = 'done' GROUP BY method, trainable, json_extract(spec, "
                                       "'$.recipe.learning_rate') ORDER BY method, x, AVG(score)");
            std::map<std::string, std::vector<std::array<double, 3>>> expected, drawn;
            while (rows.executeStep())
                expected[rows.getColumn(0).getString()].push_back(
                    {rows.getColumn(1).getDouble(), rows.getColumn(2).getDouble(), rows.getColumn(3).getDouble()});
            for (const auto &[method, unused] : expected) {
                const auto data = plot.plot().findChild<QCPGraph *>(QLatin1String("points.") + method.c_str())->data();
                const auto errors = plot.plot().findChild<QCPErrorBars *>(QLatin1String("errors.") + method.c_str())->data();
                for (int i = 0; i < data->size(); ++i)
                    drawn[method].push_back({data->at(i)->key, data->at(i)->value, errors->at(i).errorPlus});
                std::sort(drawn[method].begin(), drawn[method].end());
                QCOMPARE(drawn[method].size(), expected.at(method).size());
                for (std::size_t i = 0; i < drawn[method].size(); ++i)
                    for (std::size_t k = 0; k < 3; ++k)
                        QVERIFY(std::abs(drawn[method][i][k] - expected.at(method)[i][k]) < 1e-9);
            }
            QCOMPARE(drawn.size(), std::size_t(4));
        };
        plot.setRuns(library.store().finishedRuns("cola", "tiny"), "cola");
        compare("trainable"); // of two seeds the standard error is half their distance
        plot.setCounting(CountingRule::WithoutEmbeddings);
        QCOMPARE(plot.plot().xAxis->label(), QString("Trained parameters, embedding tables not counted"));
        compare("trainable - trained_tables");
        plot.setCounting(CountingRule::ShareOfModel);
        compare("CASE WHEN json_extract(spec, '$.method.top_layers') > 0 THEN ROUND(1.0 * total * json_extract(spec, "
                "'$.method.top_layers') / layers) ELSE trainable END");
        const std::pair<CostAxis, const char *> costs[] = {
            {CostAxis::StoredBytes, "4.0 * trainable"},
            {CostAxis::ExamplesPerSecond, "AVG(trained_examples_per_second)"},
            {CostAxis::StepsPerSecond, "AVG(steps_per_second)"},
            {CostAxis::PeakMemory, "AVG(peak_memory) / 1e6"},
            {CostAxis::EpochSeconds, "AVG(1.0 * steps / json_extract(spec, '$.recipe.epochs') / steps_per_second)"},
            {CostAxis::InferenceSeconds, "1000 * AVG(inference_seconds)"}};
        QCOMPARE(std::size(costs) + 1, costAxes().size());
        for (const auto &[axis, bySql] : costs) {
            plot.setAxis(axis);
            compare(bySql);
        }
        QVERIFY(plot.plot().accessibleDescription().size() > 0);
    }

    void seedsOfEqualScoresAreDrawnWithoutASpread()
    {
        StudyLibrary library;
        library.finishAll();
        auto runs = library.store().finishedRuns("cola", "tiny");
        for (Run &run : runs)
            run.score = sameForAllSeeds(run);
        TradeoffPlot plot;
        plot.resize(800, 600);
        plot.show();
        plot.setRuns(runs, "cola");
        QCOMPARE(plot.points().size(), std::size_t(10)); // as adapters have two learning rates and three sizes
        for (const Point &point : plot.points()) {
            QCOMPARE(point.n, 2);
            QCOMPARE(point.sem, 0.0);
        }
        for (const QCPErrorBars *bars : plot.plot().findChildren<QCPErrorBars *>())
            for (const QCPErrorBarsData &bar : *bars->data())
                QVERIFY(bar.errorMinus == 0 && bar.errorPlus == 0);
        for (const QCPGraph *graph : plot.plot().findChildren<QCPGraph *>())
            for (const QCPGraphData &point : *graph->data())
                QVERIFY2(std::isfinite(point.key) && std::isfinite(point.value), qPrintable(graph->objectName()));
        // Without a spread every difference counts: top layers score less than adapters that are cheaper. Two learning rates
        // of one score are one point.
        std::vector<double> costs;
        for (const QCPGraphData &point : *plot.plot().findChild<QCPGraph *>("pareto")->data())
            costs.push_back(point.key);
        QCOMPARE(costs, (std::vector<double>{770, 20054, 85154, 605954, 22713986}));
        QVERIFY(plot.plot().yAxis->range().size() > 0);
        plot.plot().setFocus();
        QTest::keyClick(&plot.plot(), Qt::Key_End);
        const QString spoken = plot.plot().accessibleDescription();
        QVERIFY2(spoken.contains(QString::fromUtf8("90.00 ± 0.00 % (s.e.m., N = 2)")), qPrintable(spoken));
        QTest::keyClick(&plot.plot(), Qt::Key_Escape);
        const QString csv = library.home.filePath("equal.csv");
        plot.exportTo(csv);
        for (const QString &words : {captionOf(plot.plot()), plot.plot().accessibleDescription(), QString(contentOf(csv))})
            QVERIFY2(!words.isEmpty() && !words.contains("nan") && !words.contains("inf,"), qPrintable(words));

        for (Run &run : runs) // no method is better than another
            run.score = 0.8;
        plot.setRuns(runs, "cola");
        QVERIFY(!plot.plot().findChild<QCPGraph *>("pareto")); // the cheapest alone is no front
        QVERIFY(plot.plot().yAxis->range().size() > 0);
        plot.exportTo(library.home.filePath("equal.pdf"));
    }

    void theTradeoffOfAStudyShowsTheScoresThatItSelects()
    {
        StudyLibrary library;
        library.finishAll();
        library.study.selection = {Selection::Epoch::Best, Selection::Seeds::Mean};
        library.store().saveStudy(library.study);
        for (const Run &run : library.store().runsOfStudy("mine"))
            for (const int epoch : {1, 2}) // the first is the better
                library.store().addMeasurements(
                    run.id, {{"dev.accuracy", 10 * epoch, double(epoch), 0.9 - 0.001 * double(run.id % 7) - 0.1 * epoch}});
        TradeoffPanel panel(*library.bridge);
        panel.resize(800, 600);
        panel.show();
        panel.show(QStringLiteral("cola"), QStringLiteral("tiny"));
        auto *studies = panel.findChild<QComboBox *>("chartStudy");
        QCOMPARE(studies->count(), 2);
        QVERIFY(captionOf(panel.chart().plot()).contains("after the last epoch"));
        studies->setFocus();
        auto *counting = panel.findChild<QComboBox *>("chartCounting");
        QCOMPARE(counting->currentData().toInt(), int(CountingRule::Trained));
        QTest::keyClick(studies, Qt::Key_Down);
        QCOMPARE(studies->currentText(), QString("mine"));
        QCOMPARE(counting->currentData().toInt(), int(library.study.counting)); // as in its other charts
        QVERIFY(library.study.counting != CountingRule::Trained);
        const QString caption = captionOf(panel.chart().plot());
        QVERIFY2(caption.contains("Score on dev after the best epoch, mean over seeds; every setting"), qPrintable(caption));
        QVERIFY2(caption.contains("Bars: standard error of the mean over seeds."), qPrintable(caption));
        const SQLite::Database db((pathOf(library.home) / "library.sqlite").string());
        SQLite::Statement rows(db,
                               "SELECT 100 * AVG(best) AS y FROM (SELECT run.*, MAX(value) AS best FROM run JOIN metric ON "
                               "metric.run = run.id AND metric.name = 'dev.accuracy' GROUP BY run.id) WHERE dataset = "
                               "'cola' AND method = 'adapter' GROUP BY trainable, "
                               "json_extract(spec, '$.recipe.learning_rate') ORDER BY y");
        std::vector<double> expected, drawn;
        while (rows.executeStep())
            expected.push_back(rows.getColumn(0).getDouble());
        for (const QCPGraphData &point : *panel.chart().plot().findChild<QCPGraph *>("points.adapter")->data())
            drawn.push_back(point.value);
        std::ranges::sort(drawn);
        QCOMPARE(drawn.size(), expected.size());
        for (std::size_t i = 0; i < drawn.size(); ++i)
            QVERIFY(std::abs(drawn[i] - expected[i]) < 1e-9);
    }

    void publishedPointsStandBesideOurs()
    {
        Page page;
        QCustomPlot &plot = page.panel->chart().plot();
        auto *published = page.panel->findChild<QComboBox *>("chartPublished");
        QVERIFY(!graph(plot, "points.published.adapter"));
        published->setFocus();
        QTest::keyClick(published, Qt::Key_Down);
        QCOMPARE(published->currentText(), QString("Published: MNLI-m"));
        const PublishedFigure &figure = *publishedFigure("4-mnli");
        int drawn = 0;
        for (const PublishedPoint &point : figure.points) {
            const auto *markers = plot.findChild<QCPGraph *>(QLatin1String("points.published.") + point.method.c_str());
            QVERIFY(markers);
            QVERIFY(std::ranges::any_of(
                *markers->data(), [&](const QCPGraphData &one) { return one.key == point.x && one.value == point.y; }));
            QVERIFY(plot.xAxis->range().contains(point.x) && plot.yAxis->range().contains(point.y));
            QCOMPARE(markers->scatterStyle().brush().color(), page.panel->palette().color(QPalette::Base));
            ++drawn;
        }
        QCOMPARE(drawn, 23);
        const QString caption = captionOf(plot);
        QVERIFY2(caption.contains("Houlsby et al. 2019, Figure 4; BERT-base, MNLI-m, accuracy in per cent; they count"),
                 qPrintable(caption));
        QVERIFY2(caption.contains("Filled: tiny."), qPrintable(caption));
        savePictures(*page.panel, "tradeoff-published");

        plot.replot();
        QSignalSpy selected(&page.panel->chart(), &TradeoffPlot::runSelected);
        const QPoint layerNorm = pixel(plot, 40700, 80.36);
        hover(plot, layerNorm);
        QTRY_VERIFY2(plot.accessibleDescription().startsWith("Published: LayerNorm only on MNLI-m, BERT-base"),
                     qPrintable(plot.accessibleDescription()));
        QTest::mouseClick(&plot, Qt::LeftButton, {}, layerNorm);
        QCOMPARE(selected.count(), 0); // no run of ours
        page.library.store().saveStudy(page.library.study);
        emit page.library.bridge->changed(); // the chart is drawn anew under the mouse
        page.panel->findChild<QComboBox *>("chartCounting")->setCurrentIndex(1);
        QVERIFY2(!captionOf(plot).contains("they count"), qPrintable(captionOf(plot)));

        auto *axis = page.panel->findChild<QComboBox *>("chartAxis");
        axis->setCurrentIndex(1);
        QVERIFY(!graph(plot, "points.published.adapter"));
        QVERIFY(!published->isEnabled());
        axis->setCurrentIndex(0);
        QVERIFY(graph(plot, "points.published.adapter"));
        auto runs = page.library.store().finishedRuns("cola", "tiny");
        for (Run &run : runs)
            run.metric = "matthews";
        page.panel->chart().setRuns(runs, "cola");
        QVERIFY(!graph(plot, "points.published.adapter"));
        QVERIFY2(captionOf(plot).contains("Published points are not drawn: they are accuracy in per cent, ours Matthews"),
                 qPrintable(captionOf(plot)));
    }

    void theTradeoffOfAStudyHoldsWhatItAsksForNow()
    {
        Page page;
        auto *studies = page.panel->findChild<QComboBox *>("chartStudy");
        studies->setCurrentText("mine");
        const auto before = page.panel->chart().points().size();
        page.library.study.arms.pop_back(); // an edit: without the head alone
        page.library.study.seeds = {0};
        page.library.store().saveStudy(page.library.study);
        page.panel->show(QStringLiteral("cola"), QStringLiteral("tiny"));
        QCOMPARE(page.panel->chart().points().size(), before - 1);
        QVERIFY2(
            captionOf(page.panel->chart().plot()).contains("runs under the study's name have other settings than it asks"),
            qPrintable(captionOf(page.panel->chart().plot())));
        const auto runs = page.library.store().finishedRuns("cola", "tiny");
        const auto asked = std::ranges::find_if(
            runs, [](const Run &run) { return run.spec.method.name == "adapter" && run.spec.seed == 0; });
        page.panel->selectRun(asked->id);
        QCOMPARE(studies->currentText(), QString("mine"));
        const auto head = std::ranges::find_if(runs, [](const Run &run) { return run.spec.method.name == "head"; });
        page.panel->selectRun(head->id); // has its point among all runs only
        QCOMPARE(studies->currentIndex(), 0);
        QCOMPARE(page.panel->chart().points().size(), before);

        page.library.study.recipe.batch = 16;
        page.library.store().saveStudy(page.library.study);
        studies->setCurrentText("mine");
        QVERIFY(page.panel->chart().points().empty());
        const auto sentences = page.panel->chart().findChildren<QLabel *>();
        QVERIFY(std::ranges::any_of(sentences, [](const QLabel *label) {
            return label->text().contains("have other settings than it asks for now");
        }));
        QVERIFY(page.library.figure1().nothing.contains("have other settings than it asks for now"));
    }
};

QTEST_MAIN(StudyTradeoffTest)
#include "tst_study_tradeoff.moc"
