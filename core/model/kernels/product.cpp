#include "core/model/kernels/product.h"

#include <exception>
#include <vector>

#include "core/model/kernels/vectorize.h"

#include <ATen/Version.h>
#include <ATen/native/CPUBlas.h>

namespace awb::kernels {

namespace blas = at::native::cpublas;

const std::int64_t columnTile = at::get_cpu_capability() == "AVX512" ? widestTile : widestTile / 2;

namespace {

const at::BFloat16 *ofAten(const BFloat16 *values)
{
    static_assert(sizeof(at::BFloat16) == sizeof(BFloat16));
    return reinterpret_cast<const at::BFloat16 *>(values);
}

/// Place of element (row, column) in a packed block of `width` columns.
template <typename T> std::int64_t place(std::int64_t row, std::int64_t column, std::int64_t width);

template <> std::int64_t place<float>(std::int64_t row, std::int64_t column, std::int64_t width)
{
    return row * width + column;
}

template <> std::int64_t place<BFloat16>(std::int64_t row, std::int64_t column, std::int64_t width)
{
    return (row / 2) * 2 * width + 2 * column + row % 2;
}

} // namespace

template <typename T> void pack(Packed<T> &packed, const Source &source, std::int64_t paddedRows, std::int64_t paddedColumns)
{
    packed.rows = paddedRows;
    packed.columns = paddedColumns;
    if (packed.tiled) {
        fillRight(packed.tiles, planesOf<T>, source, paddedRows, paddedColumns);
        return;
    }
    packed.data.reserve(std::size_t(paddedRows * paddedColumns)); // padding stays zero
    for (std::int64_t first = 0; first < source.columns; first += columnTile) {
        const std::int64_t width = packed.width(first), used = std::min(width, source.columns - first);
        T *block = packed.data.data() + first * paddedRows;
        for (std::int64_t row = 0; row < source.rows; ++row) {
            const float *from = source.data + row * source.rowStride + first * source.columnStride;
            for (std::int64_t column = 0; column < used; ++column)
                block[place<T>(row, column, width)] = fromFloat<T>(from[column * source.columnStride]);
        }
    }
}

template void pack(Packed<float> &, const Source &, std::int64_t, std::int64_t);
template void pack(Packed<BFloat16> &, const Source &, std::int64_t, std::int64_t);

template <typename T>
void packRows(Packed<T> &packed, const T *values, std::int64_t stride, std::int64_t rows, std::int64_t columns,
              std::int64_t paddedRows)
{
    packed.rows = paddedRows;
    packed.columns = columns;
    if (packed.tiled) {
        fillRight(packed.tiles, planesOf<T>, Strides<T>{values, rows, columns, stride, 1}, paddedRows, columns);
        return;
    }
    packed.data.reserve(std::size_t(paddedRows * columns));
    for (std::int64_t first = 0; first < columns; first += columnTile) {
        const std::int64_t width = packed.width(first);
        T *block = packed.data.data() + first * paddedRows;
        for (std::int64_t row = 0; row < paddedRows; ++row) {
            T *to = block + place<T>(row, 0, width);
            constexpr std::int64_t apart = sizeof(T) == sizeof(BFloat16) ? 2 : 1;
            const T *from = values + row * stride + first;
            for (std::int64_t column = 0; column < width; ++column)
                to[column * apart] = row < rows ? from[column] : T{};
        }
    }
}

template void packRows(Packed<float> &, const float *, std::int64_t, std::int64_t, std::int64_t, std::int64_t);
template void packRows(Packed<BFloat16> &, const BFloat16 *, std::int64_t, std::int64_t, std::int64_t, std::int64_t);

void multiply(const float *a, std::int64_t lda, std::int64_t rows, const float *block, std::int64_t inner, std::int64_t width,
              float *c, std::int64_t ldc, bool add)
{
    blas::brgemm(rows, width, inner, lda, width, ldc, add, a, block, c);
}

void multiply(const BFloat16 *a, std::int64_t lda, std::int64_t rows, const BFloat16 *block, std::int64_t inner,
              std::int64_t width, float *c, std::int64_t ldc, bool add)
{
    blas::brgemm(rows, width, inner, lda, width, ldc, add, ofAten(a), ofAten(block), c);
}

AWB_VECTORIZE void store(const Tile &tile, float *c, std::int64_t ldc, bool add)
{
    for (std::int64_t r = 0; r < tile.rows; ++r)
        for (std::int64_t i = 0; i < tile.columns; ++i)
            c[r * ldc + i] = (add ? c[r * ldc + i] : 0.0f) + tile.data[r * tile.stride + i];
}

Tiles &leftTiles()
{
    static thread_local Tiles tiles;
    return tiles;
}

bool multipliesBFloat16()
{
    static const bool works = [] {
        const std::vector<BFloat16> a(rowTile * 2), b(std::size_t(2 * columnTile));
        std::vector<float> c(std::size_t(rowTile * columnTile));
        try {
            multiply(a.data(), 2, rowTile, b.data(), 2, columnTile, c.data(), columnTile, false);
            return true;
        } catch (const std::exception &) {
            return false;
        }
    }();
    return works;
}

} // namespace awb::kernels
