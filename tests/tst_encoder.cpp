#include <torch/types.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/data/word_piece.h"
#include "core/error.h"
#include "core/files.h"
#include "core/model/encoder.h"
#include "core/model/fast_path.h"
#include "tests/tiny_model.h"

using namespace awb;
using namespace awb::test;

namespace {

torch::Tensor tensorOf(const nlohmann::json &rows)
{
    const auto values = rows.get<std::vector<std::vector<float>>>();
    torch::Tensor result = torch::empty({std::int64_t(values.size()), std::int64_t(values[0].size())});
    for (std::size_t i = 0; i < values.size(); ++i)
        result[std::int64_t(i)] = torch::tensor(values[i]);
    return result;
}

double largestDifference(const torch::Tensor &a, const torch::Tensor &b)
{
    return (a - b).abs().max().item<double>();
}

/// The tiny model with adapters and head as the reference program had them.
AdaptedBert tinyModel(const Checkpoint &checkpoint, const Method &method)
{
    AdaptedBert model(checkpoint, method, 3, Recipe{}, 0);
    const auto trained = TensorFile::openSafetensors(testData("model/tiny_trained.safetensors"));
    torch::NoGradGuard noGrad;
    for (const auto &view : trained->tensors()) {
        torch::Tensor *parameter = model->named_parameters().find(view.name);
        if (parameter)
            parameter->copy_(torch::from_blob(const_cast<std::byte *>(view.data.data()), view.shape, torch::kFloat32));
    }
    return model;
}

} // namespace

class TestEncoder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void frozenLogitsEqualTransformers();
    void logitsOfEachActivationEqualTransformers_data();
    void logitsOfEachActivationEqualTransformers();
    void adaptedLogitsEqualThePaper();
    void logitsOfTheSampleCheckpointEqualTransformers_data();
    void logitsOfTheSampleCheckpointEqualTransformers();
    void headAndAdaptersAreDrawnAsThePaperSays();
    void vanishingInitialisationLeavesTheModelUnchanged();
    void switchedOffAdaptersLeaveTheFrozenModel();
    void packingDoesNotMixExamples();
    void bfloat16StaysNearFloat32();
    void dropoutMasksAreTheSameByLoopAndByTensors();
    void dropoutKeepsTheRightShare();
    void attentionDropoutDoesNotSeePadding();
    void missingAndDamagedTensorsAreNamed();
};

void TestEncoder::frozenLogitsEqualTransformers()
{
    const auto reference = referenceNumbers("tiny.json");
    const Checkpoint checkpoint = tinyCheckpoint();
    AdaptedBert model = tinyModel(checkpoint, methodOf("head"));
    const torch::Tensor logits = model->forward(batchOf(reference["batches"][0]), {});
    QVERIFY(largestDifference(logits, tensorOf(reference["frozen_logits"])) < 1e-5);
}

void TestEncoder::logitsOfEachActivationEqualTransformers_data()
{
    QTest::addColumn<QString>("activation");
    for (const char *activation : {"gelu_new", "relu"})
        QTest::newRow(activation) << activation;
}

void TestEncoder::logitsOfEachActivationEqualTransformers()
{
    QFETCH(QString, activation);
    QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    std::filesystem::copy(testData("model/tiny"), path, std::filesystem::copy_options::recursive);
    nlohmann::json config = nlohmann::json::parse(readFile(path / "config.json"));
    config["hidden_act"] = activation.toStdString();
    writeFileAtomically(path / "config.json", config.dump());

    const auto reference = referenceNumbers("tiny.json");
    const torch::Tensor expected = tensorOf(referenceNumbers("activations.json")[activation.toStdString()]);
    const Batch batch = batchOf(reference["batches"][0]);
    const Checkpoint checkpoint = Checkpoint::open(path);
    AdaptedBert model = tinyModel(checkpoint, methodOf("head"));
    FrozenPacks frozen;
    FastPath fast(model, Precision::Float32, frozen);
    // The two forms of GELU differ by 1e-4 here, so the bounds tell them apart.
    QVERIFY(largestDifference(expected, tensorOf(reference["frozen_logits"])) > 1e-4);
    QVERIFY(largestDifference(model->forward(batch, {}), expected) < 1e-5);
    const double ofFast = largestDifference(fast.forward(batch, {}), expected);
    QVERIFY2(ofFast < 3e-5, qPrintable(QString::number(ofFast)));
}

