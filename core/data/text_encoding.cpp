#include "core/data/table.h"

#include <array>

#include <unicode/utf8.h>

namespace awb {

namespace {

// Code points of the bytes 0x80 to 0x9F in Windows-1252; the five undefined bytes are C1 controls.
constexpr std::array<char16_t, 32> windows1252 = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                  0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                  0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                  0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

} // namespace

bool isUtf8(std::string_view bytes)
{
    const auto *s = reinterpret_cast<const std::uint8_t *>(bytes.data());
    const auto size = std::int64_t(bytes.size());
    for (std::int64_t i = 0; i < size;) {
        if (s[i] < 0x80) {
            ++i;
            continue;
        }
        UChar32 c = 0;
        U8_NEXT(s, i, size, c);
        if (c < 0)
            return false;
    }
    return true;
}

std::string decodeText(std::string_view bytes, bool *fellBack)
{
    if (isUtf8(bytes))
        return std::string(bytes);
    if (fellBack)
        *fellBack = true;
    std::string out;
    out.reserve(bytes.size() + bytes.size() / 8);
    for (const char byte : bytes) {
        const auto b = std::uint8_t(byte);
        const char32_t c = b >= 0x80 && b < 0xA0 ? windows1252[b - 0x80] : b;
        if (c < 0x80) {
            out += char(c);
        } else if (c < 0x800) {
            out += char(0xC0 | (c >> 6));
            out += char(0x80 | (c & 0x3F));
        } else {
            out += char(0xE0 | (c >> 12));
            out += char(0x80 | ((c >> 6) & 0x3F));
            out += char(0x80 | (c & 0x3F));
        }
    }
    return out;
}

} // namespace awb
