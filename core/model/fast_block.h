#pragma once

#include <cstdint>
#include <vector>

#include "core/data/batch.h"

namespace awb::fast {

/// Rows of activations: `count` of them, memory for `padded` (a multiple of the row tile).
struct Rows {
    const std::int32_t *number = nullptr; ///< of each row in the packed batch: what dropout depends on
    std::int64_t count = 0, padded = 0;
};

/// Some whole examples of a batch that go through forward and backward together. Offsets count from the block's first row.
struct Block {
    std::int64_t firstExample = 0;
    std::vector<std::int32_t> numbers;    ///< (rows) of all rows
    std::vector<std::int32_t> clsNumbers; ///< (examples) of the [CLS] rows
    std::vector<std::int64_t> offsets;    ///< (examples + 1)

    std::int64_t examples() const { return std::int64_t(offsets.size()) - 1; }
    Rows all() const;
    Rows cls() const;
};

/// Cuts a batch into blocks of about equal numbers of tokens. Depends on the batch alone, not on the number of cores, so
/// that sums are the same on any number of them.
std::vector<Block> blocksOf(const Batch &batch);

} // namespace awb::fast
