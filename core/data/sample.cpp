#include "core/data/sample.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "core/data/delimited.h"
#include "core/error.h"

namespace awb {

namespace {

constexpr std::size_t sampleSize = 256u << 10; // bytes

} // namespace

void requireText(std::string_view start, const std::filesystem::path &file)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> foreign = {
        {{"\xFF\xFE", " is UTF-16 text; save it as UTF-8 and read it again."},
         {"\xFE\xFF", " is UTF-16 text; save it as UTF-8 and read it again."},
         {"PK\x03\x04", " is an Excel workbook or a zip archive; save the sheet as CSV UTF-8, or unpack the archive."},
         {"\x1F\x8B", " is compressed; unpack it and choose the file that it holds."},
         {"PAR1", " is a Parquet file; save it as CSV or JSON Lines."}}};
    for (const auto &[bytes, sentence] : foreign)
        if (start.starts_with(bytes))
            throw Error(file.string() + std::string(sentence));
}

Sample readSample(const std::filesystem::path &file)
{
    Sample sample;
    sample.text.resize(sampleSize + 1);
    std::error_code error;
    std::ifstream stream;
    if (std::filesystem::is_regular_file(file, error)) // to open a pipe would wait for its other end
        stream.open(file, std::ios::binary);
    if (!stream.is_open())
        throw Error(file.string() + " cannot be read; check that the file exists and that you may read it.");
    stream.read(sample.text.data(), std::streamsize(sample.text.size()));
    sample.text.resize(std::size_t(stream.gcount()));
    sample.truncated = sample.text.size() > sampleSize;
    if (sample.text.starts_with("\xEF\xBB\xBF"))
        sample.text.erase(0, 3);
    sample.delimiter = namedDelimiter(sample.text);
    if (sample.delimiter)
        sample.text.erase(0, sample.text.find('\n') + 1);
    if (trimmed(sample.text).empty())
        throw Error(file.string() + " is empty; choose a file with at least one row.");
    requireText(sample.text, file);
    if (std::size_t(std::count(sample.text.begin(), sample.text.end(), '\0')) > sample.text.size() / 100)
        throw Error(file.string() + " is not a text file; choose a table of texts and labels.");
    return sample;
}

std::vector<std::vector<std::string>> sampleRows(const Sample &sample, const TableFormat &format, std::size_t limit)
{
    const bool quoting = format.quoting || format.kind == TableFormat::Kind::OrangeTab;
    const char delimiter = format.kind == TableFormat::Kind::OrangeTab ? '\t' : format.delimiter;
    std::vector<std::vector<std::string>> rows;
    const std::string_view text = sample.text;
    for (std::size_t begin = 0; begin < text.size() && rows.size() < limit;) {
        const RecordEnd found = findRecordEnd(text, begin, delimiter, quoting);
        if (sample.truncated && found.end >= text.size() && !rows.empty())
            break;
        const std::string_view record = withoutCarriageReturn(text.substr(begin, found.end - begin));
        begin = found.end + 1;
        // Orange's second and third header line may be blank.
        if (record.empty() && !(format.kind == TableFormat::Kind::OrangeTab && rows.size() < 3))
            continue;
        if (format.kind == TableFormat::Kind::LabelText) {
            const std::size_t space = std::min(record.find(' '), record.size());
            rows.push_back(
                {decodeText(record.substr(0, space)), decodeText(record.substr(std::min(space + 1, record.size())))});
            continue;
        }
        rows.push_back(splitRecord(record, delimiter, quoting));
        for (auto &field : rows.back())
            field = decodeText(field);
    }
    return rows;
}

std::vector<std::filesystem::path> filesIn(const std::filesystem::path &folder)
{
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error); !error && entry != end(entry);
         entry.increment(error)) {
        std::error_code unreadable;
        if (entry->is_regular_file(unreadable))
            files.push_back(entry->path());
    }
    if (error)
        throw Error(folder.string() + " cannot be read; check that the folder exists and that you may read it.");
    std::sort(files.begin(), files.end());
    return files;
}

std::string folded(std::string_view s)
{
    std::string out(trimmed(s));
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return out;
}

int columnNamed(const std::vector<std::string> &header, std::string_view name)
{
    for (std::size_t i = 0; i < header.size(); ++i)
        if (folded(header[i]) == name)
            return int(i);
    return -1;
}

} // namespace awb
