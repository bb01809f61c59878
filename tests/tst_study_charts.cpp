#include <algorithm>
#include <cmath>
#include <map>

#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>
#include <qcustomplot.h>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/store/study_queue.h"
#include "gui_helpers.h"
#include "study_fixture.h"
#include "ui/series_plot.h"
#include "ui/study_charts.h"
#include "ui/study_panel.h"
#include "ui/tradeoff_plot.h"

using namespace awb;
using namespace awb::test;

namespace {

QCPGraph *graph(SeriesPlot &plot, const char *name)
{
    return plot.findChild<QCPGraph *>(QLatin1String(name));
}

/// What SQL gives for a method: by mean parameters the percentile of the deltas over tasks.
std::map<double, double> percentilesBySql(const StudyLibrary &library, const char *method, double q)
{
    const SQLite::Database db((pathOf(library.home) / "library.sqlite").string());
    SQLite::Statement rows(db, R"sql(
        WITH setting AS (
            SELECT dataset, method, COALESCE(json_extract(spec, '$.method.top_layers'), bottleneck) AS size,
                   AVG(score) AS score, MIN(trainable - trained_tables) AS parameters
            FROM run WHERE study = 'mine' AND state = 'done'
            GROUP BY dataset, method, size, json_extract(spec, '$.recipe.learning_rate')),
        best AS (SELECT dataset, method, size, MAX(score) AS score, parameters FROM setting GROUP BY dataset, method, size),
        delta AS (
            SELECT one.method, one.size, one.parameters, 100 * (one.score - full.score) AS points,
                   ROW_NUMBER() OVER (PARTITION BY one.method, one.size ORDER BY one.score - full.score) - 1 AS rank,
                   COUNT(*) OVER (PARTITION BY one.method, one.size) AS n
            FROM best AS one JOIN best AS full ON full.dataset = one.dataset AND full.method = 'full'),
        weighted AS (
            SELECT *, ?2 * (n - 1) - CAST(?2 * (n - 1) AS INTEGER) AS above, CAST(?2 * (n - 1) AS INTEGER) AS below FROM delta)
        SELECT AVG(parameters), SUM(points * CASE rank WHEN below THEN 1 - above WHEN below + 1 THEN above ELSE 0 END)
        FROM weighted WHERE method = ?1 GROUP BY size)sql");
    rows.bind(1, method);
    rows.bind(2, q);
    std::map<double, double> points;
    while (rows.executeStep())
        points[rows.getColumn(0).getDouble()] = rows.getColumn(1).getDouble();
    return points;
}

void compareWithSql(SeriesPlot &plot, const StudyLibrary &library, const char *graphName, const char *method, double q)
{
    const QCPGraph *drawn = graph(plot, graphName);
    QVERIFY2(drawn, graphName);
    const auto expected = percentilesBySql(library, method, q);
    QCOMPARE(std::size_t(drawn->dataCount()), expected.size());
    int i = 0;
    for (const auto &[x, y] : expected) {
        QVERIFY2(std::abs(drawn->data()->at(i)->key - x) < 1e-6, graphName);
        QVERIFY2(std::abs(drawn->data()->at(i)->value - y) < 1e-9, graphName);
        ++i;
    }
}

/// A sweep's line holds at each x the best of the settings' means over seeds.
void compareSweepWithSql(SeriesPlot &plot, const StudyLibrary &library, const char *graphName, const std::string &which,
                         const std::string &x)
{
    const SQLite::Database db((pathOf(library.home) / "library.sqlite").string());
    SQLite::Statement rows(db, "WITH setting AS (SELECT json_extract(spec, '$.recipe." + x +
                                   "') AS x, AVG(score) AS score FROM run WHERE state = 'done' AND " + which +
                                   " GROUP BY bottleneck, json_extract(spec, '$.recipe.learning_rate'), json_extract(spec, "
                                   "'$.recipe.init_std')) SELECT x, 100 * MAX(score) FROM setting GROUP BY x ORDER BY x");
    const QCPGraph *drawn = graph(plot, graphName);
    int i = 0;
    for (; rows.executeStep(); ++i) {
        QVERIFY2(i < drawn->dataCount(), graphName);
        QCOMPARE(drawn->data()->at(i)->key, rows.getColumn(0).getDouble());
        QVERIFY2(std::abs(drawn->data()->at(i)->value - rows.getColumn(1).getDouble()) < 1e-9, graphName);
    }
    QCOMPARE(drawn->dataCount(), i);
}

} // namespace

