#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/data/bert_words.h"
#include "core/data/whole_tokens.h"

namespace awb {

/// BERT's tokenizer: clean-up, lower-casing, accents, CJK, punctuation, then greedy longest-match word pieces.
/// Equal to the `tokenizers` library's BertWordPiece pipeline, special tokens typed by the user included; an added token's
/// `single_word` is not looked at.
class WordPiece {
public:
    /// A token beside the usual five, known when typed and never cut.
    struct AddedToken {
        std::string text;
        std::optional<std::int32_t> id; ///< absent: the vocabulary's, and where it has none there is no such token
        /// Its normal form is looked for in the normalised text, after those that are looked for as they stand.
        /// Absent: nothing is said, which is as true.
        std::optional<bool> normalized;
    };

    struct Options {
        bool lowerCase = true;
        std::optional<bool> stripAccents; ///< absent: as lowerCase
        bool splitChinese = true;         ///< a space around every CJK character
        std::string clsToken = "[CLS]", sepToken = "[SEP]", unknownToken = "[UNK]";
        std::string padToken = "[PAD]", maskToken = "[MASK]"; ///< known when typed; the vocabulary may lack them
        std::vector<AddedToken> added;
    };

    /// From a checkpoint folder: vocab.txt, else the WordPiece of tokenizer.json; where present, tokenizer_config.json,
    /// then tokenizer.json about case, accents and CJK; the added tokens of both, of added_tokens.json and of
    /// special_tokens_map.json. Where nothing is said about case, texts are lower-cased unless the vocabulary has pieces
    /// with capital letters A-Z that are no markers as [USER] or <URL>. Throws Error naming the file: no vocabulary, an
    /// empty one, a special token missing, a configuration that cannot be read or that asks for another tokenizer than
    /// BERT's.
    static WordPiece load(const std::filesystem::path &folder);
    /// `vocabulary`: piece i has id i; of equal pieces the last counts. `source` is what an Error about it names.
    WordPiece(std::vector<std::string> vocabulary, const Options &options, const std::string &source = "The vocabulary");

    /// Ids of the pieces of one text, without [CLS] and [SEP].
    std::vector<std::int32_t> encode(std::string_view utf8) const;
    std::string piece(std::int32_t id) const;
    /// All that encode() depends on, as text: two tokenizers with equal ones give equal ids.
    std::string description() const;
    /// Pieces and added tokens; blank lines at the vocabulary's end are none.
    std::size_t size() const;

    std::int32_t cls() const { return m_cls; }
    std::int32_t sep() const { return m_sep; }
    std::int32_t unknown() const { return m_unknown; }

private:
    std::int32_t requiredId(const std::string &token, const std::string &source) const;
    void indexPieces();
    void placeAdded(const std::vector<AddedToken> &added, const std::string &source);
    void collectWholeTokens(const Options &options);
    std::optional<std::int32_t> idOf(const std::string &token) const;
    void appendText(std::string_view utf8, std::vector<std::int32_t> &ids) const;
    void appendPieces(std::string_view words, std::vector<std::int32_t> &ids) const;
    void appendPiecesOfWord(std::string_view word, std::vector<std::int32_t> &ids) const;

    std::vector<std::string> m_pieces;
    TextIds m_starts;          ///< pieces as they stand, for the start of a word
    TextIds m_continuations;   ///< pieces without their leading ##, for the rest of a word
    std::size_t m_longest = 0; ///< bytes of the longest key of both maps
    WordRules m_rules;
    std::int32_t m_cls = 0, m_sep = 0, m_unknown = 0;
    TextIds m_added;          ///< tokens that are no pieces of the vocabulary: never found within a word
    WholeTokens m_special;    ///< typed by the user, found before normalisation
    WholeTokens m_normalized; ///< normal forms, found after it
};

} // namespace awb
