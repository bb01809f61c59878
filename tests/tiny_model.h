#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/data/batch.h"
#include "core/model/checkpoint.h"
#include "core/random.h"
#include "core/methods/methods.h"
#include "core/train/train.h"
#include "tests/real_files.h"

/// The random two-layer BERT of tests/reference/model.py, its reference numbers, and a task it can learn.
namespace awb::test {

inline Checkpoint tinyCheckpoint()
{
    return Checkpoint::open(testData("model/tiny"));
}

inline nlohmann::json referenceNumbers(const char *name)
{
    std::ifstream in(testData(std::string("model/") + name));
    return nlohmann::json::parse(in);
}

inline Method methodOf(const char *name, int bottleneck = 0)
{
    Method method = methodEntry(name).method;
    method.bottleneck = bottleneck;
    return method;
}

/// Packs texts given as {"ids", "segments", "label", "score"}.
inline Batch batchOf(const nlohmann::json &examples)
{
    EncodedTexts texts;
    std::vector<int> indices;
    for (const auto &example : examples) {
        for (const int id : example["ids"])
            texts.ids.push_back(id);
        for (const int segment : example["segments"])
            texts.segments.push_back(std::uint8_t(segment));
        texts.offsets.push_back(std::int64_t(texts.ids.size()));
        texts.labels.push_back(example.value("label", 0));
        texts.scores.push_back(example.value("score", 0.0f));
        indices.push_back(int(indices.size()));
    }
    return packBatch(texts, indices);
}

/// `n` texts of 4 to 12 random pieces; class 1 when piece 40 stands among them; score: its share of 1.
inline EncodedTexts learnableTexts(int n, std::uint64_t key)
{
    EncodedTexts texts;
    for (int i = 0; i < n; ++i) {
        const std::uint64_t own = streamKey(key, std::uint64_t(i));
        const int length = 4 + int(randomBits(own, 0) % 9);
        const bool positive = randomBits(own, 1) % 2 == 1;
        texts.ids.push_back(2);
        for (int j = 0; j < length; ++j) {
            const int piece = 41 + int(randomBits(own, std::uint64_t(2 + j)) % 60);
            texts.ids.push_back(positive && j == length / 2 ? 40 : piece);
        }
        texts.ids.push_back(3);
        texts.segments.resize(texts.ids.size(), 0);
        texts.offsets.push_back(std::int64_t(texts.ids.size()));
        texts.labels.push_back(positive);
        texts.scores.push_back(positive ? 1.0f : 0.0f);
    }
    return texts;
}

inline EncodedDataset learnableTask(int trainExamples = 256)
{
    EncodedDataset data;
    data.train = learnableTexts(trainExamples, 1);
    data.dev = learnableTexts(100, 2);
    data.classes = {"without", "with"};
    data.metrics = {"accuracy", "f1"};
    return data;
}

} // namespace awb::test
