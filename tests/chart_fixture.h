#pragma once

#include <functional>

#include <QFile>
#include <QTest>
#include <QWidget>
#include <QWindow>
#include <qcustomplot.h>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/types.h"

/// What tests of charts share.
namespace awb::test {

/// A finished run of a model of 22.7 million parameters.
inline Run run(std::int64_t id, const std::string &method, int bottleneck, std::int64_t trainable, std::uint64_t seed,
               double score)
{
    Run run;
    run.id = id;
    run.spec.method = methodEntry(method).method;
    run.spec.method.bottleneck = bottleneck;
    run.spec.seed = seed;
    run.state = RunState::Done;
    run.metric = "accuracy";
    run.trainable = trainable;
    run.total = 22713986;
    run.score = score;
    return run;
}

inline QCPGraph *graph(QCustomPlot &plot, const char *name)
{
    return plot.findChild<QCPGraph *>(QLatin1String(name));
}

inline QPoint pixel(QCustomPlot &plot, double x, double y)
{
    return QPointF(plot.xAxis->coordToPixel(x), plot.yAxis->coordToPixel(y)).toPoint();
}

/// Moves the mouse over a widget. Not by the platform's cursor: that of the offscreen platform looks for the window in
/// device pixels where windows lie in logical ones, and finds none on a screen of high density.
inline void hover(QWidget &widget, QPoint at)
{
    QTest::mouseMove(widget.window()->windowHandle(), widget.mapTo(widget.window(), at));
}

inline QString sentenceOf(const std::function<void()> &action)
{
    try {
        action();
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

inline QByteArray contentOf(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

} // namespace awb::test
