#include "core/data/inspect.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "core/data/word_piece.h"

namespace awb {

namespace {

// What makes two labels of one text differ.
double labelValue(const Example &example, Task task)
{
    return task == Task::Regression ? double(example.score) : double(example.label);
}

PartSummary summarise(const std::string &part, const std::vector<Example> &examples, const Dataset &dataset,
                      const std::unordered_set<std::string> &train, const WordPiece *tokenizer)
{
    PartSummary summary;
    summary.part = part;
    summary.rows = examples.size();
    const Task task = dataset.manifest.task;
    if (task == Task::Classification)
        summary.perClass.resize(dataset.manifest.classes.size());

    struct First {
        double label;
        bool conflicting = false;
    };
    std::unordered_map<std::string, First> texts;
    texts.reserve(examples.size());
    for (const auto &example : examples) {
        if (example.label >= 0 && std::size_t(example.label) < summary.perClass.size())
            ++summary.perClass[std::size_t(example.label)];
        summary.scoreMean += double(example.score) / double(examples.size());

        const std::string key = textKey(example);
        const auto [stored, isNew] = texts.try_emplace(key, First{labelValue(example, task)});
        if (!isNew) {
            ++summary.duplicates;
            if (stored->second.label != labelValue(example, task) && !stored->second.conflicting) {
                stored->second.conflicting = true;
                ++summary.conflicting;
            }
        }
        summary.sharedWithTrain += part != "train" && train.contains(key);

        if (tokenizer) {
            // [CLS] a [SEP], or [CLS] a [SEP] b [SEP]
            std::size_t length = 2 + tokenizer->encode(example.a).size();
            if (!example.b.empty())
                length += 1 + tokenizer->encode(example.b).size();
            if (summary.lengths.size() <= length)
                summary.lengths.resize(length + 1);
            ++summary.lengths[length];
        }
    }
    if (task == Task::Classification)
        summary.scoreMean = 0;
    return summary;
}

} // namespace

double PartSummary::meanLength() const
{
    double sum = 0, count = 0;
    for (std::size_t n = 0; n < lengths.size(); ++n) {
        sum += double(n) * double(lengths[n]);
        count += double(lengths[n]);
    }
    return count > 0 ? sum / count : 0;
}

std::size_t PartSummary::maxLength() const
{
    return lengths.empty() ? 0 : lengths.size() - 1;
}

double PartSummary::truncatedShare(int maxLength) const
{
    const auto all = std::accumulate(lengths.begin(), lengths.end(), std::size_t(0));
    std::size_t longer = 0;
    for (std::size_t n = std::size_t(std::max(maxLength, 0)) + 1; n < lengths.size(); ++n)
        longer += lengths[n];
    return all ? double(longer) / double(all) : 0;
}

std::vector<PartSummary> inspectDataset(const Dataset &dataset, const WordPiece *tokenizer)
{
    std::unordered_set<std::string> train;
    train.reserve(dataset.train.size());
    for (const auto &example : dataset.train)
        train.insert(textKey(example));
    std::vector<PartSummary> parts{summarise("train", dataset.train, dataset, train, tokenizer)};
    if (!dataset.dev.empty())
        parts.push_back(summarise("dev", dataset.dev, dataset, train, tokenizer));
    if (!dataset.test.empty())
        parts.push_back(summarise("test", dataset.test, dataset, train, tokenizer));
    return parts;
}

} // namespace awb
