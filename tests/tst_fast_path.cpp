#include <cstring>
#include <map>
#include <numeric>

#include <torch/types.h>

#include <ATen/Parallel.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/files.h"
#include "core/model/fast_path.h"
#include "core/model/kernels/product.h"
#include "core/model/random_checkpoint.h"
#include "core/train/adam.h"
#include "core/train/computation.h"
#include "tests/tiny_model.h"

using namespace awb;
using namespace awb::test;

namespace {

/// Texts of the given lengths with random pieces and labels.
EncodedTexts textsOf(const std::vector<int> &lengths, int vocabulary, std::uint64_t key)
{
    EncodedTexts texts;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        for (int j = 0; j < lengths[i]; ++j) {
            texts.ids.push_back(int(randomBits(streamKey(key, i), std::uint64_t(j)) % std::uint64_t(vocabulary)));
            texts.segments.push_back(j > lengths[i] / 2);
        }
        texts.offsets.push_back(std::int64_t(texts.ids.size()));
        texts.labels.push_back(int(i % 3));
        texts.scores.push_back(float(i % 5));
    }
    return texts;
}

Batch batchOf(const EncodedTexts &texts)
{
    std::vector<int> all(std::size_t(texts.size()));
    std::iota(all.begin(), all.end(), 0);
    return packBatch(texts, all);
}

struct Gradients {
    double loss;
    std::vector<std::pair<std::string, torch::Tensor>> parts;
};

/// A model whose adapters are not near the identity, and whose LayerNorms are not 1 and 0.
AdaptedBert modelOf(const Checkpoint &checkpoint, const Method &method, int outputs, Recipe recipe)
{
    recipe.initStd = 0.2;
    AdaptedBert model(checkpoint, method, outputs, recipe, 5);
    torch::NoGradGuard noGrad;
    std::uint64_t at = 0;
    for (auto &[name, parameter] : model->trained()) {
        float *values = parameter.data_ptr<float>();
        for (std::int64_t i = 0; i < parameter.numel(); ++i)
            values[i] += 0.05f * float(randomUniform(9, at++) - 0.5);
    }
    return model;
}

Gradients plainGradients(AdaptedBert model, const Batch &batch, Task task, const Pass &pass)
{
    const torch::Tensor logits = model->forward(batch, pass);
    const torch::Tensor loss = task == Task::Regression
                                   ? torch::mse_loss(logits.squeeze(1), torch::tensor(batch.scores))
                                   : torch::cross_entropy_loss(logits, torch::tensor(batch.labels).to(torch::kLong));
    loss.backward();
    Gradients result{loss.item<double>(), {}};
    for (auto &[name, parameter] : model->trained())
        result.parts.emplace_back(name, parameter.grad().clone());
    return result;
}

Gradients fastGradients(AdaptedBert model, const Batch &batch, Task task, const Pass &pass, Precision precision)
{
    for (auto &[name, parameter] : model->trained())
        parameter.mutable_grad() = torch::zeros_like(parameter);
    FrozenPacks frozen;
    FastPath fast(model, precision, frozen);
    Gradients result{fast.step(batch, task, pass), {}};
    for (auto &[name, parameter] : model->trained())
        result.parts.emplace_back(name, parameter.grad().clone());
    return result;
}

/// Names the parameters whose gradients differ by more than `tolerance` of their largest value.
QString differences(const Gradients &a, const Gradients &b, double tolerance)
{
    QString found;
    for (std::size_t i = 0; i < a.parts.size(); ++i) {
        const double scale = std::max(1e-4, a.parts[i].second.abs().max().item<double>());
        const double difference = (a.parts[i].second - b.parts[i].second).abs().max().item<double>();
        if (!(difference <= tolerance * scale))
            found +=
                QStringLiteral("%1: %2 of %3\n").arg(QString::fromStdString(a.parts[i].first)).arg(difference).arg(scale);
    }
    return found;
}

/// Length of the difference of all gradients beside the length of the gradients.
double relativeDifference(const Gradients &a, const Gradients &b)
{
    double difference = 0, length = 0;
    for (std::size_t i = 0; i < a.parts.size(); ++i) {
        difference += (a.parts[i].second - b.parts[i].second).square().sum().item<double>();
        length += a.parts[i].second.square().sum().item<double>();
    }
    return std::sqrt(difference / length);
}

