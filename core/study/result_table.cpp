#include "core/study/result_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <set>

#include "core/study/published.h"
#include "core/study/statistics.h"

namespace awb {

namespace {

using Belongs = std::function<bool(const Chosen &)>;

std::string format(const char *pattern, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, pattern, value);
    return text;
}

const Chosen *bestOf(const std::vector<Chosen> &chosen, const std::string &task, const Belongs &belongs)
{
    const Chosen *best = nullptr;
    for (const Chosen &one : chosen)
        if (one.dataset() == task && belongs(one) && (!best || chosenBefore(one.outcome, best->outcome)))
            best = &one;
    return best;
}

Belongs isMethod(const char *name)
{
    return [name](const Chosen &one) { return one.method().name == name; };
}

/// "best of 8, 64, 256"; empty for fewer than two sizes.
std::string sizesText(const std::vector<Chosen> &chosen, const Belongs &belongs)
{
    std::set<int> sizes;
    for (const Chosen &one : chosen)
        if (belongs(one))
            sizes.insert(sizeOf(one.method()));
    std::string text;
    for (const int size : sizes)
        text += (text.empty() ? "" : ", ") + std::to_string(size);
    return sizes.size() < 2 ? std::string() : ", best of " + text;
}

TableCell devCell(const Chosen &chosen, const Selection &selection)
{
    const SettingResult &outcome = chosen.outcome;
    const bool best = selection.seeds == Selection::Seeds::Best; // one seed stands for all
    TableCell cell{100 * outcome.score, 100 * outcome.sem, sizeOf(chosen.method()), chosenRuns(outcome, selection)};
    if (outcome.scores.size() < 2 || best)
        cell.sem = NAN;
    return cell;
}

TableCell testCell(const Chosen &chosen, const StudyResults &results)
{
    TableCell cell;
    cell.size = sizeOf(chosen.method());
    cell.runs = chosenRuns(chosen.outcome, results.study.selection);
    std::vector<double> scores;
    for (const std::int64_t run : cell.runs)
        if (const auto found = results.testScores.find(run); found != results.testScores.end())
            scores.push_back(found->second);
    if (scores.size() < cell.runs.size())
        return cell; // a mean of some seeds could not stand beside one of all
    const MeanSem summary = meanSem(scores);
    cell.score = 100 * summary.mean;
    if (summary.n > 1)
        cell.sem = 100 * summary.sem;
    return cell;
}

/// What the columns of a table are made of.
struct Source {
    const StudyResults &results;
    Part part;
    std::vector<Chosen> chosen; ///< on dev
};

TableMethod methodRow(const std::string &title, const Source &source, const Belongs &belongs, bool fullModels)
{
    const std::vector<Chosen> &chosen = source.chosen;
    const std::vector<std::string> &tasks = source.results.study.datasets;
    TableMethod row;
    row.title = title + sizesText(chosen, belongs);
    double trained = 0; // over tasks, in models
    int counted = 0;
    for (const std::string &task : tasks) {
        TableCell cell;
        const Chosen *best = bestOf(chosen, task, belongs), *full = bestOf(chosen, task, isMethod("full"));
        if (best)
            cell =
                source.part == Part::Dev ? devCell(*best, source.results.study.selection) : testCell(*best, source.results);
        if (best && full) {
            trained += double(best->outcome.parameters) / double(full->outcome.parameters);
            ++counted;
        }
        row.cells.push_back(cell);
    }
    if (counted == int(tasks.size())) {
        row.total = format("%.2f×", fullModels ? counted : 1 + trained);
        row.perTask = format("%.2f %%", 100 * trained / counted);
    }
    return row;
}

/// The paper's columns for our tasks. A task of ours is the paper's where it has the name that the preset gives it; scores
/// by another metric than ours are left out.
void addPublished(ResultTable &table, int number)
{
    const PublishedTable &published = publishedTable(number);
    const std::vector<std::string> &names = presetStudy(number == 1 ? "table1" : "table2")->datasets;
    for (const PublishedTable::Column &column : published.columns) {
        TableMethod row;
        row.title = column.title + ", published (" + published.backbone + ", " + published.measure + ")";
        row.published = true;
        std::set<std::size_t> there; // of the paper's tasks
        for (std::size_t i = 0; i < table.tasks.size(); ++i) {
            const auto at = std::size_t(std::ranges::find(names, table.tasks[i]) - names.begin());
            const bool comparable =
                at < names.size() && (table.metrics[i].empty() || table.metrics[i] == published.metrics[at]);
            row.cells.push_back(comparable ? TableCell{column.scores[at], column.sems[at], 0, {}} : TableCell{});
            if (at < names.size())
                there.insert(at);
        }
        if (there.size() == names.size()) { // what all of its tasks take cannot stand beside what some of them take
            row.total = column.totalParameters;
            row.perTask = column.trainedPerTask;
        }
        if (!row.empty())
            table.methods.push_back(std::move(row));
    }
}

} // namespace

double TableMethod::mean() const
{
    double sum = 0;
    for (const TableCell &cell : cells)
        sum += cell.score;
    return sum / double(cells.size());
}

bool TableMethod::empty() const
{
    return std::all_of(cells.begin(), cells.end(),
                       [](const TableCell &cell) { return std::isnan(cell.score) && cell.runs.empty(); });
}

ResultTable resultTable(const StudyResults &results, int number, Part part)
{
    const Study &study = results.study;
    const Source source{results, part,
                        bestOfSweeps(outcomes(results.runs, study.selection, study.counting, results.bestEpochs))};
    ResultTable table;
    table.tasks = study.datasets;
    for (const std::string &task : table.tasks) {
        const Chosen *any = bestOf(source.chosen, task, [](const Chosen &) { return true; });
        table.metrics.push_back(any ? any->outcome.metric : std::string());
    }
    const bool onDev = part == Part::Dev;
    table.caption =
        std::string("Scores on ") + (onDev ? "dev" : "test of the runs that dev chose, after their last epoch") +
        ", times 100" +
        (study.selection.seeds == Selection::Seeds::Mean ? ", mean and s.e.m. over seeds where there are several; " : "; ") +
        (onDev ? "" : "chosen by: ") + describe(study.selection) + "; parameters: " + describe(study.counting);
    for (std::string sentence : leftOut(results, study.counting)) {
        sentence.pop_back(); // whoever writes the caption ends it
        table.caption += ". " + sentence;
    }
    std::vector<TableMethod> rows = {methodRow("Full fine-tuning", source, isMethod("full"), true)};
    if (number == 2)
        rows.push_back(methodRow("Top layers", source, isMethod("top-k"), false));
    rows.push_back(methodRow("Adapters", source, isMethod("adapter"), false));
    if (number == 1)
        rows.push_back(methodRow(
            "Adapters, m = 64", source,
            [](const Chosen &one) { return one.method().name == "adapter" && one.method().bottleneck == 64; }, false));
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(table.methods),
                 [](const TableMethod &row) { return !row.empty(); });
    std::set<std::int64_t> unscored;
    for (const TableMethod &method : table.methods)
        for (const TableCell &cell : method.cells)
            if (part == Part::Test)
                std::copy_if(cell.runs.begin(), cell.runs.end(), std::inserter(unscored, unscored.end()),
                             [&](std::int64_t run) { return !results.testScores.contains(run); });
    table.unscored.assign(unscored.begin(), unscored.end());
    if (!table.methods.empty())
        addPublished(table, number);
    return table;
}

} // namespace awb
