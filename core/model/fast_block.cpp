#include "core/model/fast_block.h"

#include <algorithm>

#include "core/model/kernels/product.h"

namespace awb::fast {

using kernels::roundUp;
using kernels::rowStep;

namespace {

constexpr std::int64_t blockRows = 192;    // activations of a block stay in the second-level cache
constexpr std::int64_t fewestBlocks = 4;   // cores that a small batch can use
constexpr std::int64_t smallestBlock = 64; // rows; below, products lose more than cores gain

} // namespace

Rows Block::all() const
{
    const auto count = std::int64_t(numbers.size());
    return {numbers.data(), count, roundUp(count, rowStep)};
}

Rows Block::cls() const
{
    const auto count = std::int64_t(clsNumbers.size());
    return {clsNumbers.data(), count, roundUp(count, rowStep)};
}

std::vector<Block> blocksOf(const Batch &batch)
{
    const std::int64_t tokens = batch.tokens(), examples = batch.size();
    std::int64_t wanted = std::min(fewestBlocks, tokens / smallestBlock);
    wanted = std::clamp<std::int64_t>(std::max(wanted, (tokens + blockRows - 1) / blockRows), 1, examples);
    std::vector<Block> blocks;
    std::int64_t example = 0;
    for (std::int64_t i = 0; i < wanted && example < examples; ++i) {
        Block block;
        block.firstExample = example;
        block.offsets.push_back(0);
        const std::int64_t firstRow = batch.offsets[std::size_t(example)], end = tokens * (i + 1) / wanted;
        do {
            block.clsNumbers.push_back(batch.offsets[std::size_t(example)]);
            ++example;
            block.offsets.push_back(batch.offsets[std::size_t(example)] - firstRow);
        } while (example < examples &&
                 (batch.offsets[std::size_t(example)] + batch.offsets[std::size_t(example) + 1]) / 2 < end);
        for (std::int64_t row = 0; row < block.offsets.back(); ++row)
            block.numbers.push_back(std::int32_t(firstRow + row));
        blocks.push_back(std::move(block));
    }
    return blocks;
}

} // namespace awb::fast
