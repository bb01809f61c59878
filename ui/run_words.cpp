#include "ui/run_words.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>

#include "core/methods/methods.h"
#include "core/methods/train_command.h"
#include "core/spec_json.h"
#include "core/study/costs.h"
#include "ui/chart_text.h"
#include "ui/cost_text.h"
#include "ui/runs_model.h"
#include "ui/wording.h"

namespace awb::run_words {

namespace {

using wording::text;

constexpr std::size_t mostExamples = 200; ///< shown; more nobody reads
constexpr std::size_t mostClasses = 12;   ///< of a confusion matrix that fits beside another

QString tr(const char *words)
{
    return QCoreApplication::translate("run_words", words);
}

struct Row {
    QString name, value;
};

struct Section {
    QString title;
    std::vector<Row> rows;
    bool differingOnly = false; ///< of two runs
};

QString yesOrNo(bool yes)
{
    return yes ? tr("yes") : tr("no");
}

std::vector<Row> settings(const TrainSpec &spec)
{
    const Recipe &recipe = spec.recipe;
    QStringList trained;
    for (const std::string &glob : spec.method.train)
        trained << text(glob);
    return {{tr("Data set"), text(spec.dataset)},
            {tr("Checkpoint"), text(spec.checkpoint)},
            {tr("Method"), text(describe(spec.method, int(spec.method.sites.size())))},
            {tr("Trained"), trained.join(QStringLiteral(", "))},
            {tr("Seed"), QString::number(spec.seed)},
            {tr("Learning rate"), chart_text::learningRate(recipe.learningRate)},
            {tr("Epochs"), QString::number(recipe.epochs)},
            {tr("Batch"), QString::number(recipe.batch)},
            {tr("Maximum length"), tr("%1 tokens").arg(recipe.maxLength)},
            {tr("Warm-up"), wording::percent(recipe.warmup)},
            {tr("Initialisation"), wording::figure(recipe.initStd)},
            {tr("Weight decay"), wording::figure(recipe.weightDecay)},
            {tr("Gradient clipping"), recipe.clip > 0 ? wording::figure(recipe.clip) : tr("not clipped")},
            {tr("Dropout"), recipe.dropout < 0 ? tr("the checkpoint's") : wording::figure(recipe.dropout)},
            {tr("Bias correction"), yesOrNo(recipe.biasCorrection)},
            {tr("Last, smaller batch"), recipe.partialBatch ? tr("trained on") : tr("left out")},
            {tr("Plain path asked for"), yesOrNo(recipe.plainPath)},
            {tr("Precision"), text(toString(recipe.precision))},
            {tr("Device"), text(recipe.device)},
            {tr("Threads"), recipe.threads > 0 ? QString::number(recipe.threads) : tr("all cores")}};
}

std::vector<Row> results(const RunFacts &facts)
{
    const Run &run = facts.run;
    std::vector<Row> rows{{tr("State"), stateName(run.state)}};
    for (const auto &[metric, value] : facts.metrics)
        rows.push_back({tr("%1 on dev").arg(chart_text::metricTitle(metric)), chart_text::score(metric, value)});
    for (const auto &[metric, value] : facts.test)
        rows.push_back({tr("%1 on test").arg(chart_text::metricTitle(metric)), chart_text::score(metric, value)});
    if (run.state != RunState::Done)
        return rows;
    rows.push_back({tr("Trained parameters"), tr("%1 of %2").arg(wording::count(run.trainable), wording::count(run.total))});
    const Costs costs = costsOf(run);
    const auto add = [&](CostAxis axis, double cost) {
        if (cost > 0)
            rows.push_back({cost_text::title(axis), cost_text::value(axis, cost)});
    };
    add(CostAxis::StoredBytes, costs.storedBytes);
    add(CostAxis::ExamplesPerSecond, costs.examplesPerSecond);
    add(CostAxis::PeakMemory, costs.peakMemory);
    add(CostAxis::EpochSeconds, costs.epochSeconds);
    add(CostAxis::InferenceSeconds, costs.inferenceSeconds);
    rows.push_back({tr("Duration"), wording::duration(run.provenance.seconds)});
    return rows;
}

std::vector<Row> provenance(const Run &run)
{
    const Provenance &made = run.provenance;
    return {{tr("Study"), text(run.study)},
            {tr("Queued"), wording::localTime(run.created)},
            {tr("Started"), wording::localTime(run.started)},
            {tr("Finished"), wording::localTime(run.finished)},
            {tr("Program"), text(made.program)},
            {tr("LibTorch"), text(made.libtorch)},
            {tr("Computed on"), text(made.device)},
            {tr("Path"), text(made.path)},
            {tr("Threads used"), made.threads > 0 ? QString::number(made.threads) : QString()},
            {tr("Runs at the same time"), run.state == RunState::Done ? QString::number(made.together) : QString()},
            {tr("Checkpoint SHA-256"), text(made.checkpointSha256)},
            {tr("Data SHA-256"), text(made.dataSha256)},
            {tr("Weights"), text(run.weights)},
            {tr("Command"), text(trainCommand(run.spec))}};
}

std::vector<Section> sectionsOf(const RunFacts &facts)
{
    return {{tr("Settings"), settings(facts.run.spec), true},
            {tr("Results"), results(facts), false},
            {tr("Provenance"), provenance(facts.run), true}};
}

QString titleOf(const Run &run)
{
    return tr("Run %1").arg(run.id);
}

QString cell(const QString &value, const char *tag = "td")
{
    return QStringLiteral("<%1 style='padding: 2px 14px 2px 0' align='left'>%2</%1>")
        .arg(QLatin1String(tag), value.toHtmlEscaped());
}

/// Names in the order of the first run, then those that only the second has.
QString table(const std::vector<RunFacts> &runs, const std::vector<std::vector<Section>> &all, std::size_t section)
{
    std::vector<QString> names;
    for (const auto &sections : all)
        for (const Row &row : sections[section].rows)
            if (std::find(names.begin(), names.end(), row.name) == names.end())
                names.push_back(row.name);
    QString rows;
    for (const QString &name : names) {
        QStringList values;
        for (const auto &sections : all) {
            const auto &own = sections[section].rows;
            const auto row = std::find_if(own.begin(), own.end(), [&](const Row &one) { return one.name == name; });
            values << (row == own.end() ? QString() : row->value);
        }
        const bool same = runs.size() > 1 && values.first() == values.last();
        if ((same && all.front()[section].differingOnly) || values.join(QString()).isEmpty())
            continue;
        rows += QStringLiteral("<tr>") + cell(name);
        for (const QString &value : values)
            rows += cell(value);
        rows += QStringLiteral("</tr>");
    }
    if (rows.isEmpty())
        return tr("<p>No difference.</p>");
    QString head;
    if (runs.size() > 1) {
        head = QStringLiteral("<tr>") + cell({}, "th");
        for (const RunFacts &run : runs)
            head += cell(titleOf(run.run), "th");
        head += QStringLiteral("</tr>");
    }
    return QStringLiteral("<table cellspacing='0'>") + head + rows + QStringLiteral("</table>");
}

QString matrix(const DevOutcome &outcome, std::size_t which)
{
    const std::size_t classes = outcome.classes.size();
    const auto counts = confusionOf(outcome, which);
    QString html = QStringLiteral("<table cellspacing='0' cellpadding='4' border='0.5'><tr>") +
                   QStringLiteral("<th>%1</th>").arg(tr("labelled \\ predicted").toHtmlEscaped());
    for (const std::string &name : outcome.classes)
        html += QStringLiteral("<th>%1</th>").arg(text(name).toHtmlEscaped());
    html += QStringLiteral("</tr>");
    for (std::size_t gold = 0; gold < classes; ++gold) {
        html += QStringLiteral("<tr><th align='left'>%1</th>").arg(text(outcome.classes[gold]).toHtmlEscaped());
        for (std::size_t predicted = 0; predicted < classes; ++predicted) {
            const QString count = wording::count(qint64(counts[gold * classes + predicted]));
            html += QStringLiteral("<td align='right'>%1</td>")
                        .arg(gold == predicted ? QStringLiteral("<b>%1</b>").arg(count) : count);
        }
        html += QStringLiteral("</tr>");
    }
    return html + QStringLiteral("</table>");
}

QString said(const DevOutcome &outcome, double value)
{
    return outcome.task == Task::Regression ? wording::figure(value) : text(outcome.classes[std::size_t(value)]);
}

QString goldOf(const DevOutcome &outcome, const Example &example)
{
    return outcome.task == Task::Regression ? wording::figure(example.score)
           : example.label < 0              ? QString()
                                            : text(outcome.classes[std::size_t(example.label)]);
}

/// "They disagree on 37 of 872 examples: only run 1 is right on 20, only run 2 on 12."
QString countsOf(const std::vector<Run> &runs, const DevOutcome &outcome, const std::vector<std::size_t> &differing)
{
    QString words = tr("They disagree on %1 of %2 examples of dev")
                        .arg(wording::count(qint64(differing.size())), wording::count(qint64(outcome.examples.size())));
    if (outcome.task == Task::Regression)
        return words + tr("; the largest differences stand first.");
    const auto right = [&](std::size_t which) {
        return std::count_if(differing.begin(), differing.end(), [&](std::size_t i) {
            return outcome.predicted[which][i] == double(outcome.examples[i].label);
        });
    };
    return words + tr(": only run %1 is right on %2, only run %3 on %4.")
                       .arg(runs[0].id)
                       .arg(right(0))
                       .arg(runs[1].id)
                       .arg(right(1));
}

QString examples(const std::vector<Run> &runs, const DevOutcome &outcome)
{
    const std::vector<std::size_t> differing = disagreements(outcome);
    QString html = QStringLiteral("<p>%1</p>").arg(countsOf(runs, outcome, differing));
    if (differing.size() > mostExamples)
        html += QStringLiteral("<p>%1</p>").arg(tr("The first %1:").arg(mostExamples));
    if (differing.empty())
        return html;
    html += QStringLiteral(
                "<table cellspacing='0' cellpadding='4' border='0.5'><tr><th align='left'>%1</th><th>%2</th><th>%3</th>"
                "<th>%4</th></tr>")
                .arg(tr("Text"), tr("Label"), titleOf(runs[0]), titleOf(runs[1]));
    for (std::size_t k = 0; k < std::min(differing.size(), mostExamples); ++k) {
        const Example &example = outcome.examples[differing[k]];
        const QString words =
            example.b.empty() ? text(example.a) : text(example.a) + QStringLiteral(" | ") + text(example.b);
        html += QStringLiteral("<tr><td>%1</td>").arg(words.toHtmlEscaped());
        for (const QString &value : {goldOf(outcome, example), said(outcome, outcome.predicted[0][differing[k]]),
                                     said(outcome, outcome.predicted[1][differing[k]])})
            html += QStringLiteral("<td>%1</td>").arg(value.toHtmlEscaped());
        html += QStringLiteral("</tr>");
    }
    return html + QStringLiteral("</table>");
}

/// The last values of a part's metrics, the task's own first.
std::vector<std::pair<std::string, double>> lastOf(const std::vector<Measurement> &measurements, const std::string &part,
                                                   const std::string &own)
{
    std::vector<std::pair<std::string, double>> metrics;
    for (const Measurement &one : measurements) { // by name, then step: the last of a name stands
        if (!one.name.starts_with(part) || one.name == part + "loss" || !std::isfinite(one.value))
            continue;
        const std::string metric = one.name.substr(part.size());
        if (!metrics.empty() && metrics.back().first == metric)
            metrics.back().second = one.value;
        else
            metrics.emplace_back(metric, one.value);
    }
    std::stable_partition(metrics.begin(), metrics.end(), [&](const auto &metric) { return metric.first == own; });
    return metrics;
}

} // namespace

RunFacts factsOf(const Run &run, const std::vector<Measurement> &measurements)
{
    return {run, lastOf(measurements, "dev.", run.metric), lastOf(measurements, "test.", run.metric)};
}

QString title(const Run &run, int layers)
{
    return tr("Run %1 · %2 · %3").arg(run.id).arg(text(run.spec.dataset), text(describe(run.spec.method, layers)));
}

QString facts(const std::vector<RunFacts> &runs)
{
    std::vector<std::vector<Section>> all;
    for (const RunFacts &run : runs)
        all.push_back(sectionsOf(run));
    QString html = QStringLiteral("<h2>%1</h2>")
                       .arg(runs.size() == 1 ? titleOf(runs.front().run)
                                             : tr("Runs %1 and %2").arg(runs[0].run.id).arg(runs[1].run.id));
    for (std::size_t section = 0; section < all.front().size(); ++section) {
        const Section &first = all.front()[section];
        const QString title = runs.size() > 1 && first.differingOnly ? tr("%1: what differs").arg(first.title) : first.title;
        html += QStringLiteral("<h3>%1</h3>").arg(title) + table(runs, all, section);
    }
    return html;
}

QString predictions(const std::vector<Run> &runs, const DevOutcome &outcome)
{
    QString html;
    if (outcome.task == Task::Classification) {
        html += QStringLiteral("<h3>%1</h3>").arg(runs.size() > 1 ? tr("Confusion matrices") : tr("Confusion matrix"));
        if (outcome.classes.size() > mostClasses) {
            html += QStringLiteral("<p>%1</p>").arg(tr("%1 classes are too many to show.").arg(outcome.classes.size()));
        } else {
            html += QStringLiteral("<table><tr>");
            for (std::size_t i = 0; i < runs.size(); ++i)
                html += QStringLiteral("<td style='padding-right: 24px'>%1%2</td>")
                            .arg(runs.size() > 1 ? QStringLiteral("<p>%1</p>").arg(titleOf(runs[i])) : QString(),
                                 matrix(outcome, i));
            html += QStringLiteral("</tr></table>");
        }
    }
    if (runs.size() > 1)
        html += QStringLiteral("<h3>%1</h3>").arg(tr("Where they disagree")) + examples(runs, outcome);
    return html;
}

} // namespace awb::run_words
