#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>
#include <qcustomplot.h>

#include "core/methods/methods.h"
#include "tests/tradeoff_fixture.h"
#include "ui/chart_axes.h"
#include "ui/plot_style.h"

using namespace awb;
using namespace awb::test;

namespace {

QString captionOf(Shown &shown)
{
    return shown.chart.plot().findChild<QCPTextElement *>(QStringLiteral("caption"))->text().replace('\n', ' ');
}

QColor cornerOf(QWidget &widget)
{
    return widget.grab().toImage().pixelColor(2, widget.height() - 3);
}

} // namespace

class TestCharts : public QObject {
    Q_OBJECT

private slots:
    void powersWithoutALabelHaveATick()
    {
        struct Ticker : chart_axes::DecadeTicker {
            using chart_axes::DecadeTicker::createSubTickVector;
        } ticker;
        QCOMPARE(ticker.createSubTickVector(8, {1e-2, 1, 1e2, 1e4}), (QVector<double>{0.1, 1, 10, 100, 1000}));
        QCOMPARE(ticker.createSubTickVector(8, {1, 10}), (QVector<double>{2, 3, 4, 5, 6, 7, 8, 9}));
    }

    void aPowerOfTenAtTheRightEdgeHasRoomForItsLabel()
    {
        QVERIFY(chart_axes::paddedDecades(1e3, 1.001e7 / 1.8).upper > 1.2e7);
        QCOMPARE(chart_axes::paddedDecades(1e3, 3e7).upper, 1.8 * 3e7); // has room as it is
    }

    void drawnPointsAreTheRunsHandedIn()
    {
        Shown shown;
        QCustomPlot &plot = shown.chart.plot();
        QCPGraph *adapters = graph(plot, "points.adapter");
        QVERIFY(adapters);
        QCOMPARE(adapters->dataCount(), 3);
        QCOMPARE(adapters->data()->at(0)->key, 16502.0);
        QCOMPARE(adapters->data()->at(0)->value, 86.1);
        QCOMPARE(adapters->data()->at(2)->key, 605954.0);
        QCOMPARE(adapters->data()->at(2)->value, 88.5);
        QCOMPARE(graph(plot, "points.head")->data()->at(0)->value, 71.3);
        QCOMPARE(graph(plot, "points.full")->data()->at(0)->key, 22713986.0);
        QCOMPARE(plot.xAxis->scaleType(), QCPAxis::stLogarithmic);
        QVERIFY(plot.xAxis->label().contains(QStringLiteral("parameters")));
        QCOMPARE(plot.yAxis->label(), QStringLiteral("Accuracy on dev (%)"));
        QVERIFY(plot.xAxis->range().contains(770) && plot.xAxis->range().contains(22713986));
        QVERIFY(plot.yAxis->range().contains(71.3) && plot.yAxis->range().contains(89.4));
    }

    void errorBarsAreTheStandardErrorOfSeveralSeeds()
    {
        Shown shown;
        const auto *bars = shown.chart.plot().findChild<QCPErrorBars *>(QStringLiteral("errors.adapter"));
        QVERIFY(bars);
        QCOMPARE(bars->data()->size(), 3);
        QCOMPARE(bars->data()->at(0).errorPlus, 0.0); // one seed
        // deviations of half a point: sd = 0.5, over three seeds
        QVERIFY(std::abs(bars->data()->at(2).errorPlus - 0.5 / std::sqrt(3.0)) < 1e-9);
        QCOMPARE(bars->data()->at(2).errorMinus, bars->data()->at(2).errorPlus);
    }

    void adapterSizesAreJoinedInOrderByTheBestOfEachSize()
    {
        auto runs = someRuns();
        Run slower = run(8, "adapter", 8, 70304, 0, 0.80);
        slower.spec.recipe.learningRate = 1e-5;
        runs.push_back(slower);
        std::reverse(runs.begin(), runs.end());
        Shown shown(runs);
        QCPGraph *line = graph(shown.chart.plot(), "line.adapter");
        QVERIFY(line);
        QCOMPARE(line->dataCount(), 3);
        QCOMPARE(line->data()->at(1)->key, 70304.0);
        QCOMPARE(line->data()->at(1)->value, 87.3);
        QCOMPARE(graph(shown.chart.plot(), "points.adapter")->dataCount(), 4);
        QVERIFY(!graph(shown.chart.plot(), "line.head"));
    }