/// Names the parameters whose gradient differs by more than `share` of its length and `floor` of the length of all: rounding
/// is to blame for a share of each, and for what is left of sums that cancel.
QString roundedDifferences(const Gradients &a, const Gradients &b, double share, double floor)
{
    double all = 0;
    for (const auto &[name, gradient] : a.parts)
        all += gradient.square().sum().item<double>();
    QString found;
    for (std::size_t i = 0; i < a.parts.size(); ++i) {
        const double length = a.parts[i].second.norm().item<double>();
        const double difference = (a.parts[i].second - b.parts[i].second).norm().item<double>();
        if (!(difference <= share * length + floor * std::sqrt(all)))
            found +=
                QStringLiteral("%1: %2 of %3\n").arg(QString::fromStdString(a.parts[i].first)).arg(difference).arg(length);
    }
    return found;
}

} // namespace

class TestFastPath : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void gradientsEqualThePlainPaths_data();
    void gradientsEqualThePlainPaths();
    void gradientsEqualThePlainPathsInDrawnShapes_data();
    void gradientsEqualThePlainPathsInDrawnShapes();
    void evaluationEqualsThePlainPaths_data();
    void evaluationEqualsThePlainPaths();
    void anyNumberOfThreadsGivesTheSameBits();
    void aGradientIsAddedToWhatIsThere();
    void keptPrefixesGiveTheSameBits_data();
    void keptPrefixesGiveTheSameBits();
    void frozenWeightsAndTheCheckpointsFilesStayBitEqual_data();
    void frozenWeightsAndTheCheckpointsFilesStayBitEqual();
    void whatItCannotDoIsSaid();
    void aRunSaysWhichPathComputedIt_data();
    void aRunSaysWhichPathComputedIt();

private:
    void compareGradients(const Checkpoint &checkpoint, const Method &method, const std::vector<int> &lengths);
    QTemporaryDir m_folder;
};

void TestFastPath::gradientsEqualThePlainPaths_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<int>("bottleneck");
    QTest::addColumn<QString>("sites");
    QTest::addColumn<QString>("activation");
    QTest::addColumn<QList<int>>("lengths");
    const QList<int> few{5, 9, 1, 7, 12};
    QList<int> many; // several blocks
    for (int i = 0; i < 256; ++i)
        many << 1 + int(randomBits(1, std::uint64_t(i)) % 20);
    QTest::newRow("adapters") << "adapter" << 8 << ""
                              << "gelu" << few;
    QTest::newRow("one unit") << "adapter" << 1 << ""
                              << "gelu_new" << few;
    QTest::newRow("512 units") << "adapter" << 512 << ""
                               << "gelu" << few;
    QTest::newRow("some sites") << "adapter" << 5 << "f,a,-"
                                << "gelu" << few;
    QTest::newRow("one example") << "adapter" << 64 << ""
                                 << "relu" << QList<int>{11};
    QTest::newRow("one token") << "adapter" << 64 << ""
                               << "gelu" << QList<int>{1};
    QTest::newRow("256 examples") << "adapter" << 16 << ""
                                  << "gelu" << many;
    QTest::newRow("512 tokens") << "adapter" << 16 << ""
                                << "gelu" << QList<int>{512, 3, 300, 129};
    QTest::newRow("full") << "full" << 0 << ""
                          << "gelu" << few;
    QTest::newRow("full, 256 examples") << "full" << 0 << ""
                                        << "gelu_new" << many;
    QTest::newRow("top layer") << "top-k" << 0 << ""
                               << "gelu" << few;
    QTest::newRow("adapters, other layers frozen") << "adapter-frozen" << 8 << "-,f,af"
                                                   << "gelu" << few;
    QTest::newRow("LayerNorms") << "layer-norm" << 0 << ""
                                << "gelu" << few;
    QTest::newRow("biases") << "bitfit" << 0 << ""
                            << "gelu" << few;
    QTest::newRow("head only") << "head" << 0 << ""
                               << "gelu" << few;
}

