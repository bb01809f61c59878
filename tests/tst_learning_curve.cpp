#include <cmath>
#include <limits>

#include <QFileInfo>
#include <QImage>
#include <QLabel>
#include <QTemporaryDir>
#include <QTest>
#include <QToolTip>
#include <qcustomplot.h>

#include "tests/chart_fixture.h"
#include "tests/gui_helpers.h"
#include "ui/curve_data.h"
#include "ui/learning_curve.h"

using namespace awb;
using namespace awb::test;

namespace {

std::vector<Measurement> measurements(int steps)
{
    std::vector<Measurement> result;
    for (int step = 1; step <= steps; ++step) {
        result.push_back({"loss", step, step / 100.0, 1.0 / step});
        result.push_back({"learning_rate", step, step / 100.0, 1e-3 * (steps - step) / steps});
        if (step % 100 == 0)
            result.push_back({"dev.accuracy", step, step / 100.0, 0.8 + step * 1e-4});
    }
    return result;
}

Run curveRun(int steps, RunState state = RunState::Done)
{
    Run one = run(12, "adapter", 64, 605954, 0, 0.8);
    one.state = state;
    one.steps = steps;
    return one;
}

/// A finished run of 300 steps on screen.
struct Shown {
    LearningCurve curve;
    QCustomPlot &plot = curve.plot();

    Shown()
    {
        curve.resize(640, 420);
        curve.show();
        curve.setRun(curveRun(300), measurements(300), QStringLiteral("run 12"));
        plot.replot();
    }
    /// Step that the cursor stands on; 0: there is none.
    double cursor() const
    {
        const auto *line = plot.findChild<QCPItemStraightLine *>(QStringLiteral("cursor"));
        return line->visible() ? line->point1->key() : 0;
    }
};

} // namespace

class TestLearningCurve : public QObject {
    Q_OBJECT

private slots:
    void aRunThatIsChosenLateHasTheStepsSinceItsLastEpochToo()
    {
        LearningCurve curve;
        curve.setRun(curveRun(200), measurements(200), QStringLiteral("run 12")); // another one is shown
        for (int step = 51; step <= 60; ++step)
            curve.append({13, step, 100, 0.5, 1e-3, 64});
        Run other = curveRun(100, RunState::Running);
        other.id = 13;
        curve.setRun(other, measurements(52), QStringLiteral("run 13")); // the store has 52 of them by now
        const auto *loss = curve.plot().findChild<QCPGraph *>(QStringLiteral("loss.raw"));
        QCOMPARE(loss->dataCount(), 60);
        QCOMPARE(loss->data()->at(59)->key, 60.0);
        curve.setRun(curveRun(200), measurements(200), QStringLiteral("run 12"));
        curve.keepOnly({});
        curve.setRun(other, measurements(52), QStringLiteral("run 13"));
        QCOMPARE(loss->dataCount(), 52);
    }

    void noTickIsAScoreThatCannotBe()
    {
        LearningCurve curve;
        curve.resize(640, 420);
        std::vector<Measurement> perfect = measurements(99); // no score yet
        perfect.push_back({"dev.accuracy", 50, 0.5, 0.98});
        perfect.push_back({"dev.accuracy", 100, 1, 1.0});
        curve.setRun(curveRun(100), perfect, QStringLiteral("run 12"));
        curve.plot().replot();
        QVERIFY(curve.plot().yAxis2->range().upper > 100); // room for the marker
        for (const double tick : curve.plot().yAxis2->tickVector())
            QVERIFY2(tick <= 100 || tick > curve.plot().yAxis2->range().upper, qPrintable(QString::number(tick)));
        curve.setRun(curveRun(1), {{"loss", 1, 1, 0.7}}, QStringLiteral("one step"));
        curve.plot().replot();
        for (const double tick : curve.plot().xAxis->tickVector())
            QCOMPARE(tick, std::round(tick));
    }

    void curvesShowTheMeasurementsOfARun()
    {
        LearningCurve curve;
        curve.setRun(curveRun(300), measurements(300), QStringLiteral("run 12"));
        QCustomPlot &plot = curve.plot();
        QCOMPARE(curve.run(), std::int64_t(12));
        QCOMPARE(graph(plot, "loss.raw")->dataCount(), 300);
        QCOMPARE(graph(plot, "loss.raw")->data()->at(1)->value, 0.5);
        QCOMPARE(graph(plot, "learningRate")->dataCount(), 300);
        QCOMPARE(graph(plot, "score")->dataCount(), 3);
        QCOMPARE(graph(plot, "score")->data()->at(2)->key, 300.0);
        QCOMPARE(graph(plot, "score")->data()->at(2)->value, 83.0);
        QVERIFY(plot.xAxis->range().contains(300));
        QVERIFY(plot.accessibleDescription().contains(QStringLiteral("83.00 %")));
    }

