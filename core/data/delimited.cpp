#include "core/data/delimited.h"

#include <algorithm>

namespace awb {

namespace {

// Text after the closing quote belongs to the field, as spreadsheets read it.
std::string unquoted(std::string_view field)
{
    std::string out;
    out.reserve(field.size());
    std::size_t at = 1;
    for (; at < field.size(); ++at) {
        if (field[at] == '"') {
            if (at + 1 >= field.size() || field[at + 1] != '"')
                break;
            ++at;
        }
        out += field[at];
    }
    if (at + 1 < field.size())
        out += field.substr(at + 1);
    return out;
}

} // namespace

FieldEnd findFieldEnd(std::string_view text, std::size_t begin, char delimiter)
{
    std::size_t at = begin;
    const bool quoted = at < text.size() && text[at] == '"';
    if (quoted) {
        for (++at;; at += 2) {
            at = text.find('"', at);
            if (at == std::string_view::npos)
                return {text.size(), true, false};
            if (at + 1 >= text.size() || text[at + 1] != '"')
                break;
        }
        ++at;
    }
    const std::size_t closed = at;
    while (at < text.size() && text[at] != delimiter && text[at] != '\n')
        ++at;
    const bool lineEnd = at == closed + 1 && text[closed] == '\r'; // of a CRLF
    return {at, false, quoted && at > closed && !lineEnd};
}

RecordEnd findRecordEnd(std::string_view text, std::size_t begin, char delimiter, bool quoting)
{
    RecordEnd record;
    if (!quoting) {
        record.end = std::min(text.find('\n', begin), text.size());
        record.fields = 1 + std::size_t(std::count(text.begin() + std::ptrdiff_t(begin),
                                                   text.begin() + std::ptrdiff_t(record.end), delimiter));
        return record;
    }
    std::size_t at = begin;
    for (;;) {
        const FieldEnd field = findFieldEnd(text, at, delimiter);
        record.unclosed |= field.unclosed;
        record.stray |= field.stray;
        ++record.fields;
        at = field.end;
        if (at >= text.size() || text[at] == '\n')
            break;
        ++at;
    }
    record.end = at;
    return record;
}

std::vector<std::string> splitRecord(std::string_view record, char delimiter, bool quoting)
{
    std::vector<std::string> fields;
    for (std::size_t begin = 0;;) {
        const std::size_t end =
            quoting ? findFieldEnd(record, begin, delimiter).end : std::min(record.find(delimiter, begin), record.size());
        const std::string_view field = record.substr(begin, end - begin);
        fields.push_back(quoting && field.starts_with('"') ? unquoted(field) : std::string(field));
        if (end >= record.size())
            return fields;
        begin = end + 1;
    }
}

std::string_view withoutCarriageReturn(std::string_view record)
{
    return record.ends_with('\r') ? record.substr(0, record.size() - 1) : record;
}

char namedDelimiter(std::string_view text)
{
    const std::string_view line = withoutCarriageReturn(text.substr(0, text.find('\n')));
    return line.size() == 5 && line.size() < text.size() && line.starts_with("sep=") ? line.back() : '\0';
}

std::string_view trimmed(std::string_view s)
{
    const std::size_t first = s.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view() : s.substr(first, s.find_last_not_of(" \t\r\n") - first + 1);
}

} // namespace awb
