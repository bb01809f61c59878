#include "core/model/tensor_file.h"

#include <bit>
#include <cmath>
#include <csignal>
#include <limits>

#include <sys/resource.h>

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include "checkpoint_files.h"
#include "core/model/checkpoint.h"
#include "real_files.h"

using namespace awb;
using namespace awb::test;

Q_DECLARE_METATYPE(std::string)

class TestSafetensors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTorchOnEveryTensor_data();
    void agreesWithTorchOnEveryTensor();
    void readsEveryTypeAtAnOddAddress();
    void convertsHalvesExactly();
    void readsPartsOfATensor();
    void refusesLyingFiles_data();
    void refusesLyingFiles();
    void refusesAFileCutOffAnywhere();
    void survivesFlippedBytes();
    void writesWhatItReads();
    void refusesToWriteTensorsThatDoNotFitTheirShape();
    void keepsTheOldFileWhenTheDiskIsFull();
    void countsWhatIsNotFiniteAndLeavesItOut();
    void spreadsTheHistogramFromMinimumToMaximum();
    void keepsASmallSpreadOfLargeValues();
    void describesTheLargestTensorOfASmallModelAtOnce();

private:
    std::filesystem::path path(const std::string &name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }

    QTemporaryDir m_folder;
};

namespace {

TensorView viewOf(const std::string &name, const std::vector<float> &values)
{
    return {name, ElementType::Float32, {std::int64_t(values.size())}, std::as_bytes(std::span(values))};
}

bool isClose(double ours, double theirs)
{
    return std::abs(ours - theirs) <= 1e-6 * std::max(1.0, std::abs(theirs));
}

} // namespace

void TestSafetensors::agreesWithTorchOnEveryTensor_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("type");
    QTest::newRow("float32") << "bare"
                             << "float32";
    QTest::newRow("bfloat16") << "bfloat16"
                              << "bfloat16";
    QTest::newRow("float16") << "float16"
                             << "float16";
}

void TestSafetensors::agreesWithTorchOnEveryTensor()
{
    QFETCH(QString, folder);
    QFETCH(QString, type);
    const auto known =
        QJsonDocument::fromJson(QByteArray::fromStdString(readAll(testData("checkpoints/statistics.json")))).object();
    const QJsonObject expected = known[type].toObject();
    const auto file = TensorFile::open(testData("checkpoints") / folder.toStdString() / "model.safetensors");
    qsizetype compared = 0;
    for (const TensorView &tensor : file->tensors()) {
        if (tensor.name == "embeddings.position_ids")
            continue;
        const QJsonObject theirs = expected[QString::fromStdString(tensor.name)].toObject();
        QVERIFY2(!theirs.isEmpty(), tensor.name.c_str());
        QCOMPARE(toString(tensor.type), type.toStdString());
        QCOMPARE(qsizetype(tensor.shape.size()), theirs["shape"].toArray().size());
        const TensorStatistics ours = statistics(tensor);
        const std::vector<float> values = toFloats(tensor);
        QVERIFY2(isClose(ours.mean, theirs["mean"].toDouble()), tensor.name.c_str());
        QVERIFY2(isClose(ours.std, theirs["std"].toDouble()), tensor.name.c_str());
        QCOMPARE(ours.minimum, theirs["min"].toDouble());
        QCOMPARE(ours.maximum, theirs["max"].toDouble());
        QCOMPARE(double(values.front()), theirs["first"].toDouble());
        QCOMPARE(double(values.back()), theirs["last"].toDouble());
        ++compared;
    }
    QCOMPARE(compared, expected.size());
}

