#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <QString>

#include "core/data/dataset.h"

namespace awb {

/// What an import with these settings would give; computed on a worker, since it reads the whole file.
struct ImportCheck {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> preview;           ///< first 50 rows
    std::vector<std::pair<std::string, std::size_t>> labels; ///< raw labels by frequency, at most maxClasses
    std::size_t distinctLabels = 0;
    std::size_t rows = 0;   ///< of the file
    std::size_t usable = 0; ///< that are imported
    Manifest manifest;      ///< completed; counts only without an error
    QString error;          ///< sentence that says why it cannot be imported
    QString note;           ///< what was done to read it
};

/// What is typed rather than chosen and may be wrong; core/data/dataset_rules.h has the forms.
struct TypedRules {
    std::string split; ///< counts without a dev file only
    std::uint64_t splitSeed = 0;
    std::string metrics;
};

/// The dev and test files beside a train file are laid out alike: they follow it where they stood as it did `before`.
void followTrain(Manifest &manifest, const DataFile &before);

/// Never throws: the sentence is in `error`, beside what could be read.
ImportCheck checkImport(Manifest manifest, const TypedRules &typed);

/// "10,860 rows, 2 classes; 16 rows dropped."
QString describeImport(const ImportCheck &check);

} // namespace awb
