#include "ui/study_charts.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <QCoreApplication>

#include "core/methods/methods.h"
#include "core/study/published.h"
#include "core/study/sweep_curves.h"
#include "ui/chart_text.h"
#include "ui/study_words.h"
#include "ui/wording.h"

namespace awb::study_charts {

namespace {

using study_words::methodTitle;
using wording::text;

QString tr(const char *words)
{
    return QCoreApplication::translate("study_charts", words);
}

std::vector<SettingResult> outcomesOf(const StudyResults &results, CountingRule counting)
{
    return outcomes(results.runs, results.study.selection, counting, results.bestEpochs);
}

QString titleOf(const Study &study)
{
    return text(study.title) + QStringLiteral(" · ") + text(study.checkpoint);
}

/// The sentences below a chart, `first` before `rule`, which scores it shows.
QStringList captionOf(const StudyResults &results, const QString &first, const std::string &rule,
                      const std::vector<std::string> &notes, CountingRule counting)
{
    QStringList caption{study_words::sentence(rule)};
    if (!first.isEmpty())
        caption.prepend(first);
    for (const std::string &note : notes)
        caption << text(note);
    for (const std::string &note : leftOut(results, counting))
        caption << text(note);
    return caption;
}

QString whyNothing(const StudyResults &results, const QString &wanted)
{
    const auto done =
        std::count_if(results.runs.begin(), results.runs.end(), [](const Run &run) { return run.state == RunState::Done; });
    if (results.runs.empty())
        return results.others > 0 ? text(othersText(results.others)) : tr("No run of this study has been queued yet.");
    if (done == 0)
        return tr("No run of this study has finished yet; each appears here when it ends.");
    if (std::ranges::none_of(results.runs, [](const Run &run) {
            return run.state == RunState::Done && run.score && std::isfinite(*run.score);
        }))
        return tr("No finished run of this study has a score that is a number: the training diverged. Try lower learning "
                  "rates.");
    return wanted;
}

/// The run that stands for a point over tasks: of the task nearest to the median.
std::int64_t typicalRun(const Figure1Point &point, const Selection &selection)
{
    const auto nearest = std::min_element(point.tasks.begin(), point.tasks.end(), [&](const auto &a, const auto &b) {
        return std::abs(a.points - point.p50) < std::abs(b.points - point.p50);
    });
    return chosenRuns(nearest->chosen.outcome, selection).front();
}

/// Of all tasks and seeds.
std::vector<std::int64_t> runsOf(const Figure1Point &point)
{
    std::vector<std::int64_t> all;
    for (const TaskDelta &task : point.tasks)
        all.insert(all.end(), task.chosen.outcome.runs.begin(), task.chosen.outcome.runs.end());
    return all;
}

const Method &methodOf(const Figure1Point &point)
{
    return point.tasks.front().chosen.method();
}

Series overTasks(const std::string &line, const std::vector<const Figure1Point *> &points, const StudyResults &results)
{
    const Method &method = methodOf(*points.front());
    Series series;
    series.kind = Series::Kind::Band;
    series.name = text(line);
    series.title = study_words::lineTitle(method);
    series.method = method.name;
    series.shade = line == method.name ? 0 : 1;
    for (const Figure1Point *point : points)
        series.points.push_back({std::max(1.0, point->parameters), point->p50, point->p20, point->p80,
                                 study_words::tooltip(*point, results.study), typicalRun(*point, results.study.selection),
                                 runsOf(*point)});
    return series;
}

/// A thin line per task.
std::vector<Series> perTask(const std::string &line, const std::vector<const Figure1Point *> &points,
                            const Selection &selection)
{
    std::map<std::string, Series> byTask;
    for (const Figure1Point *point : points)
        for (const TaskDelta &task : point->tasks) {
            const SettingResult &outcome = task.chosen.outcome;
            Series &series = byTask[task.chosen.dataset()];
            series.kind = Series::Kind::Thin;
            series.name = text(line + "." + task.chosen.dataset());
            series.method = point->method;
            series.shade = line == point->method ? 0 : 1;
            series.points.push_back({std::max(1.0, double(outcome.parameters)), task.points, NAN, NAN,
                                     study_words::tooltip(task, point->label, selection),
                                     chosenRuns(outcome, selection).front(), outcome.runs});
        }
    std::vector<Series> all;
    for (auto &[task, series] : byTask) {
        std::stable_sort(series.points.begin(), series.points.end(), [](const auto &a, const auto &b) { return a.x < b.x; });
        all.push_back(std::move(series));
    }
    return all;
}

/// `checkpoint`: of our points. `more`: what else is said of the published ones. `shade`: as Series'.
void addPublished(StudyChart &chart, const char *name, const std::string &checkpoint, const QString &more = {},
                  int shade = 0)
{
    const PublishedFigure &figure = *publishedFigure(name);
    chart.caption << study_words::publishedSentence(figure, more, checkpoint);
    std::map<std::string, Series> byMethod;
    for (const PublishedPoint &point : figure.points) {
        Series &series = byMethod[point.method];
        series.kind = Series::Kind::Published;
        series.name = QStringLiteral("published.") + text(figure.figure + "." + point.method);
        series.title = figure.figure.starts_with("6") ? tr("Published, %1").arg(text(figure.task))
                                                      : tr("%1, published").arg(methodTitle(point.method));
        series.method = point.method;
        series.shade = shade;
        series.points.push_back({point.x, point.y, point.p20, point.p80, study_words::tooltip(figure, point), 0});
    }
    for (auto &[method, series] : byMethod) {
        std::stable_sort(series.points.begin(), series.points.end(), [](const auto &a, const auto &b) { return a.x < b.x; });
        chart.series.push_back(std::move(series));
    }
}

QString summaryOf(const StudyChart &chart)
{
    int lines = 0, points = 0;
    for (const Series &series : chart.series)
        if (series.kind == Series::Kind::Band || series.kind == Series::Kind::Bars) {
            ++lines;
            points += int(series.points.size());
        }
    return chart.empty() ? chart.nothing
                         : tr("%1: %2 points on %3 lines. %4")
                               .arg(chart.title, QString::number(points), QString::number(lines),
                                    chart.caption.join(QLatin1Char(' ')));
}

QString curveTitle(const SweepCurve &curve, bool manyTasks)
{
    QString title = study_words::lineTitle(curve.points.front().outcome.spec.method);
    if (curve.size > 0)
        title += tr(", m = %1").arg(curve.size);
    return manyTasks ? QString(title + QStringLiteral(" · ") + text(curve.dataset)) : title;
}

/// What the scores of a study's sweeps are measured by.
std::set<std::string> metricsOf(const std::vector<SweepCurve> &curves)
{
    std::set<std::string> metrics;
    for (const SweepCurve &curve : curves)
        for (const SweepPoint &point : curve.points)
            metrics.insert(point.outcome.metric);
    return metrics;
}

double scaleOf(const std::string &metric)
{
    return metric.empty() ? 100 : chart_text::metricScale(metric);
}

/// A line of a sweep; points at 0 have no place on its logarithmic axis. Title and shade are left to the chart.
Series seriesOf(const SweepCurve &curve, double scale, const Selection &selection)
{
    Series series;
    series.kind = Series::Kind::Bars;
    series.name = text(study_words::lineOf(curve.points.front().outcome.spec.method) + "." + curve.dataset + "." +
                       std::to_string(curve.size));
    series.method = curve.method;
    for (const SweepPoint &point : curve.points) {
        const SettingResult &outcome = point.outcome;
        if (point.x > 0)
            series.points.push_back({point.x, scale * outcome.score, scale * (outcome.score - outcome.sem),
                                     scale * (outcome.score + outcome.sem), study_words::tooltip(point, selection),
                                     chosenRuns(outcome, selection).front(), outcome.runs});
    }
    return series;
}

/// `published`: figures whose points are drawn too.
StudyChart sweepChart(const StudyResults &results, SweepAxis axis, StudyChart chart,
                      const std::vector<const char *> &published)
{
    const auto curves = sweepCurves(outcomesOf(results, CountingRule::Trained), axis);
    std::set<std::string> tasks;
    for (const SweepCurve &curve : curves)
        tasks.insert(curve.dataset);
    const std::set<std::string> metrics = metricsOf(curves);
    const std::string metric = metrics.size() == 1 ? *metrics.begin() : std::string();
    const double scale = scaleOf(metric);
    chart.leastSpan = 0.01 * scale;
    chart.yLabel = metric.empty() ? tr("Score on dev, times 100") : chart_text::metricAxis(metric);
    const bool bars = results.study.selection.seeds == Selection::Seeds::Mean && haveSeveralSeeds(curves);
    chart.caption = captionOf(results, bars ? tr("Mean and s.e.m. over seeds.") : QString(),
                              sweepRule(curves, results.study.selection), {}, CountingRule::Trained);
    std::map<std::string, int> shades; // of one method's curves
    for (const SweepCurve &curve : curves) {
        Series series = seriesOf(curve, scale, results.study.selection);
        series.title = curveTitle(curve, tasks.size() > 1);
        series.shade = shades[curve.method]++;
        if (series.points.size() < curve.points.size())
            chart.caption << tr("%1 at 0 has no place on this axis and is in the numbers (CSV) alone.").arg(series.title);
        chart.series.push_back(std::move(series));
    }
    chart.title = titleOf(results.study);
    chart.csv = toCsv(curves, axis, results.study);
    const auto correlation =
        std::ranges::find_if(metrics, [](const auto &one) { return chart_text::metricScale(one) != 100; });
    for (int i = 0; !chart.empty() && correlation == metrics.end() && i < int(published.size()); ++i) {
        const QString measure = text(publishedFigure(published[std::size_t(i)])->measure);
        addPublished(chart, published[std::size_t(i)], results.study.checkpoint, QStringLiteral(", ") + measure, i);
        if (metric.empty() || !measure.startsWith(chart_text::metricTitle(metric), Qt::CaseInsensitive))
            chart.yLabel = tr("Score on dev, times 100");
    }
    if (!published.empty() && !chart.empty() && correlation != metrics.end())
        chart.caption << (metrics.size() == 1 ? tr("Published points are not drawn: they are %1, ours %2.")
                                              : tr("Published points are not drawn: they are %1, some of ours %2."))
                             .arg(text(publishedFigure(published.front())->measure), chart_text::metricTitle(*correlation));
    chart.summary = summaryOf(chart);
    return chart;
}

} // namespace

/// Of a live chart some points cover fewer tasks than others.
static QString tasksOf(const Figure1 &figure)
{
    std::size_t least = std::size_t(figure.tasks);
    for (const Figure1Point &point : figure.points)
        least = std::min(least, point.tasks.size());
    return least == std::size_t(figure.tasks) ? QString::number(figure.tasks) : tr("%1 to %2").arg(least).arg(figure.tasks);
}

StudyChart figure1Chart(const StudyResults &results, const Options &options)
{
    const Figure1 figure = figure1(bestOfSweeps(outcomesOf(results, options.counting)));
    StudyChart chart;
    chart.title = titleOf(results.study);
    chart.xLabel = study_words::sentence(describe(options.counting));
    chart.xLabel.chop(1); // the full stop
    chart.yLabel = tr("Points to full fine-tuning");
    chart.zeroLine = true;
    chart.caption = captionOf(
        results,
        figure.tasks == 1 ? tr("One task, so line and band fall together.")
                          : tr("Line: median of the differences over %1 tasks; band or bar: 20th to 80th percentile, "
                               "linear between the nearest two.")
                                .arg(tasksOf(figure)),
        describe(results.study.selection), figure.notes, options.counting);
    chart.nothing = whyNothing(results, figure.notes.empty() ? QString() : text(figure.notes.front()));
    std::map<std::string, std::vector<const Figure1Point *>> byLine;
    for (const Figure1Point &point : figure.points)
        byLine[study_words::lineOf(methodOf(point))].push_back(&point);
    if (options.published && !figure.points.empty()) {
        const char *published = study_words::publishedFor(results.study, options.publishedBy);
        const CountingRule counted = study_words::countingOf(published);
        addPublished(chart, published, results.study.checkpoint,
                     counted == options.counting ? QString() : tr("; they count %1").arg(text(describe(counted))));
    }
    for (const auto &[line, points] : byLine)
        if (options.tasks)
            for (Series &series : perTask(line, points, results.study.selection))
                chart.series.push_back(std::move(series));
    for (const auto &[line, points] : byLine)
        chart.series.push_back(overTasks(line, points, results));
    // Last, so that the top layers that are all layers do not hide it.
    std::ranges::stable_partition(chart.series,
                                  [](const Series &one) { return one.method != "full" || one.kind != Series::Kind::Band; });
    Study asDrawn = results.study;
    asDrawn.counting = options.counting;
    chart.csv = toCsv(figure, asDrawn);
    chart.summary = summaryOf(chart);
    return chart;
}

StudyChart initialisationChart(const StudyResults &results, const Options &options)
{
    StudyChart chart;
    chart.xLabel = tr("Standard deviation of the adapters' initialisation");
    chart.nothing =
        whyNothing(results, tr("This study has no finished run with adapters, so no initialisation to compare."));
    const std::vector<const char *> published = {"6-mnli", "6-cola"};
    return sweepChart(results, SweepAxis::Initialisation, std::move(chart),
                      options.published ? published : std::vector<const char *>());
}

StudyChart learningRateChart(const StudyResults &results, const Options &options)
{
    StudyChart chart;
    chart.xLabel = tr("Learning rate");
    chart.nothing = whyNothing(results, {});
    const std::vector<const char *> published = {"7"};
    return sweepChart(results, SweepAxis::LearningRate, std::move(chart),
                      options.published ? published : std::vector<const char *>());
}

} // namespace awb::study_charts