    void liveValuesAppendToTheRunShownOnly()
    {
        LearningCurve curve;
        curve.setRun(curveRun(400, RunState::Running), measurements(100), {});
        curve.append({12, 101, 400, 0.25, 5e-4, 100});
        curve.append({13, 102, 400, 0.30, 5e-4, 100});
        QCPGraph *loss = graph(curve.plot(), "loss.raw");
        QCOMPARE(loss->dataCount(), 101);
        QCOMPARE(loss->data()->at(100)->value, 0.25);
        QCOMPARE(graph(curve.plot(), "learningRate")->data()->at(100)->value, 5e-4);
        QVERIFY(curve.plot().xAxis->range().contains(400));
        // stored values arrive: newer live ones stay
        curve.setRun(curveRun(400, RunState::Running), measurements(100), {});
        QCOMPARE(loss->dataCount(), 101);
        // a run that went on from a snapshot repeats steps
        curve.append({12, 51, 400, 0.75, 5e-4, 100});
        QCOMPARE(loss->dataCount(), 51);
        QCOMPARE(loss->data()->at(50)->value, 0.75);
        // finished: what is stored is the truth
        curve.setRun(curveRun(400), measurements(100), {});
        QCOMPARE(loss->dataCount(), 100);
    }

    void longCurvesAreAveragedToTwoThousandPoints()
    {
        LearningCurve curve;
        curve.setRun(curveRun(10000), measurements(10000), {});
        QCOMPARE(graph(curve.plot(), "loss.raw")->dataCount(), 2000);
        // steps 1 to 5
        QCOMPARE(graph(curve.plot(), "loss.raw")->data()->at(0)->key, 3.0);
        QVERIFY(std::abs(graph(curve.plot(), "loss.raw")->data()->at(0)->value -
                         (1 + 1 / 2. + 1 / 3. + 1 / 4. + 1 / 5.) / 5) < 1e-12);
        QTemporaryDir folder;
        curve.exportTo(folder.filePath(QStringLiteral("curve.svg")));
        QVERIFY(QFileInfo(folder.filePath(QStringLiteral("curve.svg"))).size() < 100000);
    }