void TestFastPath::gradientsEqualThePlainPaths()
{
    QFETCH(QString, method);
    QFETCH(int, bottleneck);
    QFETCH(QString, sites);
    QFETCH(QString, activation);
    QFETCH(QList<int>, lengths);
    // Widths that fill no tile.
    const ModelShape shape{.layers = 3,
                           .hidden = 36,
                           .heads = 3,
                           .feedForward = 70,
                           .vocabulary = 50,
                           .positions = 512,
                           .activation = activation.toStdString()};
    const Checkpoint checkpoint = randomCheckpoint(m_folder.filePath(activation).toStdString(), shape);
    Method own = methodOf(method.toUtf8().constData(), bottleneck);
    if (!sites.isEmpty())
        own.sites = parseLayerSites(sites.toStdString(), shape.layers);
    compareGradients(checkpoint, own, {lengths.begin(), lengths.end()});
}

/// Both tasks, with and without dropout, in both precisions.
void TestFastPath::compareGradients(const Checkpoint &checkpoint, const Method &method, const std::vector<int> &lengths)
{
    const Batch batch = batchOf(textsOf(lengths, checkpoint.shape().vocabulary, 3));
    Recipe recipe;
    recipe.dropout = 0.1;
    for (const bool training : {false, true})
        for (const Task task : {Task::Classification, Task::Regression}) {
            const Pass pass{.training = training, .dropoutKey = 77};
            AdaptedBert model = modelOf(checkpoint, method, task == Task::Regression ? 1 : 3, recipe);
            const Gradients plain = plainGradients(model, batch, task, pass);
            const Gradients fast = fastGradients(model, batch, task, pass, Precision::Float32);
            QVERIFY2(std::abs(plain.loss - fast.loss) < 1e-5 * std::max(1.0, plain.loss),
                     qPrintable(QString::number(fast.loss)));
            const QString found = differences(plain, fast, kernels::hasTiles() ? 1e-3 : 2e-4);
            QVERIFY2(found.isEmpty(), qPrintable(found));
            if (!kernels::multipliesBFloat16())
                continue;
            const Gradients rounded = fastGradients(model, batch, task, pass, Precision::BFloat16);
            QVERIFY(std::abs(plain.loss - rounded.loss) < 0.05 * std::max(1.0, plain.loss));
            const double difference = relativeDifference(plain, rounded);
            QVERIFY2(difference < 0.15, qPrintable(QString::number(difference)));
            const QString differing = roundedDifferences(plain, rounded, 0.15, 0.005);
            QVERIFY2(differing.isEmpty(), qPrintable(differing));
        }
}

void TestFastPath::gradientsEqualThePlainPathsInDrawnShapes_data()
{
    QTest::addColumn<int>("seed");
    for (int seed = 1; seed <= 12; ++seed)
        QTest::addRow("seed %d", seed) << seed;
}

void TestFastPath::gradientsEqualThePlainPathsInDrawnShapes()
{
    QFETCH(int, seed);
    std::uint64_t drawn = 0;
    const auto from = [&](int least, int most) {
        return least + int(randomBits(std::uint64_t(seed), drawn++) % std::uint64_t(most - least + 1));
    };
    ModelShape shape;
    shape.layers = from(1, 4);
    shape.heads = from(1, 5);
    shape.hidden = shape.heads * 4 * from(1, 9); // the path takes multiples of 4
    shape.feedForward = 2 * from(1, 100);
    shape.vocabulary = 50;
    shape.positions = 64;
    shape.activation = std::vector<std::string>{"gelu", "gelu_new", "relu"}[std::size_t(from(0, 2))];
    const char *others[] = {"full", "top-k", "layer-norm", "bitfit"}; // every third
    Method method = seed % 3 == 0 ? methodOf(others[seed / 3 % 4]) : methodOf("adapter", from(1, 130));
    if (method.topLayers >= 0)
        method = topLayersMethod(methodEntry("top-k").method, from(1, shape.layers), true, shape.layers);
    for (int layer = 0; layer < shape.layers && method.bottleneck > 0; ++layer)
        method.sites.push_back({from(0, 3) > 0, from(0, 3) > 0});
    std::vector<int> lengths;
    for (int i = from(1, 40); i > 0; --i)
        lengths.push_back(from(1, 40));
    qInfo("%d layers, width %d, %d heads, feed-forward %d, %s, m = %d, %d examples", shape.layers, shape.hidden, shape.heads,
          shape.feedForward, shape.activation.c_str(), method.bottleneck, int(lengths.size()));
    const QString folder = m_folder.filePath(QStringLiteral("drawn%1").arg(seed));
    compareGradients(randomCheckpoint(folder.toStdString(), shape), method, lengths);
}

