#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace awb {

class MappedFile;

/// How a data file is laid out.
struct TableFormat {
    enum class Kind {
        Delimited, ///< delimiter-separated, one record per line unless quoted
        JsonLines, ///< one JSON object per line; columns are the keys in order of first appearance
        OrangeTab, ///< tab-separated with Orange's three header lines: names, types, flags
        LabelText  ///< "label text", separated by the first space; columns "label" and "text"
    };
    Kind kind = Kind::Delimited;
    char delimiter = '\t';
    bool quoting = false; ///< RFC 4180 double quotes; off: '"' is an ordinary character (GLUE)
    bool header = false;  ///< the first record names the columns

    bool operator==(const TableFormat &) const = default;
};

std::string toString(TableFormat::Kind kind);              ///< "delimited" | "json-lines" | "orange-tab" | "label-text"
TableFormat::Kind tableKindFromString(std::string_view s); ///< throws Error

/// Rows of a data file. The file stays mapped; a row is decoded when asked for, so a table of any size costs one offset
/// per row. A byte-order mark is dropped, CRLF and LF both end a record, a missing final newline is fine, blank lines are
/// no rows. A row with more fields than the header, of which one past it is filled, is left out, since nobody knows which
/// field is which; where every row has one more, the first names the rows and its column is unnamed. Control characters stay
/// in the text. A field that is not valid UTF-8 is read as Windows-1252, and `notes()` says how many rows that was.
class Table {
public:
    /// Throws Error naming the file: missing, empty, a record over 16 MiB, an unclosed quote, broken JSON (with line).
    Table(const std::filesystem::path &file, const TableFormat &format);
    ~Table();
    Table(Table &&) noexcept;

    std::size_t rows() const { return m_records.size(); }
    /// From the header, or "column 0", "column 1", ...
    const std::vector<std::string> &columns() const { return m_columns; }
    /// The records above the rows, decoded: none, one (`header`) or Orange's three (names, types, flags).
    const std::vector<std::vector<std::string>> &headers() const { return m_headers; }
    /// Fields of row i as UTF-8. Rows may have fewer or more fields than columns().
    std::vector<std::string> row(std::size_t i) const;
    /// Physical line (1-based) on which row i starts, for messages.
    std::size_t lineOf(std::size_t i) const;
    /// Records that hold text after a closing quote: quotes that are none may have joined rows there.
    std::size_t strayQuotes() const { return m_strayQuotes; }
    /// Throws Error naming the file when it was written to or cut off since it was opened, so that its rows are no rows.
    void requireUnchanged() const;
    /// Sentences about what was done to read the file (encoding fallback, short rows).
    const std::vector<std::string> &notes() const { return m_notes; }

private:
    struct Record {
        std::uint64_t begin, end; // bytes of the file, without the line end
    };
    void scan(const std::filesystem::path &file);
    std::size_t settleWideRows(const std::filesystem::path &file, std::size_t width, const std::vector<std::size_t> &wide);
    void nameColumns(const std::filesystem::path &file);
    void collectKeys(const std::filesystem::path &file);
    std::vector<std::string> split(const Record &record) const;

    TableFormat m_format;
    std::unique_ptr<MappedFile> m_file;
    std::vector<Record> m_records;
    std::vector<std::string> m_columns;
    std::vector<std::vector<std::string>> m_headers;
    std::vector<std::string> m_notes;
    std::size_t m_strayQuotes = 0;
    bool m_unnamed = false; ///< the first column has no name in the header
};

bool isUtf8(std::string_view bytes);

/// Valid UTF-8 comes back unchanged; anything else is decoded as Windows-1252 (undefined bytes as C1 controls).
/// `fellBack` is set when that happened.
std::string decodeText(std::string_view bytes, bool *fellBack = nullptr);

} // namespace awb
