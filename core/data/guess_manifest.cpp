#include "core/data/recognise.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/data/data_hash.h"
#include "core/data/dataset_rules.h"
#include "core/data/guess.h"
#include "core/data/labels.h"
#include "core/data/layouts.h"
#include "core/data/sample.h"
#include "core/error.h"

namespace awb {

namespace {

using Kind = TableFormat::Kind;

// Names by which data sets call their columns, folded, the surer first.
constexpr std::array labelNames = {"label",    "labels",  "gold_label",   "class",   "category", "target", "sentiment",
                                   "polarity", "emotion", "stance",       "topic",   "intent",   "score",  "similarity",
                                   "rating",   "stars",   "is_duplicate", "quality", "y",        "tag"};
constexpr std::array textNames = {"text",     "sentence", "content",   "tweet", "message",  "review",   "comment",    "body",
                                  "document", "question", "utterance", "post",  "abstract", "headline", "description"};
constexpr std::array dataExtensions = {".csv", ".tsv", ".tab", ".txt", ".jsonl", ".json"};
struct PairNames {
    const char *a, *b;
};
constexpr std::array<PairNames, 9> pairNames = {{{"sentence1", "sentence2"},
                                                 {"question1", "question2"},
                                                 {"premise", "hypothesis"},
                                                 {"text1", "text2"},
                                                 {"text_a", "text_b"},
                                                 {"sentence_a", "sentence_b"},
                                                 {"question", "sentence"},
                                                 {"question", "answer"},
                                                 {"#1 string", "#2 string"}}};

constexpr std::size_t rowsLookedAt = 2000;

// What a column looks like.
struct ColumnLook {
    double meanLength = 0; // bytes
    std::size_t filled = 0, distinct = 0;
    bool numbers = true;
};

// Of rows spread evenly over the table, since some are sorted by their labels.
std::vector<ColumnLook> lookAt(const Table &table)
{
    std::vector<ColumnLook> looks(table.columns().size());
    std::vector<std::map<std::string, std::size_t>> values(looks.size());
    const std::size_t rows = std::min(table.rows(), rowsLookedAt);
    for (std::size_t i = 0; i < rows; ++i) {
        const auto fields = table.row(i * table.rows() / rows);
        for (std::size_t c = 0; c < std::min(fields.size(), looks.size()); ++c) {
            if (fields[c].empty())
                continue;
            ++looks[c].filled;
            looks[c].meanLength += double(fields[c].size());
            looks[c].numbers &= parseNumber(fields[c]).has_value();
            ++values[c][fields[c]];
        }
    }
    for (std::size_t c = 0; c < looks.size(); ++c) {
        looks[c].distinct = values[c].size();
        looks[c].meanLength /= double(std::max<std::size_t>(looks[c].filled, 1));
    }
    return looks;
}

template <typename Names>
int firstNamed(const std::vector<std::string> &columns, const Names &names)
{
    for (const char *name : names)
        if (const int column = columnNamed(columns, name); column >= 0)
            return column;
    return -1;
}

void guessTexts(const Table &table, const std::vector<ColumnLook> &looks, DataFile &data)
{
    for (const auto &pair : pairNames) {
        data.textA = columnNamed(table.columns(), pair.a);
        data.textB = columnNamed(table.columns(), pair.b);
        if (data.textA >= 0 && data.textB >= 0)
            return;
    }
    data.textB = -1;
    data.textA = firstNamed(table.columns(), textNames);
    if (data.textA >= 0)
        return;
    const auto longest = std::max_element(looks.begin(), looks.end(),
                                          [](const auto &a, const auto &b) { return a.meanLength < b.meanLength; });
    data.textA = int(longest - looks.begin());
}

// A column called so, else the filled one with the fewest values that repeat.
int guessLabel(const Table &table, const std::vector<ColumnLook> &looks, const DataFile &data)
{
    const std::size_t rows = std::min(table.rows(), rowsLookedAt);
    const auto fits = [&](int c) {
        const ColumnLook &look = looks[std::size_t(c)];
        return c != data.textA && c != data.textB && look.distinct >= 2 && look.filled * 10 >= rows * 9;
    };
    if (const int named = firstNamed(table.columns(), labelNames);
        named >= 0 && named != data.textA && looks[std::size_t(named)].filled > 0)
        return named;
    int best = -1;
    for (int c = 0; c < int(looks.size()); ++c) {
        const std::size_t distinct = looks[std::size_t(c)].distinct;
        if (fits(c) && distinct <= std::max<std::size_t>(2, rows / 2) && distinct <= 200 &&
            (best < 0 || distinct < looks[std::size_t(best)].distinct))
            best = c;
    }
    return best;
}

bool isDataFile(const std::filesystem::path &file)
{
    return std::ranges::find(dataExtensions, folded(file.extension().string())) != dataExtensions.end();
}

// The file beside `train` of another part: "train.csv" -> "dev.csv". One that cannot be read is no part, and loadDataset()
// says that it is not used.
std::optional<DataFile> partBeside(const DataFile &train, const std::vector<std::string> &parts)
{
    for (const auto &other : filesBeside(train.path, parts)) {
        try {
            if (auto data = laidOutAs(train, other))
                return data;
        } catch (const Error &) {
        }
    }
    return std::nullopt;
}

// The table as it was guessed from its beginning; without quotes where the rest has some that are none.
Table readAsGuessed(const std::filesystem::path &file, TableFormat &format)
{
    if (format.kind == Kind::Delimited && format.quoting) {
        try {
            Table table(file, format);
            if (table.strayQuotes() == 0 || readsQuoted(file, format.delimiter))
                return table;
        } catch (const Error &) { // one of them is never closed
        }
        format.quoting = false;
    }
    return Table(file, format);
}

void findParts(Manifest &manifest)
{
    manifest.dev = partBeside(manifest.train, devNames());
    manifest.test = partBeside(manifest.train, {"test"});
    if (manifest.dev && manifest.dev->label < 0 && manifest.train.label >= 0)
        manifest.dev.reset(); // nothing to score on
}

// Marks of rows without a gold label are dropped beside at least three classes: of two, or on a scale, they may be a class.
void dropMarks(const Table &table, Manifest &manifest)
{
    if (manifest.task != Task::Classification || manifest.classes.size() < 3)
        return;
    const auto is = [&](const char *name) { return std::ranges::find(manifest.classes, name) != manifest.classes.end(); };
    if (is("-") && !is("+"))
        manifest.merge["-"] = "";
    const bool counted = std::ranges::all_of(manifest.classes, [](const std::string &name) {
        return name == "-1" || name.find_first_not_of("0123456789") == std::string::npos;
    });
    if (is("-1") && counted)
        for (const auto &[value, count] : distinctValues(table, manifest.train.label, manifest.classes.size() + 1))
            if (value == "-1" && count * 50 < table.rows()) // a class of a scale has more rows
                manifest.merge["-1"] = "";
    std::erase_if(manifest.classes, [&](const std::string &name) { return classOf(name, manifest).empty(); });
}

// Whether sub-folders hold texts one a file, as train/pos/1_9.txt, and no tables.
bool holdsTextFiles(const std::filesystem::path &folder)
{
    std::error_code error;
    int found = 0;
    for (auto entry = std::filesystem::recursive_directory_iterator(folder, error);
         !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
        if (entry.depth() == 2)
            entry.disable_recursion_pending();
        const auto extension = entry->path().extension();
        if (entry.depth() > 0 && extension != ".txt" && isDataFile(entry->path()))
            return false;
        found += entry.depth() > 0 && extension == ".txt";
    }
    return found >= 2;
}

// A README or a licence.
bool isAboutTheData(const std::filesystem::path &file)
{
    const std::string stem = folded(file.stem().string());
    return stem == "notice" || std::ranges::any_of(std::array{"readme", "license", "licence"},
                                                   [&](const char *name) { return stem.starts_with(name); });
}

// The file of a folder to start from: its train file, or its only one.
std::filesystem::path fileToStartFrom(const std::filesystem::path &folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto &file : filesIn(folder)) {
        if (!isDataFile(file) || isAboutTheData(file))
            continue;
        if (folded(file.stem().string()) == "train")
            return file;
        files.push_back(file);
    }
    if ((files.size() != 1 || files.front().extension() == ".txt") && holdsTextFiles(folder))
        throw Error(
            folder.string() +
            " holds a file for each text in its sub-folders, which is not read; write one table with a line for each "
            "text: its label, which is the sub-folder's name, and the text.");
    if (files.size() != 1)
        throw Error(folder.string() +
                    " has no file called train and not exactly one data file; choose a file, or one of its folders.");
    return files.front();
}

} // namespace

