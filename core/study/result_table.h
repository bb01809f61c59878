#pragma once

#include <limits>
#include <string>
#include <vector>

#include "core/study/selection.h"

namespace awb {

/// Where a table's scores come from. What is chosen is chosen on dev either way.
enum class Part { Dev, Test };

/// A score of a table; NaN: none.
struct TableCell {
    double score = std::numeric_limits<double>::quiet_NaN(); ///< times 100
    double sem = std::numeric_limits<double>::quiet_NaN();   ///< times 100
    int size = 0;                                            ///< m or k that was chosen; 0: no choice
    std::vector<std::int64_t> runs;
};

/// A way of tuning over all tasks.
struct TableMethod {
    std::string title;            ///< "Adapters, best of 8, 64, 256"
    std::string total;            ///< parameters for all tasks together, in models: "1.3×"; empty: not known
    std::string perTask;          ///< trained per task, of the model: "3.6 %"
    bool published = false;       ///< a line of the paper
    std::vector<TableCell> cells; ///< one per task
    double mean() const;          ///< over the tasks; NaN where one has no score, since means of different tasks mislead
    bool empty() const;           ///< no task has a score
};

/// Tables 1 and 2 of the paper for a study.
struct ResultTable {
    std::string caption; ///< the rules that the numbers follow
    std::vector<std::string> tasks, metrics;
    std::vector<TableMethod> methods;   ///< ours, then the paper's where it has one of our tasks
    std::vector<std::int64_t> unscored; ///< chosen runs that have no score on the part; by number, each once
};

/// Table 1: full fine-tuning, adapters with the best size per task, and adapters of 64. Table 2: full fine-tuning, the best
/// number of top layers, the best size of adapters. Sizes are chosen on dev.
/// Totals: one model per task for full fine-tuning; else one model and what is trained for each task. The model is what full
/// fine-tuning trains by the study's way of counting.
/// On test, a method that was chosen for a task stays in the table without a score until its runs are scored there.
ResultTable resultTable(const StudyResults &results, int number, Part part = Part::Dev);

/// The rows of the table as they are read: a heading, a line per task, then mean, total parameters and trained per task;
/// columns are task, metric, and one per method. "–" stands for what is not known.
std::vector<std::vector<std::string>> tableGrid(const ResultTable &table);

/// As text: .csv (RFC 4180), .tex (a tabular with booktabs' lines), .md. Throws Error for another ending.
std::string tableText(const ResultTable &table, const std::string &ending);

} // namespace awb
