#include "core/data/recognise.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "core/data/data_hash.h"
#include "core/data/dataset_rules.h"
#include "core/data/delimited.h"
#include "core/data/guess.h"
#include "core/data/labels.h"
#include "core/data/layouts.h"
#include "core/data/sample.h"
#include "core/error.h"

namespace awb {

namespace {

// A layout's classes are known beforehand; that the first rows fit does not say that all do.
bool hasOtherLabels(const Manifest &manifest)
{
    if (manifest.classes.empty())
        return false;
    const Table table(manifest.train.path, manifest.train.format);
    return std::ranges::any_of(distinctValues(table, manifest.train.label, maxClasses), [&](const auto &value) {
        const std::string name = classOf(rawLabel(value.first, manifest.train.labelUntil), manifest);
        return !name.empty() && std::ranges::find(manifest.classes, name) == manifest.classes.end();
    });
}

std::optional<Manifest> recogniseFile(const std::filesystem::path &file)
{
    try {
        for (const auto layout : {recogniseGlue, recogniseLabelText, recogniseSms, recogniseOrange, recogniseCrowdflower})
            if (auto manifest = layout(file); manifest && !hasOtherLabels(*manifest))
                return manifest;
    } catch (const Error &) { // empty or no text: no layout
    }
    return std::nullopt;
}

// A folder is a data set when exactly one of its files is, apart from those that belong to it as dev and test.
std::optional<Manifest> recogniseFolder(const std::filesystem::path &folder)
{
    std::vector<Manifest> found;
    for (const auto &file : filesIn(folder))
        if (auto manifest = recogniseFile(file))
            found.push_back(std::move(*manifest));
    const auto isPart = [&](const Manifest &candidate) {
        return std::any_of(found.begin(), found.end(), [&](const Manifest &whole) {
            return (whole.dev && whole.dev->path == candidate.train.path) ||
                   (whole.test && whole.test->path == candidate.train.path);
        });
    };
    std::vector<Manifest> whole;
    std::copy_if(found.begin(), found.end(), std::back_inserter(whole), [&](const Manifest &m) { return !isPart(m); });
    return whole.size() == 1 ? std::optional(whole.front()) : std::nullopt;
}

// The licence beside the data, or its read-me; "" without.
std::string licenceBeside(const std::filesystem::path &file)
{
    std::string readMe;
    for (const auto &other : filesIn(file.parent_path())) {
        const std::string name = folded(other.filename().string());
        if (name.find("licen") != std::string::npos)
            return other.string();
        if (name.find("readme") != std::string::npos)
            readMe = other.string();
    }
    return readMe;
}

// Scores, where every label that is not missing is a number, some have a fraction, and there are more of them than a scale
// of classes has.
bool looksLikeScores(const std::vector<std::pair<std::string, std::size_t>> &values, const TableFormat &format)
{
    bool fraction = false;
    for (const auto &[value, count] : values) {
        const auto number = parseScore(value, format);
        if (!number && !isMissing(value))
            return false;
        fraction |= number && *number != double(std::int64_t(std::clamp(*number, -1e15, 1e15)));
    }
    return fraction && values.size() > 10;
}

using Counts = std::unordered_map<std::string, std::size_t>;

std::vector<std::pair<std::string, std::size_t>> mostFirst(const Counts &counts)
{
    std::vector<std::pair<std::string, std::size_t>> values(counts.begin(), counts.end());
    std::sort(values.begin(), values.end(),
              [](const auto &a, const auto &b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    return values;
}

// Labels of the rows that can be trained on: those that are left out must not make a class.
std::vector<std::pair<std::string, std::size_t>> usableLabels(const Table &table, const DataFile &file)
{
    const int last = std::max({file.textA, file.textB, file.label});
    Counts counts;
    for (std::size_t i = 0; i < table.rows(); ++i) {
        auto fields = table.row(i);
        if (int(fields.size()) > last && (file.textA < 0 || !trimmed(fields[std::size_t(file.textA)]).empty()))
            ++counts[std::move(fields[std::size_t(file.label)])];
    }
    return mostFirst(counts);
}

// Test files often have a label column that says nothing, since only the task's authors know the labels.
void forgetEmptyTestLabels(Manifest &manifest)
{
    if (!manifest.test || manifest.test->label < 0 || manifest.train.label < 0)
        return;
    const Table table(manifest.test->path, manifest.test->format);
    std::set<std::string> foreign;
    for (const auto &[value, count] : distinctValues(table, manifest.test->label, table.rows())) {
        auto label = classOf(rawLabel(value, manifest.test->labelUntil), manifest);
        if (std::ranges::find(manifest.classes, label) != manifest.classes.end())
            return;
        if (!isMissing(label))
            foreign.insert(std::move(label));
    }
    const bool constant = foreign.size() == 1 && parseNumber(*foreign.begin()); // -1, as a rule
    if (foreign.empty() || (constant && (manifest.task == Task::Classification || table.rows() > 1)))
        manifest.test->label = -1;
}

void completeRecognised(Manifest &manifest)
{
    if (manifest.classes.empty() && manifest.task == Task::Classification)
        setTaskAndClasses(manifest, true);
    else
        completeMetrics(manifest);
}

} // namespace

Manifest firstLook(const std::filesystem::path &file)
{
    auto manifest = recogniseFile(file);
    if (!manifest)
        return guessedLook(file);
    completeRecognised(*manifest);
    return *manifest;
}

std::optional<Manifest> recognise(const std::filesystem::path &path, const std::string &name)
{
    const auto absolute = std::filesystem::absolute(path).lexically_normal();
    std::error_code error;
    if (!std::filesystem::exists(absolute, error))
        throw Error(absolute.string() + " does not exist; choose a data file or a folder of data files.");
    auto manifest = std::filesystem::is_directory(absolute, error) ? recogniseFolder(absolute) : recogniseFile(absolute);
    if (!manifest)
        return std::nullopt;
    manifest->name = name;
    manifest->licence = licenceBeside(manifest->train.path);
    completeRecognised(*manifest);
    manifest->sha256 = dataSha256(*manifest);
    return manifest;
}

std::vector<std::pair<std::string, std::size_t>> distinctValues(const Table &table, int column, std::size_t limit)
{
    Counts counts;
    for (std::size_t i = 0; i < table.rows(); ++i) {
        auto fields = table.row(i);
        if (column >= 0 && std::size_t(column) < fields.size())
            ++counts[std::move(fields[std::size_t(column)])];
    }
    auto values = mostFirst(counts);
    values.resize(std::min(values.size(), limit));
    return values;
}

void completeManifest(Manifest &manifest, bool guessTask)
{
    setTaskAndClasses(manifest, guessTask);
    manifest.sha256 = dataSha256(manifest);
}

void setTaskAndClasses(Manifest &manifest, bool guessTask)
{
    manifest.classes.clear();
    if (manifest.train.label >= 0) {
        const Table table(manifest.train.path, manifest.train.format);
        const auto values = usableLabels(table, manifest.train);
        if (guessTask && manifest.merge.empty() && looksLikeScores(values, manifest.train.format)) {
            manifest.task = Task::Regression;
            for (const auto &[value, count] : values)
                if (!value.empty() && isMissing(value))
                    manifest.merge[rawLabel(value, manifest.train.labelUntil)] = ""; // its rows are left out, and counted
        }
        if (manifest.task == Task::Classification) {
            for (const auto &[value, count] : values)
                if (auto name = classOf(rawLabel(value, manifest.train.labelUntil), manifest); !name.empty())
                    manifest.classes.push_back(std::move(name));
            std::sort(manifest.classes.begin(), manifest.classes.end());
            manifest.classes.erase(std::unique(manifest.classes.begin(), manifest.classes.end()), manifest.classes.end());
            if (manifest.classes.size() > maxClasses)
                throw Error("The label column of " + manifest.train.path + " has " +
                            std::to_string(manifest.classes.size()) +
                            " different values; choose a column with at most 1000.");
            sortClasses(manifest.classes);
        }
        forgetEmptyTestLabels(manifest);
    }
    completeMetrics(manifest);
}

} // namespace awb
