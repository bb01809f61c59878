#include "core/data/bert_characters.h"

#include <array>
#include <iterator>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "core/error.h"

namespace awb::bert {
namespace {

constexpr int categoriesVersion = 8, decompositionVersion = 9, caseVersion = 17;

bool isAssigned(char32_t c, int unicodeVersion)
{
    UVersionInfo age;
    u_charAge(UChar32(c), age);
    return age[0] != 0 && age[0] <= unicodeVersion;
}

/// U_MASK of the general category as of Unicode 8; 0: no category.
std::uint32_t categoryMask(char32_t c)
{
    switch (c) { // characters whose category changed after Unicode 8
    case 0x166D:
    case 0x111C9:
        return U_GC_PO_MASK;
    case 0x1734:
    case 0x1171E:
        return U_GC_MN_MASK;
    case 0x1885:
    case 0x1886:
        return U_GC_LO_MASK;
    case 0xA9BD:
        return U_GC_MC_MASK;
    default:
        return isAssigned(c, categoriesVersion) ? U_GET_GC_MASK(UChar32(c)) : 0;
    }
}

struct CaseRange {
    char32_t first, last;
    int toLower;
    int step; ///< 2: upper and lower case letters alternate
};

/// Capital letters of Unicode 16 and 17, which an older ICU does not know. Sorted.
constexpr std::array<CaseRange, 8> youngCapitals{{{0x1C89, 0x1C89, 1, 1},
                                                  {0xA7CB, 0xA7CB, 0x264 - 0xA7CB, 1},
                                                  {0xA7CC, 0xA7CE, 1, 2},
                                                  {0xA7D2, 0xA7D4, 1, 2},
                                                  {0xA7DA, 0xA7DA, 1, 1},
                                                  {0xA7DC, 0xA7DC, 0x19B - 0xA7DC, 1},
                                                  {0x10D50, 0x10D65, 0x20, 1},
                                                  {0x16EA0, 0x16EB8, 0x1B, 1}}};

} // namespace

bool isRemoved(char32_t c)
{
    return c == 0xFFFD || (categoryMask(c) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK)) != 0;
}

bool isSpace(char32_t c)
{
    return c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

bool isChinese(char32_t c)
{
    if (c < 0x3400)
        return false;
    // The library leaves out U+2B820..U+2B91F, which BERT's first code counts in.
    return c <= 0x4DBF || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool isPunctuation(char32_t c)
{
    if (c < 0x80)
        return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) || (c >= 0x7B && c <= 0x7E);
    return (categoryMask(c) & U_GC_P_MASK) != 0;
}

bool isNonspacingMark(char32_t c)
{
    return c >= 0x80 && (categoryMask(c) & U_GC_MN_MASK) != 0;
}

char32_t lowerCase(char32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
    if (c == 0x130)
        return 'i';
    if (c >= youngCapitals.front().first) {
        for (const CaseRange &range : youngCapitals)
            if (c >= range.first && c <= range.last && (c - range.first) % char32_t(range.step) == 0)
                return char32_t(int(c) + range.toLower);
    }
    return isAssigned(c, caseVersion) ? char32_t(u_tolower(UChar32(c))) : c;
}

bool isDecomposable(char32_t c)
{
    return isAssigned(c, decompositionVersion);
}

void decompose(std::u16string &text)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&status);
    // 4: U+1F82 becomes four units, no character grows more.
    std::u16string result(4 * text.size(), u'\0');
    const std::int32_t length = U_SUCCESS(status) ? unorm2_normalize(nfd, text.data(), std::int32_t(text.size()),
                                                                     result.data(), std::int32_t(result.size()), &status)
                                                  : 0;
    if (U_FAILURE(status))
        throw Error("The Unicode library could not decompose a text (" + std::string(u_errorName(status)) +
                    "): check the installation of ICU.");
    result.resize(std::size_t(length));
    text = std::move(result);
}

} // namespace awb::bert