void TestSafetensors::readsEveryTypeAtAnOddAddress()
{
    // A header of 8 + n bytes with odd n puts every tensor at an odd address.
    std::string header = R"({"__metadata__":{"format":"pt"})", body;
    const auto add = [&](const std::string &type, const std::string &bytes) {
        header += ",\"" + type + "\":{\"dtype\":\"" + type + "\",\"shape\":[2,1],\"data_offsets\":[" +
                  std::to_string(body.size()) + "," + std::to_string(body.size() + bytes.size()) + "]}";
        body += bytes;
    };
    add("BOOL", littleEndian<std::uint8_t>(1) + littleEndian<std::uint8_t>(0));
    add("U8", littleEndian<std::uint8_t>(250) + littleEndian<std::uint8_t>(3));
    add("I8", littleEndian<std::int8_t>(-5) + littleEndian<std::int8_t>(3));
    add("I16", littleEndian<std::int16_t>(-300) + littleEndian<std::int16_t>(3));
    add("I32", littleEndian<std::int32_t>(-70000) + littleEndian<std::int32_t>(3));
    add("I64", littleEndian<std::int64_t>(std::int64_t(1) << 40) + littleEndian<std::int64_t>(3));
    add("F16", littleEndian<std::uint16_t>(0xc000) + littleEndian<std::uint16_t>(0x4200));
    add("BF16", littleEndian<std::uint16_t>(0xc000) + littleEndian<std::uint16_t>(0x4040));
    add("F32", littleEndian(-2.5f) + littleEndian(3.0f));
    add("F64", littleEndian(-2.5) + littleEndian(3.0));
    header += ",\"scalar\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[" + std::to_string(body.size()) + "," +
              std::to_string(body.size() + 4) + "]},\"empty\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[" +
              std::to_string(body.size() + 4) + "," + std::to_string(body.size() + 4) + "]}}";
    body += littleEndian(1.5f);
    if (header.size() % 2 == 0)
        header += ' ';
    writeAll(path("types.safetensors"), safetensors(header, body));
    const auto file = TensorFile::open(path("types.safetensors"));
    const std::map<std::string, float> first = {{"BOOL", 1},      {"U8", 250}, {"I8", -5},   {"I16", -300}, {"I32", -70000},
                                                {"I64", 0x1p40f}, {"F16", -2}, {"BF16", -2}, {"F32", -2.5}, {"F64", -2.5}};
    QCOMPARE(file->tensors().size(), first.size() + 2);
    for (const TensorView &tensor : file->tensors()) {
        const std::vector<float> values = toFloats(tensor);
        if (tensor.name == "scalar") {
            QCOMPARE(values, std::vector<float>{1.5f});
        } else if (tensor.name == "empty") {
            QVERIFY(values.empty());
            QCOMPARE(statistics(tensor).mean, 0.0);
        } else {
            QCOMPARE(values[0], first.at(tensor.name));
            QCOMPARE(values[1], tensor.name == "BOOL" ? 0.0f : 3.0f);
        }
    }
}

void TestSafetensors::convertsHalvesExactly()
{
    const std::vector<std::uint16_t> bits = {0x0001, 0x8001, 0x03ff, 0x0400, 0x3c00, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x8000};
    const TensorView view{"h", ElementType::Float16, {std::int64_t(bits.size())}, std::as_bytes(std::span(bits))};
    const std::vector<float> values = toFloats(view);
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> expected = {0x1p-24f, -0x1p-24f, 0x1.ff8p-15f, 0x1p-14f, 1.0f, -65504.0f, infinity, -infinity};
    for (std::size_t i = 0; i < expected.size(); ++i)
        QCOMPARE(values[i], expected[i]);
    QVERIFY(std::isnan(values[8]));
    QVERIFY(values[9] == 0 && std::signbit(values[9]));
}

void TestSafetensors::readsPartsOfATensor()
{
    const std::vector<float> values = {0, 1, 2, 3, 4};
    const TensorView view = viewOf("w", values);
    QCOMPARE(toFloats(view, 1, 3), (std::vector<float>{1, 2, 3}));
    QCOMPARE(toFloats(view, 3), (std::vector<float>{3, 4}));
    QVERIFY(toFloats(view, 5).empty());
    QVERIFY(!sentence([&] { toFloats(view, 3, 3); }).empty());
    QVERIFY(!sentence([&] { toFloats(view, 6); }).empty());
}

