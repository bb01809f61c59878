#include "ui/growth_chart.h"

#include <QCoreApplication>

namespace awb {

namespace {

QString tr(const char *words)
{
    return QCoreApplication::translate("growth_chart", words);
}

QString xLabel(Growth growth)
{
    switch (growth) {
    case Growth::Length:
        return tr("Length of the texts (tokens)");
    case Growth::Batch:
        return tr("Batch (examples per step)");
    case Growth::Bottleneck:
        return tr("Bottleneck m");
    case Growth::Layers:
        return tr("Layers");
    case Growth::Runs:
        return tr("Runs at once");
    }
    return {};
}

Series seriesOf(const std::string &path, const std::vector<GrowthPoint> &points)
{
    Series series;
    series.name = QString::fromStdString(path);
    series.title = path == "fast" ? tr("fast path") : tr("plain path (autograd)");
    series.method = path == "fast" ? "adapter" : "full";
    for (const GrowthPoint &point : points) {
        const BenchResult &result = point.result;
        if (result.path != path)
            continue;
        const double thousands = result.tokensPerExample / 1000;
        series.points.push_back({double(point.value),
                                 result.examplesPerSecond * thousands,
                                 result.slowest * thousands,
                                 result.fastest * thousands,
                                 {},
                                 0});
    }
    return series;
}

} // namespace

StudyChart growthChart(Growth growth, const std::vector<GrowthPoint> &points, const QString &title, const std::string &csv)
{
    StudyChart chart;
    chart.title = title;
    chart.xLabel = xLabel(growth);
    chart.yLabel = tr("Tokens per second (thousands)");
    chart.csv = csv;
    chart.zeroLine = true;
    for (const GrowthPoint &point : points)
        if (point.result.path == points.front().result.path)
            chart.xTicks.push_back(point.value);
    for (const char *path : {"fast", "plain"})
        if (Series series = seriesOf(path, points); !series.points.empty())
            chart.series.push_back(std::move(series));
    if (!points.empty())
        chart.caption << tr("%1. Median, slowest and fastest repetition.")
                             .arg(QString::fromStdString(points.front().result.provenance.device));
    return chart;
}

} // namespace awb
