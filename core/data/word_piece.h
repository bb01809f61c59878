#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/data/bert_words.h"

namespace awb {

/// BERT's tokenizer: clean-up, lower-casing, accents, CJK, punctuation, then greedy longest-match word pieces.
/// Equal to the `tokenizers` library's BertWordPiece pipeline, special tokens typed by the user included.
class WordPiece {
public:
    struct Options {
        bool lowerCase = true;
        std::optional<bool> stripAccents; ///< absent: as lowerCase
        bool splitChinese = true;         ///< a space around every CJK character
        std::string clsToken = "[CLS]", sepToken = "[SEP]", unknownToken = "[UNK]";
        std::vector<std::pair<std::string, std::int32_t>> added; ///< known when typed, with ids above the vocabulary's
        std::string padToken = "[PAD]", maskToken = "[MASK]"; ///< known when typed; the vocabulary may lack them
    };

    /// From a checkpoint folder: vocab.txt, else the WordPiece of tokenizer.json; added_tokens.json and, where present,
    /// tokenizer_config.json. Where nothing is said about case, texts are lower-cased unless the vocabulary has pieces with
    /// capital letters A-Z. Throws Error naming the file: no vocabulary, an empty one, a special token missing, a
    /// configuration that cannot be read or that asks for another tokenizer than BERT's.
    static WordPiece load(const std::filesystem::path &folder);
    /// `vocabulary`: piece i has id i; of equal pieces the last counts. `source` is what an Error about it names.
    WordPiece(std::vector<std::string> vocabulary, Options options, const std::string &source = "The vocabulary");

    /// Ids of the pieces of one text, without [CLS] and [SEP].
    std::vector<std::int32_t> encode(std::string_view utf8) const;
    std::string piece(std::int32_t id) const;
    /// All that encode() depends on, as text: two tokenizers with equal ones give equal ids.
    std::string description() const;
    std::size_t size() const { return m_pieces.size(); }

    std::int32_t cls() const { return m_cls; }
    std::int32_t sep() const { return m_sep; }
    std::int32_t unknown() const { return m_unknown; }

private:
    struct TextHash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using PieceMap = std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>>;

    std::int32_t requiredId(const std::string &token, const std::string &source) const;
    void appendPieces(std::string_view words, std::vector<std::int32_t> &ids) const;
    void appendPiecesOfWord(std::string_view word, std::vector<std::int32_t> &ids) const;

    std::vector<std::string> m_pieces;
    PieceMap m_starts;         ///< pieces as they stand, for the start of a word
    PieceMap m_continuations;  ///< pieces without their leading ##, for the rest of a word
    std::size_t m_longest = 0; ///< bytes of the longest key of both maps
    WordRules m_rules;
    std::int32_t m_cls = 0, m_sep = 0, m_unknown = 0;
    std::vector<std::pair<std::string, std::int32_t>>
        m_special;                           ///< typed by the user, found before normalisation; longest first
    std::array<bool, 256> m_startsSpecial{}; ///< first bytes of m_special
};

} // namespace awb
