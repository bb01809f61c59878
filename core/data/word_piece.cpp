#include "core/data/word_piece.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"

namespace awb {
namespace {

constexpr std::size_t mostAdded = 100000; // tokens
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

Error damaged(const std::filesystem::path &file)
{
    return Error("The tokenizer configuration " + file.string() +
                 " is not the JSON object it should be: get the checkpoint again.");
}

/// A special token's text: a plain string, or an object with "content" as newer files have it.
void readToken(const nlohmann::json &config, const char *key, std::string &token)
{
    const auto entry = config.find(key);
    if (entry == config.end() || entry->is_null())
        return;
    token = entry->is_object() ? entry->at("content").get<std::string>() : entry->get<std::string>();
}

/// Throws Error where the configuration asks for a tokenizer that cuts texts otherwise than BERT's.
void requireBert(const nlohmann::json &config, const std::filesystem::path &file)
{
    static const std::set<std::string> known = {"",
                                                "BertTokenizer",
                                                "BertTokenizerFast",
                                                "DistilBertTokenizer",
                                                "DistilBertTokenizerFast",
                                                "ElectraTokenizer",
                                                "ElectraTokenizerFast",
                                                "MobileBertTokenizer",
                                                "MobileBertTokenizerFast",
                                                "PreTrainedTokenizerFast",
                                                "TokenizersBackend"};
    const auto require = [&](const char *key, const std::set<std::string> &names) {
        const auto entry = config.find(key);
        const std::string name = entry == config.end() || entry->is_null() ? "" : entry->get<std::string>();
        if (!names.contains(name))
            throw Error("The tokenizer configuration " + file.string() + " has " + key + " " + name +
                        ", which cuts texts otherwise than BERT's: choose a checkpoint with BERT's tokenizer.");
    };
    require("tokenizer_class", known);
    require("word_tokenizer_type", {"", "basic"});
}

void readConfiguration(const std::filesystem::path &file, WordPiece::Options &options)
{
    try {
        const auto config = nlohmann::json::parse(readFile(file));
        if (!config.is_object())
            throw damaged(file);
        requireBert(config, file);
        // A null is as good as no entry.
        const auto isSaid = [&](const char *key) { return config.contains(key) && !config[key].is_null(); };
        if (isSaid("do_lower_case"))
            options.lowerCase = config["do_lower_case"].get<bool>();
        if (isSaid("tokenize_chinese_chars"))
            options.splitChinese = config["tokenize_chinese_chars"].get<bool>();
        if (isSaid("strip_accents"))
            options.stripAccents = config["strip_accents"].get<bool>();
        readToken(config, "cls_token", options.clsToken);
        readToken(config, "sep_token", options.sepToken);
        readToken(config, "unk_token", options.unknownToken);
        readToken(config, "pad_token", options.padToken);
        readToken(config, "mask_token", options.maskToken);
        if (const auto added = config.find("added_tokens_decoder"); added != config.end())
            for (const auto &[id, token] : added->items())
                options.added.emplace_back(token.at("content").get<std::string>(), std::stoi(id));
    } catch (const nlohmann::json::exception &) {
        throw damaged(file);
    } catch (const std::logic_error &) { // an id that is no number
        throw damaged(file);
    }
}

/// Those of tokenizers of before transformers 4.34: {"[user]": 30522}.
void readAddedTokens(const std::filesystem::path &file, WordPiece::Options &options)
{
    try {
        const auto added = nlohmann::json::parse(readFile(file));
        for (const auto &[token, id] : added.items())
            options.added.emplace_back(token, id.get<std::int32_t>());
    } catch (const nlohmann::json::exception &) {
        throw damaged(file);
    }
}

/// What cuts the texts of a checkpoint without vocab.txt; "" where nobody knows.
std::string otherTokenizer(const std::filesystem::path &folder)
{
    for (const auto &[name, tokenizer] :
         {std::pair("sentencepiece.bpe.model", "SentencePiece"), {"spiece.model", "SentencePiece"}, {"merges.txt", "BPE"}})
        if (std::filesystem::exists(folder / name))
            return tokenizer;
    return {};
}

Error noVocabulary(const std::filesystem::path &folder, const std::string &tokenizer)
{
    const std::string file = (folder / "vocab.txt").string();
    return tokenizer.empty()
               ? Error("There is no vocabulary " + file +
                       ": put the checkpoint's there, as tokenizer.save_vocabulary(folder) of transformers writes it.")
               : Error(folder.string() + " has no WordPiece vocabulary (its tokenizer is " + tokenizer +
                       "): choose a BERT checkpoint with vocab.txt.");
}

bool hasCapitals(const std::vector<std::string> &vocabulary, const WordPiece::Options &options)
{
    const std::array special{options.clsToken, options.sepToken, options.unknownToken, options.padToken, options.maskToken};
    return std::any_of(vocabulary.begin(), vocabulary.end(), [&](const std::string &piece) {
        return std::any_of(piece.begin(), piece.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
               std::find(special.begin(), special.end(), piece) == special.end();
    });
}

/// The pieces and options of a tokenizer.json.
std::vector<std::string> readTokenizer(const std::filesystem::path &file, WordPiece::Options &options)
{
    try {
        const auto tokenizer = nlohmann::json::parse(readFile(file));
        const auto &model = tokenizer.at("model");
        if (const std::string type = model.value("type", "WordPiece"); type != "WordPiece")
            throw noVocabulary(file.parent_path(), type);
        std::vector<std::string> pieces(model.at("vocab").size());
        for (const auto &[piece, id] : model["vocab"].items())
            pieces.at(id.get<std::size_t>()) = piece;
        options.lowerCase = !hasCapitals(pieces, options);
        const auto &normalizer = tokenizer.at("normalizer");
        if (!normalizer.is_object() || normalizer.value("type", "") != "BertNormalizer")
            throw Error("The tokenizer " + file.string() +
                        " prepares texts otherwise than BERT's: choose a checkpoint with BERT's tokenizer.");
        options.lowerCase = normalizer.value("lowercase", options.lowerCase);
        options.splitChinese = normalizer.value("handle_chinese_chars", options.splitChinese);
        if (const auto accents = normalizer.find("strip_accents"); accents != normalizer.end() && !accents->is_null())
            options.stripAccents = accents->get<bool>();
        if (const auto added = tokenizer.find("added_tokens"); added != tokenizer.end())
            for (const auto &token : *added)
                options.added.emplace_back(token.at("content").get<std::string>(), token.at("id").get<std::int32_t>());
        return pieces;
    } catch (const nlohmann::json::exception &) {
        throw damaged(file);
    } catch (const std::out_of_range &) { // ids with a gap
        throw damaged(file);
    }
}

} // namespace

WordPiece WordPiece::load(const std::filesystem::path &folder)
{
    auto file = folder / "vocab.txt";
    Options options;
    std::vector<std::string> vocabulary;
    if (std::filesystem::exists(file)) {
        vocabulary = readVocabulary(file);
        options.lowerCase = !hasCapitals(vocabulary, options);
    } else if (file = folder / "tokenizer.json"; std::filesystem::exists(file)) {
        vocabulary = readTokenizer(file, options);
    } else {
        throw noVocabulary(folder, otherTokenizer(folder));
    }
    if (const auto added = folder / "added_tokens.json"; std::filesystem::exists(added))
        readAddedTokens(added, options);
    if (const auto configuration = folder / "tokenizer_config.json"; std::filesystem::exists(configuration))
        readConfiguration(configuration, options);
    std::erase_if(options.added, [&](const auto &token) { return token.second < std::int32_t(vocabulary.size()); });
    return WordPiece(std::move(vocabulary), options, "The vocabulary " + file.string());
}

WordPiece::WordPiece(std::vector<std::string> vocabulary, Options options, const std::string &source)
    : m_pieces(std::move(vocabulary)), m_rules{options.lowerCase, options.stripAccents.value_or(options.lowerCase),
                                               options.splitChinese}
{
    for (const auto &[token, id] : options.added) {
        if (std::size_t(id) > m_pieces.size() + mostAdded)
            throw Error(source + " does not go with the added token \"" + token + "\", whose id is " + std::to_string(id) +
                        ": get the checkpoint again.");
        m_pieces.resize(std::max(m_pieces.size(), std::size_t(id) + 1));
        m_pieces[std::size_t(id)] = token;
    }
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
    std::vector<std::string> special{options.clsToken, options.sepToken, options.unknownToken, options.padToken,
                                     options.maskToken};
    for (const auto &[token, id] : options.added)
        if (std::ranges::find(special, token) == special.end())
            special.push_back(token);
    for (const std::string &token : special) {
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