    void aDivergedLossIsLeftOutOfTheCurve()
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const auto curve = curve_data::curveOf({{"loss", 2, 0, 0.5}, {"loss", 3, 0, nan}, {"loss", 1, 0, 0.7}}, "loss");
        QCOMPARE(curve.x, (QVector<double>{1, 2}));
        QCOMPARE(curve.y, (QVector<double>{0.7, 0.5}));
        QCOMPARE(curve_data::smoothed({{1, 2, 3}, {1, 4, 1}}).y, (QVector<double>{2.5, 2, 2.5}));
    }

    void anEmptyCurveSaysWhy()
    {
        LearningCurve curve;
        curve.show();
        const auto *text = curve.findChild<QLabel *>(QStringLiteral("learningCurveEmpty"));
        QVERIFY(text->isVisible() && text->text().contains(QStringLiteral("Select a run")));
        curve.setRun(curveRun(300, RunState::Queued), {}, {});
        QVERIFY(text->text().contains(QStringLiteral("not started")));
        curve.append({12, 1, 300, 0.7, 1e-5, 10});
        QVERIFY(!text->isVisible() && curve.plot().isVisible());
    }

    void curveExportsHoldTheSameNumbers()
    {
        LearningCurve curve;
        curve.setRun(curveRun(300), measurements(300), QStringLiteral("run 12"));
        QTemporaryDir folder;
        for (const char *name : {"c.pdf", "c.svg", "c.png", "c.csv"})
            curve.exportTo(folder.filePath(QLatin1String(name)));
        QCOMPARE(wrongInPrint(curve), QString());
        QCOMPARE(QImage(folder.filePath(QStringLiteral("c.png"))).size(), QSize(1920, 1260));
        const QByteArray csv = contentOf(folder.filePath(QStringLiteral("c.csv")));
        QVERIFY(csv.startsWith("name,step,epoch,value\r\nloss,1,0.01,1\r\n"));
        QCOMPARE(csv.count("\r\n"), 1 + 300 + 300 + 3);
        LearningCurve empty;
        QVERIFY(sentenceOf([&] { empty.exportTo(QStringLiteral("x.pdf")); }).contains(QStringLiteral("no learning curve")));
    }

    void theRateAxisNamesTheRateAskedFor()
    {
        // 1e-3 is asked for; the highest value used is 9.97e-4.
        Shown shown;
        const QCPAxis *axis = graph(shown.plot, "learningRate")->valueAxis();
        QCOMPARE(axis->tickVectorLabels().last(), QStringLiteral("1e-3"));
        QCOMPARE(axis->tickVector().last(), 1e-3);
        QVERIFY(axis->range().contains(1e-3));
    }

    void keysMoveACursorThatTells()
    {
        Shown shown;
        QCustomPlot &plot = shown.plot;
        QCOMPARE(plot.focusPolicy(), Qt::StrongFocus);
        QCOMPARE(shown.cursor(), 0.0);
        QTest::keyClick(&plot, Qt::Key_Right);
        QCOMPARE(shown.cursor(), 1.0);
        QTest::keyClick(&plot, Qt::Key_Right);
        QCOMPARE(shown.cursor(), 2.0);
        QVERIFY2(QToolTip::text().startsWith(QStringLiteral("Step 2: loss 0.5, learning rate 9.93e-4")),
                 qPrintable(QToolTip::text()));
        const QString spoken = plot.accessibleDescription();
        QVERIFY2(spoken.startsWith(QStringLiteral("Step 2: loss 0.5, learning rate 9.93e-4, Accuracy on dev 81.00 % after "
                                                  "step 100. Loss ")),
                 qPrintable(spoken));
        QTest::keyClick(&plot, Qt::Key_PageDown);
        QCOMPARE(shown.cursor(), 32.0);
        savePictures(shown.curve, QStringLiteral("curve-cursor"));
        QTest::keyClick(&plot, Qt::Key_PageUp);
        QTest::keyClick(&plot, Qt::Key_Left);
        QTest::keyClick(&plot, Qt::Key_Left); // stays at the first
        QCOMPARE(shown.cursor(), 1.0);
        QTest::keyClick(&plot, Qt::Key_End);
        QCOMPARE(shown.cursor(), 300.0);
        QTest::keyClick(&plot, Qt::Key_Home);
        QCOMPARE(shown.cursor(), 1.0);
        QTest::keyClick(&plot, Qt::Key_Escape);
        QCOMPARE(shown.cursor(), 0.0);
        QVERIFY(plot.accessibleDescription().startsWith(QStringLiteral("Loss ")));
        QTest::keyClick(&plot, Qt::Key_Left); // from the right end
        QCOMPARE(shown.cursor(), 300.0);
    }

    void theMouseMovesTheSameCursor()
    {
        Shown shown;
        QCustomPlot &plot = shown.plot;
        hover(plot, QPoint(qRound(plot.xAxis->coordToPixel(150)), plot.axisRect()->center().y()));
        QTRY_VERIFY(std::abs(shown.cursor() - 150) <= 1);
        QVERIFY2(QToolTip::text().contains(QStringLiteral("Accuracy on dev")), qPrintable(QToolTip::text()));
        hover(plot, QPoint(2, 2));
        QTRY_COMPARE(shown.cursor(), 0.0);
    }

    void theCursorStaysOnItsStepWhileTheRunGrows()
    {
        Shown shown;
        shown.curve.setRun(curveRun(400, RunState::Running), measurements(100), {});
        QTest::keyClick(&shown.plot, Qt::Key_Home);
        QTest::keyClick(&shown.plot, Qt::Key_Right);
        shown.curve.append({12, 101, 400, 0.25, 5e-4, 100});
        QCOMPARE(shown.cursor(), 2.0);
        shown.curve.setRun(curveRun(400), measurements(400), {});
        QCOMPARE(shown.cursor(), 2.0);
        Run other = curveRun(300);
        other.id = 13;
        shown.curve.setRun(other, measurements(300), {});
        QCOMPARE(shown.cursor(), 0.0);
    }

    void keysZoomTheSteps()
    {
        Shown shown;
        const QCPRange all = shown.plot.xAxis->range(), loss = shown.plot.yAxis->range();
        QTest::keyClick(&shown.plot, Qt::Key_Plus);
        QVERIFY(shown.plot.xAxis->range().size() < all.size());
        QCOMPARE(shown.plot.yAxis->range(), loss);
        QTest::keyClick(&shown.plot, Qt::Key_0);
        QCOMPARE(shown.plot.xAxis->range(), all);
    }

    void theCursorIsNotPrinted()
    {
        Shown shown;
        QTemporaryDir folder;
        const QString without = folder.filePath(QStringLiteral("a.png")), with = folder.filePath(QStringLiteral("b.png"));
        shown.curve.exportTo(without);
        QTest::keyClick(&shown.plot, Qt::Key_Home);
        shown.curve.exportTo(with);
        QCOMPARE(contentOf(with), contentOf(without));
        QCOMPARE(shown.cursor(), 1.0);
    }
};

QTEST_MAIN(TestLearningCurve)
#include "tst_learning_curve.moc"
