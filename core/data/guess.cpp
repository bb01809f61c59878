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
#include "core/mapped_file.h"

namespace awb {

namespace {

using Kind = TableFormat::Kind;

// How well a sample reads with a delimiter and a quoting.
struct Fit {
    std::size_t fields = 0; // of most records
    double share = 0;       // of the records that have so many
    std::size_t quoted = 0,
                badlyQuoted = 0; // fields that start with a quote; those of them that have text after its closing one
};

Fit fitOf(std::string_view text, bool truncated, char delimiter, bool quoting)
{
    Fit fit;
    std::map<std::size_t, std::size_t> counts; // fields -> records
    std::size_t records = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const RecordEnd found = findRecordEnd(text, begin, delimiter, quoting);
        if (found.end >= text.size() && ((truncated && records > 0) || found.unclosed))
            break;
        const std::string_view record = withoutCarriageReturn(text.substr(begin, found.end - begin));
        begin = found.end + 1;
        if (record.empty())
            continue;
        ++records;
        ++counts[found.fields];
        for (std::size_t at = 0; quoting && at < record.size();) {
            const FieldEnd field = findFieldEnd(record, at, delimiter);
            fit.quoted += record[at] == '"';
            fit.badlyQuoted += field.stray || field.unclosed;
            at = field.end + 1;
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

// One document in place of one object a line: "[{", "[[" and an object that goes on after its first line.
bool isJsonDocument(const Sample &sample)
{
    const std::string_view text = trimmed(sample.text);
    if (text.starts_with('{')) {
        const std::string_view line = trimmed(text.substr(0, text.find('\n')));
        return trimmed(text.substr(1)).starts_with('"') &&
               std::string_view("{[,").find(line.back()) != std::string_view::npos;
    }
    if (!text.starts_with('['))
        return false;
    const std::string_view inner = trimmed(text.substr(1));
    return inner.starts_with('{') || (inner.starts_with('[') && trimmed(inner.substr(1)).starts_with('"'));
}

// Every line starts with one of few words.
bool isLabelText(const Sample &sample)
{
    const auto rows = sampleRows(sample, {Kind::LabelText, ' ', false, false});
    std::set<std::string> labels;
    std::size_t incomplete = 0;
    for (const auto &row : rows) {
        if (row[0].find('\t') != std::string::npos)
            return false;
        const bool isWhole = !row[0].empty() && !row[1].empty();
        incomplete += !isWhole;
        if (isWhole)
            labels.insert(row[0]);
    }
    return rows.size() >= 4 && incomplete * 20 <= rows.size() && labels.size() >= 2 &&
           labels.size() <= std::min<std::size_t>(100, rows.size() / 2);
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

// Whether the values below the first are few and all of them recur, as classes do, and the first is none of them.
bool namesClasses(const std::vector<std::vector<std::string>> &rows, std::size_t column)
{
    std::map<std::string_view, std::size_t> counts;
    for (std::size_t i = 1; i < rows.size(); ++i)
        if (column < rows[i].size())
            ++counts[rows[i][column]];
    const std::string &first = rows.front()[column];
    return rows.size() > 10 && counts.size() >= 2 && counts.size() <= 20 && !first.empty() && !counts.contains(first) &&
           std::ranges::all_of(counts, [](const auto &value) { return value.second >= 2; });
}

// "0,1,2" or ",0,1" above texts: the names that pandas gives columns without any.
bool countsColumns(const std::vector<std::vector<std::string>> &rows)
{
    const auto &names = rows.front();
    const std::size_t start = names.front().empty() ? 1 : 0;
    if (names.size() < start + 2)
        return false;
    bool texts = false;
    for (std::size_t c = start; c < names.size(); ++c) {
        if (names[c] != std::to_string(c - start))
            return false;
        texts |= std::ranges::none_of(rows.begin() + 1, rows.end(), [&](const auto &row) {
            return c >= row.size() || row[c].empty() || parseNumber(row[c]).has_value();
        });
    }
    return texts;
}

} // namespace

bool looksLikeHeader(const std::vector<std::vector<std::string>> &rows)
{
    if (rows.size() < 2)
        return rows.size() == 1 && std::ranges::all_of(rows.front(), isColumnName);
    if (countsColumns(rows))
        return true;
    const bool isShort = std::ranges::all_of(rows.front(), [](const auto &cell) { return cell.size() <= 24; });
    bool names = false;
    for (std::size_t c = 0; c < rows.front().size(); ++c) {
        bool isValue = false;
        names |= isColumnName(rows.front()[c]) || namesColumn(rows, c, isValue) || (isShort && namesClasses(rows, c));
        if (isValue && !rows.front()[c].empty())
            return false;
    }
    return names;
}

bool readsQuoted(const std::filesystem::path &file, char delimiter)
{
    const MappedFile whole(file);
    const bool fits =
        quotingFits(fitOf(whole.text(), false, delimiter, true), fitOf(whole.text(), false, delimiter, false), delimiter);
    whole.requireUnchanged();
    return fits;
}

Error oneJsonDocument(const std::filesystem::path &file)
{
    return Error(file.string() + " is one JSON document; save it as JSON Lines, one object a line, and read it again.");
}

TableFormat guessFormat(const std::filesystem::path &file)
{
    const Sample sample = readSample(file);
    if (isJsonLines(sample))
        return {Kind::JsonLines, '\t', false, false};
    if (isJsonDocument(sample))
        throw oneJsonDocument(file);
    if (isOrange(sample))
        return {Kind::OrangeTab, '\t', true, true};
    TableFormat best{Kind::Delimited, '\t', false, false};
    double share = 0;
    const std::string_view delimiters = "\t,;|", named(&sample.delimiter, sample.delimiter ? 1 : 0);
    for (const char delimiter : named.empty() ? delimiters : named) {
        const Fit on = fitOf(sample.text, sample.truncated, delimiter, true),
                  off = fitOf(sample.text, sample.truncated, delimiter, false);
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
