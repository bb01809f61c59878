#include "core/data/word_piece.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"

namespace awb {
namespace {

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

/// What `read` finds in `file`, which is damaged where it does not find what it looks for.
template <typename Read>
auto reading(const std::filesystem::path &file, const Read &read)
{
    try {
        return read();
    } catch (const nlohmann::json::exception &) {
        throw damaged(file);
    } catch (const std::logic_error &) { // an id that is no number, ids with a gap
        throw damaged(file);
    }
}

nlohmann::json readObject(const std::filesystem::path &file)
{
    auto object = reading(file, [&] { return nlohmann::json::parse(readFile(file)); });
    if (!object.is_object())
        throw damaged(file);
    return object;
}

/// A special token's text: a plain string, or an object with "content" as newer files have it.
void readToken(const nlohmann::json &config, const char *key, std::string &token)
{
    const auto entry = config.find(key);
    if (entry == config.end() || entry->is_null())
        return;
    token = entry->is_object() ? entry->at("content").get<std::string>() : entry->get<std::string>();
}

/// Leaves `flag` as it is where nothing is said; a null is as good as no entry.
template <typename Flag>
void readFlag(const nlohmann::json &config, const char *key, Flag &flag)
{
    if (const auto entry = config.find(key); entry != config.end() && !entry->is_null())
        flag = entry->template get<bool>();
}

/// An added token of {"content": "[USER]", "normalized": false, "special": true}; special ones are not normalised by
/// default.
WordPiece::AddedToken addedToken(const nlohmann::json &entry, std::optional<std::int32_t> id)
{
    WordPiece::AddedToken token{entry.at("content").get<std::string>(), id, std::nullopt};
    bool special = false;
    readFlag(entry, "special", special);
    if (special)
        token.normalized = false;
    readFlag(entry, "normalized", token.normalized);
    return token;
}

/// Those named in additional_special_tokens, texts or objects. Their ids stand elsewhere.
void readAdditional(const nlohmann::json &config, std::vector<WordPiece::AddedToken> &tokens)
{
    const auto list = config.find("additional_special_tokens");
    if (list == config.end() || list->is_null())
        return;
    for (const auto &entry : *list)
        tokens.push_back(entry.is_object() ? addedToken(entry, std::nullopt)
                                           : WordPiece::AddedToken{entry.get<std::string>(), std::nullopt, std::nullopt});
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

void readConfiguration(const nlohmann::json &config, WordPiece::Options &options)
{
    readFlag(config, "do_lower_case", options.lowerCase);
    readFlag(config, "tokenize_chinese_chars", options.splitChinese);
    readFlag(config, "strip_accents", options.stripAccents);
    readToken(config, "cls_token", options.clsToken);
    readToken(config, "sep_token", options.sepToken);
    readToken(config, "unk_token", options.unknownToken);
    readToken(config, "pad_token", options.padToken);
    readToken(config, "mask_token", options.maskToken);
    if (const auto added = config.find("added_tokens_decoder"); added != config.end())
        for (const auto &[id, token] : added->items())
            options.added.push_back(addedToken(token, std::stoi(id)));
    readAdditional(config, options.added);
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

/// A marker as [USER] or <URL> says nothing of the case of words.
bool isMarker(const std::string &piece)
{
    return (piece.starts_with('[') && piece.ends_with(']')) || (piece.starts_with('<') && piece.ends_with('>'));
}

bool hasCapitals(const std::vector<std::string> &vocabulary)
{
    return std::any_of(vocabulary.begin(), vocabulary.end(), [](const std::string &piece) {
        return std::any_of(piece.begin(), piece.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) && !isMarker(piece);
    });
}

bool isWordPiece(const nlohmann::json &tokenizer)
{
    const auto model = tokenizer.find("model");
    return model != tokenizer.end() && model->is_object() && model->value("type", "WordPiece") == "WordPiece";
}

bool isBertNormalizer(const nlohmann::json &normalizer)
{
    return normalizer.is_object() && normalizer.value("type", "") == "BertNormalizer";
}

/// The pieces of a tokenizer.json without vocab.txt.
std::vector<std::string> piecesOf(const nlohmann::json &tokenizer, const std::filesystem::path &file)
{
    const auto &model = tokenizer.at("model");
    if (!isWordPiece(tokenizer))
        throw noVocabulary(file.parent_path(), model.at("type").get<std::string>());
    std::vector<std::string> pieces(model.at("vocab").size());
    for (const auto &[piece, id] : model["vocab"].items())
        pieces.at(id.get<std::size_t>()) = piece;
    if (!isBertNormalizer(tokenizer.at("normalizer")))
        throw Error("The tokenizer " + file.string() +
                    " prepares texts otherwise than BERT's: choose a checkpoint with BERT's tokenizer.");
    return pieces;
}

/// What a tokenizer.json says of case, accents and CJK, and its added tokens.
void readTokenizer(const nlohmann::json &tokenizer, WordPiece::Options &options)
{
    if (const auto normalizer = tokenizer.find("normalizer");
        normalizer != tokenizer.end() && isBertNormalizer(*normalizer)) {
        readFlag(*normalizer, "lowercase", options.lowerCase);
        readFlag(*normalizer, "handle_chinese_chars", options.splitChinese);
        readFlag(*normalizer, "strip_accents", options.stripAccents);
    }
    if (const auto added = tokenizer.find("added_tokens"); added != tokenizer.end())
        for (const auto &token : *added)
            options.added.push_back(addedToken(token, token.at("id").get<std::int32_t>()));
}

/// Reads the small files of a folder, those that are there.
void readSmallFiles(const std::filesystem::path &folder, WordPiece::Options &options)
{
    // From before transformers 4.34: {"[user]": 30522}.
    if (const auto file = folder / "added_tokens.json"; std::filesystem::exists(file))
        reading(file, [&] {
            const auto added = nlohmann::json::parse(readFile(file));
            for (const auto &[token, id] : added.items())
                options.added.push_back({token, id.get<std::int32_t>(), std::nullopt});
        });
    if (const auto file = folder / "tokenizer_config.json"; std::filesystem::exists(file))
        reading(file, [&] {
            const auto config = readObject(file);
            requireBert(config, file);
            readConfiguration(config, options);
        });
    if (const auto file = folder / "special_tokens_map.json"; std::filesystem::exists(file))
        reading(file, [&] { readAdditional(readObject(file), options.added); });
}

/// Leaves out tokens whose row is another piece's, and fills in whether each is normalised: where one file says nothing of
/// it, what another says holds.
void settle(std::vector<WordPiece::AddedToken> &added, const std::vector<std::string> &vocabulary)
{
    std::erase_if(added, [&](const WordPiece::AddedToken &token) {
        if (!token.id || *token.id >= std::int32_t(vocabulary.size()))
            return false;
        return *token.id < 0 ||
               (vocabulary[std::size_t(*token.id)] != token.text && !vocabulary[std::size_t(*token.id)].empty());
    });
    std::unordered_map<std::string, bool> said;
    for (const auto &token : added)
        if (token.normalized)
            said.try_emplace(token.text, *token.normalized);
    for (const auto &token : added)
        if (!token.id) // of additional_special_tokens, and special ones are not normalised
            said.try_emplace(token.text, false);
    for (auto &token : added)
        if (!token.normalized)
            token.normalized = said.try_emplace(token.text, true).first->second;
}

} // namespace

WordPiece WordPiece::load(const std::filesystem::path &folder)
{
    const auto list = folder / "vocab.txt", tokenizerFile = folder / "tokenizer.json";
    const bool hasList = std::filesystem::exists(list), hasTokenizer = std::filesystem::exists(tokenizerFile);
    if (!hasList && !hasTokenizer)
        throw noVocabulary(folder, otherTokenizer(folder));
    const auto tokenizer = hasTokenizer ? readObject(tokenizerFile) : nlohmann::json::object();
    auto vocabulary =
        hasList ? readVocabulary(list) : reading(tokenizerFile, [&] { return piecesOf(tokenizer, tokenizerFile); });
    Options options;
    options.lowerCase = !hasCapitals(vocabulary);
    reading(tokenizerFile, [&] {
        if (isWordPiece(tokenizer))
            readTokenizer(tokenizer, options);
    });
    // Their order is part of what runs record of a tokenizer: those of a tokenizer.json beside vocab.txt are the last.
    const auto ofTokenizer = hasList ? std::exchange(options.added, {}) : std::vector<AddedToken>();
    readSmallFiles(folder, options);
    options.added.insert(options.added.end(), ofTokenizer.begin(), ofTokenizer.end());
    settle(options.added, vocabulary);
    return WordPiece(std::move(vocabulary), options, "The vocabulary " + (hasList ? list : tokenizerFile).string());
}

} // namespace awb