void TestSafetensors::refusesLyingFiles_data()
{
    QTest::addColumn<std::string>("bytes");
    QTest::addColumn<std::string>("reason");
    const std::string body(16, '\0');
    const auto row = [](const char *name, const std::string &bytes, const char *reason) {
        QTest::newRow(name) << bytes << std::string(reason);
    };
    const auto header = [&](const char *name, const std::string &text, const char *reason) {
        row(name, safetensors(text, body), reason);
    };
    const auto tensor = [&](const char *name, const std::string &shape, const std::string &offsets, const char *reason) {
        header(name, R"({"w":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}", reason);
    };
    row("nothing", "", "too few for a safetensors file");
    row("7 bytes", std::string(7, '\0'), "too few for a safetensors file");
    row("a header longer than the file", littleEndian<std::uint64_t>(1000) + "{}",
        "claims 1000 bytes, which is more than the file has");
    row("a header of 2^64 bytes", littleEndian<std::uint64_t>(UINT64_MAX) + "{}", "more than the file has");
    row("no header", littleEndian<std::uint64_t>(0), "not JSON");
    header("not JSON", "{\"w\":", "not JSON");
    header("invalid UTF-8", "{\"\xff\":{}}", "not JSON");
    header("not an object", "[1,2]", "not a JSON object");
    header("nested 100,000 times", "{\"w\":" + std::string(100'000, '['), "nested too deeply");
    header("a tensor that is a number", "{\"w\":1}", "lacks its dtype");
    header("no offsets", R"({"w":{"dtype":"F32","shape":[4]}})", "lacks its dtype");
    header("an unknown type", R"({"w":{"dtype":"F8_E4M3","shape":[16],"data_offsets":[0,16]}})",
           "F8_E4M3, which this program does not read");
    header("a type that is a number", R"({"w":{"dtype":32,"shape":[4],"data_offsets":[0,16]}})", "of the wrong kind");
    tensor("a negative size", "[-4]", "[0,16]", "of the wrong kind");
    tensor("a fractional size", "[4.0]", "[0,16]", "of the wrong kind");
    tensor("a size of 2^64", "[18446744073709551616]", "[0,16]", "of the wrong kind");
    tensor("three offsets", "[4]", "[0,16,32]", "of the wrong kind");
    tensor("an end beyond the file", "[8]", "[0,32]", "the file has only 16");
    tensor("a beginning beyond the file", "[0]", "[32,32]", "the file has only 16");
    tensor("an end before its beginning", "[4]", "[16,0]", "claims the bytes 16 to 0");
    tensor("a shape that is too large", "[5]", "[0,16]", "does not fit its 16 bytes");
    tensor("a shape that overflows to 16 bytes", "[4611686018427387908]", "[0,16]", "does not fit its 16 bytes");
    tensor("a product that overflows to 0", "[4294967296,4294967296]", "[0,0]", "does not fit its 0 bytes");
    tensor("an overflow hidden by a zero", "[4294967296,4294967296,0]", "[0,16]", "does not fit its 16 bytes");
    tensor("a hole before it", "[3]", "[4,16]", "belong to no tensor");
    tensor("bytes after it", "[3]", "[0,12]", "at its end that belong to no tensor");
    header(
        "overlapping tensors",
        R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})",
        "tensor b overlaps");
    header(
        "the same bytes twice",
        R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})",
        "overlaps");
    header("the same name twice",
           R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})",
           "names the tensor a twice");
}

void TestSafetensors::refusesLyingFiles()
{
    QFETCH(std::string, bytes);
    QFETCH(std::string, reason);
    const auto file = path("lying.safetensors");
    writeAll(file, bytes);
    const std::string text = sentence([&] { TensorFile::open(file); });
    QVERIFY2(text.find(file.string()) != std::string::npos, text.c_str());
    QVERIFY2(text.find(reason) != std::string::npos, text.c_str());
}

