#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <QStringList>

#include "core/data/dataset.h"
#include "core/data/inspect.h"

namespace awb {

/// All that the browser shows of a data set, read on a worker.
struct DatasetFacts {
    std::shared_ptr<const Dataset> dataset;
    std::vector<PartSummary> parts; ///< those with rows
    QString lengthsNote;            ///< why there are no token lengths; empty: there are
};

/// Loads and inspects. `tokenizerFolder` may be empty: then no token lengths. Throws Error.
DatasetFacts readDatasetFacts(const Manifest &manifest, const std::filesystem::path &tokenizerFolder);

/// "GLUE CoLA: single texts, 2 classes, scored by matthews and accuracy."
QString describeDataset(const Manifest &manifest);
/// "1.2 % of train examples are longer than 128 tokens." for each part.
QString describeTruncation(const std::vector<PartSummary> &parts, int maxLength);

} // namespace awb
