#include "core/model/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include "checkpoint_files.h"
#include "core/files.h"
#include "real_files.h"

using namespace awb;
using namespace awb::test;

Q_DECLARE_METATYPE(std::string)

class TestCheckpoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsEveryFormOfTheSameModel_data();
    void readsEveryFormOfTheSameModel();
    void countsParametersAndBytesPerPart();
    void listsMissingAndUnexpectedTensors();
    void removesAnyOnePrefix();
    void followsTheFirstModule();
    void followsASentenceTransformersSubfolder();
    void findsLicencesAndHashes();
    void keepsWeightsThatAreNotNumbers();
    void refusesConfigsThatCannotBeHonoured_data();
    void refusesConfigsThatCannotBeHonoured();
    void acceptsTheActivationsItKnows();
    void refusesAShapeThatDoesNotFitTheConfig();
    void refusesQuantisedAndRepeatedTensors();
    void refusesIncompleteFolders();
    void refusesAnIndexThatLeavesItsFolder_data();
    void refusesAnIndexThatLeavesItsFolder();
    void refusesAShardThatIsMissingOrCutOff();
    void survivesFlippedBytesInTheDescriptions();
    void expectsTheParametersOfThePublishedModels_data();
    void expectsTheParametersOfThePublishedModels();
    void opensTheSampleCheckpoint();

private:
    /// A fresh copy of a fixture, to be damaged.
    std::filesystem::path copyOf(const std::string &fixture)
    {
        const auto folder = std::filesystem::path(m_folder.path().toStdString()) / std::to_string(m_copies++);
        std::filesystem::copy(testData("checkpoints") / fixture, folder, std::filesystem::copy_options::recursive);
        return folder;
    }

    QTemporaryDir m_folder;
    int m_copies = 0;
};

namespace {

QJsonObject readJson(const std::filesystem::path &file)
{
    return QJsonDocument::fromJson(QByteArray::fromStdString(readAll(file))).object();
}

void writeJson(const std::filesystem::path &file, const QJsonObject &object)
{
    writeAll(file, QJsonDocument(object).toJson().toStdString());
}

/// Text of the Error on opening the folder.
std::string refusal(const std::filesystem::path &folder)
{
    return sentence([&] { Checkpoint::open(folder); });
}

bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

/// Rewrites a model.safetensors with other tensors.
void rewrite(const std::filesystem::path &file, const std::function<void(std::vector<TensorView> &)> &change)
{
    const auto opened = TensorFile::open(file);
    std::vector<TensorView> tensors = opened->tensors();
    change(tensors);
    writeSafetensors(file, tensors, {});
}

} // namespace

void TestCheckpoint::readsEveryFormOfTheSameModel_data()
{
    QTest::addColumn<QString>("type");
    for (const char *name : {"bare", "prefixed", "sharded", "legacy", "dict", "before_1_6", "sharded_bin"})
        QTest::newRow(name) << "float32";
    QTest::newRow("bfloat16") << "bfloat16";
    QTest::newRow("float16") << "float16";
    QTest::newRow("dict16") << "";
}

void TestCheckpoint::readsEveryFormOfTheSameModel()
{
    QFETCH(QString, type);
    const auto checkpoint = Checkpoint::open(testData("checkpoints") / QTest::currentDataTag());
    const ModelShape &shape = checkpoint.shape();
    QVERIFY(shape.layers == 2 && shape.hidden == 8 && shape.heads == 2 && shape.feedForward == 16);
    QVERIFY(shape.vocabulary == 20 && shape.positions == 12 && shape.segments == 2);
    QCOMPARE(shape.activation, std::string("gelu"));
    QCOMPARE(shape.layerNormEps, 1e-12);
    QVERIFY(checkpoint.missing().empty());
    QVERIFY(checkpoint.unexpected().empty());

    const auto expected = expectedTensors(shape);
    const QJsonObject all = readJson(testData("checkpoints/statistics.json"));
    QCOMPARE(checkpoint.tensors().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const TensorView &tensor = checkpoint.tensors()[i];
        QCOMPARE(tensor.name, expected[i].first); // the encoder's order
        QCOMPARE(tensor.shape, expected[i].second);
        QCOMPARE(checkpoint.find(tensor.name), &tensor);
        const QString kind = type.isEmpty() ? QString::fromStdString(toString(tensor.type)) : type;
        const QJsonObject theirs = all[kind].toObject()[QString::fromStdString(tensor.name)].toObject();
        QVERIFY2(std::abs(statistics(tensor).mean - theirs["mean"].toDouble()) < 1e-7, tensor.name.c_str());
        QCOMPARE(double(toFloats(tensor).front()), theirs["first"].toDouble());
        QCOMPARE(double(toFloats(tensor).back()), theirs["last"].toDouble());
    }
    QVERIFY(!checkpoint.find("cls.predictions.bias"));
}

