#include "core/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/content_hash.h"
#include "core/error.h"
#include "core/random.h"

namespace awb {

namespace {

constexpr std::uint64_t splitStream = 0x73706C6974; // apart from the streams of training with the same seed

struct Group {
    std::uint64_t order; // random, of the seed and the text alone
    const std::string *text;
    std::size_t rows;
};

} // namespace

std::string textKey(const Example &example)
{
    std::string key = example.a;
    key += '\x1F';
    key += example.b;
    return key;
}

void splitByText(std::vector<Example> all, const SplitRule &rule, bool wantTest, Dataset &into)
{
    if (!(rule.dev >= 0 && rule.test >= 0 && rule.dev + rule.test < 1))
        throw Error("A split needs shares of at least 0 for dev and test that leave rows for training.");
    std::unordered_map<std::string, std::size_t> rowsOfText;
    for (const auto &example : all)
        ++rowsOfText[textKey(example)];

    const std::uint64_t key = streamKey(rule.seed, splitStream);
    std::vector<Group> groups;
    groups.reserve(rowsOfText.size());
    for (const auto &[text, rows] : rowsOfText)
        groups.push_back({randomBits(key, textHash(text)), &text, rows});
    std::sort(groups.begin(), groups.end(),
              [](const Group &a, const Group &b) { return a.order != b.order ? a.order < b.order : *a.text < *b.text; });

    // Whole groups fill dev, then test; one that would overfill them stays in train, so the shares are met to the row.
    const auto rowsFor = [&](double share) {
        return share > 0 ? std::max<std::size_t>(1, std::size_t(std::llround(share * double(all.size())))) : 0;
    };
    const std::size_t wantedDev = rowsFor(rule.dev), wantedTest = wantTest ? rowsFor(rule.test) : 0;
    std::size_t devLeft = wantedDev, testLeft = wantedTest;
    enum Part { Train, Dev, Test };
    std::unordered_map<std::string_view, Part> partOf;
    for (const auto &group : groups) {
        Part part = Train;
        if (group.rows <= devLeft) {
            part = Dev;
            devLeft -= group.rows;
        } else if (group.rows <= testLeft) {
            part = Test;
            testLeft -= group.rows;
        }
        partOf[*group.text] = part;
    }
    const std::size_t taken = wantedDev - devLeft + wantedTest - testLeft;
    if (groups.size() < 1 + std::size_t(wantedDev > 0) + std::size_t(wantedTest > 0) || taken == all.size() ||
        (wantedDev > 0 && devLeft == wantedDev))
        throw Error("There are too few different texts to split off rows for dev and test; add rows or name a dev file.");
    for (auto &example : all) {
        const Part part = partOf.at(textKey(example));
        (part == Dev ? into.dev : part == Test ? into.test : into.train).push_back(std::move(example));
    }
}

} // namespace awb
