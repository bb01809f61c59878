#include "core/data/batch.h"

#include <algorithm>
#include <future>

#include "core/data/word_piece.h"
#include "core/error.h"

namespace awb {
namespace {

constexpr std::size_t worthAThread = 2000; // examples

/// BERT's own rule: one token at a time from the end of the longer text, ties from b, until `room` tokens are left.
void truncatePair(std::vector<std::int32_t> &a, std::vector<std::int32_t> &b, std::size_t room)
{
    while (a.size() + b.size() > room)
        (a.size() > b.size() ? a : b).pop_back();
}

void appendExample(const Example &example, const WordPiece &tokenizer, std::size_t maxLength, EncodedTexts &texts)
{
    std::vector<std::int32_t> a = tokenizer.encode(example.a);
    std::vector<std::int32_t> b = tokenizer.encode(example.b);
    if (b.empty())
        a.resize(std::min(a.size(), maxLength - 2)); // room for [CLS] and [SEP]
    else
        truncatePair(a, b, maxLength - 3); // and for the second [SEP]

    texts.ids.push_back(tokenizer.cls());
    texts.ids.insert(texts.ids.end(), a.begin(), a.end());
    texts.ids.push_back(tokenizer.sep());
    texts.segments.resize(texts.ids.size(), 0);
    if (!b.empty()) {
        texts.ids.insert(texts.ids.end(), b.begin(), b.end());
        texts.ids.push_back(tokenizer.sep());
        texts.segments.resize(texts.ids.size(), 1);
    }
    texts.offsets.push_back(std::int64_t(texts.ids.size()));
    texts.labels.push_back(example.label);
    texts.scores.push_back(example.score);
}

EncodedTexts encodeRange(std::span<const Example> examples, const WordPiece &tokenizer, std::size_t maxLength)
{
    EncodedTexts texts;
    texts.offsets.reserve(examples.size() + 1);
    for (const Example &example : examples)
        appendExample(example, tokenizer, maxLength, texts);
    return texts;
}

void append(EncodedTexts &texts, const EncodedTexts &more)
{
    const std::int64_t shift = texts.offsets.back();
    texts.ids.insert(texts.ids.end(), more.ids.begin(), more.ids.end());
    texts.segments.insert(texts.segments.end(), more.segments.begin(), more.segments.end());
    texts.labels.insert(texts.labels.end(), more.labels.begin(), more.labels.end());
    texts.scores.insert(texts.scores.end(), more.scores.begin(), more.scores.end());
    for (std::size_t i = 1; i < more.offsets.size(); ++i)
        texts.offsets.push_back(shift + more.offsets[i]);
}

} // namespace

EncodedTexts encodeExamples(const std::vector<Example> &examples, const WordPiece &tokenizer, int maxLength)
{
    if (maxLength < 3)
        throw Error("A maximum length of " + std::to_string(maxLength) +
                    " tokens leaves no room for the special tokens: choose 3 or more.");
    const auto most = std::size_t(maxLength);
    const std::span<const Example> all(examples);
    if (all.size() <= worthAThread)
        return encodeRange(all, tokenizer, most);
    const std::size_t half = all.size() / 2;
    auto second = std::async(std::launch::async, [&] { return encodeRange(all.subspan(half), tokenizer, most); });
    EncodedTexts texts = encodeRange(all.first(half), tokenizer, most);
    append(texts, second.get());
    return texts;
}

Batch packBatch(const EncodedTexts &texts, std::span<const int> indices)
{
    std::size_t tokens = 0;
    for (const int example : indices)
        tokens += std::size_t(texts.length(example));
    Batch batch;
    batch.ids.reserve(tokens);
    batch.segments.reserve(tokens);
    batch.positions.reserve(tokens);
    batch.offsets.push_back(0);
    for (const int example : indices) {
        const std::int64_t begin = texts.offsets[std::size_t(example)], end = texts.offsets[std::size_t(example) + 1];
        batch.ids.insert(batch.ids.end(), texts.ids.begin() + begin, texts.ids.begin() + end);
        batch.segments.insert(batch.segments.end(), texts.segments.begin() + begin, texts.segments.begin() + end);
        for (std::int64_t i = begin; i < end; ++i)
            batch.positions.push_back(std::int32_t(i - begin));
        batch.offsets.push_back(std::int32_t(batch.ids.size()));
        batch.labels.push_back(texts.labels[std::size_t(example)]);
        batch.scores.push_back(texts.scores[std::size_t(example)]);
        batch.examples.push_back(example);
    }
    return batch;
}

} // namespace awb
