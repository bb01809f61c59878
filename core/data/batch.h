#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/dataset.h"

namespace awb {

class WordPiece;

/// Texts as ids: example i is ids[offsets[i]] .. ids[offsets[i+1]], special tokens included.
struct EncodedTexts {
    std::vector<std::int32_t> ids;
    std::vector<std::uint8_t> segments; ///< 0 for [CLS] a [SEP], 1 for b [SEP]
    std::vector<std::int64_t> offsets{0};
    std::vector<std::int32_t> labels;
    std::vector<float> scores;

    int size() const { return int(offsets.size()) - 1; }
    int length(int i) const { return int(offsets[std::size_t(i) + 1] - offsets[std::size_t(i)]); }
};

/// A packed batch: all examples one after the other, no padding. T tokens, B examples.
struct Batch {
    std::vector<std::int32_t> ids;       ///< (T)
    std::vector<std::int32_t> segments;  ///< (T)
    std::vector<std::int32_t> positions; ///< (T) 0, 1, 2 ... within each example
    std::vector<std::int32_t> offsets;   ///< (B+1)
    std::vector<std::int32_t> labels;    ///< (B)
    std::vector<float> scores;           ///< (B)
    std::vector<std::int32_t> examples;  ///< (B) index of each example in its part

    int size() const { return int(offsets.size()) - 1; }
    int tokens() const { return offsets.empty() ? 0 : offsets.back(); }
};

/// `[CLS] a [SEP]` or `[CLS] a [SEP] b [SEP]`, cut to maxLength as BERT's own code does: one token at a time from the end
/// of the longer text, ties from b.
EncodedTexts encodeExamples(const std::vector<Example> &examples, const WordPiece &tokenizer, int maxLength);

/// The examples at `indices`, packed in that order.
Batch packBatch(const EncodedTexts &texts, std::span<const int> indices);

} // namespace awb
