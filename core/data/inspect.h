#pragma once

#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace awb {

class WordPiece;

/// What the browser and `awb datasets check` show of one part (train, dev, test).
struct PartSummary {
    std::string part;
    std::size_t rows = 0;
    std::vector<std::size_t> perClass; ///< in the order of manifest.classes; empty for regression
    double scoreMean = 0;              ///< regression only
    std::vector<std::size_t>
        lengths;                     ///< lengths[n]: examples of n tokens (special tokens included); empty without tokenizer
    std::size_t duplicates = 0;      ///< rows whose texts stood before
    std::size_t conflicting = 0;     ///< distinct texts that carry more than one label
    std::size_t sharedWithTrain = 0; ///< rows whose texts are in train too (0 for train)

    double meanLength() const;
    std::size_t maxLength() const;
    /// Share of examples longer than `maxLength` tokens, which would be truncated.
    double truncatedShare(int maxLength) const;
};

/// Linear in the number of rows. `tokenizer` may be null: then no lengths.
std::vector<PartSummary> inspectDataset(const Dataset &dataset, const WordPiece *tokenizer);

} // namespace awb
