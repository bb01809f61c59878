#pragma once

#include <algorithm>
#include <cstdint>

#include "core/model/kernels/buffer.h"
#include "core/model/kernels/number.h"

/// Matrix products C = A B of the fast path. A and C are row-major; B is packed once in blocks of columns, for bfloat16 with
/// rows in pairs. C is float32.
namespace awb::kernels {

constexpr std::int64_t rowStep = 16; ///< rows are rounded up to this, so that few machine-code kernels are needed
constexpr std::int64_t rowTile = 32; ///< rows of one product
constexpr std::int64_t widestTile = 64;
/// Columns of one packed block: 64 for registers of 512 bits (AVX-512), 32 for narrower ones, where LibTorch's brgemm is up
/// to 1.6 times as fast as with 64 (measured on a Zen 3).
extern const std::int64_t columnTile;

constexpr std::int64_t roundUp(std::int64_t n, std::int64_t to)
{
    return (n + to - 1) / to * to;
}

/// B (K, N) as `multiply` wants it.
template <typename T>
struct Packed {
    std::int64_t rows = 0, columns = 0; ///< K (even), N; padding included
    Buffer<T> data;

    std::int64_t width(std::int64_t column) const { return std::min(columnTile, columns - column); }
    const T *block(std::int64_t column) const { return data.data() + column * rows; }
};

/// A matrix (rows, columns) in memory: element (r, c) is data[r * rowStride + c * columnStride].
struct Source {
    const float *data;
    std::int64_t rows, columns, rowStride, columnStride;
};
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
/// c (m, n) = or += a (m, k) b (k, n), all row-major float32.
void multiplyPlain(std::int64_t m, std::int64_t n, std::int64_t k, const float *a, std::int64_t lda, const float *b,
                   std::int64_t ldb, float *c, std::int64_t ldc, bool add);

/// Whether this processor multiplies bfloat16 (AVX-512 BF16, AMX).
bool multipliesBFloat16();

/// c (rows, N) = or += a B
template <typename T>
void product(const T *a, std::int64_t lda, std::int64_t rows, const Packed<T> &b, float *c, std::int64_t ldc,
             bool add = false)
{
    for (std::int64_t column = 0; column < b.columns; column += columnTile)
        for (std::int64_t row = 0; row < rows; row += rowTile)
            multiply(a + row * lda, lda, std::min(rowTile, rows - row), b.block(column), b.rows, b.width(column),
                     c + row * ldc + column, ldc, add);
}

/// A part of a product: (rows, columns), of row stride columnTile.
struct Tile {
    const float *data;
    std::int64_t rows, columns;
};
/// The same in tiles that stay in the first-level cache: finish(row, column, tile) takes each to where it belongs.
template <typename T, typename Finish>
void product(const T *a, std::int64_t lda, std::int64_t rows, const Packed<T> &b, const Finish &finish)
{
    alignas(64) float tile[rowTile * widestTile];
    for (std::int64_t column = 0; column < b.columns; column += columnTile)
        for (std::int64_t row = 0; row < rows; row += rowTile) {
            const Tile part{tile, std::min(rowTile, rows - row), b.width(column)};
            multiply(a + row * lda, lda, part.rows, b.block(column), b.rows, part.columns, tile, columnTile, false);
            finish(row, column, part);
        }
}

} // namespace awb::kernels