void TestEncoder::adaptedLogitsEqualThePaper()
{
    const auto reference = referenceNumbers("tiny.json");
    const Checkpoint checkpoint = tinyCheckpoint();
    AdaptedBert model = tinyModel(checkpoint, methodOf("adapter", 5));
    const torch::Tensor logits = model->forward(batchOf(reference["batches"][0]), {});
    QVERIFY(largestDifference(logits, tensorOf(reference["adapted_logits"])) < 1e-5);
    QVERIFY(largestDifference(logits, tensorOf(reference["frozen_logits"])) > 0.1);
}

void TestEncoder::logitsOfTheSampleCheckpointEqualTransformers_data()
{
    QTest::addColumn<QString>("part");
    for (const char *part : {"sentences", "sentence_pairs", "cola_dev", "mrpc_dev"})
        QTest::newRow(part) << part;
}

void TestEncoder::logitsOfTheSampleCheckpointEqualTransformers()
{
    QFETCH(QString, part);
    const auto folder = sampleCheckpoint();
    if (folder.empty())
        QSKIP("needs the sample checkpoint");
    std::vector<Example> examples;
    if (part.startsWith("sentence")) {
        std::ifstream in(testData("model/sentences.txt"));
        for (std::string line; std::getline(in, line);)
            examples.push_back({line, "", 0, 0});
        if (part == "sentence_pairs")
            for (std::size_t i = 0; i < examples.size(); ++i)
                examples[i].b = examples[(i + 1) % examples.size()].a;
    } else {
        const bool pairs = part == "mrpc_dev";
        const auto file = realData(pairs ? "GLUE/MRPC/dev.tsv" : "GLUE/CoLA/dev.tsv");
        if (file.empty())
            QSKIP("needs the real data sets");
        const Table table(file, {.header = pairs});
        for (std::size_t i = 0; i < 32; ++i)
            examples.push_back({table.row(i)[3], pairs ? table.row(i)[4] : "", 0, 0});
    }
    const EncodedTexts texts = encodeExamples(examples, WordPiece::load(folder), 128);
    const Checkpoint checkpoint = Checkpoint::open(folder);
    AdaptedBert model(checkpoint, methodOf("head"), 3, Recipe{}, 0);
    torch::NoGradGuard noGrad;
    const std::int64_t d = checkpoint.shape().hidden;
    model->classifier->weight.copy_(torch::sin(torch::arange(3 * d, torch::kFloat64)).mul(0.05).view({3, d}));
    std::vector<int> all;
    for (int i = 0; i < texts.size(); ++i)
        all.push_back(i);
    const torch::Tensor expected = tensorOf(referenceNumbers("minilm.json")[part.toStdString()]);
    FrozenPacks frozen;
    FastPath fast(model, Precision::Float32, frozen);
    for (const torch::Tensor &logits :
         {model->forward(packBatch(texts, all), {}), fast.forward(packBatch(texts, all), {})}) {
        QCOMPARE(logits.sizes(), expected.sizes());
        const double difference = largestDifference(logits, expected);
        QVERIFY2(difference < 1e-4, qPrintable(QString::number(difference)));
    }
}