void TestFastPath::evaluationEqualsThePlainPaths_data()
{
    QTest::addColumn<QString>("active");
    QTest::newRow("all adapters") << "af,af";
    QTest::newRow("some switched off") << "a,f";
    QTest::newRow("all switched off") << "-,-";
}

void TestFastPath::evaluationEqualsThePlainPaths()
{
    QFETCH(QString, active);
    const Checkpoint checkpoint = tinyCheckpoint();
    AdaptedBert model = modelOf(checkpoint, methodOf("adapter", 8), 3, {});
    const Batch batch = batchOf(textsOf({4, 48, 2, 17}, checkpoint.shape().vocabulary, 4));
    const auto sites = parseLayerSites(active.toStdString(), checkpoint.shape().layers);
    FrozenPacks frozen;
    FastPath fast(model, Precision::Float32, frozen);
    const torch::NoGradGuard noGrad;
    const torch::Tensor plain = model->forward(batch, {.active = &sites});
    QVERIFY((plain - fast.forward(batch, {.active = &sites})).abs().max().item<double>() < 1e-5);
}

void TestFastPath::anyNumberOfThreadsGivesTheSameBits()
{
    const Checkpoint checkpoint = tinyCheckpoint();
    std::vector<int> lengths;
    for (int i = 0; i < 64; ++i)
        lengths.push_back(3 + i % 20);
    const Batch batch = batchOf(textsOf(lengths, checkpoint.shape().vocabulary, 6));
    const Pass pass{.training = true, .dropoutKey = 5};
    Recipe recipe;
    recipe.dropout = 0.1;
    const int before = at::get_num_threads();
    std::vector<Gradients> results;
    for (const int threads : {1, 2, 3}) {
        at::set_num_threads(threads);
        results.push_back(fastGradients(modelOf(checkpoint, methodOf("adapter", 8), 3, recipe), batch, Task::Classification,
                                        pass, Precision::Float32));
    }
    at::set_num_threads(before);
    for (const Gradients &other : results) {
        QCOMPARE(other.loss, results.front().loss);
        for (std::size_t i = 0; i < other.parts.size(); ++i)
            QVERIFY2(other.parts[i].second.equal(results.front().parts[i].second), other.parts[i].first.c_str());
    }
}

void TestFastPath::aGradientIsAddedToWhatIsThere()
{
    const Checkpoint checkpoint = tinyCheckpoint();
    AdaptedBert model = modelOf(checkpoint, methodOf("adapter", 8), 3, {});
    const Batch batch = batchOf(textsOf({4, 9, 2}, checkpoint.shape().vocabulary, 4));
    const Gradients once = fastGradients(model, batch, Task::Classification, {}, Precision::Float32);
    FrozenPacks frozen;
    FastPath fast(model, Precision::Float32, frozen);
    fast.step(batch, Task::Classification, {}); // onto the gradients that are there
    for (std::size_t i = 0; i < once.parts.size(); ++i)
        QVERIFY(torch::allclose(model->trained()[i].second.grad(), 2 * once.parts[i].second, 1e-4, 1e-7));
}

void TestFastPath::keptPrefixesGiveTheSameBits_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("sites");
    QTest::addColumn<bool>("kept");
    QTest::newRow("top layer") << "top-k"
                               << "" << true;
    QTest::newRow("adapters in the top layer") << "adapter-frozen"
                                               << "-,-,f" << true;
    QTest::newRow("head only") << "head"
                               << "" << true;
    QTest::newRow("adapters everywhere") << "adapter-frozen"
                                         << "" << false;
    QTest::newRow("LayerNorms everywhere") << "adapter"
                                           << "-,-,af" << false;
}

