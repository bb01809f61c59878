#include "core/data/bert_words.h"

#include <array>
#include <cstdint>

#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "core/data/bert_characters.h"

namespace awb {
namespace {

enum class Role : std::uint8_t { Letter, Space, Punctuation, Removed };

constexpr std::array<Role, 128> asciiRoles = [] {
    std::array<Role, 128> roles{};
    for (std::size_t c = 0; c < roles.size(); ++c) {
        if (c == '\t' || c == '\n' || c == '\r' || c == ' ')
            roles[c] = Role::Space;
        else if (c < 0x20 || c == 0x7F)
            roles[c] = Role::Removed;
        else if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            roles[c] = Role::Punctuation;
    }
    return roles;
}();

enum class Output { Words, Text };

/// Takes the characters of a text in order and writes words, or the normalised text as it stands before it is cut.
template <Output output>
class WordWriter {
public:
    WordWriter(const WordRules &rules, std::string &words) : m_rules(rules), m_words(words) {}

    void ascii(unsigned char c)
    {
        const Role role = asciiRoles[c];
        if (role == Role::Removed)
            return; // also does not part an accent from its letter
        if (!m_undecomposed.empty())
            decomposeAndWrite();
        if (role == Role::Letter) {
            m_words.push_back(m_rules.lowerCase && c >= 'A' && c <= 'Z' ? char(c + 0x20) : char(c));
            m_inWord = true;
            return;
        }
        if (role == Role::Space) {
            space();
            return;
        }
        endWord();
        m_words.push_back(char(c));
        if (output == Output::Words)
            m_words.push_back(' ');
    }

    void beyondAscii(char32_t c)
    {
        if (bert::isRemoved(c))
            return;
        const bool chinese = m_rules.splitChinese && bert::isChinese(c);
        if (chinese || bert::isSpace(c)) {
            decomposeAndWrite();
            space();
            if (!chinese)
                return;
        }
        if (!m_rules.stripAccents) {
            write(c);
        } else if (bert::isDecomposable(c)) {
            std::array<char16_t, 2> units{};
            std::size_t length = 0;
            U16_APPEND_UNSAFE(units, length, c);
            m_undecomposed.append(units.data(), length);
        } else {
            decomposeAndWrite();
            write(c);
        }
        if (chinese) {
            decomposeAndWrite();
            space();
        }
    }

    void finish()
    {
        decomposeAndWrite();
        endWord();
    }

private:
    void space()
    {
        if (output == Output::Text)
            m_words.push_back(' ');
        endWord();
    }

    void endWord()
    {
        if (output == Output::Words && m_inWord)
            m_words.push_back(' ');
        m_inWord = false;
    }

    void decomposeAndWrite()
    {
        if (m_undecomposed.empty())
            return;
        bert::decompose(m_undecomposed);
        for (std::size_t i = 0; i < m_undecomposed.size();) {
            char32_t c = 0;
            U16_NEXT_UNSAFE(m_undecomposed, i, c);
            if (!bert::isNonspacingMark(c))
                write(c);
        }
        m_undecomposed.clear();
    }

    void write(char32_t c)
    {
        if (!m_rules.lowerCase) {
            writeAsIs(c);
            return;
        }
        writeAsIs(bert::lowerCase(c));
        if (c == 0x130)
            writeAsIs(0x307);
    }

    void writeAsIs(char32_t c)
    {
        const bool punctuation = bert::isPunctuation(c);
        if (punctuation)
            endWord();
        std::array<char, 4> bytes{};
        std::size_t length = 0;
        U8_APPEND_UNSAFE(bytes, length, c);
        m_words.append(bytes.data(), length);
        m_inWord = true;
        if (punctuation)
            endWord();
    }

    const WordRules m_rules;
    std::string &m_words;
    std::u16string m_undecomposed; ///< since the last starter that cannot change; only with stripAccents
    bool m_inWord = false;
};

template <Output output>
void append(std::string_view utf8, const WordRules &rules, std::string &words)
{
    words.reserve(words.size() + 2 * utf8.size());
    WordWriter<output> writer(rules, words);
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(utf8.data());
    const auto length = std::int64_t(utf8.size());
    for (std::int64_t i = 0; i < length;) {
        if (bytes[i] < 0x80) {
            writer.ascii(bytes[i]);
            ++i;
        } else {
            UChar32 c = 0;
            U8_NEXT_OR_FFFD(bytes, i, length, c);
            writer.beyondAscii(char32_t(c));
        }
    }
    writer.finish();
}

} // namespace

void appendWords(std::string_view utf8, const WordRules &rules, std::string &words)
{
    append<Output::Words>(utf8, rules, words);
}

void appendNormalized(std::string_view utf8, const WordRules &rules, std::string &text)
{
    append<Output::Text>(utf8, rules, text);
}

} // namespace awb