    void sizesThatDifferInMoreThanTheLearningRateAreNotJoined()
    {
        auto runs = someRuns();
        Run longer = run(8, "adapter", 8, 70304, 0, 0.99);
        longer.spec.recipe.maxLength = 256;
        runs.push_back(longer);
        Shown shown(runs);
        QCPGraph *line = graph(shown.chart.plot(), "line.adapter");
        QCOMPARE(line->dataCount(), 3);
        QCOMPARE(line->data()->at(1)->value, 87.3); // and not the 99 of longer texts
    }

    void sizesAreJoinedByOneLineHoweverAStudySweepsThem()
    {
        auto runs = someRuns();
        for (const Run &one : someRuns())
            if (one.spec.method.name == "adapter" && one.spec.seed == 0) {
                for (const auto &[epochs, initStd, score] : {std::tuple(20, 1e-2, 0.95), std::tuple(3, 1e-4, 0.80)}) {
                    runs.push_back(one);
                    runs.back().id = std::int64_t(runs.size());
                    runs.back().spec.recipe.epochs = epochs;
                    runs.back().spec.recipe.initStd = initStd;
                    runs.back().score = score;
                }
            }
        Shown shown(runs);
        const auto lines = shown.chart.plot().findChildren<QCPGraph *>("line.adapter");
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines.front()->dataCount(), 3);
        for (const QCPGraphData &point : *lines.front()->data())
            QCOMPARE(point.value, 95.0);
    }

    void fullFineTuningIsAReferenceLineWithItsScore()
    {
        Shown shown;
        auto *line = shown.chart.plot().findChild<QCPItemStraightLine *>(QStringLiteral("reference"));
        auto *label = shown.chart.plot().findChild<QCPItemText *>(QStringLiteral("referenceLabel"));
        QVERIFY(line && label);
        QCOMPARE(line->point1->value(), 89.4);
        QCOMPARE(line->point2->value(), 89.4);
        QCOMPARE(label->text(), QStringLiteral("full fine-tuning 89.40 %"));
        Shown without({run(1, "head", 0, 770, 0, 0.7)});
        QVERIFY(!without.chart.plot().findChild<QCPItemStraightLine *>(QStringLiteral("reference")));
    }

    void legendNamesEachMethodOnceAndStaysOutsideTheAxes()
    {
        Shown shown;
        QCustomPlot &plot = shown.chart.plot();
        int named = 0;
        for (int i = 0; i < plot.legend->itemCount(); ++i)
            named += plot.legend->item(i) != nullptr;
        QCOMPARE(named, 4); // the Pareto front too
        QVERIFY(!plot.legend->outerRect().intersects(plot.axisRect()->rect()));
    }

    void theParetoFrontLeavesOutWhatACheaperPointBeatsBeyondTheError()
    {
        // m = 16 scores less than m = 8, m = 32 is within the error of it, m = 64 beats it by more.
        Shown shown({run(1, "adapter", 8, 8000, 0, 0.800), run(2, "adapter", 8, 8000, 1, 0.804),
                     run(3, "adapter", 16, 16000, 0, 0.700), run(4, "adapter", 16, 16000, 1, 0.704),
                     run(5, "adapter", 32, 32000, 0, 0.802), run(6, "adapter", 32, 32000, 1, 0.806),
                     run(7, "adapter", 64, 64000, 0, 0.807), run(8, "adapter", 64, 64000, 1, 0.815)});
        const QCPGraph *front = graph(shown.chart.plot(), "pareto");
        QVERIFY(front);
        QCOMPARE(front->dataCount(), 2);
        QCOMPARE(front->data()->at(0)->key, 8000.0);
        QCOMPARE(front->data()->at(1)->key, 64000.0);
        QVERIFY2(
            captionOf(shown).contains("Pareto front: points that beat the cheaper ones on it by more than the error of"),
            qPrintable(captionOf(shown)));
        Shown single({run(1, "head", 0, 770, 0, 0.7)});
        QVERIFY(!graph(single.chart.plot(), "pareto"));
    }

    void scoresThatAreNoNumbersAreLeftOut()
    {
        auto runs = someRuns();
        runs.push_back(run(8, "adapter", 2, 20000, 0, std::numeric_limits<double>::quiet_NaN()));
        Shown shown(runs);
        QCOMPARE(graph(shown.chart.plot(), "points.adapter")->dataCount(), 3);
        QCOMPARE(shown.chart.points().size(), std::size_t(5));
    }

    void correlationsKeepTheirUnit()
    {
        Run one = run(1, "adapter", 64, 605954, 0, 0.563);
        one.metric = "matthews";
        Shown shown({one});
        QCOMPARE(graph(shown.chart.plot(), "points.adapter")->data()->at(0)->value, 0.563);
        QCOMPARE(shown.chart.plot().yAxis->label(), QStringLiteral("Matthews correlation on dev"));
    }

    void onePointOrNothingTrainedStillMakesAReadableAxis()
    {
        Shown shown({run(1, "head", 0, 0, 0, 0.7)});
        QCustomPlot &plot = shown.chart.plot();
        QCOMPARE(graph(plot, "points.head")->data()->at(0)->key, 1.0);
        QVERIFY(plot.xAxis->range().lower > 0);
        QVERIFY(plot.xAxis->range().upper / plot.xAxis->range().lower >= 10);
        QVERIFY(plot.yAxis->range().size() > 1);
        QVERIFY(plot.xAxis->range().contains(1) && plot.yAxis->range().contains(70));
    }

    void clickOnAPointSelectsItsBestRun()
    {
        Shown shown;
        QCustomPlot &plot = shown.chart.plot();
        QSignalSpy selected(&shown.chart, &TradeoffPlot::runSelected);
        QTest::mouseClick(&plot, Qt::LeftButton, {}, pixel(plot, 605954, 88.5) + QPoint(3, -3));
        QCOMPARE(selected.size(), 1);
        QCOMPARE(selected[0][0].value<std::int64_t>(), std::int64_t(4));
        QCOMPARE(graph(plot, "selection")->data()->at(0)->key, 605954.0);
        QTest::mouseClick(&plot, Qt::LeftButton, {}, pixel(plot, 20000, 75));
        QCOMPARE(selected.size(), 1);
    }

    void aRunSelectedElsewhereMarksItsPoint()
    {
        Shown shown;
        shown.chart.setSelectedRun(5);
        QCOMPARE(graph(shown.chart.plot(), "selection")->data()->at(0)->key, 605954.0);
        shown.chart.setSelectedRun(6);
        QCOMPARE(graph(shown.chart.plot(), "selection")->data()->at(0)->key, 770.0);
        shown.chart.setSelectedRun(0);
        QVERIFY(!graph(shown.chart.plot(), "selection"));
    }

    void hoverTellsEverythingAboutAPoint()
    {
        Shown shown;
        QCustomPlot &plot = shown.chart.plot();
        hover(plot, pixel(plot, 605954, 88.5));
        QTRY_VERIFY(graph(plot, "cursor"));
        const QString text = QToolTip::text();
        for (const char *part : {"adapters, m = 64", "88.50 ± 0.29 %", "N = 3", "88.00, 89.00, 88.50", "605,954",
                                 "2.7 % of the model", "1e-3", "3 epochs", "−0.90", "3, 4, 5"})
            QVERIFY2(text.contains(QString::fromUtf8(part)), qPrintable(QString::fromUtf8(part) + " in " + text));
        QCOMPARE(graph(plot, "seeds")->dataCount(), 3);
        hover(plot, pixel(plot, 20000, 75));
        QTRY_VERIFY(!graph(plot, "cursor"));
    }

    void arrowKeysAndEnterSelectWithoutAMouse()
    {
        Shown shown;
        QCustomPlot &plot = shown.chart.plot();
        QCOMPARE(plot.focusPolicy(), Qt::StrongFocus);
        QSignalSpy selected(&shown.chart, &TradeoffPlot::runSelected);
        QTest::keyClick(&plot, Qt::Key_Return);
        QCOMPARE(selected.size(), 0);
        QTest::keyClick(&plot, Qt::Key_Right); // the leftmost: head only
        QCOMPARE(graph(plot, "cursor")->data()->at(0)->key, 770.0);
        QTest::keyClick(&plot, Qt::Key_Right);
        QCOMPARE(graph(plot, "cursor")->data()->at(0)->key, 16502.0);
        QVERIFY(plot.accessibleDescription().startsWith(QStringLiteral("adapters, m = 1: Accuracy 86.10 %")));
        QTest::keyClick(&plot, Qt::Key_Return);
        QCOMPARE(selected.takeLast()[0].value<std::int64_t>(), std::int64_t(1));
        QTest::keyClick(&plot, Qt::Key_End);
        QTest::keyClick(&plot, Qt::Key_Enter);
        QCOMPARE(selected.takeLast()[0].value<std::int64_t>(), std::int64_t(7));
        QTest::keyClick(&plot, Qt::Key_Down); // next lower score
        QCOMPARE(graph(plot, "cursor")->data()->at(0)->key, 605954.0);
        QTest::keyClick(&plot, Qt::Key_Escape);
        QVERIFY(!graph(plot, "cursor"));
    }

    void whatIsToldOfAPointIsCopied()
    {
        Shown shown;
        QCustomPlot &plot = shown.chart.plot();
        plot.setFocus();
        QTest::keyClick(&plot, Qt::Key_Home);
        QTest::keyClick(&plot, Qt::Key_C, Qt::ControlModifier);
        const QString text = QGuiApplication::clipboard()->text();
        QVERIFY2(text.contains(QStringLiteral("\nTrained parameters: ")) &&
                     text.contains(QStringLiteral("770 (< 0.1 % of the model)")),
                 qPrintable(text));
    }

    void screenReadersGetASummary()
    {
        Shown shown;
        QVERIFY(!shown.chart.plot().accessibleName().isEmpty());
        const QString text = shown.chart.plot().accessibleDescription();
        QVERIFY2(text.contains(QStringLiteral("5 points. Best: full fine-tuning: Accuracy 89.40 %")), qPrintable(text));
    }

    void zoomStaysUntilADoubleClickWhenRunsArrive()
    {
        Shown shown;
        QCustomPlot &plot = shown.chart.plot();
        const QCPRange all = plot.yAxis->range();
        QTest::keyClick(&plot, Qt::Key_Plus);
        const QCPRange zoomed = plot.yAxis->range();
        QVERIFY(zoomed.size() < all.size());
        auto runs = someRuns();
        runs.push_back(run(8, "adapter", 256, 2400000, 0, 0.60));
        shown.chart.setRuns(runs, QString::fromUtf8("tweets · minilm"));
        QCOMPARE(plot.yAxis->range(), zoomed);
        QTest::mouseDClick(&plot, Qt::LeftButton, {}, plot.axisRect()->center());
        QVERIFY(plot.yAxis->range().contains(60));
        runs.push_back(run(9, "adapter", 512, 4800000, 0, 0.50));
        shown.chart.setRuns(runs, QString::fromUtf8("tweets · minilm"));
        QVERIFY(plot.yAxis->range().contains(50));
    }

    void zoomEndsWithTheTask()
    {
        Shown shown;
        QCustomPlot &plot = shown.chart.plot();
        plot.setFocus();
        const QCPRange whole = plot.yAxis->range();
        QTest::keyClick(&plot, Qt::Key_Plus);
        QVERIFY(plot.yAxis->range().size() < whole.size());
        shown.chart.setRuns(someRuns(), QStringLiteral("another · minilm"));
        QCOMPARE(plot.yAxis->range(), whole);
    }

    void anEmptyChartSaysWhatToDo()
    {
        TradeoffPlot chart;
        chart.show();
        const auto *text = chart.findChild<QLabel *>(QStringLiteral("tradeoffEmpty"));
        QVERIFY(text->isVisible() && text->text().contains(QStringLiteral("set-up panel")));
        QVERIFY(!chart.plot().isVisible());
        chart.setRuns(someRuns(), QStringLiteral("tweets"));
        QVERIFY(!text->isVisible() && chart.plot().isVisible());
        chart.setRuns({}, {});
        QVERIFY(text->isVisible());
        QTest::keyClick(&chart.plot(), Qt::Key_Right);
    }

    void aThemeChangeRedraws()
    {
        Shown shown;
        shown.chart.setPalette(QPalette(Qt::white));
        const QColor light = cornerOf(shown.chart);
        shown.chart.setPalette(darkPalette());
        QVERIFY(cornerOf(shown.chart).lightness() < 60);
        QVERIFY(light.lightness() > 150);
        QCOMPARE(shown.chart.plot().xAxis->labelColor(), darkPalette().color(QPalette::Text));
        QCOMPARE(graph(shown.chart.plot(), "points.full")->scatterStyle().brush().color(), QColor(Qt::white));
    }

    // ---- other costs than parameters

    void anotherAxisDrawsWhatTheRunsCost()
    {
        Shown shown(costlyRuns());
        QCustomPlot &plot = shown.chart.plot();
        shown.chart.setAxis(CostAxis::PeakMemory);
        QCOMPARE(plot.xAxis->scaleType(), QCPAxis::stLinear);
        QVERIFY(plot.xAxis->label().contains(QStringLiteral("MB")));
        QCOMPARE(graph(plot, "points.head")->data()->at(0)->key, 300.0);
        QCOMPARE(graph(plot, "points.adapter")->data()->at(2)->key, 450.0); // mean of 440, 450 and 460
        QCOMPARE(plot.xAxis->range().lower, 0.0);
        QVERIFY(plot.xAxis->range().contains(900));
        QVERIFY(!graph(plot, "line.adapter"));
        shown.chart.setAxis(CostAxis::InferenceSeconds);
        QCOMPARE(graph(plot, "points.full")->data()->at(0)->key, 1.5); // milliseconds
        shown.chart.setAxis(CostAxis::StoredBytes);
        QCOMPARE(plot.xAxis->scaleType(), QCPAxis::stLogarithmic);
        QCOMPARE(graph(plot, "points.head")->data()->at(0)->key, 4 * 770.0);
        QCOMPARE(graph(plot, "line.adapter")->dataCount(), 3);
    }

    void theParetoFrontKnowsThatFasterIsBetter()
    {
        // m = 64 is the best; the head alone is worse but faster; full fine-tuning is slowest and best of all.
        Shown shown(costlyRuns());
        shown.chart.setAxis(CostAxis::ExamplesPerSecond);
        const QCPGraph *front = graph(shown.chart.plot(), "pareto");
        QVERIFY(front);
        QCOMPARE(front->dataCount(), 3);                           // of the adapters, which are equally fast, the best
        QVERIFY(front->data()->findBegin(500, false)->key == 500); // the head, fastest
        QVERIFY(front->data()->findBegin(50, false)->key == 50);   // full fine-tuning
        QCOMPARE(front->lineStyle(), QCPGraph::lsStepRight);
    }

    void pointsWithoutTheCostAreLeftOutAndCounted()
    {
        auto runs = costlyRuns();
        for (Run &run : runs)
            if (run.spec.method.name == "full")
                run.provenance.inferenceSeconds = 0;
        Shown shown(runs);
        QCustomPlot &plot = shown.chart.plot();
        shown.chart.setAxis(CostAxis::InferenceSeconds);
        QVERIFY(!graph(plot, "points.full"));
        QVERIFY2(plot.xAxis->label().contains(QStringLiteral("one point has none recorded")),
                 qPrintable(plot.xAxis->label()));
        QSignalSpy selected(&shown.chart, &TradeoffPlot::runSelected);
        plot.replot();
        QTest::mouseClick(&plot, Qt::LeftButton, {}, pixel(plot, 0.5, 71.3));
        QCOMPARE(selected.size(), 1);
        QCOMPARE(selected[0][0].value<std::int64_t>(), std::int64_t(6));
        for (Run &run : runs)
            run.provenance.inferenceSeconds = 0;
        shown.chart.setRuns(runs, QStringLiteral("tweets"));
        const auto *text = shown.chart.findChild<QLabel *>(QStringLiteral("tradeoffEmpty"));
        QVERIFY(text->isVisible() && text->text().contains(QStringLiteral("recorded")));
    }

    void singleSeedsAreDrawnOnDemandEachAtItsOwnCost()
    {
        Shown shown(costlyRuns());
        QCustomPlot &plot = shown.chart.plot();
        QVERIFY(!graph(plot, "singleSeeds"));
        shown.chart.setSeedsShown(true);
        QCOMPARE(graph(plot, "singleSeeds")->dataCount(), 3); // the other points are one run each
        shown.chart.setAxis(CostAxis::PeakMemory);
        QCOMPARE(graph(plot, "singleSeeds")->data()->at(2)->key, 460.0);
        QCOMPARE(graph(plot, "singleSeeds")->data()->at(2)->value, 88.5);
        QVERIFY(plot.yAxis->range().contains(89.0));
    }

    void theTooltipNamesEveryCost()
    {
        Shown shown(costlyRuns());
        hover(shown.chart.plot(), pixel(shown.chart.plot(), 605954, 88.5));
        QTRY_VERIFY(graph(shown.chart.plot(), "cursor"));
        const QString text = QToolTip::text();
        for (const char *part : {"450 MB", "160 examples/s", "Time per epoch", "20 s", "0.75 ms per example", "2.4 MB"})
            QVERIFY2(text.contains(QString::fromUtf8(part)), qPrintable(QString::fromUtf8(part) + " in " + text));
    }

    // ---- export

    void whatStandsBelowTheTradeoffSaysWhatWasChosen()
    {
        auto runs = costlyRuns();
        const auto addWorse = [&](std::size_t than) {
            runs.push_back(runs[than]);
            runs.back().id = std::int64_t(runs.size());
            runs.back().spec.recipe.learningRate = 1e-5;
            runs.back().score = 0.5;
        };
        Shown shown(runs);
        QVERIFY2(!captionOf(shown).contains("the best of"), qPrintable(captionOf(shown)));
        addWorse(1); // m = 8
        shown.chart.setRuns(runs, {});
        QVERIFY2(captionOf(shown).contains("Lines take the best of each size."), qPrintable(captionOf(shown)));
        shown.chart.setAxis(CostAxis::PeakMemory); // without lines
        QVERIFY2(!captionOf(shown).contains("the best of"), qPrintable(captionOf(shown)));
        addWorse(6); // full fine-tuning
        shown.chart.setRuns(runs, {});
        QVERIFY2(captionOf(shown).contains("The reference is the best of full fine-tuning."), qPrintable(captionOf(shown)));
        shown.chart.setAxis(CostAxis::Parameters);
        QVERIFY2(captionOf(shown).contains("Lines and the reference take the best of each"), qPrintable(captionOf(shown)));
    }

    void whatStandsBelowTheTradeoffFollowsItsPoints()
    {
        Shown shown(costlyRuns());
        QVERIFY2(captionOf(shown).contains("Bars: standard error of the mean"), qPrintable(captionOf(shown)));
        QVERIFY(!captionOf(shown).contains("at a time"));
        auto runs = costlyRuns();
        runs.front().provenance.together = 4;
        shown.chart.setRuns(runs, {});
        QVERIFY(!captionOf(shown).contains("at a time")); // parameters are no matter of company
        shown.chart.setAxis(CostAxis::PeakMemory);
        QVERIFY2(captionOf(shown).contains("which computed up to 4 runs at a time"), qPrintable(captionOf(shown)));
        shown.chart.setAxis(CostAxis::EpochSeconds);
        QVERIFY2(captionOf(shown).contains("Computed 1 to 4 runs at a time"), qPrintable(captionOf(shown)));
        Shown single({run(1, "adapter", 8, 70304, 0, 0.8), run(2, "head", 0, 770, 0, 0.7)});
        QVERIFY2(!captionOf(single).contains("Bars"), qPrintable(captionOf(single)));
        QVERIFY(captionOf(single).contains("after the last epoch"));
    }

    void logTicksStayReadableAtEveryZoom_data()
    {
        QTest::addColumn<double>("lower");
        QTest::addColumn<double>("upper");
        QTest::newRow("six decades") << 3e2 << 2e8;
        QTest::newRow("two decades") << 9e4 << 1.1e7;
        QTest::newRow("one decade") << 2e5 << 2e6;
        QTest::newRow("a third of a decade") << 2.1e5 << 6.4e5;
    }

    void logTicksStayReadableAtEveryZoom()
    {
        QFETCH(double, lower);
        QFETCH(double, upper);
        QVector<double> ticks, subTicks;
        QVector<QString> labels;
        chart_axes::DecadeTicker ticker;
        ticker.generate(QCPRange(lower, upper), QLocale::c(), 'e', 0, ticks, &subTicks, &labels);
        const auto inside = std::count_if(ticks.begin(), ticks.end(), [&](double t) { return t >= lower && t <= upper; });
        QVERIFY2(inside >= 2 && inside <= 8, qPrintable(QString::number(inside)));
    }

    void methodsDifferInColourAndInShape()
    {
        for (const auto &theme : {plot_style::printTheme(), plot_style::themeOf(darkPalette())}) {
            QSet<QRgb> colours;
            QSet<int> shapes;
            for (const MethodEntry &entry : methodTable()) {
                colours.insert(plot_style::methodColor(entry.method.name, theme).rgb());
                shapes.insert(plot_style::methodMarker(entry.method.name, theme).shape());
            }
            QCOMPARE(colours.size(), qsizetype(methodTable().size()));
            QCOMPARE(shapes.size(), qsizetype(methodTable().size()));
        }
        QVERIFY(plot_style::themeOf(darkPalette()).dark && !plot_style::printTheme().dark);
    }
};

QTEST_MAIN(TestCharts)
#include "tst_charts.moc"
