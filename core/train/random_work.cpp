#include "core/train/random_work.h"

#include <algorithm>

#include "core/error.h"
#include "core/model/random_checkpoint.h"
#include "core/random.h"
#include "core/temporary_folder.h"

namespace awb {

namespace {

struct NamedGrowth {
    const char *name;
    Growth growth;
    std::vector<int> values;
};
const NamedGrowth growths[] = {{"length", Growth::Length, {16, 32, 64, 128, 256, 512}},
                               {"batch", Growth::Batch, {8, 16, 32, 64, 128, 256}},
                               {"bottleneck", Growth::Bottleneck, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}},
                               {"layers", Growth::Layers, {2, 4, 6, 12, 24}},
                               {"runs", Growth::Runs, {1, 2, 4, 8, 16}}};

EncodedTexts randomTexts(int count, int length, int vocabulary)
{
    constexpr int cls = 101, sep = 102; // of BERT's vocabularies
    EncodedTexts texts;
    for (int i = 0; i < count; ++i) {
        for (int token = 0; token < length; ++token) {
            const auto drawn = randomBits(std::uint64_t(i), std::uint64_t(token)) % std::uint64_t(vocabulary);
            texts.ids.push_back(token == 0 ? cls : token + 1 == length ? sep : std::int32_t(drawn));
        }
        texts.offsets.push_back(std::int64_t(texts.ids.size()));
        texts.labels.push_back(i % 2);
    }
    texts.segments.resize(texts.ids.size());
    texts.scores.resize(texts.labels.size());
    return texts;
}

} // namespace

BenchResult benchRandom(const RandomWork &work, const BenchSettings &settings)
{
    if (work.length < 3 || work.length > work.shape.positions)
        throw Error("A text must have 3 to " + std::to_string(work.shape.positions) + " tokens.");
    const TemporaryFolder folder(TemporaryFolder::freeName("awb-bench"));
    const Checkpoint checkpoint = randomCheckpoint(folder.path(), work.shape);
    EncodedDataset texts;
    // One batch more than is measured: no epoch ends, so nothing is scored or remembered meanwhile.
    const int batches = settings.skip + settings.steps + 1;
    texts.train = randomTexts(batches * work.recipe.batch, work.length, work.shape.vocabulary);
    texts.dev = randomTexts(1000, work.length, work.shape.vocabulary);
    texts.classes = {"0", "1"};
    texts.metrics = {"accuracy"};
    TrainSpec spec{"random weights", "random texts", work.method, work.recipe, 0};
    spec.recipe.maxLength = work.length;
    return benchTraining(spec, checkpoint, texts, settings);
}

std::vector<std::string> growthNames()
{
    std::vector<std::string> names;
    for (const NamedGrowth &each : growths)
        names.push_back(each.name);
    return names;
}

Growth growthNamed(std::string_view name)
{
    const auto found = std::ranges::find(growths, name, [](const NamedGrowth &each) { return std::string_view(each.name); });
    if (found == std::end(growths))
        throw Error("There is no growth " + std::string(name) + "; known are length, batch, bottleneck, layers and runs.");
    return found->growth;
}

std::vector<GrowthPoint> benchGrowth(Growth growth, const RandomWork &work, const BenchSettings &settings,
                                     const std::function<void(const GrowthPoint &)> &measured)
{
    if (growth == Growth::Layers && (work.method.topLayers >= 0 || !work.method.sites.empty()))
        throw Error("Layers can grow only where the method treats all of them alike.");
    if (growth == Growth::Bottleneck && work.method.bottleneck == 0)
        throw Error("Only adapters have a bottleneck that can grow.");
    std::vector<GrowthPoint> points;
    for (const int value : std::ranges::find(growths, growth, &NamedGrowth::growth)->values) {
        RandomWork grown = work;
        BenchSettings own = settings;
        switch (growth) {
        case Growth::Length:
            grown.length = value;
            break;
        case Growth::Batch:
            grown.recipe.batch = value;
            break;
        case Growth::Bottleneck:
            grown.method.bottleneck = value;
            break;
        case Growth::Layers:
            grown.shape.layers = value;
            break;
        case Growth::Runs:
            own.runs = value;
            break;
        }
        points.push_back({value, benchRandom(grown, own)});
        measured(points.back());
    }
    return points;
}

} // namespace awb
