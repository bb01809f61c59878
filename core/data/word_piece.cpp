#include "core/data/word_piece.h"

#include <algorithm>
#include <unordered_set>

#include "core/error.h"

namespace awb {
namespace {

constexpr std::size_t mostAdded = 100000; // tokens
constexpr std::size_t longestWord = 100;  // characters; a longer word is unknown as a whole

bool isContinuationByte(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::size_t characterCount(std::string_view utf8)
{
    return std::size_t(std::count_if(utf8.begin(), utf8.end(), [](char c) { return !isContinuationByte(c); }));
}

/// Appends the ids of `tokens` in a text, and has `appendRest` append those of what lies between them.
template <typename Append>
void appendAround(const WholeTokens &tokens, std::string_view text, std::vector<std::int32_t> &ids, const Append &appendRest)
{
    std::size_t from = 0;
    while (const auto token = tokens.find(text, from)) {
        appendRest(text.substr(from, token->at - from));
        ids.push_back(token->id);
        from = token->at + token->size;
    }
    appendRest(text.substr(from));
}

} // namespace

WordPiece::WordPiece(std::vector<std::string> vocabulary, const Options &options, const std::string &source)
    : m_pieces(std::move(vocabulary)), m_rules{options.lowerCase, options.stripAccents.value_or(options.lowerCase),
                                               options.splitChinese}
{
    indexPieces();
    placeAdded(options.added, source);
    m_cls = requiredId(options.clsToken, source);
    m_sep = requiredId(options.sepToken, source);
    m_unknown = requiredId(options.unknownToken, source);
    collectWholeTokens(options);
}

void WordPiece::indexPieces()
{
    m_starts.reserve(m_pieces.size());
    for (std::size_t id = 0; id < m_pieces.size(); ++id) {
        const std::string &piece = m_pieces[id];
        m_starts[piece] = std::int32_t(id);
        if (piece.starts_with("##"))
            m_continuations[piece.substr(2)] = std::int32_t(id);
        m_longest = std::max(m_longest, piece.size());
    }
}

void WordPiece::placeAdded(const std::vector<AddedToken> &added, const std::string &source)
{
    for (const auto &[text, id, normalized] : added) {
        if (!id)
            continue;
        if (std::size_t(*id) > m_pieces.size() + mostAdded)
            throw Error(source + " does not go with the added token \"" + text + "\", whose id is " + std::to_string(*id) +
                        ": get the checkpoint again.");
        m_pieces.resize(std::max(m_pieces.size(), std::size_t(*id) + 1));
        std::string &piece = m_pieces[std::size_t(*id)];
        if (piece == text)
            continue;
        piece = text;
        m_added[text] = *id;
    }
}

void WordPiece::collectWholeTokens(const Options &options)
{
    std::vector<std::pair<std::string, std::int32_t>> special, normalized;
    std::unordered_set<std::string> usual, seen, seenForms;
    const auto add = [&](const std::string &text, const std::string &form, auto &tokens) {
        if (const auto id = idOf(text); id && !form.empty())
            tokens.emplace_back(form, *id);
    };
    for (const std::string &text :
         {options.clsToken, options.sepToken, options.unknownToken, options.padToken, options.maskToken}) {
        usual.insert(text);
        add(text, text, special);
    }
    for (const AddedToken &token : options.added) {
        if (usual.contains(token.text))
            continue;
        if (!token.normalized.value_or(true)) {
            if (seen.insert(token.text).second)
                add(token.text, token.text, special);
            continue;
        }
        std::string form;
        appendNormalized(token.text, m_rules, form);
        if (seenForms.insert(form).second)
            add(token.text, form, normalized);
    }
    m_special = WholeTokens(std::move(special));
    m_normalized = WholeTokens(std::move(normalized));
}

std::size_t WordPiece::size() const
{
    const auto last =
        std::find_if(m_pieces.rbegin(), m_pieces.rend(), [](const std::string &piece) { return !piece.empty(); });
    return std::size_t(m_pieces.rend() - last);
}

std::string WordPiece::description() const
{
    std::string text;
    for (const std::string &piece : m_pieces)
        text += piece + '\n';
    text += m_special.description();
    if (!m_normalized.empty())
        text += "normalized\n" + m_normalized.description();
    for (const int value : {int(m_rules.lowerCase), int(m_rules.stripAccents), int(m_rules.splitChinese), int(m_cls),
                            int(m_sep), int(m_unknown)})
        text += std::to_string(value) + ' ';
    return text;
}

std::optional<std::int32_t> WordPiece::idOf(const std::string &token) const
{
    // A row that another token has taken since is no longer this one's.
    if (const auto added = m_added.find(token); added != m_added.end() && m_pieces[std::size_t(added->second)] == token)
        return added->second;
    const auto found = m_starts.find(token);
    return found == m_starts.end() ? std::nullopt : std::optional(found->second);
}

std::int32_t WordPiece::requiredId(const std::string &token, const std::string &source) const
{
    const auto id = idOf(token);
    if (!id)
        throw Error(source + " has no special token \"" + token +
                    "\": it is not that of a BERT checkpoint, or is cut short.");
    return *id;
}

std::vector<std::int32_t> WordPiece::encode(std::string_view utf8) const
{
    std::vector<std::int32_t> ids;
    appendAround(m_special, utf8, ids, [&](std::string_view text) { appendText(text, ids); });
    return ids;
}

void WordPiece::appendText(std::string_view utf8, std::vector<std::int32_t> &ids) const
{
    std::string words, text;
    const auto appendCut = [&](std::string_view part, const WordRules &rules) {
        words.clear();
        appendWords(part, rules, words);
        appendPieces(words, ids);
    };
    if (m_normalized.empty()) {
        appendCut(utf8, m_rules);
        return;
    }
    appendNormalized(utf8, m_rules, text);
    appendAround(m_normalized, text, ids, [&](std::string_view rest) {
        appendCut(rest, {.lowerCase = false, .stripAccents = false, .splitChinese = false});
    });
}

void WordPiece::appendPieces(std::string_view words, std::vector<std::int32_t> &ids) const
{
    while (!words.empty()) {
        const std::size_t end = words.find(' ');
        appendPiecesOfWord(words.substr(0, end), ids);
        words.remove_prefix(end + 1);
    }
}

void WordPiece::appendPiecesOfWord(std::string_view word, std::vector<std::int32_t> &ids) const
{
    if (word.size() > longestWord && characterCount(word) > longestWord) {
        ids.push_back(m_unknown);
        return;
    }
    const std::size_t before = ids.size();
    for (std::size_t start = 0; start < word.size();) {
        const TextIds &pieces = start == 0 ? m_starts : m_continuations;
        std::size_t end = std::min(word.size(), start + m_longest);
        auto found = pieces.end();
        for (; end > start; --end) {
            if (end < word.size() && isContinuationByte(word[end]))
                continue;
            found = pieces.find(word.substr(start, end - start));
            if (found != pieces.end())
                break;
        }
        if (found == pieces.end()) { // one part unknown: the whole word is
            ids.resize(before);
            ids.push_back(m_unknown);
            return;
        }
        ids.push_back(found->second);
        start = end;
    }
}

std::string WordPiece::piece(std::int32_t id) const
{
    return id >= 0 && std::size_t(id) < m_pieces.size() ? m_pieces[std::size_t(id)] : std::string();
}

} // namespace awb