const std::vector<std::string> &devNames()
{
    static const std::vector<std::string> names{"dev", "validation", "valid", "val"};
    return names;
}

bool isColumnName(std::string_view name)
{
    const std::string n = folded(name);
    const auto isOne = [&](const auto &names) { return std::find(names.begin(), names.end(), n) != names.end(); };
    return isOne(labelNames) || isOne(textNames) ||
           std::any_of(pairNames.begin(), pairNames.end(), [&](const auto &pair) { return n == pair.a || n == pair.b; });
}

std::vector<std::filesystem::path> filesBeside(const std::filesystem::path &train, const std::vector<std::string> &parts)
{
    std::vector<std::filesystem::path> found;
    if (folded(train.stem().string()) != "train")
        return found;
    const auto files = filesIn(train.parent_path());
    for (const std::string &part : parts)
        for (const auto &file : files)
            if (folded(file.stem().string()) == part && isDataFile(file))
                found.push_back(file);
    return found;
}

std::optional<DataFile> laidOutAs(const DataFile &train, const std::filesystem::path &file)
{
    const Table trainTable(train.path, train.format);
    const auto readAs = [&](const TableFormat &format) {
        const Table table(file, format);
        const bool named = train.format.header || train.format.kind == Kind::JsonLines;
        const auto sameColumn = [&](int column) {
            if (column < 0)
                return -1;
            if (named)
                return columnNamed(table.columns(), folded(trainTable.columns()[std::size_t(column)]));
            return column < int(table.columns().size()) ? column : -1;
        };
        DataFile data = train;
        data.path = file.string();
        data.format = format;
        data.textA = sameColumn(train.textA);
        data.textB = sameColumn(train.textB);
        data.label = sameColumn(train.label);
        return data;
    };
    const auto hasTexts = [&](const DataFile &data) { return data.textA >= 0 && (train.textB < 0 || data.textB >= 0); };
    const DataFile same = readAs(train.format);
    if (hasTexts(same) && (same.label >= 0 || train.label < 0))
        return same;
    if (const DataFile own = readAs(guessFormat(file)); hasTexts(own) && own.label >= same.label)
        return own; // with another delimiter, say
    return hasTexts(same) ? std::optional(same) : std::nullopt;
}