class StudyChartsTest : public QObject {
    Q_OBJECT

private slots:
    void figure1DrawsWhatSqlGives()
    {
        StudyLibrary library;
        library.finishAll();
        SeriesPlot plot;
        plot.setChart(library.figure1());
        compareWithSql(plot, library, "points.adapter", "adapter", 0.5);
        compareWithSql(plot, library, "line.adapter", "adapter", 0.5);
        compareWithSql(plot, library, "bandLow.adapter", "adapter", 0.2);
        compareWithSql(plot, library, "band.adapter", "adapter", 0.8);
        compareWithSql(plot, library, "points.top-k", "top-k", 0.5);
        compareWithSql(plot, library, "points.head", "head", 0.5);
        compareWithSql(plot, library, "points.full", "full", 0.5);
        QCOMPARE(graph(plot, "points.full")->data()->at(0)->value, 0.0);
        QCOMPARE(graph(plot, "points.adapter")->dataCount(), 3);
        // One point has no band; its percentiles are bars.
        const auto spread = plot.findChild<QCPErrorBars *>(QStringLiteral("errors.head"))->data()->at(0);
        const double median = graph(plot, "points.head")->data()->at(0)->value;
        QVERIFY(std::abs(median - spread.errorMinus - percentilesBySql(library, "head", 0.2).begin()->second) < 1e-9);
        QVERIFY(std::abs(median + spread.errorPlus - percentilesBySql(library, "head", 0.8).begin()->second) < 1e-9);
        QVERIFY(!plot.findChild<QCPErrorBars *>(QStringLiteral("errors.adapter")));
    }

    void equalScoresOfSeedsAndTasksAreDrawnWithoutASpread()
    {
        StudyLibrary library;
        library.finishAll();
        StudyResults results = studyResults(library.store(), library.study);
        for (Run &run : results.runs)
            run.score = run.spec.method.name == "full" ? 0.9 : run.spec.method.name == "adapter" ? 0.88 : 0.7;
        SeriesPlot plot;
        plot.resize(700, 500);
        plot.setChart(study_charts::figure1Chart(results, {CountingRule::WithoutEmbeddings, false, true}));
        for (const char *name : {"points.adapter", "bandLow.adapter", "band.adapter", "points.adapter.trec"}) {
            QCOMPARE(graph(plot, name)->dataCount(), 3);
            for (const QCPGraphData &point : *graph(plot, name)->data())
                QVERIFY2(std::abs(point.value + 2) < 1e-9, name);
        }
        QCOMPARE(graph(plot, "points.full")->data()->at(0)->value, 0.0);
        plot.setChart(study_charts::learningRateChart(results, {CountingRule::WithoutEmbeddings, false, false}));
        QCOMPARE(graph(plot, "points.adapter.cola.0")->dataCount(), 2);
        const auto *bars = plot.findChild<QCPErrorBars *>("errors.adapter.cola.0");
        for (const QCPErrorBarsData &bar : *bars->data())
            QVERIFY(bar.errorMinus == 0 && bar.errorPlus == 0);
        for (Run &run : results.runs)
            run.score = 0.9;
        for (const StudyChart &chart :
             {study_charts::figure1Chart(results, {}), study_charts::learningRateChart(results, {})}) {
            plot.setChart(chart);
            for (const QCPGraph *graph : plot.findChildren<QCPGraph *>())
                for (const QCPGraphData &point : *graph->data())
                    QVERIFY2(std::isfinite(point.key) && std::isfinite(point.value), qPrintable(graph->objectName()));
            QVERIFY(plot.plot().yAxis->range().size() > 0);
            QString words = chart.caption.join(' ') + chart.summary + QString::fromStdString(chart.csv);
            for (const Series &series : chart.series)
                for (const SeriesPoint &point : series.points)
                    words += point.words;
            QVERIFY2(!chart.empty() && !words.contains("nan") && !words.contains("-0.00"), qPrintable(words));
            plot.exportTo(library.home.filePath("equal.pdf"));
        }
    }

