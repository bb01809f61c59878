#pragma once

#include <string>
#include <string_view>

namespace awb {

/// How a text is cut into words before word pieces are looked up.
struct WordRules {
    bool lowerCase = true;
    bool stripAccents = true;
    bool splitChinese = true; ///< every CJK ideograph is a word
};

/// Appends the words of `utf8`, cleaned and lower-cased as `rules` say, each followed by one space: "Hé, you!" becomes
/// "he , you ! ". Punctuation marks are words. Bytes that are not UTF-8 count as U+FFFD and disappear.
void appendWords(std::string_view utf8, const WordRules &rules, std::string &words);

/// Appends `utf8` cleaned and lower-cased as `rules` say but not cut: "Hé,\tyou!" becomes "he, you!". Every white-space
/// character is one space.
void appendNormalized(std::string_view utf8, const WordRules &rules, std::string &text);

} // namespace awb