void TestSafetensors::refusesAFileCutOffAnywhere()
{
    const std::string whole = readAll(testData("checkpoints/bare/model.safetensors"));
    const auto file = path("cut.safetensors");
    for (std::size_t i = 0; i < 16; ++i) {
        writeAll(file, whole.substr(0, whole.size() * i / 16));
        const std::string text = sentence([&] { TensorFile::open(file); });
        QVERIFY2(text.find(file.string() + " is damaged") != std::string::npos, text.c_str());
    }
    QVERIFY(sentence([&] { TensorFile::open(path("missing.safetensors")); }).find("missing.safetensors") !=
            std::string::npos);
}

void TestSafetensors::survivesFlippedBytes()
{
    for (const char *folder : {"bare", "float16"}) {
        std::string bytes = readAll(testData("checkpoints") / folder / "model.safetensors");
        const auto file = path("fuzzed.safetensors");
        std::uint64_t header = 0;
        std::memcpy(&header, bytes.data(), sizeof header);
        for (std::size_t i = 0; i < bytes.size(); i += i < 8 ? 1 : i < header ? 3 : 97) {
            for (const char flip : {'\x01', '\x10', '\xff'}) {
                bytes[i] = static_cast<char>(bytes[i] ^ flip);
                writeAll(file, bytes);
                sentence([&] {
                    const auto opened = TensorFile::open(file);
                    for (const TensorView &tensor : opened->tensors())
                        statistics(tensor);
                });
                bytes[i] = static_cast<char>(bytes[i] ^ flip);
            }
        }
    }
}

void TestSafetensors::writesWhatItReads()
{
    const std::vector<float> values = {1, 2, 3, 4, 5, 6};
    const std::vector<std::uint16_t> halves = {0x3f80};
    const std::vector<TensorView> tensors = {
        {"z", ElementType::Float32, {2, 3}, std::as_bytes(std::span(values))},
        {"a \"quoted\" name", ElementType::BFloat16, {}, std::as_bytes(std::span(halves))},
        {"empty", ElementType::Int64, {0}, {}},
    };
    const auto file = path("written.safetensors");
    writeSafetensors(file, tensors, {{"format", "pt"}, {"note", "caf\u00e9"}});

    const std::string bytes = readAll(file);
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    QCOMPARE(header % 8, std::uint64_t(0));
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(bytes.substr(8, header))).object();
    QCOMPARE(json["__metadata__"].toObject()["note"].toString(), QString::fromUtf8("caf\u00e9"));
    QCOMPARE(json["a \"quoted\" name"].toObject()["dtype"].toString(), QString("BF16"));

    const auto read = TensorFile::open(file);
    QCOMPARE(read->tensors().size(), tensors.size());
    QCOMPARE(read->tensors()[0].name, std::string("z")); // the given order
    QCOMPARE(read->tensors()[0].shape, tensors[0].shape);
    QCOMPARE(toFloats(read->tensors()[0]), values);
    // The file may be replaced while it is read from: the old bytes live on.
    writeSafetensors(file, {read->tensors()[0]}, {});
    QCOMPARE(toFloats(read->tensors()[0]), values);
    QCOMPARE(TensorFile::open(file)->tensors().size(), std::size_t(1));
}

void TestSafetensors::refusesToWriteTensorsThatDoNotFitTheirShape()
{
    const std::vector<float> values = {1, 2};
    TensorView wrong = viewOf("w", values);
    wrong.shape = {3};
    const auto file = path("never.safetensors");
    QVERIFY(!sentence([&] { writeSafetensors(file, {wrong}, {}); }).empty());
    QVERIFY(!sentence([&] { writeSafetensors(file, {viewOf("w", values), viewOf("w", values)}, {}); }).empty());
    QVERIFY(!std::filesystem::exists(file));
}