void TestEncoder::vanishingInitialisationLeavesTheModelUnchanged()
{
    const Batch batch = batchOf(referenceNumbers("tiny.json")["batches"][1]);
    const Checkpoint checkpoint = tinyCheckpoint();
    Recipe recipe;
    recipe.initStd = 1e-9;
    AdaptedBert adapted(checkpoint, methodOf("adapter", 8), 2, recipe, 3);
    AdaptedBert frozen(checkpoint, methodOf("head"), 2, recipe, 3);
    QVERIFY(largestDifference(adapted->forward(batch, {}), frozen->forward(batch, {})) < 1e-6);
}

void TestEncoder::switchedOffAdaptersLeaveTheFrozenModel()
{
    const Batch batch = batchOf(referenceNumbers("tiny.json")["batches"][0]);
    const Checkpoint checkpoint = tinyCheckpoint();
    AdaptedBert model = tinyModel(checkpoint, methodOf("adapter", 5));
    AdaptedBert frozen = tinyModel(checkpoint, methodOf("head"));
    const std::vector<LayerSites> none(2, {false, false}), some{{true, false}, {false, false}};
    QCOMPARE(largestDifference(model->forward(batch, {.active = &none}), frozen->forward(batch, {})), 0.0);
    QVERIFY(largestDifference(model->forward(batch, {.active = &some}), frozen->forward(batch, {})) > 1e-3);
}

void TestEncoder::packingDoesNotMixExamples()
{
    const auto examples = referenceNumbers("tiny.json")["batches"][0];
    const Checkpoint checkpoint = tinyCheckpoint();
    AdaptedBert model = tinyModel(checkpoint, methodOf("adapter", 5));
    const torch::Tensor together = model->forward(batchOf(examples), {});
    for (std::size_t i = 0; i < examples.size(); ++i) {
        const torch::Tensor alone = model->forward(batchOf(nlohmann::json::array({examples[i]})), {});
        QVERIFY(largestDifference(alone[0], together[std::int64_t(i)]) < 1e-5);
    }
}

void TestEncoder::bfloat16StaysNearFloat32()
{
    const Batch batch = batchOf(referenceNumbers("tiny.json")["batches"][0]);
    const Checkpoint checkpoint = tinyCheckpoint();
    Recipe recipe;
    AdaptedBert plain(checkpoint, methodOf("adapter", 5), 3, recipe, 1);
    recipe.precision = Precision::BFloat16;
    AdaptedBert rough(checkpoint, methodOf("adapter", 5), 3, recipe, 1);
    const double difference = largestDifference(plain->forward(batch, {}), rough->forward(batch, {}));
    QVERIFY(difference > 0 && difference < 0.02);
}

void TestEncoder::dropoutMasksAreTheSameByLoopAndByTensors()
{
    const DropoutSite site{0x1234567890ABCDEFull, 0.1};
    const torch::Tensor loop = dropoutMask(10001, site, torch::kFloat32);
    const torch::Tensor tensors = dropoutMaskOf(torch::arange(10001, torch::kLong), site, torch::kFloat32);
    QVERIFY(torch::equal(loop, tensors));
    QVERIFY(torch::equal(loop.to(torch::kBFloat16), dropoutMask(10001, site, torch::kBFloat16)));
}

void TestEncoder::dropoutKeepsTheRightShare()
{
    const torch::Tensor x = torch::ones({1000, 384});
    const torch::Tensor y = dropout(x, {42, 0.1});
    const double kept = (y > 0).to(torch::kFloat64).mean().item<double>();
    QVERIFY(std::abs(kept - 0.9) < 0.002); // four standard deviations
    QVERIFY(std::abs(y.max().item<double>() - 1 / 0.9) < 1e-6);
    QVERIFY(torch::equal(y, dropout(x, {42, 0.1})));
    QVERIFY(!torch::equal(y, dropout(x, {43, 0.1})));
    QVERIFY(torch::equal(x, dropout(x, {42, 0.0})));
}