    void captionsSayWhatAnAxisCannotShowAndWhichSeedCounts()
    {
        StudyLibrary library(R"({"name": "mine", "checkpoint": "tiny", "datasets": ["cola"], "seeds": [0, 1],
            "recipe": {"init_std": 0}, "methods": [{"method": "adapter", "sizes": [8], "init_stds": [0.01]},
            {"method": "adapter", "sizes": [8]}]})");
        library.finishAll();
        const auto chartOf = [&] {
            return study_charts::initialisationChart(studyResults(library.store(), library.study),
                                                     {CountingRule::Trained, false, false});
        };
        StudyChart chart = chartOf();
        QCOMPARE(chart.series.size(), std::size_t(1));
        QCOMPARE(chart.series[0].points.size(), std::size_t(1)); // 0.01; a logarithmic axis has no 0
        QVERIFY2(chart.caption.contains("Adapters, m = 8 at 0 has no place on this axis and is in the numbers (CSV) alone."),
                 qPrintable(chart.caption.join('\n')));
        QVERIFY(chart.csv.find(",0,accuracy,") != std::string::npos);
        QCOMPARE(chart.caption.first(), QString("Mean and s.e.m. over seeds."));
        QVERIFY(!chart.caption.join(' ').contains("the best"));
        library.study.seeds = {0};
        QVERIFY2(!chartOf().caption.join(' ').contains("over seeds"), qPrintable(chartOf().caption.join('\n')));
        library.study.seeds = {0, 1};
        library.study.selection.seeds = Selection::Seeds::Best;
        chart = chartOf();
        QVERIFY(!chart.caption.join(' ').contains("s.e.m."));
        QVERIFY2(chart.caption.join(' ').contains("best seed"), qPrintable(chart.caption.join('\n')));
        for (const SeriesPoint &point : chart.series[0].points) {
            QCOMPARE(point.low, point.y);
            QCOMPARE(point.high, point.y);
        }
    }

    void topLayersWithoutThePoolerAreALineOfTheirOwn()
    {
        StudyLibrary library;
        library.finishAll();
        StudyResults results = studyResults(library.store(), library.study);
        std::vector<Run> ofTask;
        for (const Run &run : std::vector<Run>(results.runs)) {
            if (run.spec.method.name == "top-k") {
                Run other = run;
                other.id += 1000;
                std::erase(other.spec.method.train, "pooler.*");
                results.runs.push_back(other);
            }
        }
        SeriesPlot plot;
        plot.setChart(study_charts::figure1Chart(results, {}));
        QCOMPARE(graph(plot, "points.top-k")->dataCount(), 2);
        QCOMPARE(graph(plot, "points.top-k.without-pooler")->dataCount(), 2);
        QCOMPARE(graph(plot, "points.top-k.without-pooler")->name(), QString("Top layers, no pooler"));
        for (const Run &run : results.runs)
            if (run.spec.dataset == "cola")
                ofTask.push_back(run);
        TradeoffPlot tradeoff;
        tradeoff.setRuns(ofTask, "cola");
        for (const char *name : {"points.top-k", "points.top-k.without-pooler"})
            QCOMPARE(tradeoff.plot().findChild<QCPGraph *>(QLatin1String(name))->dataCount(), 2);
        const auto lines = tradeoff.plot().findChildren<QCPGraph *>("line.top-k");
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines.front()->dataCount(), 2);
    }

    void aStudyWhoseScoresAreNoNumbersSaysSo()
    {
        StudyLibrary library;
        library.finishAll();
        StudyResults results = studyResults(library.store(), library.study);
        for (Run &run : results.runs)
            run.score = NAN;
        for (const StudyChart &chart :
             {study_charts::figure1Chart(results, {}), study_charts::initialisationChart(results, {}),
              study_charts::learningRateChart(results, {})}) {
            QVERIFY(chart.empty());
            QVERIFY2(chart.nothing.contains("score that is a number"), qPrintable(chart.nothing));
        }
        TradeoffPlot plot;
        plot.setRuns(results.runs, "cola");
        QVERIFY(plot.findChild<QLabel *>("tradeoffEmpty")->text().contains("score that is a number"));
    }

    void publishedPointsAreHollowAndCanBeSwitchedOff()
    {
        StudyLibrary library;
        library.finishAll();
        SeriesPlot plot;
        plot.setChart(library.figure1());
        const QCPGraph *published = graph(plot, "points.published.1.adapter");
        QVERIFY(published);
        QCOMPARE(published->dataCount(), 7);
        QCOMPARE(published->name(), QString("Adapters, published"));
        QVERIFY(plot.chart().caption.join(' ').contains("Houlsby et al. 2019, Figure 1; BERT-large"));
        QVERIFY(plot.chart().caption.join(' ').contains("Filled: tiny."));
        QCOMPARE(published->scatterStyle().brush().color(), plot.palette().color(QPalette::Base));
        QVERIFY(graph(plot, "points.adapter")->scatterStyle().brush().color() != plot.palette().color(QPalette::Base));
        plot.setChart(library.figure1({CountingRule::WithoutEmbeddings, false, false}));
        QVERIFY(!graph(plot, "points.published.1.adapter"));
    }

    void singleTasksAndCountingFollowTheirSwitches()
    {
        StudyLibrary library;
        library.finishAll();
        SeriesPlot plot;
        plot.setChart(library.figure1({CountingRule::Trained, false, true}));
        QCOMPARE(graph(plot, "points.adapter.trec")->dataCount(), 3);
        QCOMPARE(graph(plot, "points.full")->data()->at(0)->key, 22713986.0);
        QVERIFY(plot.plot().xAxis->label() == "Trained parameters");
        plot.setChart(library.figure1({CountingRule::ShareOfModel, false, false}));
        QVERIFY(!graph(plot, "points.adapter.trec"));
        QVERIFY(std::abs(graph(plot, "points.top-k")->data()->at(1)->key - 22713986.0 / 2) < 1);
        QVERIFY(plot.plot().xAxis->label().contains("k/L"));
    }

    void theRulesStandBelowTheChartAndInTheNumbers()
    {
        StudyLibrary library;
        library.study.selection.seeds = Selection::Seeds::Best;
        library.finishAll();
        const StudyChart chart = library.figure1();
        QVERIFY(chart.caption.join(' ').contains("differences over 3 tasks"));
        QVERIFY(chart.caption.join(' ').contains("best seed"));
        QVERIFY(chart.csv.find("best seed") != std::string::npos);
        QVERIFY(chart.series.back().points.front().words.contains("best seed"));
    }

    void aStudyWithoutResultsSaysWhy()
    {
        StudyLibrary library;
        QVERIFY(library.figure1().empty());
        QVERIFY(library.figure1().nothing.contains("queued yet"));
        const auto ids = queueStudy(library.store(), library.study);
        QVERIFY(library.figure1().nothing.contains("has finished yet"));
        for (const std::int64_t id : ids)
            if (library.store().run(id)->spec.method.name == "adapter")
                library.finish(id);
        const StudyChart chart = library.figure1();
        QVERIFY(chart.empty());
        QVERIFY(chart.nothing.contains("cola is left out: it has no finished run of full fine-tuning"));
        SeriesPlot plot;
        plot.setChart(chart);
        plot.show();
        QVERIFY(plot.findChild<QLabel *>("seriesEmpty")->isVisible());
        QVERIFY_THROWS_EXCEPTION(Error, plot.exportTo(library.home.filePath("x.pdf")));
    }

    void oneTaskHasALineAndNoBandToSpeakOf()
    {
        StudyLibrary library;
        library.study.datasets = {"trec"};
        library.finishAll();
        const StudyChart chart = library.figure1();
        QVERIFY(chart.caption.front().contains("One task"));
        for (const Series &series : chart.series)
            if (series.kind == Series::Kind::Band)
                for (const SeriesPoint &point : series.points)
                    QVERIFY(point.low == point.y && point.y == point.high);
    }

    void fullFineTuningLiesAboveTheTopLayersThatAreAllLayers()
    {
        StudyLibrary library;
        library.finishAll();
        QCOMPARE(library.figure1().series.back().method, std::string("full"));
    }

    void correlationsFillTheirChartToo()
    {
        StudyLibrary library(R"({"name": "mine", "checkpoint": "tiny", "datasets": ["cola"], "methods": [
            {"method": "adapter", "sizes": [8], "learning_rates": [1e-3, 1e-4]}], "seeds": [0]})");
        library.finishAll();
        StudyResults results = studyResults(library.store(), library.study);
        for (Run &run : results.runs)
            run.metric = "matthews";
        SeriesPlot plot;
        plot.setChart(study_charts::learningRateChart(results, {}));
        QVERIFY2(plot.plot().yAxis->range().size() < 0.05, qPrintable(QString::number(plot.plot().yAxis->range().size())));
    }

    void linesOfOneColourLookUnlike()
    {
        StudyLibrary library(
            R"({"name": "mine", "checkpoint": "tiny", "datasets": ["a", "b", "c", "d", "e", "f"], "methods": [
            {"method": "adapter", "learning_rates": [1e-3, 1e-4]}], "seeds": [0]})");
        library.finishAll();
        SeriesPlot plot;
        plot.setChart(study_charts::learningRateChart(studyResults(library.store(), library.study), {}));
        std::vector<QPen> pens;
        for (const char task : {'a', 'b', 'c', 'd', 'e', 'f'}) {
            const QByteArray name = QByteArray("line.adapter.") + task + ".0";
            QVERIFY2(graph(plot, name.constData()), name.constData());
            const QPen pen = graph(plot, name.constData())->pen();
            QVERIFY2(std::ranges::find(pens, pen) == pens.end(), name.constData());
            pens.push_back(pen);
        }
    }

    void anAxisWithPublishedScoresOfAnotherMetricNamesNone()
    {
        StudyLibrary library(R"({"name": "mine", "checkpoint": "tiny", "datasets": ["trec"], "methods": [
            {"method": "adapter", "sizes": [8], "learning_rates": [1e-3, 1e-4]}], "seeds": [0]})");
        library.finishAll();
        const StudyResults results = studyResults(library.store(), library.study);
        QCOMPARE(study_charts::learningRateChart(results, {}).yLabel,
                 QStringLiteral("Score on dev, times 100")); // F1 beside
        QCOMPARE(study_charts::learningRateChart(results, {CountingRule::Trained, false, false}).yLabel,
                 QStringLiteral("Accuracy on dev (%)"));
    }

    void aLowChartSaysThatItsLinesHaveNoLegend()
    {
        StudyLibrary library;
        library.finishAll();
        SeriesPlot plot;
        plot.resize(300, 200);
        plot.show();
        plot.setChart(study_charts::learningRateChart(studyResults(library.store(), library.study), {}));
        QVERIFY(!plot.plot().legend->visible());
        QVERIFY2(captionOf(plot.plot()).endsWith("lines: pointing at one names it."), qPrintable(captionOf(plot.plot())));
    }

    void exportedFiguresNameEveryLine()
    {
        StudyLibrary library(
            R"({"name": "mine", "checkpoint": "tiny", "datasets": ["a", "b", "c", "d", "e", "f"], "methods": [
            {"method": "adapter", "learning_rates": [1e-3, 1e-4]}, {"method": "full", "learning_rates": [3e-5, 1e-4]},
            {"method": "head", "learning_rates": [3e-5, 1e-4]}, {"method": "layer-norm", "learning_rates": [3e-5, 1e-4]}],
            "seeds": [0]})");
        library.finishAll();
        SeriesPlot plot;
        plot.resize(420, 360);
        plot.show();
        plot.setChart(study_charts::learningRateChart(studyResults(library.store(), library.study), {}));
        QVERIFY(captionOf(plot.plot()).contains("lines are too many for a legend here"));
        const QString file = library.home.filePath(QStringLiteral("lr.svg"));
        plot.exportTo(file);
        QFile written(file);
        QVERIFY(written.open(QFile::ReadOnly));
        const QString svg = QString::fromUtf8(written.readAll());
        for (const Series &series : plot.chart().series)
            QVERIFY2(svg.contains(series.title.toHtmlEscaped()), qPrintable(series.title));
        QVERIFY(!svg.contains("too many for"));
        QVERIFY(!plot.plot().legend->visible()); // as it was
    }

    void robustnessChartsHaveALinePerTask()
    {
        StudyLibrary library(R"({"name": "mine", "checkpoint": "tiny", "datasets": ["cola", "trec"], "methods": [
            {"method": "adapter", "sizes": [8, 64], "learning_rates": [1e-3, 1e-4], "init_stds": [1e-7, 1e-2, 1]},
            {"method": "full", "learning_rates": [3e-5, 1e-4]}], "seeds": [0, 1]})");
        library.finishAll();
        SeriesPlot plot;
        plot.setChart(study_charts::initialisationChart(studyResults(library.store(), library.study), {}));
        QCOMPARE(graph(plot, "points.adapter.cola.8")->dataCount(), 3);
        QCOMPARE(graph(plot, "points.adapter.trec.64")->data()->at(0)->key, 1e-7);
        QVERIFY(!graph(plot, "points.full.cola.0"));
        QVERIFY(graph(plot, "points.published.6-mnli.adapter"));
        QVERIFY(plot.chart().caption.contains(
            "Score on dev after the last epoch, mean over seeds; the best learning rate at each, chosen on dev."));
        compareSweepWithSql(plot, library, "points.adapter.cola.8",
                            "method = 'adapter' AND dataset = 'cola' AND bottleneck = 8", "init_std");
        compareSweepWithSql(plot, library, "points.adapter.trec.64",
                            "method = 'adapter' AND dataset = 'trec' AND bottleneck = 64", "init_std");
        plot.setChart(study_charts::learningRateChart(studyResults(library.store(), library.study), {}));
        QCOMPARE(graph(plot, "points.full.cola.0")->dataCount(), 2);
        QCOMPARE(graph(plot, "points.adapter.cola.0")->dataCount(), 2);
        QVERIFY(graph(plot, "points.published.7.full"));
        QVERIFY(plot.chart().caption.join(' ').contains("; the best size and initialisation at each, chosen on dev."));
        compareSweepWithSql(plot, library, "points.full.cola.0", "method = 'full' AND dataset = 'cola'", "learning_rate");
        compareSweepWithSql(plot, library, "points.adapter.cola.0", "method = 'adapter' AND dataset = 'cola'",
                            "learning_rate");
        plot.resize(760, 520);
        plot.show();
        savePictures(plot, "learning-rates");
    }

    void figuresAreExportedAsFilesOfEveryKind()
    {
        StudyLibrary library;
        library.finishAll();
        SeriesPlot plot;
        plot.setChart(library.figure1());
        plot.resize(700, 500);
        for (const char *ending : {"pdf", "svg", "png", "csv"}) {
            const QString file = library.home.filePath(QString("figure1.") + ending);
            plot.exportTo(file);
            QVERIFY2(QFileInfo(file).size() > 1000, ending);
        }
        QCOMPARE(wrongInPrint(plot), QString());
        QFile csv(library.home.filePath("figure1.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readAll(), QByteArray::fromStdString(plot.chart().csv));
        if (const char *folder = std::getenv("AWB_PICTURES"))
            plot.exportTo(QString::fromLocal8Bit(folder) + "/figure1-print.png");
    }

    void thePanelFollowsTheStoreAndQueuesWhatIsMissing()
    {
        StudyLibrary library;
        StudyPanel panel(*library.bridge);
        panel.resize(1000, 620);
        panel.show();
        auto *state = panel.findChild<QLabel *>("studyState");
        auto *queue = panel.findChild<QPushButton *>("queueStudyButton");
        panel.showStudy("glue");
        QVERIFY(state->text().contains("cola") == false); // cola is there, the others are not
        QVERIFY(state->text().contains("sst-2"));
        QVERIFY(!queue->isEnabled());

        library.study.recipe.maxLength = 48; // as many as the checkpoint has positions
        library.store().saveStudy(library.study);
        emit library.bridge->changed();
        panel.showStudy("mine");
        QVERIFY(state->text().contains("0 of 60 runs done"));
        QCOMPARE(queue->text(), QString("&Queue 60 runs"));
        QVERIFY(panel.findChild<QLabel *>("seriesEmpty")->isVisible());
        QSignalSpy queued(&panel, &StudyPanel::queued);
        QTest::mouseClick(queue, Qt::LeftButton);
        QCOMPARE(queued.count(), 1);
        QCOMPARE(library.store().runsOfStudy("mine").size(), std::size_t(60));
        QVERIFY(!queue->isEnabled());
        for (const std::int64_t id : library.store().runIds())
            library.finish(id);
        emit library.bridge->changed();
        QVERIFY(state->text().contains("60 of 60 runs done"));
        QVERIFY(!panel.findChild<QLabel *>("seriesEmpty")->isVisible());
        savePictures(panel, "study-panel");

        auto *backbone = panel.findChild<QComboBox *>("publishedByCombo");
        QCOMPARE(backbone->currentText(), QString("BERT-large"));
        backbone->setFocus();
        QTest::keyClick(backbone, Qt::Key_Down);
        QVERIFY(!graph(panel.chart(), "points.published.1.adapter"));
        QCOMPARE(graph(panel.chart(), "points.published.3-right.adapter")->dataCount(), 6);
        QVERIFY(panel.chart().chart().caption.join(' ').contains("Figure 3; BERT-base, 17 additional tasks"));

        auto *published = panel.findChild<QCheckBox *>("publishedCheck");
        QTest::mouseClick(published, Qt::LeftButton, {}, {8, published->height() / 2});
        QVERIFY(!graph(panel.chart(), "points.published.3-right.adapter"));
        QVERIFY(!backbone->isEnabled());
        panel.findChild<QComboBox *>("countingCombo")->setCurrentIndex(2);
        QCOMPARE(graph(panel.chart(), "points.full")->data()->at(0)->key, 22713986.0);
        savePictures(panel, "study-panel-own");
        panel.findChild<QComboBox *>("studyFigureCombo")->setCurrentIndex(2);
        QVERIFY(graph(panel.chart(), "points.adapter.cola.0"));
    }

    void theRestOfAStudyIsCancelledFromThePanel()
    {
        StudyLibrary library;
        library.store().saveStudy(library.study);
        StudyPanel panel(*library.bridge);
        panel.show();
        panel.showStudy("mine");
        auto *cancel = panel.findChild<QPushButton *>("cancelStudyButton");
        QVERIFY(!cancel->isVisible());
        const auto ids = queueStudy(library.store(), library.study);
        for (int i = 0; i < 3; ++i)
            library.finish(ids[std::size_t(i)]);
        library.store().pause(ids[3]);
        emit library.bridge->changed();
        QVERIFY(cancel->isVisible());
        AnsweredDialogs dialogs;
        dialogs.yes = false;
        QTest::mouseClick(cancel, Qt::LeftButton);
        QCOMPARE(library.store().runIds(RunState::Cancelled).size(), std::size_t(0));
        dialogs.yes = true;
        QTest::mouseClick(cancel, Qt::LeftButton);
        QCOMPARE(library.store().runIds(RunState::Cancelled).size(), std::size_t(57));
        QCOMPARE(library.store().runIds(RunState::Done).size(), std::size_t(3));
        QVERIFY(!cancel->isVisible());
        QVERIFY(panel.findChild<QLabel *>("studyState")->text().contains("3 of 60 runs done"));
        QCOMPARE(panel.findChild<QPushButton *>("queueStudyButton")->text(), QString("&Queue 57 runs"));
    }

    void whileNobodySeesItThePageWaits()
    {
        StudyLibrary library;
        library.store().saveStudy(library.study);
        StudyPanel panel(*library.bridge);
        panel.show();
        panel.showStudy("mine");
        panel.hide();
        library.finishAll();
        emit library.bridge->changed();
        auto *state = panel.findChild<QLabel *>("studyState");
        QVERIFY(state->text().contains("0 of 60 runs done"));
        panel.show();
        QVERIFY(state->text().contains("60 of 60 runs done"));
        QVERIFY(!panel.chart().chart().empty());
    }

    void aRunIsMarkedInEveryPointThatItStandsFor()
    {
        StudyLibrary library;
        library.finishAll();
        SeriesPlot plot;
        plot.setChart(library.figure1({CountingRule::WithoutEmbeddings, false, false}));
        for (const Run &run : library.store().runsOfStudy("mine")) {
            if (run.spec.method.name != "head") // one setting for each task and both seeds: all of them stand in its point
                continue;
            plot.setSelectedRun(run.id);
            QCOMPARE(graph(plot, "selection")->dataCount(), 1);
            QCOMPARE(graph(plot, "selection")->data()->at(0)->key, graph(plot, "points.head")->data()->at(0)->key);
        }
    }

    void publishedPointsOfAnotherMetricAreNotDrawn()
    {
        StudyLibrary library(R"({"name": "mine", "checkpoint": "tiny", "datasets": ["cola"],
            "methods": [{"method": "adapter", "sizes": [64], "learning_rates": [1e-3], "init_stds": [1e-3, 1e-2]}]})");
        library.finishAll();
        const auto highest = [&] {
            double highest = 0;
            const auto results = studyResults(library.store(), library.study);
            for (const Series &series : study_charts::initialisationChart(results, {}).series)
                if (series.kind == Series::Kind::Published)
                    for (const SeriesPoint &point : series.points)
                        highest = std::max(highest, point.y);
            return highest;
        };
        QVERIFY(highest() > 50); // per cent
        for (Run run : library.store().runsOfStudy("mine")) {
            run.metric = "matthews";
            library.store().finish(run);
        }
        QCOMPARE(highest(), 0); // accuracy has no place on an axis of correlations
        const StudyChart chart = study_charts::initialisationChart(studyResults(library.store(), library.study), {});
        QVERIFY2(
            chart.caption.join(' ').contains("Published points are not drawn: they are accuracy in per cent, ours Matthews"),
            qPrintable(chart.caption.join(' ')));
    }

    void publishedPointsSayWhatTheyCount()
    {
        StudyLibrary library;
        library.finishAll();
        const auto caption = [&](CountingRule rule) { return library.figure1({rule, true, false}).caption.join(' '); };
        QVERIFY(!caption(CountingRule::WithoutEmbeddings).contains("they count"));
        QVERIFY(caption(CountingRule::ShareOfModel).contains("they count trained parameters, embedding tables not counted"));
    }

    void aPointTellsAndSelectsItsRun()
    {
        StudyLibrary library;
        library.finishAll();
        SeriesPlot plot;
        plot.resize(700, 500);
        plot.setChart(library.figure1({CountingRule::WithoutEmbeddings, false, false}));
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QSignalSpy selected(&plot, &SeriesPlot::runSelected);
        const auto data = graph(plot, "points.adapter")->data()->at(1);
        plot.plot().replot();
        const QPoint at(int(plot.plot().xAxis->coordToPixel(data->key)), int(plot.plot().yAxis->coordToPixel(data->value)));
        QTest::mouseMove(&plot.plot(), at);
        QTest::mouseClick(&plot.plot(), Qt::LeftButton, {}, at);
        QCOMPARE(selected.count(), 1);
        const Run run = library.store().run(selected.first().first().toLongLong()).value();
        QCOMPARE(run.spec.method.bottleneck, 8);
        plot.setSelectedRun(run.id);
        QCOMPARE(graph(plot, "selection")->dataCount(), 1);
        plot.plot().setFocus();
        QTest::keyClick(&plot.plot(), Qt::Key_Escape);
        QTest::keyClick(&plot.plot(), Qt::Key_Right);
        QVERIFY(plot.plot().accessibleDescription().contains("head only"));
        QTest::keyClick(&plot.plot(), Qt::Key_Return);
        QCOMPARE(selected.count(), 2);
    }
};

QTEST_MAIN(StudyChartsTest)
#include "tst_study_charts.moc"
