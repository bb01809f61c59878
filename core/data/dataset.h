#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/table.h"

namespace awb {

enum class Task { Classification, Regression };

/// One file of a data set and where its columns are (0-based; -1: none).
struct DataFile {
    std::string path; ///< absolute
    TableFormat format;
    int textA = 0;
    int textB = -1;      ///< second text of a pair
    int label = -1;      ///< -1: unlabelled
    char labelUntil = 0; ///< not 0: a label ends before this character ("DESC:def" with ':' is "DESC")

    bool operator==(const DataFile &) const = default;
};

/// How examples without an official dev (and test) file are split: by seed, by distinct text.
struct SplitRule {
    std::uint64_t seed = 0;
    double dev = 0.1;
    double test = 0.1;

    bool operator==(const SplitRule &) const = default;
};

/// A data set: which files, which columns, which labels. Stored as JSON in the library; both faces use it.
struct Manifest {
    std::string name;
    std::string layout; ///< "GLUE CoLA", "TREC", "custom" ...: how it was recognised
    Task task = Task::Classification;
    DataFile train;
    std::optional<DataFile> dev;  ///< absent: taken from train by `split`
    std::optional<DataFile> test; ///< absent: taken from train by `split` too, but only where dev is absent as well
    SplitRule split;
    std::vector<std::string> classes;         ///< class i is classes[i] (order of GLUE's processors where known)
    std::map<std::string, std::string> merge; ///< raw label -> class; to "": rows are dropped; not listed: itself
    std::vector<std::string> metrics;         ///< the task's own first: "matthews", "f1", "accuracy", "pearson", "spearman"
    std::string licence;                      ///< file or words, shown in the browser
    std::string sha256;                       ///< of the data files and how they are read: dataSha256()

    bool operator==(const Manifest &) const = default;
};

/// Its files: train, then dev and test where they have one of their own.
std::vector<DataFile *> filesOf(Manifest &manifest);
std::vector<const DataFile *> filesOf(const Manifest &manifest);

std::string toJson(const Manifest &manifest);
Manifest manifestFromJson(std::string_view json); ///< throws Error

struct Example {
    std::string a, b; ///< UTF-8; b empty: single text
    int label = -1;   ///< class index; -1: unlabelled
    float score = 0;  ///< for Regression
};

/// A data set in memory.
struct Dataset {
    Manifest manifest;
    std::vector<Example> train, dev, test;
    std::vector<std::string> notes; ///< what the user should know: encoding fallback, dropped rows ...
};

/// Reads all files of a manifest, maps labels and splits. Rows without a text, a label or the columns are left out, and a
/// note says how many. Where manifest.classes is empty they are the labels of train, sorted. Throws Error for: a missing or
/// empty file, no usable row, one class only, a score that is not a number, a label that is not one of the classes, a label
/// in dev or test that train has not ("label unseen in training").
Dataset loadDataset(const Manifest &manifest);

/// What makes two examples the same text: both texts, whatever the label.
std::string textKey(const Example &example);

/// Splits rows 80/10/10 (or as `rule` says) by seed: rows with the same texts always land in the same part, so a
/// duplicate never leaks. Parts keep the order of the file.
void splitByText(std::vector<Example> all, const SplitRule &rule, bool wantTest, Dataset &into);

} // namespace awb