void TestFastPath::keptPrefixesGiveTheSameBits()
{
    QFETCH(QString, method);
    QFETCH(QString, sites);
    const ModelShape shape{.layers = 3, .hidden = 36, .heads = 3, .feedForward = 70, .vocabulary = 50, .positions = 64};
    const Checkpoint checkpoint = randomCheckpoint(m_folder.filePath("prefix").toStdString(), shape);
    Method own = methodOf(method.toUtf8().constData(), 8);
    if (!sites.isEmpty())
        own.sites = parseLayerSites(sites.toStdString(), shape.layers);
    std::vector<int> lengths;
    for (int i = 0; i < 40; ++i)
        lengths.push_back(2 + i * 7 % 23);
    const EncodedTexts texts = textsOf(lengths, shape.vocabulary, 8);
    std::vector<int> order(lengths.size()), otherOrder(lengths.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = int(i);
        otherOrder[i] = int(i * 17 % order.size());
    }
    Recipe recipe;
    recipe.dropout = 0.1;
    for (const Precision precision : {Precision::Float32, Precision::BFloat16}) {
        if (precision == Precision::BFloat16 && !kernels::multipliesBFloat16())
            continue;
        AdaptedBert model = modelOf(checkpoint, own, 3, recipe);
        for (auto &[name, parameter] : model->trained())
            parameter.mutable_grad() = torch::zeros_like(parameter);
        FrozenPacks frozen;
        FastPath fast(model, precision, frozen);
        QVERIFY(!fast.prefixCache(texts, 100)); // bytes
        const auto prefix = fast.prefixCache(texts, 1 << 20);
        QFETCH(bool, kept);
        QCOMPARE(prefix != nullptr, kept);
        if (!prefix)
            continue;
        const auto gradientsOf = [&](const std::vector<int> &indices, PrefixCache *cache) {
            for (auto &[name, parameter] : model->trained())
                parameter.grad().zero_();
            const Pass pass{.training = true, .dropoutKey = 3, .prefix = cache};
            Gradients result{fast.step(packBatch(texts, indices), Task::Classification, pass), {}};
            for (auto &[name, parameter] : model->trained())
                result.parts.emplace_back(name, parameter.grad().clone());
            return result;
        };
        gradientsOf(order, prefix.get());
        QVERIFY(prefix->knows(0) && prefix->knows(int(order.size()) - 1));
        const Gradients computed = gradientsOf(otherOrder, nullptr), recalled = gradientsOf(otherOrder, prefix.get());
        QCOMPARE(recalled.loss, computed.loss);
        for (std::size_t i = 0; i < computed.parts.size(); ++i)
            QVERIFY2(recalled.parts[i].second.equal(computed.parts[i].second), computed.parts[i].first.c_str());
        // They are used: other rows give another loss.
        const std::vector<std::byte> zeros(prefix->bytes());
        prefix->remember(0, zeros.data());
        QVERIFY(gradientsOf(otherOrder, prefix.get()).loss != computed.loss);
    }
}

void TestFastPath::whatItCannotDoIsSaid()
{
    const ModelShape shape = tinyCheckpoint().shape();
    Recipe recipe;
    QCOMPARE(FastPath::cannot(shape, recipe), std::string());
    recipe.device = "cuda:0";
    QVERIFY(!FastPath::cannot(shape, recipe).empty());
    ModelShape odd = shape;
    odd.hidden = 30;
    QVERIFY(!FastPath::cannot(odd, {}).empty());
    ModelShape longer = shape;
    longer.positions = 4096;
    QVERIFY(!FastPath::cannot(longer, {}).empty());
}

void TestFastPath::aRunSaysWhichPathComputedIt_data()
{
    QTest::addColumn<int>("hidden");
    QTest::addColumn<int>("feedForward");
    QTest::addColumn<int>("positions");
    QTest::addColumn<bool>("plainPath");
    QTest::addColumn<std::string>("path");
    QTest::newRow("served") << 36 << 70 << 64 << false << std::string("fast");
    QTest::newRow("the plain path is asked for") << 36 << 70 << 64 << true << std::string("plain");
    QTest::newRow("a width that is no multiple of 4") << 30 << 70 << 64 << false << std::string("plain");
    QTest::newRow("an odd width in between") << 36 << 71 << 64 << false << std::string("plain");
    QTest::newRow("longer inputs than it takes") << 36 << 70 << 2048 << false << std::string("plain");
}