void TestEncoder::attentionDropoutDoesNotSeePadding()
{
    // The same first example beside a short and beside a long second one: its own mask must be the same.
    const auto masked = [](int second) {
        const nlohmann::json first = {{"ids", {2, 9, 10, 11, 3}}, {"segments", {0, 0, 0, 0, 0}}};
        nlohmann::json other = {{"ids", nlohmann::json::array()}, {"segments", nlohmann::json::array()}};
        for (int i = 0; i < second; ++i) {
            other["ids"].push_back(12);
            other["segments"].push_back(0);
        }
        const PackedInput input = packedInput(batchOf({first, other}), torch::kCPU, torch::kFloat32);
        const torch::Tensor ones = torch::ones({2, 4, input.longest, input.longest});
        return attentionDropout(ones, input.queryRows.view({2, input.longest}), input.lengths, {7, 0.3})
            .index({0})
            .narrow(1, 0, 5)
            .narrow(2, 0, 5)
            .clone();
    };
    QVERIFY(torch::equal(masked(3), masked(30)));
    QVERIFY(masked(3).min().item<float>() == 0.0f);
}

void TestEncoder::missingAndDamagedTensorsAreNamed()
{
    QTemporaryDir folder;
    std::filesystem::copy(testData("model/tiny"), folder.path().toStdString(), std::filesystem::copy_options::recursive);
    const auto weights = std::filesystem::path(folder.path().toStdString()) / "model.safetensors";
    const auto source = TensorFile::openSafetensors(testData("model/tiny/model.safetensors"));
    const auto complaint = [&](const std::vector<TensorView> &tensors) {
        writeSafetensors(weights, tensors, {});
        try {
            const Checkpoint checkpoint = Checkpoint::open(folder.path().toStdString());
            AdaptedBert model(checkpoint, methodOf("head"), 2, Recipe{}, 0);
        } catch (const Error &error) {
            return QString::fromUtf8(error.what());
        }
        return QString();
    };
    std::vector<TensorView> tensors = source->tensors();
    QCOMPARE(complaint(tensors), QString());

    std::vector<float> poisoned = toFloats(tensors[3]);
    poisoned[1] = std::numeric_limits<float>::quiet_NaN();
    TensorView damaged = tensors[3];
    damaged.data = std::as_bytes(std::span<const float>(poisoned));
    std::swap(tensors[3], damaged);
    QVERIFY(complaint(tensors).contains(QString::fromStdString(tensors[3].name)));
    QVERIFY(complaint(tensors).contains("NaN"));

    std::swap(tensors[3], damaged);
    const std::string dropped = tensors[5].name;
    tensors.erase(tensors.begin() + 5);
    QVERIFY(complaint(tensors).contains(QString::fromStdString(dropped)));
}

void TestEncoder::headAndAdaptersAreDrawnAsThePaperSays()
{
    const Checkpoint checkpoint = tinyCheckpoint();
    Recipe recipe;
    recipe.initStd = 0.1;
    AdaptedBert model(checkpoint, methodOf("adapter", 64), 64, recipe, 0);
    const auto isDrawn = [](const torch::Tensor &values, double sigma) { // cut at two sigma: 0.88 of the deviation is left
        const double std = values.std().item<double>();
        return std::abs(std - 0.8796 * sigma) < 0.05 * sigma && values.abs().max().item<double>() <= 2.0001 * sigma;
    };
    QVERIFY(isDrawn(model->classifier->weight.detach(), 0.02));
    QVERIFY(!model->classifier->bias.any().item<bool>());
    int adapters = 0;
    for (const auto &parameter : model->named_parameters())
        if (parameter.key().find("adapter") != std::string::npos && parameter.value().dim() == 2) {
            QVERIFY2(isDrawn(parameter.value().detach(), 0.1), parameter.key().c_str());
            ++adapters;
        }
    QCOMPARE(adapters, 2 * 2 * int(checkpoint.shape().layers)); // down and up at two sites of each layer
}

QTEST_GUILESS_MAIN(TestEncoder)
#include "tst_encoder.moc"
