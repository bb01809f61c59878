#include "core/model/kernels/tiles.h"

#include <algorithm>

#include "core/model/kernels/small_product.h"
#include "core/model/kernels/vectorize.h"

#include <ATen/native/CPUBlas.h>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#define AWB_TILES __attribute__((target("amx-tile,amx-bf16")))
#endif

namespace awb::kernels {
namespace {

/// What rounding to bfloat16 leaves.
AWB_INLINE float rest(float value)
{
    return value - toFloat(fromFloat<BFloat16>(value));
}

AWB_INLINE std::uint32_t pairOf(float upper, float lower)
{
    return fromFloat<BFloat16>(upper).bits | std::uint32_t(fromFloat<BFloat16>(lower).bits) << 16;
}

void resize(Tiles &tiles, int planes, std::int64_t side, std::int64_t inner)
{
    tiles.depth = roundUp(inner, tileDepth);
    tiles.planes = planes;
    tiles.side = roundUp(side, tileSide);
    tiles.planeSize = tiles.side * tiles.depth;
    tiles.data.reserve(std::size_t(planes * tiles.planeSize));
}

/// A register of a left factor where all of it exists, (16, 32).
AWB_INLINE void leftRegister(const BFloat16 *from, std::int64_t rowStride, BFloat16 *to, std::int64_t)
{
    for (std::int64_t r = 0; r < tileRows; ++r)
        std::memcpy(to + r * tileDepth, from + r * rowStride, tileDepth * sizeof *to);
}
AWB_INLINE void leftRegister(const float *from, std::int64_t rowStride, BFloat16 *__restrict to, std::int64_t planeSize)
{
    for (std::int64_t r = 0; r < tileRows; ++r)
        for (std::int64_t i = 0; i < tileDepth; ++i) {
            const float value = from[r * rowStride + i];
            to[r * tileDepth + i] = fromFloat<BFloat16>(value);
            to[r * tileDepth + i + planeSize] = fromFloat<BFloat16>(rest(value));
        }
}

template <typename From>
AWB_INLINE void leftLoop(Tiles &tiles, const Strides<From> &source)
{
    for (std::int64_t strip = 0; strip < source.rows; strip += tileRows)
        for (std::int64_t k = 0; k < tiles.depth; k += tileDepth) {
            const From *from = source.data + strip * source.rowStride + k;
            BFloat16 *to = tiles.data.data() + strip * tiles.depth + k * tileRows;
            const std::int64_t rows = source.rows - strip, columns = source.columns - k;
            if (rows >= tileRows && columns >= tileDepth) {
                leftRegister(from, source.rowStride, to, tiles.planeSize);
                continue;
            }
            From filledUp[tileRows * tileDepth] = {};
            for (std::int64_t r = 0; r < std::min(rows, tileRows); ++r)
                std::copy_n(from + r * source.rowStride, std::min(columns, tileDepth), filledUp + r * tileDepth);
            leftRegister(filledUp, tileDepth, to, tiles.planeSize);
        }
}

/// A register of a right factor of which a column lies in a row of memory, (16, 32): the rows of a left one's register,
/// transposed in pairs.
template <bool two>
AWB_INLINE void acrossRegister(const float *from, std::int64_t rowStride, BFloat16 *to, std::int64_t planeSize)
{
    alignas(64) BFloat16 rows[2 * tileRows * tileDepth];
    leftRegister(from, rowStride, rows, tileRows * tileDepth);
    for (int plane = 0; plane <= int(two); ++plane)
        transposeSquare(reinterpret_cast<const float *>(rows + plane * tileRows * tileDepth), tileRows,
                        reinterpret_cast<float *>(to + plane * planeSize), tileRows);
}

/// 16 columns of a pair of rows of a right factor; `rows` (0 to 2) and `columns` exist, the others are zero.
template <bool two, typename From>
AWB_INLINE void rightPair(const From *from, std::int64_t rowStride, std::int64_t columnStride, std::int64_t rows,
                          std::int64_t columns, BFloat16 *to, std::int64_t planeSize)
{
    alignas(64) float upper[tileRows] = {}, lower[tileRows] = {};
    for (std::int64_t i = 0; i < columns && rows > 0; ++i)
        upper[i] = toFloat(from[i * columnStride]);
    for (std::int64_t i = 0; i < columns && rows > 1; ++i)
        lower[i] = toFloat(from[i * columnStride + rowStride]);
    alignas(64) std::uint32_t pairs[tileRows];
    for (std::int64_t i = 0; i < tileRows; ++i)
        pairs[i] = pairOf(upper[i], lower[i]);
    std::memcpy(to, pairs, sizeof pairs);
    if constexpr (two) {
        for (std::int64_t i = 0; i < tileRows; ++i)
            pairs[i] = pairOf(rest(upper[i]), rest(lower[i]));
        std::memcpy(to + planeSize, pairs, sizeof pairs);
    }
}

/// A register of a right factor, (32, 16); of the source `rows` and `columns` are left from there on.
template <bool two, typename From>
AWB_INLINE void rightRegister(const Strides<From> &source, std::int64_t row, std::int64_t column, BFloat16 *to,
                              std::int64_t planeSize)
{
    const From *from = source.data + row * source.rowStride + column * source.columnStride;
    const std::int64_t rows = source.rows - row, columns = std::clamp<std::int64_t>(source.columns - column, 0, tileRows);
    if constexpr (sizeof(From) == sizeof(float))
        if (source.rowStride == 1 && rows >= tileDepth && columns == tileRows)
            return acrossRegister<two>(from, source.columnStride, to, planeSize);
    for (std::int64_t r = 0; r < tileDepth; r += 2, from += 2 * source.rowStride, to += 2 * tileRows) {
        const std::int64_t left = std::clamp<std::int64_t>(rows - r, 0, 2);
        if (source.columnStride == 1 && left == 2 && columns == tileRows)
            rightPair<two>(from, source.rowStride, 1, 2, tileRows, to, planeSize);
        else
            rightPair<two>(from, source.rowStride, source.columnStride, left, columns, to, planeSize);
    }
}

template <bool two, typename From>
AWB_INLINE void rightLoop(Tiles &tiles, const Strides<From> &source, std::int64_t paddedColumns)
{
    for (std::int64_t strip = 0; strip < roundUp(paddedColumns, tileSide); strip += tileRows)
        for (std::int64_t row = 0; row < tiles.depth; row += tileDepth)
            rightRegister<two>(source, row, strip, tiles.data.data() + strip * tiles.depth + row * tileRows,
                               tiles.planeSize);
}

} // namespace

// A template cannot be compiled for several processors; its specialisations can.
#define AWB_OF_TYPE(T)                                                                                                      \
    template <>                                                                                                             \
    AWB_VECTORIZE void fillLeft(Tiles &tiles, const Strides<T> &source)                                                     \
    {                                                                                                                       \
        resize(tiles, sizeof(T) == sizeof(float) ? 2 : 1, source.rows, source.columns);                                     \
        leftLoop(tiles, source);                                                                                            \
    }                                                                                                                       \
    template <>                                                                                                             \
    AWB_VECTORIZE void fillRight(Tiles &tiles, int planes, const Strides<T> &source, std::int64_t paddedRows,               \
                                 std::int64_t paddedColumns)                                                                \
    {                                                                                                                       \
        resize(tiles, planes, paddedColumns, paddedRows);                                                                   \
        if (planes == 2)                                                                                                    \
            rightLoop<true>(tiles, source, paddedColumns);                                                                  \
        else                                                                                                                \
            rightLoop<false>(tiles, source, paddedColumns);                                                                 \
    }

AWB_OF_TYPE(float)
AWB_OF_TYPE(BFloat16)

#ifdef AWB_TILES

bool hasTiles()
{
    static const bool has = [] {
        constexpr unsigned amxBf16 = 1u << 22, amxTile = 1u << 24; // of EDX, leaf 7
        unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
        if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !(edx & amxBf16) || !(edx & amxTile))
            return false;
        constexpr int requestPermission = 0x1023, tileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
        return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
    }();
    return has;
}