void TestCheckpoint::countsParametersAndBytesPerPart()
{
    const auto parts = partSizes(Checkpoint::open(testData("checkpoints/float16")));
    QCOMPARE(parts.size(), std::size_t(4));
    QCOMPARE(parts[0].part, std::string("embeddings"));
    QCOMPARE(parts[0].parameters, std::int64_t((20 + 12 + 2 + 2) * 8));
    QCOMPARE(parts[1].part, std::string("layer 0"));
    QCOMPARE(parts[2].part, std::string("layer 1"));
    QCOMPARE(parts[2].parameters, std::int64_t(4 * (64 + 8) + (128 + 16) + (128 + 8) + 4 * 8));
    QCOMPARE(parts[2].bytes, parts[2].parameters * 2);
    QCOMPARE(parts[3].part, std::string("pooler"));
    QCOMPARE(parts[3].parameters, std::int64_t(72));
}

void TestCheckpoint::listsMissingAndUnexpectedTensors()
{
    const auto folder = copyOf("bare");
    rewrite(folder / "model.safetensors", [](std::vector<TensorView> &tensors) {
        std::erase_if(tensors, [](const TensorView &tensor) { return tensor.name.starts_with("pooler."); });
        tensors[0].name = "qa_outputs.extra";
    });
    QJsonObject config = readJson(folder / "config.json");
    config["num_hidden_layers"] = 1;
    writeJson(folder / "config.json", config);
    const auto checkpoint = Checkpoint::open(folder);
    QVERIFY(std::count(checkpoint.missing().begin(), checkpoint.missing().end(), "pooler.dense.weight") == 1);
    QVERIFY(!checkpoint.find("pooler.dense.weight"));
    const auto &unexpected = checkpoint.unexpected();
    QVERIFY(std::count(unexpected.begin(), unexpected.end(), "qa_outputs.extra") == 1);
    QVERIFY(std::count(unexpected.begin(), unexpected.end(), "encoder.layer.1.output.dense.bias") == 1);
}

void TestCheckpoint::removesAnyOnePrefix()
{
    const auto renamed = [&](const std::string &prefix) {
        const auto other = copyOf("bare");
        rewrite(other / "model.safetensors", [&](std::vector<TensorView> &tensors) {
            for (TensorView &tensor : tensors)
                tensor.name = prefix + tensor.name;
        });
        return other;
    };
    for (const char *prefix : {"module.bert.", "module.", "model.encoder.bert.", "bert."}) {
        const auto checkpoint = Checkpoint::open(renamed(prefix));
        QVERIFY2(checkpoint.missing().empty() && checkpoint.unexpected().empty(), prefix);
    }
    const std::string error = refusal(renamed("x"));
    QVERIFY2(contains(error, "no tensor with a name of BERT's, but xembeddings."), error.c_str());
}

void TestCheckpoint::followsTheFirstModule()
{
    const auto folder = copyOf("bare"), outer = folder.parent_path() / "modules";
    std::filesystem::create_directories(outer);
    std::filesystem::rename(folder, outer / "0_BERT");
    for (const char *modules : {"{", "[]", R"([{"path": 1}])", R"([{"path": "../bare"}])", R"([{"path": ""}])"}) {
        writeAll(outer / "modules.json", modules);
        QVERIFY(contains(refusal(outer), "config.json"));
    }
    writeAll(outer / "modules.json", R"([{"idx": 0, "path": "0_BERT"}, {"idx": 1, "path": "1_Pooling"}])");
    writeAll(outer / "LICENSE", "a licence");
    QCOMPARE(Checkpoint::open(outer).folder(), outer / "0_BERT");
    QCOMPARE(Checkpoint::open(outer).licenceFiles(), std::vector{outer / "LICENSE"});
}