void TestSafetensors::keepsTheOldFileWhenTheDiskIsFull()
{
    const auto folder = path("full");
    const std::vector<float> few = {1, 2}, many(100'000, 1.0f);
    std::filesystem::create_directories(folder);
    writeSafetensors(folder / "adapter.safetensors", {viewOf("w", few)}, {});
    // A limit on the size of files stands for a full disk: the write fails half-way.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit old;
    getrlimit(RLIMIT_FSIZE, &old);
    const rlimit small = {64 << 10, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const std::string text = sentence([&] { writeSafetensors(folder / "adapter.safetensors", {viewOf("w", many)}, {}); });
    setrlimit(RLIMIT_FSIZE, &old);
    QVERIFY2(text.find((folder / "adapter.safetensors").string()) != std::string::npos, text.c_str());
    const auto kept = TensorFile::open(folder / "adapter.safetensors");
    QCOMPARE(toFloats(kept->tensors()[0]), few);
    QCOMPARE(std::distance(std::filesystem::directory_iterator(folder), {}), std::ptrdiff_t(1)); // and no part left
}

void TestSafetensors::countsWhatIsNotFiniteAndLeavesItOut()
{
    std::vector<float> values(100, 2.0f);
    values[3] = std::numeric_limits<float>::quiet_NaN();
    values[50] = std::numeric_limits<float>::infinity();
    values[99] = -std::numeric_limits<float>::infinity();
    values[7] = 4.0f;
    const TensorStatistics found = statistics(viewOf("w", values));
    QCOMPARE(found.notFinite, std::int64_t(3));
    QCOMPARE(found.mean, (96 * 2.0 + 4.0) / 97);
    QCOMPARE(found.minimum, 2.0);
    QCOMPARE(found.maximum, 4.0);
    QCOMPARE(found.histogram[0], std::int64_t(96));
    QCOMPARE(found.histogram[63], std::int64_t(1));
    const std::vector<float> nothing(9, std::numeric_limits<float>::quiet_NaN());
    QCOMPARE(statistics(viewOf("w", nothing)).notFinite, std::int64_t(9));
    QCOMPARE(statistics(viewOf("w", nothing)).maximum, 0.0);
}

void TestSafetensors::spreadsTheHistogramFromMinimumToMaximum()
{
    std::vector<float> ramp(64'000);
    for (std::size_t i = 0; i < ramp.size(); ++i)
        ramp[i] = (float(i) + 0.5f) / 1000 - 32;
    const TensorStatistics found = statistics(viewOf("w", ramp));
    std::int64_t all = 0;
    for (const std::int64_t bin : found.histogram) {
        QVERIFY(std::abs(double(bin) - 1000) <= 2);
        all += bin;
    }
    QCOMPARE(all, std::int64_t(64'000));
    const std::vector<float> same(10, 3.0f), extremes = {-3e38f, 0, 3e38f};
    QCOMPARE(statistics(viewOf("w", same)).histogram[0], std::int64_t(10));
    QCOMPARE(statistics(viewOf("w", same)).std, 0.0);
    QCOMPARE(statistics(viewOf("w", extremes)).histogram[32], std::int64_t(1));
}

void TestSafetensors::keepsASmallSpreadOfLargeValues()
{
    std::vector<float> values(200'000);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = 4096.0f + (i % 2 ? 0.0009765625f : -0.0009765625f);
    QVERIFY(isClose(statistics(viewOf("w", values)).std / 0.0009765625, 1));
}

void TestSafetensors::describesTheLargestTensorOfASmallModelAtOnce()
{
    std::vector<float> values(30'522 * 384); // MiniLM's word embeddings, 47 MB
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = float(i * 2'654'435'761u >> 8 & 0xffff) / 65536.0f - 0.5f;
    QElapsedTimer timer;
    timer.start();
    const TensorStatistics found = statistics(viewOf("w", values));
    qInfo("47 MB described in %lld ms", static_cast<long long>(timer.elapsed()));
    QVERIFY(std::abs(found.std - std::sqrt(1.0 / 12)) < 1e-3); // of a uniform spread
    QVERIFY(timer.elapsed() < 2000);                           // some 70 ms on an idle machine
}

QTEST_APPLESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