namespace {

/// The operand of LDTILECFG: eight registers of 16 rows of 64 bytes.
struct alignas(64) Configuration {
    std::uint8_t palette = 1, start = 0, reserved[14] = {};
    std::uint16_t rowBytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr Configuration configuration;

constexpr std::int64_t tileElements = tileRows * tileDepth, rowBytes = 64, sumStride = tileSide * sizeof(float);

AWB_TILES void configure()
{
    _tile_loadconfig(&configuration);
}

AWB_TILES void release()
{
    _tile_release();
}

/// Memory that will be needed next, asked for a few lines at a time between products.
struct Ahead {
    const char *at = nullptr;
    std::int64_t lines = 0; ///< of 64 bytes, at each step
};

/// The share of one part of a product in asking for the next columns of the right factor, of which each row of 32 is a line.
Ahead aheadOf(const Tiles &right, int plane, const Place &place)
{
    if (place.column + tileSide >= right.side)
        return {};
    const std::int64_t parts = (place.rows + tileSide - 1) / tileSide, lines = (tileDepth + parts - 1) / parts;
    const auto *next = reinterpret_cast<const char *>(right.strip(plane, place.column + tileSide));
    return {next + place.row / tileSide * (right.depth / tileDepth) * lines * rowBytes, lines};
}

/// Adds a product of parts of strips, `count` elements of each, to registers 0 to 3: two strips of the left factor and two
/// of the right, which lie `apart` elements apart; with one strip of the left, to registers 0 and 1.
AWB_TILES void addStrips(const BFloat16 *left, bool two, const BFloat16 *right, std::int64_t apart, std::int64_t count,
                         Ahead &ahead)
{
    for (std::int64_t at = 0; at < count; at += tileElements) {
        _tile_loadd(4, left + at, rowBytes);
        _tile_loadd(6, right + at, rowBytes);
        _tile_loadd(7, right + apart + at, rowBytes);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        if (two) {
            _tile_loadd(5, left + apart + at, rowBytes);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
        for (std::int64_t i = 0; i < ahead.lines; ++i, ahead.at += rowBytes)
            __builtin_prefetch(ahead.at, 0, 2);
    }
}

AWB_TILES void zeroSums()
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

AWB_TILES void storeSums(float *c, bool two)
{
    _tile_stored(0, c, sumStride);
    _tile_stored(1, c + tileRows, sumStride);
    if (!two)
        return;
    _tile_stored(2, c + tileRows * tileSide, sumStride);
    _tile_stored(3, c + tileRows * tileSide + tileRows, sumStride);
}

} // namespace

TileUse::TileUse()
{
    at::native::cpublas::brgemm_release(); // LibTorch remembers what it has set up
    configure();
}

TileUse::~TileUse()
{
    release();
}

void TileUse::multiply(const Tiles &left, const Tiles &right, const Place &place, float *c) const
{
    const bool two = place.rows - place.row > tileRows;
    const std::int64_t strip = tileRows * right.depth;
    // Of two planes each is used twice, so a part of all is taken that stays in the first-level cache.
    const std::int64_t most = right.planes == 2 ? 4 * tileElements : strip;
    Ahead ahead[] = {aheadOf(right, 0, place), aheadOf(right, right.planes - 1, place), {}};
    zeroSums();
    for (std::int64_t at = 0; at < strip; at += most) {
        const auto add = [&](int leftPlane, int rightPlane, Ahead &asked) {
            addStrips(left.strip(leftPlane, place.row) + at, two, right.strip(rightPlane, place.column) + at, strip,
                      std::min(most, strip - at), asked);
        };
        if (right.planes == 2) {
            add(1, 0, ahead[2]);
            add(0, 1, ahead[1]);
        }
        add(0, 0, ahead[0]);
    }
    storeSums(c, two);
}

#else

bool hasTiles()
{
    return false;
}
TileUse::TileUse() = default;
TileUse::~TileUse() = default;
void TileUse::multiply(const Tiles &, const Tiles &, const Place &, float *) const {}

#endif

} // namespace awb::kernels
