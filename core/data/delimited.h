#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace awb {

/// Where a record of delimiter-separated text ends.
struct RecordEnd {
    std::size_t end = 0;    ///< position of the newline, or the size of the text
    std::size_t fields = 0; ///< how many fields the record has
    bool unclosed = false;  ///< the text ended inside quotes
    bool stray = false;     ///< text follows the closing quote of a field
};

/// Where a field ends: position of the delimiter or newline, or the size of the text.
struct FieldEnd {
    std::size_t end = 0;
    bool unclosed = false, stray = false; ///< as of a record
};

/// Finds the end of the field at `begin`; one that starts with a double quote lasts to its closing quote.
FieldEnd findFieldEnd(std::string_view text, std::size_t begin, char delimiter);

/// Finds the end of the record that starts at `begin`. With `quoting`, a field that starts with a double quote lasts to
/// its closing quote, newlines included; a quote elsewhere is an ordinary character. Without, only the newline counts.
RecordEnd findRecordEnd(std::string_view text, std::size_t begin, char delimiter, bool quoting);

/// The raw fields of one record (no line end). With `quoting`, quotes around a field are removed and doubled ones halved.
std::vector<std::string> splitRecord(std::string_view record, char delimiter, bool quoting);

/// The delimiter that a first line `sep=;` names, with which spreadsheets say how their file is to be read; 0: no such line.
char namedDelimiter(std::string_view text);

/// `record` without the carriage return of a CRLF line end.
std::string_view withoutCarriageReturn(std::string_view record);

/// `s` without blanks, tabs and line ends at both ends.
std::string_view trimmed(std::string_view s);

} // namespace awb
