#pragma once

#include <cstdint>

#include "core/model/kernels/buffer.h"
#include "core/model/kernels/number.h"

/// Products in the tile registers of a processor with AMX: 16 x 16 sums in float32 from rows of 32 bfloat16 factors (Intel
/// 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18).
///
/// A float32 factor goes in as the sum of two bfloat16 numbers. Of their four products the one of both smaller parts is left
/// out, so a product of two numbers is exact to about 2^-16 of itself: 256 times closer than in bfloat16.
namespace awb::kernels {

/// Whether the processor has them and the system lets us use them.
bool hasTiles();

constexpr std::int64_t tileRows = 16;           ///< of a register
constexpr std::int64_t tileDepth = 32;          ///< factors in a row of a register
constexpr std::int64_t tileSide = 2 * tileRows; ///< rows and columns of sums computed at once

/// A factor in the registers' layout, one register of 1 kB after the other, filled up with zeros. A left factor (side,
/// depth) lies in strips of 16 rows; a right factor (depth, side) in strips of 16 columns, whose rows are interleaved in
/// pairs. A float32 factor has two planes: the rounded numbers, and what rounding left.
struct Tiles {
    std::int64_t side = 0;      ///< rounded up to tileSide
    std::int64_t depth = 0;     ///< rounded up to tileDepth
    std::int64_t planeSize = 0; ///< elements
    int planes = 1;
    Buffer<BFloat16> data;

    const BFloat16 *strip(int plane, std::int64_t first) const { return data.data() + plane * planeSize + first * depth; }
};

/// A matrix of float or BFloat16 in memory: element (r, c) is data[r * rowStride + c * columnStride].
template <typename From>
struct Strides {
    const From *data;
    std::int64_t rows, columns, rowStride, columnStride;
};
/// Memory of an earlier call is used again. The source's columns lie side by side.
template <typename From>
void fillLeft(Tiles &tiles, const Strides<From> &source);
/// Zeros up to (paddedRows, paddedColumns). planes: 1 where the factors are bfloat16 in the end, 2 for float32.
template <typename From>
void fillRight(Tiles &tiles, int planes, const Strides<From> &source, std::int64_t paddedRows, std::int64_t paddedColumns);

/// A part of a product: up to 32 rows from `row` on, of `rows` in all, and 32 columns from `column` on.
struct Place {
    std::int64_t row, rows, column;
};

/// The registers are ready for products as long as this lives, on its thread.
class TileUse {
public:
    TileUse();
    ~TileUse();
    TileUse(const TileUse &) = delete;
    TileUse &operator=(const TileUse &) = delete;

    /// c (32, 32) = a part of left times right; only the upper half where no more than 16 rows are left. Parts follow each
    /// other down the columns, and the memory of the next columns is asked for meanwhile.
    void multiply(const Tiles &left, const Tiles &right, const Place &place, float *c) const;
};

} // namespace awb::kernels
