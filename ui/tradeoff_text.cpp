#include <algorithm>

#include <QCoreApplication>
#include <QStringList>

#include "core/spec_json.h"
#include "core/study/selection.h"
#include "ui/chart_text.h"
#include "ui/cost_text.h"
#include "ui/tradeoff_drawing.h"
#include "ui/wording.h"

namespace awb::tradeoff_drawing {

namespace {

QString tr(const char *words)
{
    return QCoreApplication::translate("TradeoffPlot", words);
}

QString row(const QString &name, const QString &value)
{
    return QStringLiteral("<tr><td style='padding-right: 8px'>%1</td><td>%2</td></tr>").arg(name, value.toHtmlEscaped());
}

QString scoreOf(const ChartPoint &one)
{
    const Point &point = one.point;
    if (!one.hasBar())
        return chart_text::score(point.metric, point.mean);
    return chart_text::score(point.metric, point.mean, false) + QStringLiteral(" ± ") +
           chart_text::score(point.metric, point.sem);
}

QString scoreNote(const ChartPoint &one)
{
    const int n = one.point.n;
    return n < 2 ? tr("one seed") : one.hasBar() ? tr("s.e.m., N = %1").arg(n) : tr("best of %1 seeds").arg(n);
}

QString numbersOfRuns(const Point &point)
{
    QStringList numbers;
    for (const std::int64_t run : point.runs)
        numbers.append(QString::number(run));
    return numbers.join(QStringLiteral(", "));
}

/// Each number once.
QString distinct(std::vector<std::int64_t> values)
{
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    QStringList words;
    for (const std::int64_t value : values)
        words.append(QString::number(value));
    return words.join(QStringLiteral(", "));
}

QString recipeOf(const Recipe &recipe)
{
    QString text = recipe.epochs == 1 ? tr("1 epoch") : tr("%1 epochs").arg(recipe.epochs);
    text += tr(", batch %1, length %2").arg(recipe.batch).arg(recipe.maxLength);
    return text + QStringLiteral(", ") + QString::fromStdString(toString(recipe.precision));
}

} // namespace

QString tooltip(const ChartPoint &chartPoint, const ChartPoint *full)
{
    const Point &point = chartPoint.point;
    const Run &run = chartPoint.run;
    QString rows =
        row(chart_text::metricTitle(point.metric), scoreOf(chartPoint) + QStringLiteral(" (%1)").arg(scoreNote(chartPoint)));
    if (point.n > 1) {
        QStringList scores;
        for (const double score : point.scores)
            scores.append(chart_text::score(point.metric, score, false));
        rows += row(tr("Single seeds"), scores.join(QStringLiteral(", ")));
    }
    if (full && full != &chartPoint)
        rows += row(tr("Against full fine-tuning"), chart_text::difference(point.metric, point.mean - full->point.mean));
    QString parameters = wording::count(point.trainable);
    // As the paper counts, of the model without adapters.
    if (const std::int64_t model = run.spec.method.bottleneck == 0 ? run.total : full ? full->run.total : 0; model > 0)
        parameters += tr(" (%1 of the model)").arg(wording::percent(double(point.trainable) / double(model)));
    rows += row(tr("Trained parameters"), parameters);
    if (point.parameters != point.trainable)
        rows += row(tr("Counted here"), wording::count(point.parameters));
    for (const CostAxis axis : costAxes())
        if (const double cost = costOf(point, axis); axis != CostAxis::Parameters && cost > 0)
            rows += row(cost_text::title(axis), cost_text::value(axis, cost));
    rows += row(tr("Learning rate"), chart_text::learningRate(run.spec.recipe.learningRate));
    rows += row(tr("Recipe"), recipeOf(run.spec.recipe));
    rows += row(point.n > 1 ? tr("Runs") : tr("Run"), numbersOfRuns(point));
    if (!chartPoint.together.empty())
        rows += row(tr("Runs at the same time"), distinct(chartPoint.together));
    rows += row(tr("Shown"), QString::fromStdString(describeScore(chartPoint.selection)));
    return QStringLiteral("<b>%1</b><table>%2</table>").arg(QString::fromStdString(point.label).toHtmlEscaped(), rows);
}

QString spoken(const ChartPoint &chartPoint)
{
    const Point &point = chartPoint.point;
    QString text = tr("%1: %2 %3 (%4), %5 trained parameters")
                       .arg(QString::fromStdString(point.label), chart_text::metricTitle(point.metric), scoreOf(chartPoint),
                            scoreNote(chartPoint), wording::count(point.parameters));
    if (chartPoint.axis != CostAxis::Parameters)
        text += QStringLiteral(", %1 %2").arg(cost_text::title(chartPoint.axis).toLower(),
                                              cost_text::value(chartPoint.axis, costOf(point, chartPoint.axis)));
    return text;
}

QString companyNote(const std::vector<ChartPoint> &points)
{
    if (points.empty() || points.front().axis == CostAxis::Parameters || points.front().axis == CostAxis::StoredBytes)
        return {};
    std::vector<std::int64_t> all;
    for (const ChartPoint &point : points)
        all.insert(all.end(), point.together.begin(), point.together.end());
    const auto [least, most] = std::minmax_element(all.begin(), all.end());
    if (!all.empty() && *most > 1 && points.front().axis == CostAxis::PeakMemory)
        return tr("Peak memory is the program's, which computed up to %1 runs at a time.").arg(*most);
    if (all.empty() || *most == 1)
        return {};
    if (*least == *most)
        return tr("Computed %1 runs at a time, which share the cores: one alone would be faster.").arg(*most);
    return tr("Computed %1 to %2 runs at a time, which share cores and memory: points of different company do not compare "
              "exactly.")
        .arg(*least)
        .arg(*most);
}

QString summary(const std::vector<ChartPoint> &points)
{
    if (points.empty())
        return tr("No finished runs of this data set yet.");
    const auto best = std::max_element(points.begin(), points.end(),
                                       [](const ChartPoint &a, const ChartPoint &b) { return a.point.mean < b.point.mean; });
    QString text = points.size() == 1 ? tr("One point.") : tr("%1 points.").arg(points.size());
    text += QLatin1Char(' ') + tr("Best: %1.").arg(spoken(*best));
    const ChartPoint *full = fullFineTuning(points);
    if (full && full != &*best)
        text += QLatin1Char(' ') + tr("Reference: %1.").arg(spoken(*full));
    return text;
}

} // namespace awb::tradeoff_drawing
