#include "core/data/word_piece.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"

namespace awb {
namespace {

constexpr std::size_t longestWord = 100; // characters; a longer word is unknown as a whole

bool isContinuationByte(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::size_t characterCount(std::string_view utf8)
{
    return std::size_t(std::count_if(utf8.begin(), utf8.end(), [](char c) { return !isContinuationByte(c); }));
}

std::vector<std::string> readVocabulary(const std::filesystem::path &file)
{
    const std::string content = readFile(file);
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < content.size();) {
        const std::size_t end = std::min(content.find('\n', at), content.size());
        const std::size_t last = content.find_last_not_of(" \t\r\n", end);
        const bool blank = last == std::string::npos || last < at;
        pieces.push_back(blank ? std::string() : content.substr(at, std::min(last + 1, end) - at));
        at = end + 1;
    }
    if (std::all_of(pieces.begin(), pieces.end(), [](const std::string &piece) { return piece.empty(); }))
        throw Error("The vocabulary " + file.string() + " is empty: get the checkpoint again.");
    return pieces;
}

/// A special token's text: a plain string, or an object with "content" as newer files have it.
void readToken(const nlohmann::json &config, const char *key, std::string &token)
{
    const auto entry = config.find(key);
    if (entry == config.end() || entry->is_null())
        return;
    token = entry->is_object() ? entry->at("content").get<std::string>() : entry->get<std::string>();
}

void readConfiguration(const std::filesystem::path &file, WordPiece::Options &options)
{
    try {
        const auto config = nlohmann::json::parse(readFile(file));
        options.lowerCase = config.value("do_lower_case", options.lowerCase);
        options.splitChinese = config.value("tokenize_chinese_chars", options.splitChinese);
        if (const auto entry = config.find("strip_accents"); entry != config.end() && !entry->is_null())
            options.stripAccents = entry->get<bool>();
        readToken(config, "cls_token", options.clsToken);
        readToken(config, "sep_token", options.sepToken);
        readToken(config, "unk_token", options.unknownToken);
        readToken(config, "pad_token", options.padToken);
        readToken(config, "mask_token", options.maskToken);
    } catch (const nlohmann::json::exception &) {
        throw Error("The tokenizer configuration " + file.string() +
                    " is not the JSON object it should be: get the checkpoint again.");
    }
}

bool hasCapitals(const std::vector<std::string> &vocabulary, const WordPiece::Options &options)
{
    const std::array special{options.clsToken, options.sepToken, options.unknownToken, options.padToken, options.maskToken};
    return std::any_of(vocabulary.begin(), vocabulary.end(), [&](const std::string &piece) {
        return std::any_of(piece.begin(), piece.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
               std::find(special.begin(), special.end(), piece) == special.end();
    });
}

} // namespace

WordPiece WordPiece::load(const std::filesystem::path &folder)
{
    const auto file = folder / "vocab.txt";
    std::vector<std::string> vocabulary = readVocabulary(file);
    Options options;
    options.lowerCase = !hasCapitals(vocabulary, options);
    if (const auto configuration = folder / "tokenizer_config.json"; std::filesystem::exists(configuration))
        readConfiguration(configuration, options);
    return WordPiece(std::move(vocabulary), options, "The vocabulary " + file.string());
}

WordPiece::WordPiece(std::vector<std::string> vocabulary, Options options, const std::string &source)
    : m_pieces(std::move(vocabulary)), m_rules{options.lowerCase, options.stripAccents.value_or(options.lowerCase),
                                               options.splitChinese}
{
    m_starts.reserve(m_pieces.size());
    for (std::size_t id = 0; id < m_pieces.size(); ++id) {
        const std::string &piece = m_pieces[id];
        m_starts[piece] = std::int32_t(id);
        if (piece.starts_with("##"))
            m_continuations[piece.substr(2)] = std::int32_t(id);
        m_longest = std::max(m_longest, piece.size());
    }
    m_cls = requiredId(options.clsToken, source);
    m_sep = requiredId(options.sepToken, source);
    m_unknown = requiredId(options.unknownToken, source);
    for (const std::string &token :
         {options.clsToken, options.sepToken, options.unknownToken, options.padToken, options.maskToken}) {
        const auto found = m_starts.find(token);
        if (token.empty() || found == m_starts.end())
            continue;
        m_special.emplace_back(token, found->second);
        m_startsSpecial[static_cast<unsigned char>(token.front())] = true;
    }
    std::stable_sort(m_special.begin(), m_special.end(),
                     [](const auto &a, const auto &b) { return a.first.size() > b.first.size(); });
}

std::string WordPiece::description() const
{
    std::string text;
    for (const std::string &piece : m_pieces)
        text += piece + '\n';
    for (const auto &[token, id] : m_special)
        text += token + ' ' + std::to_string(id) + '\n';
    for (const int value : {int(m_rules.lowerCase), int(m_rules.stripAccents), int(m_rules.splitChinese), int(m_cls),
                            int(m_sep), int(m_unknown)})
        text += std::to_string(value) + ' ';
    return text;
}

std::int32_t WordPiece::requiredId(const std::string &token, const std::string &source) const
{
    const auto found = m_starts.find(token);
    if (found == m_starts.end())
        throw Error(source + " has no special token \"" + token +
                    "\": it is not that of a BERT checkpoint, or is cut short.");
    return found->second;
}

std::vector<std::int32_t> WordPiece::encode(std::string_view utf8) const
{
    std::vector<std::int32_t> ids;
    std::string words;
    const auto appendText = [&](std::size_t from, std::size_t to) {
        words.clear();
        appendWords(utf8.substr(from, to - from), m_rules, words);
        appendPieces(words, ids);
    };
    std::size_t from = 0;
    for (std::size_t i = 0; i < utf8.size();) {
        const auto typed = m_startsSpecial[static_cast<unsigned char>(utf8[i])]
                               ? std::find_if(m_special.begin(), m_special.end(),
                                              [&](const auto &token) { return utf8.substr(i).starts_with(token.first); })
                               : m_special.end();
        if (typed == m_special.end()) {
            ++i;
            continue;
        }
        appendText(from, i);
        ids.push_back(typed->second);
        i += typed->first.size();
        from = i;
    }
    appendText(from, utf8.size());
    return ids;
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
        const PieceMap &pieces = start == 0 ? m_starts : m_continuations;
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
