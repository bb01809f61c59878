#include "ui/curve_overlay.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <QCoreApplication>

#include "ui/chart_text.h"
#include "ui/curve_data.h"
#include "ui/wording.h"

namespace awb::curve_overlay {

namespace {

using wording::text;

constexpr int mostPoints = 400; ///< of a line: more cannot be told apart, and each has a tooltip

QString tr(const char *words)
{
    return QCoreApplication::translate("curve_overlay", words);
}

const std::vector<CurvePoint> &pointsOf(const MeanCurve &curve, Quantity quantity)
{
    return quantity == Quantity::Loss ? curve.loss : curve.score;
}

QString words(const MeanCurve &curve, const CurvePoint &point, Quantity quantity)
{
    QString value;
    if (quantity == Quantity::Loss) {
        value = tr("Loss %1").arg(wording::figure(point.mean));
        if (point.n > 1)
            value += QStringLiteral(" ± ") + wording::figure(point.sem);
    } else {
        value = chart_text::metricTitle(curve.metric) + QLatin1Char(' ') +
                chart_text::score(curve.metric, point.mean, point.n < 2);
        if (point.n > 1)
            value += QStringLiteral(" ± ") + chart_text::score(curve.metric, point.sem);
    }
    if (point.n > 1)
        value += tr(" (s.e.m., N = %1)").arg(point.n);
    return QStringLiteral("<b>%1</b><br>%2<br>%3")
        .arg(text(curve.label).toHtmlEscaped(), value,
             tr("Epoch %1, step %2").arg(wording::figure(point.epoch), wording::count(point.step)));
}

/// Every batch is another, so that single losses tell little. Smoothed run by run: what is left differs between the seeds.
Measurements withSmoothLosses(Measurements measurements)
{
    for (auto &[run, own] : measurements) {
        const curve_data::Curve losses = curve_data::curveOf(own, "loss");
        const curve_data::Curve smooth = curve_data::smoothed(losses);
        for (Measurement &one : own)
            if (one.name == "loss" && std::isfinite(one.value))
                one.value = smooth.y[curve_data::nearest(losses, one.step)];
    }
    return measurements;
}

/// Mean and error of a curve in the axis' unit.
Series seriesOf(const MeanCurve &curve, Quantity quantity, double scale)
{
    const std::vector<CurvePoint> &points = pointsOf(curve, quantity);
    Series series;
    series.kind = Series::Kind::Band;
    series.title = text(curve.label);
    series.method = curve.method;
    const bool several = curve.runs.size() > 1;
    const std::size_t stride = points.size() / mostPoints + 1;
    for (std::size_t i = 0; i < points.size(); i += stride) {
        const CurvePoint &point = points[i];
        const double spread = several ? scale * point.sem : std::numeric_limits<double>::quiet_NaN();
        const double mean = scale * point.mean;
        series.points.push_back({point.epoch, mean, mean - spread, mean + spread, words(curve, point, quantity), 0});
    }
    return series;
}

/// Empty where there are more than can be labelled.
std::vector<double> wholeEpochs(const std::vector<Series> &all)
{
    double last = 0;
    for (const Series &series : all)
        for (const SeriesPoint &point : series.points)
            last = std::max(last, point.x);
    std::vector<double> epochs;
    for (int epoch = 0; last <= 10 && epoch <= int(std::ceil(last)); ++epoch)
        epochs.push_back(epoch);
    return epochs;
}

std::vector<Series> singleSeeds(const std::vector<Run> &runs, const Measurements &measurements, Quantity quantity,
                                double scale)
{
    std::vector<Series> all;
    for (const Run &run : runs)
        for (MeanCurve &curve : meanCurves({run}, measurements)) {
            curve.label += tr(", seed %1").arg(run.spec.seed).toStdString();
            Series series = seriesOf(curve, quantity, scale);
            series.kind = Series::Kind::Thin;
            series.name = QStringLiteral("run.%1").arg(run.id);
            all.push_back(std::move(series));
        }
    return all;
}

/// Their data set and checkpoint, where it is one.
QString sharedTitle(const std::vector<Run> &runs)
{
    const auto same = [&](const Run &run) {
        return run.spec.dataset == runs.front().spec.dataset && run.spec.checkpoint == runs.front().spec.checkpoint;
    };
    return !runs.empty() && std::ranges::all_of(runs, same)
               ? text(runs.front().spec.dataset + " · " + runs.front().spec.checkpoint)
               : QString();
}

QString yLabel(Quantity quantity, const std::set<std::string> &metrics)
{
    if (quantity == Quantity::Loss)
        return tr("Loss (smoothed)");
    return metrics.size() == 1 ? chart_text::metricAxis(*metrics.begin()) : tr("Score on dev, times 100");
}

} // namespace

StudyChart chart(const std::vector<Run> &runs, const Measurements &measurements, Quantity quantity, const QString &title)
{
    const Measurements drawn = quantity == Quantity::Loss ? withSmoothLosses(measurements) : measurements;
    const std::vector<MeanCurve> curves = meanCurves(runs, drawn);
    std::set<std::string> metrics;
    for (const MeanCurve &curve : curves)
        if (!curve.score.empty())
            metrics.insert(curve.metric);
    const double scale = quantity == Quantity::Loss ? 1
                         : metrics.size() == 1      ? chart_text::metricScale(*metrics.begin())
                                                    : 100;
    StudyChart chart;
    chart.title = title.isEmpty() ? sharedTitle(runs) : title;
    chart.logarithmicX = false;
    chart.leastSpan = 0.05;
    chart.xLabel = tr("Epoch");
    chart.yLabel = yLabel(quantity, metrics);
    chart.nothing = quantity == Quantity::Loss
                        ? tr("None of these runs has a curve yet; it grows while a run trains.")
                        : tr("None of these runs has been scored on dev yet; that happens after each epoch.");
    const bool seeds = curves.size() == 1 && curves.front().runs.size() > 1;
    if (seeds)
        chart.series = singleSeeds(runs, drawn, quantity, scale);
    std::map<std::string, int> shade;
    std::size_t averaged = 0;
    for (const MeanCurve &curve : curves) {
        if (pointsOf(curve, quantity).empty())
            continue;
        Series series = seriesOf(curve, quantity, scale);
        series.name = QStringLiteral("curve.%1").arg(curve.runs.front());
        series.shade = shade[curve.method]++;
        averaged += curve.runs.size() > 1;
        chart.series.push_back(std::move(series));
    }
    if (quantity == Quantity::Score) // which come once an epoch
        chart.xTicks = wholeEpochs(chart.series);
    if (averaged > 0)
        chart.caption << (seeds ? tr("Line: mean over seeds; band: s.e.m.; thin lines: the single seeds.")
                                : tr("Line: mean over seeds that differ in nothing else; band: s.e.m."));
    chart.csv = toCsv(quantity == Quantity::Loss ? meanCurves(runs, measurements) : curves);
    chart.summary = chart.empty() ? chart.nothing
                                  : tr("%1: learning curves of %2 runs on %3 lines. %4")
                                        .arg(chart.yLabel)
                                        .arg(runs.size())
                                        .arg(curves.size())
                                        .arg(chart.caption.join(QLatin1Char(' ')));
    return chart;
}

} // namespace awb::curve_overlay