void TestFastPath::aRunSaysWhichPathComputedIt()
{
    QFETCH(int, hidden);
    QFETCH(int, feedForward);
    QFETCH(int, positions);
    QFETCH(bool, plainPath);
    QFETCH(std::string, path);
    const ModelShape shape{
        .layers = 2, .hidden = hidden, .heads = 3, .feedForward = feedForward, .vocabulary = 120, .positions = positions};
    const Checkpoint checkpoint = randomCheckpoint(m_folder.filePath(QTest::currentDataTag()).toStdString(), shape);
    const EncodedDataset data = learnableTask(64);
    TrainSpec spec;
    spec.dataset = "pieces";
    spec.method = methodOf("adapter", 4);
    spec.recipe.epochs = 1;
    spec.recipe.maxLength = 16;
    spec.recipe.plainPath = plainPath;
    const auto lossesOf = [&](const TrainSpec &own, std::string &said) {
        std::vector<double> losses;
        TrainHooks hooks;
        hooks.step = [&](const StepReport &step) { losses.push_back(step.loss); };
        said = train(own, checkpoint, data, {}, hooks).provenance.path;
        return losses;
    };
    std::string said, saidOfPlain;
    const std::vector<double> losses = lossesOf(spec, said);
    spec.recipe.plainPath = true;
    QCOMPARE(said, path);
    // What was computed and not only what was written down: the paths round differently.
    QCOMPARE(losses == lossesOf(spec, saidOfPlain), path == "plain");
    QCOMPARE(saidOfPlain, std::string("plain"));
}

void TestFastPath::frozenWeightsAndTheCheckpointsFilesStayBitEqual_data()
{
    QTest::addColumn<bool>("plainPath");
    QTest::addColumn<bool>("rounded");
    QTest::newRow("float32") << false << false;
    QTest::newRow("bfloat16") << false << true;
    QTest::newRow("plain path") << true << false;
}

void TestFastPath::frozenWeightsAndTheCheckpointsFilesStayBitEqual()
{
    QFETCH(bool, plainPath);
    QFETCH(bool, rounded);
    if (rounded && !kernels::multipliesBFloat16())
        QSKIP("this processor has no bfloat16 products");
    const std::filesystem::path folder = m_folder.filePath(QTest::currentDataTag()).toStdString();
    std::filesystem::copy(testData("model/tiny"), folder);
    std::map<std::filesystem::path, std::string> files;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        files[entry.path()] = readFile(entry.path());
    const Checkpoint checkpoint = Checkpoint::open(folder), untouched = tinyCheckpoint();

    TrainSpec spec;
    spec.dataset = "pieces";
    spec.method = methodOf("adapter", 8);
    spec.recipe.learningRate = 1e-2;
    spec.recipe.epochs = 1;
    spec.recipe.maxLength = 32;
    spec.recipe.plainPath = plainPath;
    spec.recipe.precision = rounded ? Precision::BFloat16 : Precision::Float32;
    const EncodedDataset data = learnableTask(64);
    Computation computation(checkpoint, spec.method, 2, spec.recipe, 0);
    Adam adam(computation.model()->trained(), spec.recipe);
    computation.prepare();
    std::vector<int> all(std::size_t(data.train.size()));
    std::iota(all.begin(), all.end(), 0);
    for (int step = 0; step < 3; ++step) {
        computation.step(packBatch(data.train, all), data.task, {.training = true, .dropoutKey = 7});
        adam.step(1e-2);
    }
    int frozen = 0, trained = 0;
    for (const auto &entry : computation.model()->named_parameters()) {
        const TensorView *stored = untouched.find(entry.key());
        if (!stored)
            continue;
        QVERIFY(entry.value().scalar_type() == torch::kFloat32);
        const bool same = std::memcmp(stored->data.data(), entry.value().contiguous().data_ptr(), stored->data.size()) == 0;
        QVERIFY2(same != entry.value().requires_grad(), entry.key().c_str());
        (entry.value().requires_grad() ? trained : frozen) += 1;
    }
    QCOMPARE(trained, 10); // 5 LayerNorms
    QCOMPARE(frozen, 29);
    if (!plainPath) { // the copies that it multiplies with are still those of the weights
        FrozenPacks fresh;
        FastPath again(computation.model(), spec.recipe.precision, fresh);
        QVERIFY(
            torch::equal(computation.forward(packBatch(data.dev, all), {}), again.forward(packBatch(data.dev, all), {})));
    }

    train(spec, checkpoint, data, {folder / "adapter.safetensors", folder / "snapshot"}, {});
    QVERIFY(std::filesystem::exists(folder / "adapter.safetensors"));
    for (const auto &[file, bytes] : files)
        QVERIFY2(readFile(file) == bytes, file.c_str());
}

QTEST_GUILESS_MAIN(TestFastPath)
#include "tst_fast_path.moc"