void TestCheckpoint::followsASentenceTransformersSubfolder()
{
    const auto folder = copyOf("legacy");
    const auto outer = folder.parent_path() / "outer";
    std::filesystem::create_directories(outer);
    std::filesystem::rename(folder, outer / "0_Transformer");
    std::filesystem::rename(outer / "0_Transformer/bert_config.json", outer / "0_Transformer/config.json");
    writeAll(outer / "config.json", R"({"__version__": "0.2.5.1"})");
    writeAll(outer / "LICENSE.txt", "a licence");
    const auto checkpoint = Checkpoint::open(outer);
    QCOMPARE(checkpoint.folder(), outer / "0_Transformer"); // where vocab.txt is
    QCOMPARE(checkpoint.licenceFiles(), std::vector{outer / "LICENSE.txt"});
}

void TestCheckpoint::findsLicencesAndHashes()
{
    const auto folder = copyOf("sharded");
    for (const char *name : {"LICENSE", "NOTICE.md", "README.md", "readme.html", "licence_of_data.txt"})
        writeAll(folder / name, name);
    const auto checkpoint = Checkpoint::open(folder);
    const std::vector<std::filesystem::path> expected = {folder / "LICENSE", folder / "NOTICE.md", folder / "README.md",
                                                         folder / "licence_of_data.txt"};
    QCOMPARE(checkpoint.licenceFiles(), expected);
    QCOMPARE(checkpoint.weightFiles().size(), std::size_t(2));
    QCOMPARE(checkpoint.sha256(), sha256OfFile(folder / "model-00001-of-00002.safetensors") + " " +
                                      sha256OfFile(folder / "model-00002-of-00002.safetensors"));
}

void TestCheckpoint::keepsWeightsThatAreNotNumbers()
{
    const auto folder = copyOf("bare");
    const std::vector<float> nan(8, std::nanf(""));
    rewrite(folder / "model.safetensors", [&](std::vector<TensorView> &tensors) {
        for (TensorView &tensor : tensors) {
            if (tensor.name == "pooler.dense.bias")
                tensor.data = std::as_bytes(std::span(nan));
        }
    });
    // The browser shows them; it is the encoder that refuses them.
    const auto checkpoint = Checkpoint::open(folder);
    QCOMPARE(statistics(*checkpoint.find("pooler.dense.bias")).notFinite, std::int64_t(8));
}

void TestCheckpoint::refusesConfigsThatCannotBeHonoured_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, const char *key, const QJsonValue &value, const char *reason) {
        QTest::newRow(name) << key << value << reason;
    };
    row("no layers", "num_hidden_layers", QJsonValue::Undefined, "num_hidden_layers is missing");
    row("null", "vocab_size", QJsonValue::Null, "vocab_size is missing");
    row("a size as text", "hidden_size", "8", "hidden_size should be a whole number");
    row("a negative size", "hidden_size", -8, "hidden_size should be a whole number");
    row("zero heads", "num_attention_heads", 0, "num_attention_heads should be a whole number");
    row("heads that do not divide", "num_attention_heads", 3, "which 3 heads (num_attention_heads) do not divide");
    row("10^9 layers", "num_hidden_layers", 1'000'000'000, "num_hidden_layers should be a whole number from 1 to 1024");
    row("an unknown activation", "hidden_act", "silu", "hidden_act is silu, and only gelu, gelu_new and relu are supported");
    row("an activation that is a number", "hidden_act", 1, "hidden_act should be a string");
    row("relative positions", "position_embedding_type", "relative_key", "position_embedding_type is relative_key");
    row("another model", "model_type", "distilbert", "model_type is distilbert, and only bert is supported");
    row("a decoder", "is_decoder", true, "is_decoder is true");
    row("a dropout of 7", "hidden_dropout_prob", 7, "hidden_dropout_prob should be a number from 0");
    row("an epsilon as text", "layer_norm_eps", "tiny", "layer_norm_eps should be a number");
}

void TestCheckpoint::refusesConfigsThatCannotBeHonoured()
{
    QFETCH(QString, key);
    QFETCH(QJsonValue, value);
    QFETCH(QString, reason);
    const auto folder = copyOf("bare");
    QJsonObject config = readJson(folder / "config.json");
    if (value.isUndefined())
        config.remove(key);
    else
        config[key] = value;
    writeJson(folder / "config.json", config);
    const std::string text = refusal(folder);
    QVERIFY2(contains(text, (folder / "config.json").string()) && contains(text, reason.toStdString()), text.c_str());
}

