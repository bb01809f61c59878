#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "core/model/kernels/vectorize.h"

/// Products of the few rows and columns of an attention head, to become part of a function with AWB_VECTORIZE.
namespace awb::kernels {

constexpr int wideCount = 16;
using Wide = float __attribute__((vector_size(wideCount * sizeof(float)))); ///< one register of 512 bits, or two of 256

AWB_INLINE Wide at(const float *values)
{
    Wide result;
    std::memcpy(&result, values, sizeof result);
    return result;
}

AWB_INLINE void put(const Wide &values, float *to)
{
    std::memcpy(to, &values, sizeof values);
}

/// A matrix in memory: element (r, c) is data[r * rowStride + c * columnStride].
struct Strided {
    const float *data;
    std::int64_t rowStride, columnStride;
};

/// c (R, 16) = a (R, inner) b (inner, 16); the sums stay in registers.
template <int R>
AWB_INLINE void multiplyBlock(const Strided &a, std::int64_t inner, const float *b, std::int64_t ldb, float *c,
                              std::int64_t ldc)
{
    Wide sums[R] = {};
    for (std::int64_t k = 0; k < inner; ++k) {
        const Wide row = at(b + k * ldb);
        for (int r = 0; r < R; ++r)
            sums[r] += a.data[r * a.rowStride + k * a.columnStride] * row;
    }
    for (int r = 0; r < R; ++r)
        put(sums[r], c + r * ldc);
}

/// c (rows, columns) = a (rows, inner) b (inner, columns); b and c are row-major, columns a multiple of 16. R rows are taken
/// at once, as many as there are registers for; a and c have memory up to a multiple of R rows, and what lies there is
/// overwritten.
template <int R>
AWB_INLINE void multiplySmall(std::int64_t rows, std::int64_t columns, std::int64_t inner, const Strided &a, const float *b,
                              std::int64_t ldb, float *c, std::int64_t ldc)
{
    for (std::int64_t column = 0; column < columns; column += wideCount)
        for (std::int64_t row = 0; row < rows; row += R)
            multiplyBlock<R>({a.data + row * a.rowStride, a.rowStride, a.columnStride}, inner, b + column, ldb,
                             c + row * ldc + column, ldc);
}

/// Sum and largest element, in halves.
AWB_INLINE float sumOf(Wide values)
{
    values += __builtin_shufflevector(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    values += __builtin_shufflevector(values, values, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3);
    return (values[0] + values[1]) + (values[2] + values[3]);
}
AWB_INLINE Wide largerOf(Wide a, Wide b)
{
    return a > b ? a : b;
}
AWB_INLINE float largestOf(Wide values)
{
    values = largerOf(values, __builtin_shufflevector(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    values = largerOf(values, __builtin_shufflevector(values, values, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
    values = largerOf(values, __builtin_shufflevector(values, values, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1));
    return values[0] > values[1] ? values[0] : values[1];
}

/// One step of a transposition in place: in each 2 x 2 block of `by` x `by` elements two change places (Eklundh 1972).
template <int by, int... lane>
AWB_INLINE void swapBlocks(Wide *rows, std::integer_sequence<int, lane...>)
{
    for (int i = 0; i < wideCount; ++i) {
        if (i & by)
            continue;
        const Wide upper = rows[i], lower = rows[i + by];
        rows[i] = __builtin_shufflevector(upper, lower, (lane & by ? lane - by + wideCount : lane)...);
        rows[i + by] = __builtin_shufflevector(upper, lower, (lane & by ? lane + wideCount : lane + by)...);
    }
}

/// out (16, 16) = in transposed
AWB_INLINE void transposeSquare(const float *in, std::int64_t inStride, float *out, std::int64_t outStride)
{
    Wide rows[wideCount];
    for (int i = 0; i < wideCount; ++i)
        rows[i] = at(in + i * inStride);
    constexpr std::make_integer_sequence<int, wideCount> lanes;
    swapBlocks<1>(rows, lanes);
    swapBlocks<2>(rows, lanes);
    swapBlocks<4>(rows, lanes);
    swapBlocks<8>(rows, lanes);
    for (int i = 0; i < wideCount; ++i)
        put(rows[i], out + i * outStride);
}

} // namespace awb::kernels
