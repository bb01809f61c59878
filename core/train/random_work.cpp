#include "core/train/random_work.h"

#include <algorithm>

#include "core/error.h"
#include "core/model/random_checkpoint.h"
#include "core/random.h"
#include "core/temporary_folder.h"

namespace awb {

namespace {

struct NamedShape {
    const char *name;
    int layers, hidden, heads;
};
/// Turc et al. 2019 (the small ones), Devlin et al. 2018, Wang et al. 2020 (MiniLM).
constexpr NamedShape shapes[] = {{"minilm-l6", 6, 384, 12},   {"bert-tiny", 2, 128, 2},   {"bert-mini", 4, 256, 4},
                                 {"bert-small", 4, 512, 8},   {"bert-medium", 8, 512, 8}, {"bert-base", 12, 768, 12},
                                 {"bert-large", 24, 1024, 16}};

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

template <class Entries>
std::vector<std::string> namesOf(const Entries &entries)
{
    std::vector<std::string> names;
    for (const auto &entry : entries)
        names.push_back(entry.name);
    return names;
}

template <class Entries>
const auto &named(const Entries &entries, std::string_view name, const char *what)
{
    const auto found =
        std::find_if(std::begin(entries), std::end(entries), [&](const auto &entry) { return entry.name == name; });
    if (found != std::end(entries))
        return *found;
    std::string known;
    for (const std::string &each : namesOf(entries))
        known += (known.empty() ? "" : ", ") + each;
    throw Error("There is no " + std::string(what) + " " + std::string(name) + "; known are " + known + ".");
}

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

std::vector<std::string> shapeNames()
{
    return namesOf(shapes);
}

ModelShape shapeNamed(std::string_view name)
{
    const NamedShape &own = named(shapes, name, "shape");
    ModelShape shape;
    shape.layers = own.layers;
    shape.hidden = own.hidden;
    shape.heads = own.heads;
    shape.feedForward = 4 * own.hidden;
    shape.vocabulary = 30522;
    shape.positions = 512;
    return shape;
}

BenchResult benchRandom(const RandomWork &work, const BenchSettings &settings)
{
    if (work.length < 3 || work.length > work.shape.positions)
        throw Error("A text must have 3 to " + std::to_string(work.shape.positions) + " tokens.");
    const TemporaryFolder folder("awb-bench");
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
    return namesOf(growths);
}

Growth growthNamed(std::string_view name)
{
    return named(growths, name, "growth").growth;
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