void TestCheckpoint::acceptsTheActivationsItKnows()
{
    const auto folder = copyOf("bare");
    QJsonObject config = readJson(folder / "config.json");
    const std::map<std::string, std::string> known = {
        {"gelu", "gelu"}, {"gelu_new", "gelu_new"}, {"gelu_pytorch_tanh", "gelu_new"}, {"relu", "relu"}};
    for (const auto &[name, ours] : known) {
        config["hidden_act"] = QString::fromStdString(name);
        config["hidden_dropout_prob"] = 0;
        writeJson(folder / "config.json", config);
        QCOMPARE(readConfig(folder / "config.json").activation, ours);
        QCOMPARE(readConfig(folder / "config.json").hiddenDropout, 0.0);
    }
}

void TestCheckpoint::refusesAShapeThatDoesNotFitTheConfig()
{
    const auto folder = copyOf("bare");
    QJsonObject config = readJson(folder / "config.json");
    config["intermediate_size"] = 32;
    writeJson(folder / "config.json", config);
    const std::string text = refusal(folder);
    for (const std::string &part :
         {(folder / "model.safetensors").string(), (folder / "config.json").string(),
          std::string("encoder.layer.0.intermediate.dense.weight"), std::string("(16, 8)"), std::string("(32, 8)")})
        QVERIFY2(contains(text, part), text.c_str());
}

void TestCheckpoint::refusesQuantisedAndRepeatedTensors()
{
    auto folder = copyOf("bare");
    const std::vector<std::int8_t> quantised(8, 1);
    rewrite(folder / "model.safetensors", [&](std::vector<TensorView> &tensors) {
        for (TensorView &tensor : tensors) {
            if (tensor.name == "pooler.dense.bias")
                tensor = {tensor.name, ElementType::Int8, tensor.shape, std::as_bytes(std::span(quantised))};
        }
    });
    QVERIFY(contains(refusal(folder), "pooler.dense.bias as int8, so it is quantised"));

    folder = copyOf("bare");
    rewrite(folder / "model.safetensors", [](std::vector<TensorView> &tensors) {
        tensors.push_back(tensors.back());
        tensors.back().name = "bert." + tensors.back().name;
    });
    QVERIFY(contains(refusal(folder), "for a second time"));
}

