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

} // namespace

void multiply(const float *a, std::int64_t lda, std::int64_t rows, const float *block, std::int64_t inner,
              std::int64_t width, float *c, std::int64_t ldc, bool add)
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
