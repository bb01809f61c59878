#pragma once

#include <algorithm>
#include <cstdint>

#include "core/model/kernels/buffer.h"
#include "core/model/kernels/number.h"
#include "core/model/kernels/tiles.h"

/// Matrix products C = A B of the fast path. A and C are row-major, C is float32. B is packed once: as tiles where the
/// processor has registers for them, else in blocks of columns for LibTorch's brgemm, for bfloat16 with rows in pairs.
namespace awb::kernels {

constexpr std::int64_t rowStep = 16; ///< rows are rounded up to this, so that few machine-code kernels are needed
constexpr std::int64_t rowTile = 32; ///< rows of one product
constexpr std::int64_t widestTile = 64;
/// Columns of one packed block: 64 for registers of 512 bits (AVX-512), 32 for narrower ones, where LibTorch's brgemm is up
/// to 1.6 times as fast as with 64 (measured on a Zen 3).
extern const std::int64_t columnTile;

/// B (K, N) as products want it.
template <typename T>
struct Packed {
    bool tiled = hasTiles();            ///< in `tiles`, else in `data`
    std::int64_t rows = 0, columns = 0; ///< K (even), N; padding included
    Buffer<T> data;
    Tiles tiles;

    std::int64_t width(std::int64_t column) const { return std::min(columnTile, columns - column); }
    const T *block(std::int64_t column) const { return data.data() + column * rows; }
};

using Source = Strides<float>;
/// Packs a matrix, filled up with zeros to (paddedRows, paddedColumns). Memory of an earlier call is used again.
template <typename T>
void pack(Packed<T> &packed, const Source &source, std::int64_t paddedRows, std::int64_t paddedColumns);
/// Packs activations (rows, columns), `stride` elements from one row to the next; rows up to paddedRows are zero.
template <typename T>
void packRows(Packed<T> &packed, const T *values, std::int64_t stride, std::int64_t rows, std::int64_t columns,
              std::int64_t paddedRows);

/// c (rows, width) = or += a (rows, K) times one packed block of the given width.
void multiply(const float *a, std::int64_t lda, std::int64_t rows, const float *block, std::int64_t inner,
              std::int64_t width, float *c, std::int64_t ldc, bool add);
void multiply(const BFloat16 *a, std::int64_t lda, std::int64_t rows, const BFloat16 *block, std::int64_t inner,
              std::int64_t width, float *c, std::int64_t ldc, bool add);
/// Whether this processor multiplies bfloat16 (AVX-512 BF16, AMX).
bool multipliesBFloat16();

/// A part of a product: (rows, columns).
struct Tile {
    const float *data;
    std::int64_t rows, columns, stride;
};
/// c = or += the part.
void store(const Tile &tile, float *c, std::int64_t ldc, bool add);
/// A left factor's memory of this thread.
Tiles &leftTiles();
/// bfloat16 numbers that stand for one.
template <typename T>
constexpr int planesOf = sizeof(T) == sizeof(BFloat16) ? 1 : 2;

/// finish(row, column, tile) takes each part of a B, which stays in the first-level cache, to where it belongs.
template <typename T, typename Finish>
void product(const T *a, std::int64_t lda, std::int64_t rows, const Packed<T> &b, const Finish &finish)
{
    alignas(64) float sums[rowTile * widestTile];
    if (b.tiled) {
        Tiles &left = leftTiles();
        fillLeft(left, Strides<T>{a, rows, b.rows, lda, 1});
        const TileUse use;
        for (std::int64_t column = 0; column < b.columns; column += tileSide)
            for (std::int64_t row = 0; row < rows; row += tileSide) {
                use.multiply(left, b.tiles, {row, rows, column}, sums);
                finish(row, column,
                       Tile{sums, std::min(tileSide, rows - row), std::min(tileSide, b.columns - column), tileSide});
            }
        return;
    }
    for (std::int64_t column = 0; column < b.columns; column += columnTile)
        for (std::int64_t row = 0; row < rows; row += rowTile) {
            const Tile part{sums, std::min(rowTile, rows - row), b.width(column), columnTile};
            multiply(a + row * lda, lda, part.rows, b.block(column), b.rows, part.columns, sums, columnTile, false);
            finish(row, column, part);
        }
}

/// c (rows, N) = or += a B
template <typename T>
void product(const T *a, std::int64_t lda, std::int64_t rows, const Packed<T> &b, float *c, std::int64_t ldc,
             bool add = false)
{
    if (b.tiled) {
        product(a, lda, rows, b, [&](std::int64_t row, std::int64_t column, const Tile &tile) {
            store(tile, c + row * ldc + column, ldc, add);
        });
        return;
    }
    for (std::int64_t column = 0; column < b.columns; column += columnTile)
        for (std::int64_t row = 0; row < rows; row += rowTile)
            multiply(a + row * lda, lda, std::min(rowTile, rows - row), b.block(column), b.rows, b.width(column),
                     c + row * ldc + column, ldc, add);
}

} // namespace awb::kernels
