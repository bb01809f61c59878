#include "core/data/layouts.h"

#include <algorithm>

#include "core/data/delimited.h"
#include "core/data/labels.h"
#include "core/data/sample.h"

namespace awb {

namespace {

using Rows = std::vector<std::vector<std::string>>;

// A task of GLUE as its tab-separated files have it. Column names are folded; classes are in the id order of GLUE's
// processors, which is not that of other distributions.
struct GlueTask {
    const char *name;
    std::size_t columns;              // of train; 0: any number
    std::vector<const char *> header; // columns that tell the task
    const char *textA, *textB, *label;
    std::vector<std::string> classes; // empty: a score
    std::vector<std::string> metrics;
};

const std::vector<GlueTask> &glueTasks()
{
    static const std::vector<std::string> entailment = {"entailment", "not_entailment"};
    static const std::vector<GlueTask> tasks = {
        {"SST-2", 2, {"sentence", "label"}, "sentence", "", "label", {"0", "1"}, {"accuracy"}},
        {"MRPC", 0, {"quality", "#1 id"}, "#1 string", "#2 string", "quality", {"0", "1"}, {"f1", "accuracy"}},
        {"STS-B", 0, {"genre", "score"}, "sentence1", "sentence2", "score", {}, {"spearman", "pearson"}},
        {"QQP",
         0,
         {"question1", "question2", "is_duplicate"},
         "question1",
         "question2",
         "is_duplicate",
         {"0", "1"},
         {"f1", "accuracy"}},
        {"MNLI",
         0,
         {"pairid", "genre", "gold_label"},
         "sentence1",
         "sentence2",
         "gold_label",
         {"contradiction", "entailment", "neutral"},
         {"accuracy"}},
        {"QNLI", 4, {"index", "question", "sentence", "label"}, "question", "sentence", "label", entailment, {"accuracy"}},
        {"RTE",
         4,
         {"index", "sentence1", "sentence2", "label"},
         "sentence1",
         "sentence2",
         "label",
         entailment,
         {"accuracy"}},
        {"WNLI",
         4,
         {"index", "sentence1", "sentence2", "label"},
         "sentence1",
         "sentence2",
         "label",
         {"0", "1"},
         {"accuracy"}},
    };
    return tasks;
}

constexpr TableFormat withHeader{TableFormat::Kind::Delimited, '\t', false, true};
constexpr TableFormat headerless{TableFormat::Kind::Delimited, '\t', false, false};

Rows firstRows(const std::filesystem::path &file)
{
    return sampleRows(readSample(file), headerless, 200);
}

// Whether all labels of the column (below the header, where there is one) are the task's. "-" marks a row without gold
// label.
bool labelsFit(const Rows &rows, std::size_t first, int column, const std::vector<std::string> &classes)
{
    for (std::size_t i = first; i < rows.size(); ++i) {
        if (int(rows[i].size()) <= column)
            continue; // QQP has short lines
        const std::string label(trimmed(rows[i][std::size_t(column)]));
        const bool known = classes.empty() ? parseNumber(label).has_value()
                                           : std::find(classes.begin(), classes.end(), label) != classes.end();
        if (!known && label != "-")
            return false;
    }
    return rows.size() > first;
}

std::optional<DataFile> columnsOf(const std::filesystem::path &file, const Rows &rows, const GlueTask &task)
{
    DataFile data{file.string(), withHeader, -1, -1, -1, 0};
    data.textA = columnNamed(rows.front(), task.textA);
    data.textB = *task.textB ? columnNamed(rows.front(), task.textB) : -1;
    data.label = columnNamed(rows.front(), task.label);
    if (data.textA < 0 || (*task.textB && data.textB < 0))
        return std::nullopt;
    return data;
}

const GlueTask *taskOf(const Rows &rows)
{
    const auto &header = rows.front();
    for (const auto &task : glueTasks()) {
        const bool named =
            std::all_of(task.header.begin(), task.header.end(), [&](auto n) { return columnNamed(header, n) >= 0; });
        if (named && (task.columns == 0 || header.size() == task.columns) &&
            labelsFit(rows, 1, columnNamed(header, task.label), task.classes))
            return &task;
    }
    return nullptr;
}

// CoLA: source, label, author's mark (nothing, "*", "??" ...), sentence; no header.
bool isCola(const Rows &rows)
{
    return std::all_of(rows.begin(), rows.end(), [](const auto &row) {
        return row.size() == 4 && (row[1] == "0" || row[1] == "1") && row[2].find_first_not_of("*?#! ") == std::string::npos;
    });
}

std::optional<DataFile> colaFile(const std::filesystem::path &file)
{
    const Rows rows = firstRows(file);
    if (isCola(rows))
        return DataFile{file.string(), headerless, 3, -1, 1, 0};
    if (rows.front().size() == 2 && columnNamed(rows.front(), "sentence") == 1)
        return DataFile{file.string(), withHeader, 1, -1, -1, 0};
    return std::nullopt;
}

// The first of these files beside `train` that can be read as the task's; GLUE names them alike for all tasks.
template <typename Read>
std::optional<DataFile> firstOf(const std::filesystem::path &train, std::initializer_list<const char *> names,
                                const Read &read)
{
    if (folded(train.filename().string()) != "train.tsv")
        return std::nullopt; // one file on its own
    for (const char *name : names) {
        const auto file = train.parent_path() / name;
        if (!std::filesystem::is_regular_file(file))
            continue;
        if (auto data = read(file))
            return data;
    }
    return std::nullopt;
}

} // namespace

std::optional<Manifest> recogniseGlue(const std::filesystem::path &file)
{
    const Rows rows = firstRows(file);
    Manifest manifest;
    if (isCola(rows)) {
        manifest.layout = "GLUE CoLA";
        manifest.train = *colaFile(file);
        manifest.dev = firstOf(file, {"dev.tsv"}, colaFile);
        manifest.test = firstOf(file, {"test.tsv"}, colaFile);
        manifest.classes = {"0", "1"};
        manifest.metrics = {"matthews", "accuracy"};
        return manifest;
    }
    const GlueTask *task = taskOf(rows);
    if (!task)
        return std::nullopt;
    const auto read = [&](const std::filesystem::path &other) { return columnsOf(other, firstRows(other), *task); };
    const auto train = read(file);
    if (!train)
        return std::nullopt;
    manifest.layout = std::string("GLUE ") + task->name;
    manifest.train = *train;
    manifest.dev = firstOf(file, {"dev_matched.tsv", "dev.tsv"}, read);
    // A labelled file is worth more than one whose labels only GLUE's server knows.
    manifest.test = firstOf(file, {"msr_paraphrase_test.txt", "dev_mismatched.tsv", "test.tsv", "test_matched.tsv"}, read);
    if (manifest.test && manifest.test->path.ends_with("dev_mismatched.tsv"))
        manifest.layout += " (matched dev, mismatched dev as test)";
    manifest.task = task->classes.empty() ? Task::Regression : Task::Classification;
    manifest.classes = task->classes;
    manifest.metrics = task->metrics;
    if (manifest.layout.starts_with("GLUE MNLI"))
        manifest.merge["-"] = "";
    return manifest;
}

} // namespace awb
