#include "core/data/layouts.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "core/data/recognise.h"
#include "core/data/sample.h"

namespace awb {

namespace {

using Kind = TableFormat::Kind;
using Rows = std::vector<std::vector<std::string>>;

constexpr TableFormat labelText{Kind::LabelText, ' ', false, false};

// `file` with the end of its name exchanged, when there is such a file.
std::optional<std::filesystem::path> sibling(const std::filesystem::path &file, std::string_view end, std::string_view other)
{
    const std::string path = file.string();
    if (!path.ends_with(end))
        return std::nullopt;
    const std::filesystem::path found = path.substr(0, path.size() - end.size()) + std::string(other);
    return std::filesystem::is_regular_file(found) ? std::optional(found) : std::nullopt;
}

// "COARSE:fine"
bool isTrecLabel(const std::string &label)
{
    const std::size_t colon = label.find(':');
    return colon != std::string::npos && colon > 0 && colon + 1 < label.size() &&
           std::all_of(label.begin(), label.begin() + std::ptrdiff_t(colon), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::optional<Manifest> recogniseTrec(const std::filesystem::path &file, const Rows &rows)
{
    if (!std::all_of(rows.begin(), rows.end(), [](const auto &row) { return isTrecLabel(row[0]) && !row[1].empty(); }))
        return std::nullopt;
    Manifest manifest;
    manifest.layout = "TREC (six coarse classes)";
    manifest.train = {file.string(), labelText, 1, -1, 0, ':'};
    auto test = sibling(file, ".train", ".test");
    if (!test)
        test = sibling(file, "train_5500.label", "TREC_10.label");
    if (test) {
        manifest.layout = "TREC (six coarse classes, official test as dev)";
        manifest.dev = {test->string(), labelText, 1, -1, 0, ':'};
    }
    manifest.metrics = {"accuracy"};
    return manifest;
}

// A task of Crowdflower's "data for everyone": which columns tell it, where text and label are, which labels mean the same.
struct Crowdflower {
    const char *layout;
    std::vector<const char *> header;
    const char *text, *label;
    std::map<std::string, std::string> merge;
};

const std::vector<Crowdflower> &crowdflowerTasks()
{
    static const std::vector<Crowdflower> tasks = {
        {"Crowdflower airline", {"airline_sentiment", "negativereason"}, "text", "airline_sentiment", {}},
        {"Crowdflower corporate messaging", {"_unit_id", "category", "category_gold", "screenname"}, "text", "category", {}},
        {"Crowdflower disasters", {"choose_one", "choose_one_gold"}, "text", "choose_one", {{"Can't Decide", ""}}},
        {"Crowdflower global warming",
         {"existence", "existence.confidence"},
         "tweet",
         "existence",
         {{"Y", "Yes"}, {"N", "No"}, {"NA", ""}, {"N/A", ""}, {"", ""}}},
    };
    return tasks;
}

bool hasWord(const std::string &flags, std::string_view word)
{
    std::istringstream words(folded(flags));
    for (std::string found; words >> found;)
        if (found == word)
            return true;
    return false;
}

// The whole cell, since one of several words lists the values of a discrete column.
bool isType(const std::string &cell, std::initializer_list<std::string_view> names)
{
    return std::ranges::find(names, folded(cell)) != names.end();
}

} // namespace

std::optional<Manifest> recogniseLabelText(const std::filesystem::path &file)
{
    const Rows rows = sampleRows(readSample(file), labelText, 200);
    if (auto trec = recogniseTrec(file, rows))
        return trec;
    const std::string name = file.filename().string();
    const bool sentences = name.starts_with("stsa.binary."), subjectivity = name == "subj.all";
    const bool binary =
        std::all_of(rows.begin(), rows.end(), [](const auto &row) { return row[0] == "0" || row[0] == "1"; });
    if (!binary || !(sentences || subjectivity))
        return std::nullopt;
    Manifest manifest;
    manifest.layout = sentences ? "SST-2 sentences" : "Subj";
    manifest.train = {file.string(), labelText, 1, -1, 0, 0};
    if (const auto dev = sibling(file, ".train", ".dev"))
        manifest.dev = {dev->string(), labelText, 1, -1, 0, 0};
    if (const auto test = sibling(file, ".train", ".test"))
        manifest.test = {test->string(), labelText, 1, -1, 0, 0};
    manifest.classes = {"0", "1"};
    manifest.metrics = {"accuracy"};
    return manifest;
}

std::optional<Manifest> recogniseSms(const std::filesystem::path &file)
{
    const TableFormat format{Kind::Delimited, '\t', false, false};
    const Rows rows = sampleRows(readSample(file), format, 200);
    const bool fits = std::all_of(rows.begin(), rows.end(),
                                  [](const auto &row) { return row.size() == 2 && (row[0] == "ham" || row[0] == "spam"); });
    if (!fits)
        return std::nullopt;
    Manifest manifest;
    manifest.layout = "SMS spam";
    manifest.train = {file.string(), format, 1, -1, 0, 0};
    manifest.classes = {"ham", "spam"};
    manifest.metrics = {"accuracy", "f1"};
    return manifest;
}

int orangeTextColumn(const Rows &rows)
{
    const auto &types = rows[1], &flags = rows[2];
    const auto isText = [&](std::size_t c) { return isType(types[c], {"string", "s", "text"}); };
    for (const std::string_view flag : {"include=true", "title=true"})
        for (std::size_t c = 0; c < types.size() && c < flags.size(); ++c)
            if (isText(c) && hasWord(flags[c], flag))
                return int(c);
    int best = -1;
    std::size_t longest = 0;
    for (std::size_t c = 0; c < types.size(); ++c) {
        std::size_t length = 0;
        for (std::size_t i = 3; i < rows.size(); ++i)
            length += c < rows[i].size() ? rows[i][c].size() : 0;
        if (isText(c) && length > longest) {
            longest = length;
            best = int(c);
        }
    }
    return best;
}

std::optional<Manifest> recogniseOrange(const std::filesystem::path &file)
{
    if (guessFormat(file).kind != Kind::OrangeTab)
        return std::nullopt;
    const TableFormat format{Kind::OrangeTab, '\t', true, true};
    const Rows rows = sampleRows(readSample(file), format);
    int label = -1;
    for (std::size_t c = 0; c < rows[2].size() && c < rows[1].size(); ++c)
        if (hasWord(rows[2][c], "class"))
            label = int(c);
    const int text = orangeTextColumn(rows);
    if (label < 0 || text < 0)
        return std::nullopt;
    Manifest manifest;
    manifest.layout = "Orange table";
    manifest.train = {file.string(), format, text, -1, label, 0};
    if (const auto test = sibling(file, "-train.tab", "-test.tab"))
        manifest.test = {test->string(), format, text, -1, label, 0};
    const std::string &type = rows[1][std::size_t(label)];
    if (isType(type, {"continuous", "c"}))
        manifest.task = Task::Regression;
    manifest.merge["?"] = ""; // Orange's mark for a value that is not known
    return manifest;
}

std::optional<Manifest> recogniseCrowdflower(const std::filesystem::path &file)
{
    const TableFormat format{Kind::Delimited, ',', true, true};
    const Rows rows = sampleRows(readSample(file), format, 2);
    for (const auto &task : crowdflowerTasks()) {
        const bool named =
            std::all_of(task.header.begin(), task.header.end(), [&](auto n) { return columnNamed(rows.front(), n) >= 0; });
        const int text = columnNamed(rows.front(), task.text);
        if (!named || text < 0)
            continue;
        Manifest manifest;
        manifest.layout = task.layout;
        manifest.train = {file.string(), format, text, -1, columnNamed(rows.front(), task.label), 0};
        manifest.merge = task.merge;
        return manifest;
    }
    return std::nullopt;
}

} // namespace awb
