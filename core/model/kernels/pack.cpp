#include <algorithm>

#include "core/model/kernels/product.h"
#include "core/model/kernels/small_product.h"
#include "core/model/kernels/vectorize.h"

namespace awb::kernels {
namespace {

/// Place of element (row, column) in a packed block of `width` columns; of bfloat16 two rows lie in pairs.
template <typename T>
constexpr std::int64_t place(std::int64_t row, std::int64_t column, std::int64_t width)
{
    return sizeof(T) == sizeof(float) ? row * width + column : (row / 2) * 2 * width + 2 * column + row % 2;
}

/// A square is what goes through registers at once: 16 columns of 64 bytes each.
template <typename T>
constexpr std::int64_t squareRows = wideCount * sizeof(float) / sizeof(T);

AWB_INLINE void packSquare(const float *from, const Source &source, std::int64_t width, float *to)
{
    if (source.rowStride == 1)
        return transposeSquare(from, source.columnStride, to, width);
    for (std::int64_t r = 0; r < squareRows<float>; ++r)
        std::memcpy(to + r * width, from + r * source.rowStride, wideCount * sizeof *to);
}

AWB_INLINE void packSquare(const float *from, const Source &source, std::int64_t width, BFloat16 *to)
{
    constexpr std::int64_t rows = squareRows<BFloat16>;
    if (source.rowStride == 1) { // two numbers of a column side by side are moved as one of 32 bits
        alignas(64) BFloat16 columns[wideCount * rows];
        for (std::int64_t c = 0; c < wideCount; ++c)
            for (std::int64_t r = 0; r < rows; ++r)
                columns[c * rows + r] = fromFloat<BFloat16>(from[c * source.columnStride + r]);
        return transposeSquare(reinterpret_cast<const float *>(columns), wideCount, reinterpret_cast<float *>(to), width);
    }
    for (std::int64_t r = 0; r < rows; r += 2) {
        const float *upper = from + r * source.rowStride, *lower = upper + source.rowStride;
        alignas(64) std::uint32_t pairs[wideCount];
        for (std::int64_t c = 0; c < wideCount; ++c)
            pairs[c] = fromFloat<BFloat16>(upper[c]).bits | std::uint32_t(fromFloat<BFloat16>(lower[c]).bits) << 16;
        std::memcpy(to + r * width, pairs, sizeof pairs);
    }
}

template <typename T>
AWB_INLINE void packLoop(Packed<T> &packed, const Source &source)
{
    const bool squares = source.rowStride == 1 || source.columnStride == 1;
    const std::int64_t squaredRows = squares ? source.rows / squareRows<T> * squareRows<T> : 0;
    for (std::int64_t first = 0; first < source.columns; first += columnTile) {
        const std::int64_t width = packed.width(first), used = std::min(width, source.columns - first);
        const std::int64_t squaredColumns = squares ? used / wideCount * wideCount : 0;
        T *block = packed.data.data() + first * packed.rows;
        const float *from = source.data + first * source.columnStride;
        for (std::int64_t row = 0; row < squaredRows; row += squareRows<T>)
            for (std::int64_t column = 0; column < squaredColumns; column += wideCount)
                packSquare(from + row * source.rowStride + column * source.columnStride, source, width,
                           block + place<T>(row, column, width));
        for (std::int64_t row = 0; row < source.rows; ++row)
            for (std::int64_t column = row < squaredRows ? squaredColumns : 0; column < used; ++column)
                block[place<T>(row, column, width)] =
                    fromFloat<T>(from[row * source.rowStride + column * source.columnStride]);
    }
}

AWB_VECTORIZE void packBlocks(Packed<float> &packed, const Source &source)
{
    packLoop(packed, source);
}

AWB_VECTORIZE void packBlocks(Packed<BFloat16> &packed, const Source &source)
{
    packLoop(packed, source);
}

AWB_VECTORIZE void packRowBlocks(Packed<float> &packed, const Strides<float> &source)
{
    for (std::int64_t first = 0; first < packed.columns; first += columnTile) {
        const std::int64_t width = packed.width(first);
        float *to = packed.data.data() + first * packed.rows;
        for (std::int64_t row = 0; row < packed.rows; ++row, to += width)
            if (row < source.rows)
                std::copy_n(source.data + row * source.rowStride + first, width, to);
            else
                std::fill_n(to, width, 0.0f);
    }
}

AWB_VECTORIZE void packRowBlocks(Packed<BFloat16> &packed, const Strides<BFloat16> &source)
{
    static constexpr BFloat16 zeros[widestTile] = {};
    for (std::int64_t first = 0; first < packed.columns; first += columnTile) {
        const std::int64_t width = packed.width(first);
        BFloat16 *to = packed.data.data() + first * packed.rows;
        const auto rowAt = [&](std::int64_t row) {
            return row < source.rows ? source.data + row * source.rowStride + first : zeros;
        };
        for (std::int64_t row = 0; row < packed.rows; row += 2, to += 2 * width) {
            const BFloat16 *upper = rowAt(row), *lower = rowAt(row + 1);
            for (std::int64_t i = 0; i < width; ++i) {
                const std::uint32_t pair = upper[i].bits | std::uint32_t(lower[i].bits) << 16;
                std::memcpy(to + 2 * i, &pair, sizeof pair);
            }
        }
    }
}

} // namespace

template <typename T>
void pack(Packed<T> &packed, const Source &source, std::int64_t paddedRows, std::int64_t paddedColumns)
{
    packed.rows = paddedRows;
    packed.columns = paddedColumns;
    if (packed.tiled) {
        fillRight(packed.tiles, planesOf<T>, source, paddedRows, paddedColumns);
        return;
    }
    packed.data.reserve(std::size_t(paddedRows * paddedColumns)); // padding stays zero
    packBlocks(packed, source);
}

template void pack(Packed<float> &, const Source &, std::int64_t, std::int64_t);
template void pack(Packed<BFloat16> &, const Source &, std::int64_t, std::int64_t);

template <typename T>
void packRows(Packed<T> &packed, const T *values, std::int64_t stride, std::int64_t rows, std::int64_t columns,
              std::int64_t paddedRows)
{
    packed.rows = paddedRows;
    packed.columns = columns;
    const Strides<T> source{values, rows, columns, stride, 1};
    if (packed.tiled) {
        fillRight(packed.tiles, planesOf<T>, source, paddedRows, columns);
        return;
    }
    packed.data.reserve(std::size_t(paddedRows * columns));
    packRowBlocks(packed, source);
}

template void packRows(Packed<float> &, const float *, std::int64_t, std::int64_t, std::int64_t, std::int64_t);
template void packRows(Packed<BFloat16> &, const BFloat16 *, std::int64_t, std::int64_t, std::int64_t, std::int64_t);

} // namespace awb::kernels
