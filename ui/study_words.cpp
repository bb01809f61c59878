#include "ui/study_words.h"

#include <cmath>

#include <QComboBox>
#include <QCoreApplication>
#include <QStringList>

#include "core/methods/methods.h"
#include "ui/chart_text.h"
#include "ui/wording.h"

namespace awb::study_words {

namespace {

using wording::text;

QString tr(const char *words)
{
    return QCoreApplication::translate("study_charts", words);
}

QString row(const QString &name, const QString &value)
{
    return QStringLiteral("<tr><td style='padding-right: 8px'>%1</td><td>%2</td></tr>")
        .arg(name.toHtmlEscaped(), value.toHtmlEscaped());
}

QString table(const QString &heading, const QString &rows)
{
    return QStringLiteral("<b>%1</b><table>%2</table>").arg(heading.toHtmlEscaped(), rows);
}

/// "+0.32" or "−1.10", in points.
QString points(double value)
{
    const QString digits = QString::number(std::abs(value), 'f', 2);
    if (digits == QStringLiteral("0.00"))
        return digits;
    return (value > 0 ? QStringLiteral("+") : QString(QChar(0x2212))) + digits;
}

QString scoreOf(const SettingResult &outcome, const Selection &selection)
{
    const QString score = chart_text::score(outcome.metric, outcome.score);
    const int n = int(outcome.scores.size());
    if (outcome.lost > 0)
        return tr("%1 (%2 of %3 seeds; the others failed)").arg(score).arg(n).arg(n + outcome.lost);
    if (n < 2)
        return tr("%1 (one seed)").arg(score);
    if (selection.seeds == Selection::Seeds::Best)
        return tr("%1 (best of %2 seeds)").arg(score).arg(n);
    if (outcome.sem > 0)
        return tr("%1 ± %2 (s.e.m., N = %3)")
            .arg(chart_text::score(outcome.metric, outcome.score, false), chart_text::score(outcome.metric, outcome.sem))
            .arg(n);
    return tr("%1 (N = %2)").arg(score).arg(n);
}

QString settingOf(const Recipe &recipe)
{
    const QString epochs = recipe.epochs == 1 ? tr("1 epoch") : tr("%1 epochs").arg(recipe.epochs);
    return tr("learning rate %1, %2").arg(chart_text::learningRate(recipe.learningRate), epochs);
}

QString runsOf(const SettingResult &outcome)
{
    QStringList numbers;
    for (const std::int64_t run : outcome.runs)
        numbers << QString::number(run);
    return numbers.join(QStringLiteral(", "));
}

QString labelOf(const Method &method)
{
    return text(describe(method, int(method.sites.size())));
}

QString publishedWords(const PublishedPoint &point)
{
    if (point.method == "adapter")
        return tr("adapters, m = %1").arg(point.size);
    if (point.method == "top-k")
        return tr("top layers, k = %1").arg(point.size);
    return methodTitle(point.method);
}

} // namespace

QString methodTitle(const std::string &method)
{
    for (const MethodEntry &entry : methodTable())
        if (entry.method.name == method)
            return text(entry.title);
    return text(method);
}

std::string lineOf(const Method &method)
{
    return method.topLayers >= 0 && !trainsPooler(method) ? method.name + ".without-pooler" : method.name;
}

QString lineTitle(const Method &method)
{
    const QString title = methodTitle(method.name);
    return lineOf(method) == method.name ? title : tr("%1, no pooler").arg(title);
}

QString sentence(const std::string &words)
{
    QString line = text(words);
    if (!line.isEmpty())
        line[0] = line[0].toUpper();
    return line + QLatin1Char('.');
}

QString timeText(const TimeEstimate &expected)
{
    if (expected.runs == 0 && expected.unknown == 0)
        return tr("nothing is left to do");
    if (expected.runs == 0)
        return tr("how long is not known yet");
    const QString time =
        (expected.rough == 0 ? tr("about %1 to go") : tr("about %1 to go, roughly, by the time that other tasks took"))
            .arg(wording::duration(expected.seconds));
    return expected.unknown == 0 ? time : tr("%1, without %2 runs like none so far").arg(time).arg(expected.unknown);
}

void addCountingRules(QComboBox &combo)
{
    combo.setToolTip(tr("What counts as a trained parameter; the paper's figures differ in it."));
    for (const auto &[rule, words] : {std::pair(CountingRule::WithoutEmbeddings, tr("Without embeddings")),
                                      std::pair(CountingRule::ShareOfModel, tr("Share of the model")),
                                      std::pair(CountingRule::Trained, tr("All that is trained"))}) {
        combo.addItem(words, int(rule));
        combo.setItemData(combo.count() - 1, sentence(describe(rule)), Qt::ToolTipRole);
    }
}

const char *publishedFor(const Study &study, const std::string &backbone)
{
    for (const char *figure : {"1", "3-right"})
        if (publishedFigure(figure)->backbone == backbone)
            return figure;
    const std::string &paper = study.paper.empty() ? study.name : study.paper;
    return paper == "additional" || paper == "table2" ? "3-right" : "1";
}

CountingRule countingOf(const char *publishedFigure)
{
    return publishedFigure[0] == '1' ? CountingRule::WithoutEmbeddings : CountingRule::ShareOfModel;
}

QString publishedSentence(const PublishedFigure &figure, const QString &more, const std::string &checkpoint)
{
    return tr("Published, hollow: Houlsby et al. 2019, Figure %1; %2, %3%4. Filled: %5.")
        .arg(text(figure.figure.substr(0, 1)), text(figure.backbone), text(figure.task), more, text(checkpoint));
}

QString tooltip(const Figure1Point &point, const Study &study)
{
    QString rows = row(tr("Median"), tr("%1 points").arg(points(point.p50)));
    rows += row(tr("20th to 80th percentile"), tr("%1 to %2").arg(points(point.p20), points(point.p80)));
    rows += row(tr("Parameters"), wording::count(std::llround(point.parameters)));
    for (const TaskDelta &task : point.tasks)
        rows += row(text(task.chosen.dataset()), QStringLiteral("%1 (%2; %3)")
                                                     .arg(points(task.points), scoreOf(task.chosen.outcome, study.selection),
                                                          settingOf(task.chosen.outcome.spec.recipe)));
    return table(text(point.label), rows) + QStringLiteral("<p>") + sentence(describe(study.selection)).toHtmlEscaped();
}

QString tooltip(const TaskDelta &task, const std::string &label, const Selection &selection)
{
    const SettingResult &outcome = task.chosen.outcome;
    QString rows = row(tr("Against full fine-tuning"), tr("%1 points").arg(points(task.points)));
    rows += row(chart_text::metricTitle(outcome.metric), scoreOf(outcome, selection));
    rows += row(tr("Parameters"), wording::count(outcome.parameters));
    rows += row(tr("Chosen on dev"),
                task.chosen.settings == 1
                    ? settingOf(outcome.spec.recipe)
                    : tr("%1, the best of %2").arg(settingOf(outcome.spec.recipe)).arg(task.chosen.settings));
    rows += row(tr("Runs"), runsOf(outcome));
    return table(text(task.chosen.dataset() + ": " + label), rows);
}

QString tooltip(const SweepPoint &point, const Selection &selection)
{
    const SettingResult &outcome = point.outcome;
    QString rows = row(chart_text::metricTitle(outcome.metric), scoreOf(outcome, selection));
    rows += row(tr("Initialisation"), chart_text::learningRate(outcome.spec.recipe.initStd));
    rows += row(tr("Recipe"), point.settings == 1
                                  ? settingOf(outcome.spec.recipe)
                                  : tr("%1, the best of %2").arg(settingOf(outcome.spec.recipe)).arg(point.settings));
    rows += row(tr("Runs"), runsOf(outcome));
    return table(text(outcome.spec.dataset) + QStringLiteral(": ") + labelOf(outcome.spec.method), rows);
}

QString tooltip(const PublishedFigure &figure, const PublishedPoint &point)
{
    QString rows = row(text(figure.measure), std::isnan(point.p20) ? QString::number(point.y, 'f', 2) : points(point.y));
    if (!std::isnan(point.p20))
        rows += row(tr("20th to 80th percentile"), tr("%1 to %2").arg(points(point.p20), points(point.p80)));
    if (!std::isnan(point.sem))
        rows += row(tr("s.e.m."), QString::number(point.sem, 'f', 2));
    rows += row(text(figure.axis), figure.axis == "trained parameters" ? wording::count(std::llround(point.x))
                                                                       : chart_text::learningRate(point.x));
    return table(tr("Published: %1 on %2, %3").arg(publishedWords(point), text(figure.task), text(figure.backbone)), rows);
}

} // namespace awb::study_words
