#include "core/data/table.h"

#include <algorithm>
#include <set>

#include "core/data/delimited.h"
#include "core/data/json_lines.h"
#include "core/data/sample.h"
#include "core/error.h"
#include "core/mapped_file.h"

namespace awb {

namespace {

constexpr std::size_t maxRecord = 16u << 20; // bytes; longer ones are a wrong format, not a text
constexpr std::size_t maxKeys = 1000;
constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

std::string counted(std::size_t n, const std::string &what)
{
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::size_t lineAt(std::string_view text, std::size_t position)
{
    return 1 + std::size_t(std::count(text.begin(), text.begin() + std::ptrdiff_t(position), '\n'));
}

std::string lineIn(std::size_t line, const std::filesystem::path &file)
{
    return "Line " + std::to_string(line) + " of " + file.string();
}

// Throws for a record that cannot be a row; looks at most maxRecord bytes ahead, so that a huge line costs no time.
RecordEnd checkedRecordEnd(std::string_view text, std::size_t begin, const TableFormat &format,
                           const std::filesystem::path &file)
{
    const std::string_view window = text.substr(0, std::min(text.size(), begin + maxRecord + 1));
    const RecordEnd found = findRecordEnd(window, begin, format.delimiter, format.quoting);
    if (found.end - begin > maxRecord)
        throw Error(lineIn(lineAt(text, begin), file) +
                    " starts a record of more than 16 MiB; check the file's quoting and line ends.");
    if (found.unclosed)
        throw Error(lineIn(lineAt(text, begin), file) +
                    " opens a quote that is never closed; read the file without quoting or mend the line.");
    return found;
}

// Position of the first record. Throws for a file without text.
std::size_t startOf(std::string_view text, const std::filesystem::path &file)
{
    requireText(text, file);
    const std::size_t start = text.starts_with(byteOrderMark) ? byteOrderMark.size() : 0;
    if (text.find_first_not_of("\r\n", start) == std::string_view::npos)
        throw Error(file.string() + " is empty; choose a file with at least one row.");
    if (text.find('\n') == std::string_view::npos && text.find('\r') < text.size() - 1) // all would be one record
        throw Error(file.string() +
                    " ends its lines with carriage returns alone; save it with line feeds and read it again.");
    return start;
}

} // namespace

std::string toString(TableFormat::Kind kind)
{
    switch (kind) {
    case TableFormat::Kind::Delimited:
        return "delimited";
    case TableFormat::Kind::JsonLines:
        return "json-lines";
    case TableFormat::Kind::OrangeTab:
        return "orange-tab";
    case TableFormat::Kind::LabelText:
        return "label-text";
    }
    return "delimited";
}

TableFormat::Kind tableKindFromString(std::string_view s)
{
    for (const auto kind : {TableFormat::Kind::Delimited, TableFormat::Kind::JsonLines, TableFormat::Kind::OrangeTab,
                            TableFormat::Kind::LabelText})
        if (toString(kind) == s)
            return kind;
    throw Error("\"" + std::string(s) + "\" is not a file format; use delimited, json-lines, orange-tab or label-text.");
}

Table::Table(const std::filesystem::path &file, const TableFormat &format)
    : m_format(format), m_file(std::make_unique<MappedFile>(file))
{
    if (format.kind == TableFormat::Kind::OrangeTab) {
        m_format.delimiter = '\t';
        m_format.quoting = true; // Orange writes texts that hold a quote, tab or newline as CSV does
    } else if (format.kind != TableFormat::Kind::Delimited) {
        m_format.quoting = m_format.header = false;
    }
    scan(file);
    nameColumns(file);
    requireUnchanged();
}

Table::~Table() = default;
Table::Table(Table &&) noexcept = default;

void Table::requireUnchanged() const
{
    m_file->requireUnchanged();
}

void Table::scan(const std::filesystem::path &file)
{
    const std::string_view text = m_file->text();
    const std::size_t headers = m_format.kind == TableFormat::Kind::OrangeTab ? 3 : m_format.header ? 1 : 0;
    // Between tabs, as in GLUE, quotes are plain characters.
    const bool mayQuote = m_format.kind == TableFormat::Kind::Delimited && !m_format.quoting && m_format.delimiter != '\t';
    std::size_t width = 0, shorter = 0, fallbacks = 0, firstStray = 0, quotesKept = 0;
    std::vector<std::size_t> wide; // rows with more fields
    std::size_t begin = startOf(text, file);
    if (m_format.kind == TableFormat::Kind::Delimited && namedDelimiter(text.substr(begin)))
        begin = text.find('\n', begin) + 1;
    while (begin < text.size()) {
        const RecordEnd found = checkedRecordEnd(text, begin, m_format, file);
        const Record record{begin, begin + withoutCarriageReturn(text.substr(begin, found.end - begin)).size()};
        const std::string_view bytes = text.substr(begin, record.end - begin);
        begin = found.end + 1;
        if (m_headers.size() < headers) {
            // Orange's second and third header line may be blank.
            if (!bytes.empty() || !m_headers.empty())
                m_headers.push_back(split(record));
            width = m_headers.empty() ? 0 : m_headers.front().size();
            continue;
        }
        if (bytes.empty() || (m_format.kind == TableFormat::Kind::OrangeTab && trimmed(bytes).empty()))
            continue;
        if (m_records.empty() && headers == 0)
            width = found.fields;
        shorter += found.fields < width;
        if (found.fields > width)
            wide.push_back(m_records.size());
        if (found.stray && ++m_strayQuotes == 1)
            firstStray = lineAt(text, record.begin);
        fallbacks += !isUtf8(bytes);
        quotesKept += mayQuote && bytes.find('"') != std::string_view::npos;
        m_records.push_back(record);
    }
    const std::size_t leftOut = headers == 1 ? settleWideRows(file, width, wide) : 0;
    const std::size_t longer = m_unnamed ? 0 : wide.size() - leftOut;
    const std::string name = file.filename().string();
    if (m_strayQuotes)
        m_notes.push_back(name + ": " + counted(m_strayQuotes, "row") +
                          " with text after a closing quote, the first on line " + std::to_string(firstStray) +
                          ": quotes that are none may have joined rows; read the file without quoting if so.");
    if (quotesKept)
        m_notes.push_back(name + ": " + counted(quotesKept, "row") +
                          " with double quotes, which stay in the texts: the file is read without quoting.");
    if (leftOut)
        m_notes.push_back(name + ": " + counted(leftOut, "row") + " left out, with more fields than the " +
                          counted(width, "column") + " of the header.");
    if (fallbacks)
        m_notes.push_back(name + ": " + counted(fallbacks, "row") + " not valid UTF-8, read as Windows-1252.");
    if (m_format.kind == TableFormat::Kind::Delimited || m_format.kind == TableFormat::Kind::OrangeTab) {
        if (shorter)
            m_notes.push_back(name + ": " + counted(shorter, "row") + " with fewer than " + std::to_string(width) +
                              " columns.");
        if (longer)
            m_notes.push_back(name + ": " + counted(longer, "row") + " with more than " + std::to_string(width) +
                              " columns.");
    }
}

// Returns how many rows are left out.
std::size_t Table::settleWideRows(const std::filesystem::path &file, std::size_t width, const std::vector<std::size_t> &wide)
{
    if (!wide.empty() && wide.size() == m_records.size()) {
        std::set<std::string> names;
        m_unnamed = std::ranges::all_of(m_records, [&](const Record &record) {
            auto fields = split(record);
            return fields.size() == width + 1 && names.insert(std::move(fields.front())).second;
        });
        if (m_unnamed) {
            m_headers.front().insert(m_headers.front().begin(), std::string());
            return 0;
        }
    }
    std::vector<bool> isLeftOut(m_records.size());
    std::size_t count = 0;
    for (const std::size_t i : wide) {
        const auto fields = split(m_records[i]);
        isLeftOut[i] = std::any_of(fields.begin() + std::ptrdiff_t(width), fields.end(),
                                   [](const std::string &field) { return !trimmed(field).empty(); });
        count += isLeftOut[i];
    }
    if (count > 0 && count == m_records.size())
        throw Error(file.string() + " has more fields in every row than its header has names; put texts that hold a " +
                    "delimiter in quotes that follow the delimiter at once, or name the missing columns.");
    std::size_t kept = 0;
    for (std::size_t i = 0; i < m_records.size(); ++i)
        if (!isLeftOut[i])
            m_records[kept++] = m_records[i];
    m_records.resize(kept);
    return count;
}

void Table::nameColumns(const std::filesystem::path &file)
{
    switch (m_format.kind) {
    case TableFormat::Kind::OrangeTab:
        if (m_headers.size() < 3)
            throw Error(file.string() + " has no three header lines (names, types, flags); it is not an Orange table.");
        m_columns = m_headers.front();
        return;
    case TableFormat::Kind::LabelText:
        m_columns = {"label", "text"};
        return;
    case TableFormat::Kind::JsonLines:
        collectKeys(file);
        return;
    case TableFormat::Kind::Delimited:
        if (m_format.header && !m_headers.empty())
            m_columns = m_headers.front();
        else if (!m_records.empty())
            for (std::size_t i = 0, width = row(0).size(); i < width; ++i)
                m_columns.push_back("column " + std::to_string(i));
        return;
    }
}

void Table::collectKeys(const std::filesystem::path &file)
{
    for (std::size_t i = 0; i < rows(); ++i) {
        const Record &record = m_records[i];
        try {
            for (const auto &[key, value] : parseJsonLine(m_file->text().substr(record.begin, record.end - record.begin)))
                if (std::find(m_columns.begin(), m_columns.end(), key) == m_columns.end())
                    m_columns.push_back(key);
        } catch (const std::exception &) {
            throw Error(lineIn(lineOf(i), file) + " is not a JSON object; JSON Lines holds one object a line.");
        }
        if (m_columns.size() > maxKeys)
            throw Error(lineIn(lineOf(i), file) +
                        " brings the keys of the file to more than 1000; its objects are no rows.");
    }
}

std::vector<std::string> Table::split(const Record &record) const
{
    const std::string_view bytes = m_file->text().substr(record.begin, record.end - record.begin);
    auto fields = splitRecord(bytes, m_format.delimiter, m_format.quoting);
    for (auto &field : fields)
        field = decodeText(field);
    return fields;
}

std::vector<std::string> Table::row(std::size_t i) const
{
    const Record &record = m_records.at(i);
    const std::string_view bytes = m_file->text().substr(record.begin, record.end - record.begin);
    if (m_format.kind == TableFormat::Kind::LabelText) {
        const std::size_t space = std::min(bytes.find(' '), bytes.size());
        return {decodeText(bytes.substr(0, space)), decodeText(bytes.substr(std::min(space + 1, bytes.size())))};
    }
    if (m_format.kind != TableFormat::Kind::JsonLines)
        return split(record);
    std::vector<std::string> fields(m_columns.size());
    for (auto &[key, value] : parseJsonLine(bytes)) {
        const auto column = std::find(m_columns.begin(), m_columns.end(), key);
        fields[std::size_t(column - m_columns.begin())] = std::move(value);
    }
    return fields;
}

std::size_t Table::lineOf(std::size_t i) const
{
    return lineAt(m_file->text(), m_records.at(i).begin);
}

} // namespace awb
