#pragma once

#include <string>

/// What BERT's tokenizer takes each character for, exactly as the `tokenizers` library does: categories as of Unicode 8,
/// decomposition as of Unicode 9, lower case as of Unicode 17. A character younger than that has no category and stays as
/// it is, whichever ICU is installed.
namespace awb::bert {

/// Dropped before anything else: control, format and private-use characters, U+FFFD. Not for ASCII.
bool isRemoved(char32_t c);

/// White space beyond ASCII.
bool isSpace(char32_t c);

/// Ideographs that become words of their own. Kana and Hangul are not among them.
bool isChinese(char32_t c);

/// A word of its own: every punctuation category, and all ASCII symbols ($ + < = > ^ ` | ~).
bool isPunctuation(char32_t c);

/// An accent in decomposed text (category Mn).
bool isNonspacingMark(char32_t c);

/// Lower case of one character without context (a final sigma is as any other). U+0130 has two characters; this gives
/// the first, 'i', and U+0307 follows it.
char32_t lowerCase(char32_t c);

/// False for a character too young for the decomposition tables: it stands alone, unchanged.
bool isDecomposable(char32_t c);

/// Canonical decomposition (NFD), with marks in canonical order, of decomposable characters.
void decompose(std::u16string &text);

} // namespace awb::bert
