#include "core/data/recognise.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/data/delimited.h"
#include "core/data/guess.h"
#include "core/data/json_lines.h"
#include "core/data/labels.h"
#include "core/data/sample.h"
#include "core/error.h"

namespace awb {

namespace {

using Kind = TableFormat::Kind;

// How well a sample reads with a delimiter and a quoting.
struct Fit {
    std::size_t fields = 0; // of most records
    double share = 0;       // of the records that have so many
    std::size_t quoted = 0,
                badlyQuoted = 0; // fields that start with a quote; those of them that do not end with its closing one
};

bool isWellQuoted(std::string_view field)
{
    std::size_t at = field.find('"', 1);
    while (at != std::string_view::npos && at + 1 < field.size() && field[at + 1] == '"')
        at = field.find('"', at + 2);
    return at != std::string_view::npos && at + 1 == field.size();
}

Fit fitOf(const Sample &sample, char delimiter, bool quoting)
{
    Fit fit;
    std::map<std::size_t, std::size_t> counts; // fields -> records
    std::size_t records = 0;
    const std::string_view text = sample.text;
    for (std::size_t begin = 0; begin < text.size();) {
        const RecordEnd found = findRecordEnd(text, begin, delimiter, quoting);
        if (found.end >= text.size() && ((sample.truncated && records > 0) || found.unclosed))
            break;
        const std::string_view record = withoutCarriageReturn(text.substr(begin, found.end - begin));
        begin = found.end + 1;
        if (record.empty())
            continue;
        ++records;
        ++counts[found.fields];
        for (std::size_t at = 0; quoting && at < record.size();) {
            bool unclosed = false;
            const std::size_t end = findFieldEnd(record, at, delimiter, unclosed);
            if (record[at] == '"') {
                ++fit.quoted;
                fit.badlyQuoted += !isWellQuoted(record.substr(at, end - at));
            }
            at = end + 1;
        }
    }
    for (const auto &[fields, count] : counts)
        if (double(count) / double(records) > fit.share) {
            fit.fields = fields;
            fit.share = double(count) / double(records);
        }
    return fit;
}

// Quotes are read as quotes when every one of them is, or when only so the records have equally many fields. Without any,
// tab files are taken as GLUE's are, the others as spreadsheets write them.
bool quotingFits(const Fit &on, const Fit &off, char delimiter)
{
    if (on.quoted == 0)
        return delimiter != '\t';
    return on.badlyQuoted == 0 ? on.share >= off.share : on.share > off.share + 0.01;
}

bool isOrange(const Sample &sample)
{
    const auto rows = sampleRows(sample, {Kind::OrangeTab, '\t', true, true}, 3);
    if (rows.size() < 3 || rows[0].size() < 2)
        return false;
    static const std::set<std::string> types = {"d",    "discrete", "c",    "continuous", "s",     "string",
                                                "text", "t",        "time", "i",          "ignore"};
    // Orange writes the values of a discrete column in place of its type.
    const auto isType = [](const std::string &t) { return types.contains(folded(t)); };
    const auto isList = [](const std::string &t) { return trimmed(t).find(' ') != std::string_view::npos; };
    const bool typed = std::ranges::all_of(rows[1], [&](const auto &t) { return isType(t) || isList(t); }) &&
                       std::ranges::any_of(rows[1], isType);
    const bool listed = std::ranges::any_of(rows[1], isList);
    const bool marked = std::ranges::any_of(rows[2], [](const auto &flag) { return !trimmed(flag).empty(); });
    const bool flagged = std::all_of(rows[2].begin(), rows[2].end(), [](const auto &flag) {
        const std::string f = folded(flag);
        return f.empty() || f == "i" || f == "c" || f == "m" || f == "ignore" || f.starts_with("class") ||
               f.starts_with("meta") || f.find('=') != std::string::npos;
    });
    return typed && flagged && (marked || !listed) && rows[1].size() == rows[0].size();
}

bool isJsonLines(const Sample &sample)
{
    const std::string_view text = trimmed(sample.text);
    if (!text.starts_with('{'))
        return false;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos)
        return true; // a first line longer than the sample, or one broken line
    const std::string_view line = trimmed(withoutCarriageReturn(text.substr(0, end)));
    if (line.ends_with('}'))
        return true; // what is wrong with it is said when it is read
    try {
        parseJsonLine(line);
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

// One document in place of one object a line: "[{".
bool isJsonArray(const Sample &sample)
{
    const std::string_view text = trimmed(sample.text);
    return text.starts_with('[') && trimmed(text.substr(1)).starts_with('{');
}

// Every line starts with one of few words.
bool isLabelText(const Sample &sample)
{
    const auto rows = sampleRows(sample, {Kind::LabelText, ' ', false, false});
    std::set<std::string> labels;
    for (const auto &row : rows) {
        if (row[0].empty() || row[1].empty() || row[0].find('\t') != std::string::npos)
            return false;
        labels.insert(row[0]);
    }
    return rows.size() >= 4 && labels.size() >= 2 && labels.size() <= std::min<std::size_t>(100, rows.size() / 2);
}

// Whether the values below the first are of another kind than the first: numbers below a word, or the same few values.
bool namesColumn(const std::vector<std::vector<std::string>> &rows, std::size_t column, bool &isValue)
{
    const std::string &first = rows.front()[column];
    std::size_t numbers = 0, same = 0, length = 0, count = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (column >= rows[i].size())
            continue;
        ++count;
        numbers += parseNumber(rows[i][column]).has_value();
        same += rows[i][column] == first;
        length += rows[i][column].size();
    }
    isValue = parseNumber(first).has_value() || same > 0;
    return count > 0 && !isValue && (numbers * 10 > count * 9 || (length / count > 30 && first.size() <= 24));
}

} // namespace

bool looksLikeHeader(const std::vector<std::vector<std::string>> &rows)
{
    if (rows.size() < 2)
        return false;
    bool names = false;
    for (std::size_t c = 0; c < rows.front().size(); ++c) {
        bool isValue = false;
        names |= isColumnName(rows.front()[c]) || namesColumn(rows, c, isValue);
        if (isValue && !rows.front()[c].empty())
            return false;
    }
    return names;
}

TableFormat guessFormat(const std::filesystem::path &file)
{
    const Sample sample = readSample(file);
    if (isJsonLines(sample))
        return {Kind::JsonLines, '\t', false, false};
    if (isJsonArray(sample))
        throw Error(file.string() + " is one JSON array; save it as JSON Lines, one object a line, and read it again.");
    if (isOrange(sample))
        return {Kind::OrangeTab, '\t', true, true};
    TableFormat best{Kind::Delimited, '\t', false, false};
    double share = 0;
    for (const char delimiter : {'\t', ',', ';', '|'}) {
        const Fit on = fitOf(sample, delimiter, true), off = fitOf(sample, delimiter, false);
        const bool quoting = quotingFits(on, off, delimiter);
        const Fit &fit = quoting ? on : off;
        // Later delimiters stand in texts more often: they must fit clearly better.
        if (fit.fields >= 2 && fit.share > share + 0.02) {
            share = fit.share;
            best.delimiter = delimiter;
            best.quoting = quoting;
        }
    }
    if (share < 0.9 && isLabelText(sample))
        return {Kind::LabelText, ' ', false, false};
    if (share < 0.8)
        best = {Kind::Delimited, '\t', false, false}; // one column
    best.header = looksLikeHeader(sampleRows(sample, best));
    return best;
}

} // namespace awb