void TestCheckpoint::refusesIncompleteFolders()
{
    const auto folder = copyOf("bare");
    QVERIFY(contains(refusal(folder / "nowhere"), "There is no folder " + (folder / "nowhere").string()));
    std::filesystem::rename(folder / "model.safetensors", folder / "tf_model.h5");
    QVERIFY(contains(refusal(folder), folder.string() + " has its weights only as tf_model.h5"));
    std::filesystem::remove(folder / "tf_model.h5");
    QVERIFY(contains(refusal(folder), folder.string() + " has no weights"));
    writeAll(folder / "config.json", "{\"hidden_size\": ");
    QVERIFY(contains(refusal(folder), (folder / "config.json").string() + " is damaged"));
    writeAll(folder / "config.json", std::string(200'000, '['));
    QVERIFY(contains(refusal(folder), (folder / "config.json").string() + " is damaged"));
    std::filesystem::remove(folder / "config.json");
    QVERIFY(contains(refusal(folder), folder.string() + " has no config.json"));
}

void TestCheckpoint::refusesAnIndexThatLeavesItsFolder_data()
{
    QTest::addColumn<QJsonValue>("file");
    QTest::newRow("above") << QJsonValue("../bare/model.safetensors");
    QTest::newRow("absolute") << QJsonValue("/etc/passwd");
    QTest::newRow("below") << QJsonValue("sub/model.safetensors");
    QTest::newRow("the folder itself") << QJsonValue(".");
    QTest::newRow("the folder above") << QJsonValue("..");
    QTest::newRow("nothing") << QJsonValue("");
    QTest::newRow("a number") << QJsonValue(1);
    QTest::newRow("a null byte") << QJsonValue(QString::fromUtf8("a\0b", 3));
}

void TestCheckpoint::refusesAnIndexThatLeavesItsFolder()
{
    QFETCH(QJsonValue, file);
    const auto folder = copyOf("sharded");
    const auto index = folder / "model.safetensors.index.json";
    writeJson(index, {{"weight_map", QJsonObject{{"pooler.dense.bias", file}}}});
    const std::string text = refusal(folder);
    QVERIFY2(contains(text, index.string()) && contains(text, "no plain file name"), text.c_str());
}

void TestCheckpoint::refusesAShardThatIsMissingOrCutOff()
{
    const auto folder = copyOf("sharded_bin");
    const auto shard = folder / "pytorch_model-00002-of-00002.bin";
    const std::string whole = readAll(shard);
    writeAll(shard, whole.substr(0, whole.size() / 2));
    QVERIFY(contains(refusal(folder), shard.string() + " is damaged"));
    std::filesystem::remove(shard);
    QVERIFY(contains(refusal(folder), shard.string() + " is missing"));
    writeAll(folder / "pytorch_model.bin.index.json", "{}");
    QVERIFY(contains(refusal(folder), "it has no weight_map"));
}

void TestCheckpoint::survivesFlippedBytesInTheDescriptions()
{
    const auto folder = copyOf("sharded");
    for (const char *name : {"config.json", "model.safetensors.index.json"}) {
        const std::string whole = readAll(folder / name);
        for (std::size_t i = 0; i < whole.size(); i += 3) {
            std::string bytes = whole;
            bytes[i] = static_cast<char>(bytes[i] ^ (1 << i % 8));
            writeAll(folder / name, i % 2 ? bytes : bytes.substr(0, i));
            refusal(folder);
        }
        writeAll(folder / name, whole);
    }
    QVERIFY(refusal(folder).empty());
}

void TestCheckpoint::expectsTheParametersOfThePublishedModels_data()
{
    QTest::addColumn<ModelShape>("shape");
    QTest::addColumn<qint64>("parameters"); // of the whole model with a head of 2 classes
    QTest::newRow("BERT-tiny") << ModelShape{2, 128, 2, 512, 30522, 512} << qint64(4'386'178);
    QTest::newRow("MiniLM-L6-H384") << ModelShape{6, 384, 12, 1536, 30522, 512} << qint64(22'713'986);
    QTest::newRow("BERT-base") << ModelShape{12, 768, 12, 3072, 30522, 512} << qint64(109'483'778);
    QTest::newRow("BERT-large") << ModelShape{24, 1024, 16, 4096, 30522, 512} << qint64(335'143'938);
}

void TestCheckpoint::expectsTheParametersOfThePublishedModels()
{
    QFETCH(ModelShape, shape);
    QFETCH(qint64, parameters);
    qint64 counted = 2 * shape.hidden + 2;
    for (const auto &[name, sizes] : expectedTensors(shape))
        counted += TensorView{name, ElementType::Float32, sizes, {}}.elements();
    QCOMPARE(counted, parameters);
}

void TestCheckpoint::opensTheSampleCheckpoint()
{
    const auto folder = sampleCheckpoint();
    if (folder.empty())
        QSKIP("needs the sample checkpoint");
    QElapsedTimer timer;
    timer.start();
    const auto checkpoint = Checkpoint::open(folder);
    const qint64 elapsed = timer.elapsed();
    qInfo("opened in %lld ms", static_cast<long long>(elapsed));
    QVERIFY(elapsed < 50); // ms
    QVERIFY(checkpoint.missing().empty());
    QVERIFY(checkpoint.unexpected().empty());
    std::int64_t parameters = 0, bytes = 0;
    for (const PartSize &part : partSizes(checkpoint)) {
        parameters += part.parameters;
        bytes += part.bytes;
    }
    QCOMPARE(parameters, std::int64_t(22'713'216));
    QCOMPARE(bytes, parameters * 4);
    QCOMPARE(partSizes(checkpoint).size(), std::size_t(8));
    QCOMPARE(checkpoint.find("encoder.layer.5.output.LayerNorm.weight")->shape, std::vector<std::int64_t>{384});
    const TensorStatistics words = statistics(*checkpoint.find("embeddings.word_embeddings.weight"));
    QCOMPARE(words.notFinite, std::int64_t(0));
    QVERIFY(words.std > 0.01 && words.std < 0.2);
    QCOMPARE(checkpoint.sha256().size(), std::size_t(64));
}

QTEST_APPLESS_MAIN(TestCheckpoint)
#include "tst_checkpoint.moc"
