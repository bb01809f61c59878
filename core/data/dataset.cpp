#include "core/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "core/data/delimited.h"
#include "core/data/guess.h"
#include "core/data/labels.h"
#include "core/error.h"

namespace awb {

namespace {

struct Row {
    Example example;
    std::string label; // its class by name; for Regression unused
    std::size_t index; // row of the table
};

struct Part {
    Table table;
    std::vector<Row> rows;
    std::size_t incomplete = 0, blank = 0, unlabelled = 0, dropped = 0; // rows left out, by reason
};

std::string lineOfRow(const Part &part, const DataFile &file, std::size_t index)
{
    return "Line " + std::to_string(part.table.lineOf(index)) + " of " + file.path;
}

float scoreOf(const std::string &label, const Part &part, const DataFile &file, std::size_t index)
{
    const auto score = parseScore(label, file.format);
    if (!score || !std::isfinite(float(*score)))
        throw Error(lineOfRow(part, file, index) + " has the score \"" + label +
                    "\", which is not a number, or too large for one; choose another score column or mend the line.");
    return float(*score);
}

Part readPart(const DataFile &file, const Manifest &manifest)
{
    if (file.textA < 0)
        throw Error("No text column is chosen for " + file.path + "; choose one.");
    Part part{Table(file.path, file.format), {}};
    const int last = std::max({file.textA, file.textB, file.label});
    const bool labelled = file.label >= 0;
    for (std::size_t i = 0; i < part.table.rows(); ++i) {
        auto fields = part.table.row(i);
        if (int(fields.size()) <= last) {
            ++part.incomplete;
            continue;
        }
        Row row{{}, {}, i};
        if (labelled) {
            const std::string raw = rawLabel(fields[std::size_t(file.label)], file.labelUntil);
            row.label = classOf(raw, manifest);
            if (row.label.empty()) {
                ++(raw.empty() && !manifest.merge.contains("") ? part.unlabelled : part.dropped);
                continue;
            }
        }
        row.example.a = std::move(fields[std::size_t(file.textA)]);
        if (file.textB >= 0)
            row.example.b = std::move(fields[std::size_t(file.textB)]);
        // Rows of an unlabelled file are kept, so that predictions stand line by line beside the file.
        if (labelled && trimmed(row.example.a).empty()) {
            ++part.blank;
            continue;
        }
        if (labelled && manifest.task == Task::Regression)
            row.example.score = scoreOf(row.label, part, file, i);
        part.rows.push_back(std::move(row));
    }
    part.table.requireUnchanged();
    if (part.rows.empty())
        throw Error(file.path + " has no usable row; check its format, its columns and which labels are dropped.");
    return part;
}

void addNotes(const Part &part, const DataFile &file, std::vector<std::string> &notes)
{
    notes.insert(notes.end(), part.table.notes().begin(), part.table.notes().end());
    const std::string name = std::filesystem::path(file.path).filename().string();
    const auto note = [&](std::size_t n, const std::string &why) {
        if (n)
            notes.push_back(name + ": " + std::to_string(n) + (n == 1 ? " row " : " rows ") + "left out, " + why + ".");
    };
    note(part.incomplete, "the text or label column is missing");
    note(part.blank, "no text");
    note(part.unlabelled, "no label");
    note(part.dropped, "the label is dropped");
}

using ClassIndex = std::unordered_map<std::string, int>;

// Classes of a manifest that lists none: those of train.
std::vector<std::string> classesOf(const Part &train)
{
    std::set<std::string> found;
    for (const auto &row : train.rows)
        found.insert(row.label);
    std::vector<std::string> classes(found.begin(), found.end());
    sortClasses(classes);
    return classes;
}

// Gives train's rows their class index and returns which classes occur.
std::vector<bool> indexTrain(Part &train, const DataFile &file, const ClassIndex &classes)
{
    std::vector<bool> seen(classes.size());
    for (auto &row : train.rows) {
        const auto found = classes.find(row.label);
        if (found == classes.end())
            throw Error(lineOfRow(train, file, row.index) + " has the label \"" + row.label +
                        "\", which is not one of the classes; merge or drop it.");
        row.example.label = found->second;
        seen[std::size_t(found->second)] = true;
    }
    if (std::count(seen.begin(), seen.end(), true) < 2)
        throw Error(
            "Every row of " + file.path + " has the label \"" + train.rows.front().label +
            "\"; a classifier needs at least two classes: choose another label column, or merge and drop fewer labels.");
    return seen;
}

void indexOther(Part &part, const DataFile &file, const DataFile &train, const ClassIndex &classes,
                const std::vector<bool> &seen)
{
    for (auto &row : part.rows) {
        const auto found = classes.find(row.label);
        if (found == classes.end() || !seen[std::size_t(found->second)])
            throw Error(lineOfRow(part, file, row.index) + " has the label \"" + row.label +
                        "\", unseen in training: no row of " + train.path + " has it; merge or drop it.");
        row.example.label = found->second;
    }
}

std::vector<Example> examplesOf(Part &part)
{
    std::vector<Example> examples;
    examples.reserve(part.rows.size());
    for (auto &row : part.rows)
        examples.push_back(std::move(row.example));
    return examples;
}

/// By chance a rare class may lie outside of the training part.
void checkSplit(Dataset &dataset)
{
    std::set<int> trained, unseen;
    for (const Example &one : dataset.train)
        trained.insert(one.label);
    if (trained.size() < 2)
        throw Error(
            "Of the texts of " + dataset.manifest.train.path +
            " those that are left for training after the split have one label only; add more of the other classes, or "
            "give a file of development examples.");
    for (const auto *part : {&dataset.dev, &dataset.test})
        for (const Example &one : *part)
            if (one.label >= 0 && !trained.contains(one.label))
                unseen.insert(one.label);
    for (const int label : unseen)
        dataset.notes.push_back("The class \"" + dataset.manifest.classes[std::size_t(label)] +
                                "\" is so rare that the split left none of it for training.");
}

} // namespace

Dataset loadDataset(const Manifest &manifest)
{
    Dataset dataset{manifest, {}, {}, {}, {}};
    const DataFile &file = manifest.train;
    if (file.label < 0)
        throw Error("No label column is chosen for " + file.path + "; choose one.");
    Part train = readPart(file, manifest);
    addNotes(train, file, dataset.notes);

    ClassIndex classes;
    std::vector<bool> seen;
    if (manifest.task == Task::Classification) {
        auto &names = dataset.manifest.classes;
        if (names.empty())
            names = classesOf(train);
        for (std::size_t i = 0; i < names.size(); ++i)
            classes.emplace(names[i], int(i));
        seen = indexTrain(train, file, classes);
    }
    const auto readOther = [&](const DataFile &other) {
        Part part = readPart(other, manifest);
        addNotes(part, other, dataset.notes);
        if (other.label >= 0 && manifest.task == Task::Classification)
            indexOther(part, other, file, classes, seen);
        return examplesOf(part);
    };
    const auto noteUnused = [&](const std::vector<std::string> &part, const std::string &why) {
        for (const auto &other : filesBeside(file.path, part))
            dataset.notes.push_back("The file " + other.filename().string() + " beside it is not used: " + why + ".");
    };
    if (manifest.dev && manifest.dev->label < 0)
        throw Error("No label column is chosen for " + manifest.dev->path + ", which is to be scored; choose one.");
    if (manifest.dev)
        dataset.dev = readOther(*manifest.dev);
    else
        noteUnused(devNames(), "the development examples are split off");
    if (manifest.test)
        dataset.test = readOther(*manifest.test);
    else
        noteUnused({"test"}, manifest.dev ? "its texts or labels cannot be read" : "the test examples are split off");
    if (manifest.dev)
        dataset.train = examplesOf(train);
    else
        splitByText(examplesOf(train), manifest.split, !manifest.test, dataset);
    if (manifest.task == Task::Classification && !manifest.dev)
        checkSplit(dataset);
    return dataset;
}

} // namespace awb
