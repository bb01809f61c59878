#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace awb {

/// BERT's tokenizer: clean-up, lower-casing, accents, CJK, punctuation, then greedy longest-match word pieces.
/// Equal to the `tokenizers` library's BertWordPiece pipeline, special tokens typed by the user included.
class WordPiece {
public:
    struct Options {
        bool lowerCase = true;
        std::optional<bool> stripAccents; ///< absent: as lowerCase
        bool splitChinese = true;         ///< a space around every CJK character
    };

    /// From a checkpoint folder: vocab.txt and, where present, tokenizer_config.json. Throws Error naming the file:
    /// no vocab.txt, empty, a special token missing.
    static WordPiece load(const std::filesystem::path &folder);
    WordPiece(std::vector<std::string> vocabulary, Options options);

    /// Ids of the pieces of one text, without [CLS] and [SEP].
    std::vector<std::int32_t> encode(std::string_view utf8) const;
    std::string piece(std::int32_t id) const;
    std::size_t size() const { return m_pieces.size(); }

    std::int32_t cls() const { return m_cls; }
    std::int32_t sep() const { return m_sep; }
    std::int32_t unknown() const { return m_unknown; }

private:
    std::vector<std::string> m_pieces;
    std::unordered_map<std::string, std::int32_t> m_ids;
    Options m_options;
    std::int32_t m_cls = 0, m_sep = 0, m_unknown = 0;
    std::vector<std::pair<std::string, std::int32_t>> m_special; // typed by the user, found before normalisation
};

} // namespace awb