Manifest guessedLook(const std::filesystem::path &file)
{
    Manifest manifest;
    manifest.layout = "custom";
    manifest.train.path = file.string();
    manifest.train.format = guessFormat(file);
    const Table table = readAsGuessed(file, manifest.train.format);
    const auto looks = lookAt(table);
    if (looks.empty() || table.rows() == 0)
        throw Error(file.string() + " has no rows below its header; choose a file with at least one row.");
    if (manifest.train.format.kind == Kind::JsonLines && table.rows() == 1)
        throw oneJsonDocument(file);
    if (manifest.train.format.kind == Kind::LabelText) {
        manifest.train.textA = 1;
        manifest.train.label = 0;
    } else {
        guessTexts(table, looks, manifest.train);
        if (manifest.train.format.kind == Kind::OrangeTab)
            if (const int text = orangeTextColumn(sampleRows(readSample(file), manifest.train.format)); text >= 0)
                manifest.train.textA = text;
        manifest.train.label = guessLabel(table, looks, manifest.train);
    }
    findParts(manifest);
    try {
        setTaskAndClasses(manifest, true);
        dropMarks(table, manifest);
    } catch (const Error &) { // too many classes: which column it is only the user knows
        manifest.train.label = -1;
        manifest.classes.clear();
        findParts(manifest);
        completeMetrics(manifest);
    }
    return manifest;
}

Manifest guessManifest(const std::filesystem::path &path, const std::string &name)
{
    const auto absolute = std::filesystem::absolute(path).lexically_normal();
    std::error_code error;
    Manifest manifest = guessedLook(std::filesystem::is_directory(absolute, error) ? fileToStartFrom(absolute) : absolute);
    manifest.name = name;
    manifest.sha256 = dataSha256(manifest);
    return manifest;
}

} // namespace awb
