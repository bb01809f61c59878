#include <cctype>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "core/error.h"
#include "core/study/csv.h"
#include "core/study/result_table.h"

namespace awb {

namespace {

using Row = std::vector<std::string>;

std::string fixed(double value)
{
    if (std::isnan(value))
        return "–"; // an empty cell would merge with its neighbour in some readers of Markdown
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

/// As a reader has it: "F1", "Matthews"; "accuracy" stays.
std::string metricText(const std::string &metric)
{
    if (metric.empty())
        return "–";
    std::string text = metric;
    if (metric != "accuracy")
        text[0] = char(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

std::string cellText(const TableCell &cell)
{
    std::string text = fixed(cell.score);
    if (!std::isnan(cell.sem))
        text += "±" + fixed(cell.sem);
    return text;
}

} // namespace

std::vector<std::vector<std::string>> tableGrid(const ResultTable &table)
{
    std::vector<Row> rows{{"Task", "Metric"}};
    for (const TableMethod &method : table.methods)
        rows[0].push_back(method.title);
    for (std::size_t task = 0; task < table.tasks.size(); ++task) {
        Row row{table.tasks[task], metricText(table.metrics[task])};
        for (const TableMethod &method : table.methods)
            row.push_back(cellText(method.cells[task]));
        rows.push_back(std::move(row));
    }
    Row mean{"Mean", "–"}, total{"Total parameters", "–"}, perTask{"Trained per task", "–"};
    for (const TableMethod &method : table.methods) {
        mean.push_back(fixed(method.mean()));
        total.push_back(method.total.empty() ? "–" : method.total);
        perTask.push_back(method.perTask.empty() ? "–" : method.perTask);
    }
    rows.insert(rows.end(), {mean, total, perTask});
    return rows;
}

namespace {

std::string markdown(const ResultTable &table)
{
    std::string text;
    const auto addRow = [&text](const Row &row) {
        for (const std::string &cell : row) {
            std::string plain = cell;
            for (std::size_t at = 0; (at = plain.find('|', at)) != plain.npos; at += 2)
                plain.insert(at, "\\");
            text += "| " + plain + " ";
        }
        text += "|\n";
    };
    const std::vector<Row> rows = tableGrid(table);
    addRow(rows[0]);
    Row rule(rows[0].size(), "---:");
    rule[0] = rule[1] = "---";
    addRow(rule);
    for (std::size_t i = 1; i < rows.size(); ++i)
        addRow(rows[i]);
    return text + "\n" + table.caption + ".\n";
}

std::string escapedForLatex(const std::string &text)
{
    std::string escaped;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view rest = std::string_view(text).substr(i);
        if (rest.starts_with("±")) {
            escaped += "$\\pm$";
            i += std::string_view("±").size() - 1;
        } else if (rest.starts_with("–")) {
            escaped += "--";
            i += std::string_view("–").size() - 1;
        } else if (rest.starts_with("×")) {
            escaped += "$\\times$";
            i += std::string_view("×").size() - 1;
        } else if (std::string_view("&%$#_{}").find(text[i]) != std::string_view::npos) {
            escaped += std::string("\\") + text[i];
        } else if (text[i] == '\\') {
            escaped += "\\textbackslash{}";
        } else if (text[i] == '~' || text[i] == '^') {
            escaped += std::string("\\") + text[i] + "{}";
        } else if (text[i] == '<' || text[i] == '>') { // other letters in the default encoding
            escaped += text[i] == '<' ? "$<$" : "$>$";
        } else if (text[i] == '|') {
            escaped += "\\textbar{}";
        } else {
            escaped += text[i];
        }
    }
    return escaped;
}

/// A heading in short lines, since a page has no room for all columns beside each other else.
std::string latexHeading(const std::string &title)
{
    constexpr std::size_t width = 12; // characters of a line, about what a score with its error takes
    std::vector<std::string> lines{""};
    std::istringstream words(title);
    for (std::string word; words >> word;) {
        const bool equation = word == "=" || lines.back().ends_with("=");
        if (!lines.back().empty() && !equation && lines.back().size() + 1 + word.size() > width)
            lines.emplace_back();
        lines.back() += (lines.back().empty() ? "" : " ") + word;
    }
    std::string text = "\\shortstack[r]{";
    for (std::size_t i = 0; i < lines.size(); ++i)
        text += (i ? "\\\\" : "") + escapedForLatex(lines[i]);
    return lines.size() == 1 ? escapedForLatex(title) : text + "}";
}

std::string latex(const ResultTable &table)
{
    const std::vector<Row> rows = tableGrid(table);
    std::string text = "% " + table.caption + ".\n% Needs \\usepackage{booktabs}.\n\\begin{tabular}{ll" +
                       std::string(table.methods.size(), 'r') + "}\n\\toprule\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i == 1 || i == rows.size() - 3)
            text += "\\midrule\n";
        for (std::size_t j = 0; j < rows[i].size(); ++j)
            // After a line's end "[" would begin a length, and "*" would be taken for a part of it.
            text += (j > 0                                          ? " & "
                     : i > 0 && rows[i][0].find_first_of("[*") == 0 ? "{}"
                                                                    : "") +
                    (i == 0 ? latexHeading(rows[i][j]) : escapedForLatex(rows[i][j]));
        text += " \\\\\n";
    }
    return text + "\\bottomrule\n\\end{tabular}\n";
}

std::string commaSeparated(const ResultTable &table)
{
    std::string text = csv::row({"task", "metric", "method", "source", "score", "sem", "size", "runs", "total_parameters",
                                 "trained_per_task", "rules"});
    for (const TableMethod &method : table.methods)
        for (std::size_t task = 0; task < table.tasks.size(); ++task) {
            const TableCell &cell = method.cells[task];
            if (!std::isnan(cell.score))
                text += csv::row({table.tasks[task], method.published ? std::string() : table.metrics[task], method.title,
                                  method.published ? "published" : "here", csv::number(cell.score), csv::number(cell.sem),
                                  cell.size > 0 ? std::to_string(cell.size) : std::string(), csv::numbers(cell.runs),
                                  method.total, method.perTask, method.published ? std::string() : table.caption});
        }
    return text;
}

} // namespace

std::string tableText(const ResultTable &table, const std::string &ending)
{
    if (ending == ".csv")
        return commaSeparated(table);
    if (ending == ".tex")
        return latex(table);
    if (ending == ".md")
        return markdown(table);
    throw Error("A table is written to a file that ends in .csv, .tex or .md, not \"" + ending + "\".");
}

} // namespace awb
