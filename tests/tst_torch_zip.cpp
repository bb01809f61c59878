#include "core/model/tensor_file.h"

#include <cmath>
#include <limits>

#include <QtTest>

#include "checkpoint_files.h"
#include "core/model/checkpoint.h"
#include "core/model/pickle.h"
#include "real_files.h"

using namespace awb;
using namespace awb::test;

Q_DECLARE_METATYPE(std::string)

class TestTorchZip : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsEveryKindOfNumberAndContainer_data();
    void readsEveryKindOfNumberAndContainer();
    void copiesViewsIntoRowMajorOrder();
    void readsCompressedEntries();
    void acceptsTensorsThatShareAStorage();
    void refusesPicklesThatNameFunctions_data();
    void refusesPicklesThatNameFunctions();
    void refusesPicklesThatAreNotWhatTorchWrites_data();
    void refusesPicklesThatAreNotWhatTorchWrites();
    void refusesTensorsThatDoNotFitTheirStorage_data();
    void refusesTensorsThatDoNotFitTheirStorage();
    void refusesArchivesThatExpandWithoutEnd();
    void tellsHowToConvertOtherFormats();
    void refusesAFileCutOffAnywhere();
    void survivesFlippedBytesInThePickle();
    void survivesFlippedBytesInTheArchive();
    void readsTheFormBefore1_6();

private:
    /// Text of the Error on opening a .bin of these bytes; it must name the file.
    std::string refusal(const std::string &bytes)
    {
        const auto file = path("hostile.bin");
        writeAll(file, bytes);
        const std::string text = sentence([&] { TensorFile::open(file); });
        return text.find(file.string()) == std::string::npos ? "(file not named) " + text : text;
    }

    /// Opens and reads everything; any Error is as good as success.
    void tryToRead(const std::string &bytes)
    {
        const auto file = path("fuzzed.bin");
        writeAll(file, bytes);
        sentence([&] {
            const auto opened = TensorFile::open(file);
            for (const TensorView &tensor : opened->tensors())
                statistics(tensor);
        });
    }

    std::filesystem::path path(const std::string &name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }

    QTemporaryDir m_folder;
};

const TensorView *find(const TensorFile &file, const std::string &name)
{
    for (const TensorView &tensor : file.tensors()) {
        if (tensor.name == name)
            return &tensor;
    }
    return nullptr;
}

#define COMPARE_TEXT_CONTAINS(text, part)                                                                                   \
    QVERIFY2((text).find(part) != std::string::npos, ("\"" + (text) + "\" lacks \"" + std::string(part) + "\"").c_str())

void TestTorchZip::readsEveryKindOfNumberAndContainer_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("protocol 2") << "kinds.bin";
    QTest::newRow("protocol 4") << "kinds_protocol4.bin";
}

void TestTorchZip::readsEveryKindOfNumberAndContainer()
{
    QFETCH(QString, name);
    const auto file = TensorFile::open(testData("checkpoints") / name.toStdString());
    const std::vector<std::string> floating = {"float64", "float32", "float16", "bfloat16"};
    for (std::size_t i = 0; i < floating.size(); ++i) {
        const TensorView *tensor = find(*file, "floats." + std::to_string(i));
        QVERIFY(tensor);
        QCOMPARE(toString(tensor->type), floating[i]);
        QCOMPARE(toFloats(*tensor), (std::vector<float>{0.5f, -2.0f}));
    }
    const std::vector<std::string> whole = {"int64", "int32", "int16", "int8", "uint8"};
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const TensorView *tensor = find(*file, "whole." + std::to_string(i));
        QVERIFY(tensor);
        QCOMPARE(toString(tensor->type), whole[i]);
        QCOMPARE(toFloats(*tensor), (std::vector<float>{3, 100}));
    }
    QCOMPARE(toFloats(*find(*file, "bit")), (std::vector<float>{1, 0}));
    QCOMPARE(toFloats(*find(*file, "scalar")), (std::vector<float>{7}));
    QCOMPARE(find(*file, "scalar")->shape.size(), std::size_t(0));
    QCOMPARE(find(*file, "nothing")->shape, (std::vector<std::int64_t>{0, 3}));
    QCOMPARE(find(*file, "nothing")->data.size(), std::size_t(0));
    QCOMPARE(toFloats(*find(*file, "5")), (std::vector<float>{0, 1, 2}));
    QCOMPARE(file->tensors().size(), std::size_t(13)); // and nothing of the plain values
}

void TestTorchZip::copiesViewsIntoRowMajorOrder()
{
    const auto file = TensorFile::open(testData("checkpoints/views.bin"));
    QCOMPARE(toFloats(*find(*file, "repeated")), std::vector<float>(6, 1.5f));
    QCOMPARE(toFloats(*find(*file, "slice")), (std::vector<float>{1, 4, 7}));
    const TensorView *turned = find(*file, "turned");
    QCOMPARE(turned->shape, (std::vector<std::int64_t>{4, 2, 3}));
    QCOMPARE(toFloats(*turned, 0, 8), (std::vector<float>{0, 4, 8, 12, 16, 20, 1, 5}));
    // A dimension of one element may carry any stride.
    writeAll(path("odd.bin"),
             torchZip(pickled::dict(pickled::text("w") + pickled::tensor(4, 0, {2, 1, 2}, {1, INT64_MAX, 2}))));
    QCOMPARE(TensorFile::open(path("odd.bin"))->tensors().front().elements(), std::int64_t(4));
}

void TestTorchZip::readsCompressedEntries()
{
    Entries entries = entriesOf(readAll(testData("checkpoints/kinds.bin")));
    std::map<std::string, std::string> deflated;
    for (const auto &[name, bytes] : entries) {
        const QByteArray zlib = qCompress(QByteArray::fromStdString(bytes)); // 4 bytes of size, 2 of head, deflate, 4 of sum
        if (!bytes.empty())
            deflated[name] = zlib.mid(6, zlib.size() - 10).toStdString();
    }
    writeAll(path("compressed.bin"), zipOf(entries, deflated));
    const auto file = TensorFile::open(path("compressed.bin"));
    QCOMPARE(toFloats(*find(*file, "floats.1")), (std::vector<float>{0.5f, -2.0f}));
}

void TestTorchZip::acceptsTensorsThatShareAStorage()
{
    const std::string storage = littleEndian(1.0f) + littleEndian(2.0f) + littleEndian(3.0f) + littleEndian(4.0f);
    writeAll(path("shared.bin"), torchZip(pickled::dict(pickled::text("a") + pickled::tensor(4, 0, {2}, {1}) +
                                                        pickled::text("b") + pickled::tensor(4, 1, {3}, {1})),
                                          storage));
    const auto file = TensorFile::open(path("shared.bin"));
    QCOMPARE(toFloats(file->tensors()[0]), (std::vector<float>{1, 2}));
    QCOMPARE(toFloats(file->tensors()[1]), (std::vector<float>{2, 3, 4}));
}

void TestTorchZip::refusesPicklesThatNameFunctions_data()
{
    QTest::addColumn<std::string>("pickle");
    QTest::addColumn<std::string>("function");
    using namespace pickled;
    const std::string command = tuple(text("rm everything"));
    const auto row = [](const char *name, const std::string &pickle, const char *function) {
        QTest::newRow(name) << pickle << std::string(function);
    };
    row("a shell command", dict(text("w") + global("os", "system") + command + "R"), "os.system");
    row("by its real module", dict(text("w") + global("posix", "system") + command + "R"), "posix.system");
    row("eval", dict(text("w") + global("builtins", "eval") + tuple(text("1")) + "R"), "builtins.eval");
    row("named only", dict(text("w") + global("subprocess", "Popen")), "subprocess.Popen");
    row("by two strings", "\x80\x04" + text("builtins") + text("exec") + "\x93.", "builtins.exec");
    row("memoised strings",
        "\x80\x04" + text("os") + "\x94" + text("system") + "\x94h" + std::string(1, '\0') + "h\x01\x93.", "os.system");
    row("a storage from elsewhere", dict(text("w") + global("evil", "FloatStorage")), "evil.FloatStorage");
    row("torch's own loader", dict(text("w") + global("torch", "load")), "torch.load");
    row("an unprintable name", dict(text("w") + global("a\x1b[31m", std::string(5000, 'n'))), "a?[31m.nnn");
}

void TestTorchZip::refusesPicklesThatNameFunctions()
{
    QFETCH(std::string, pickle);
    QFETCH(std::string, function);
    const std::string text = refusal(torchZip(pickle));
    COMPARE_TEXT_CONTAINS(text, "names the function " + function);
    COMPARE_TEXT_CONTAINS(text, "; only tensors and plain containers are accepted");
    QVERIFY(text.size() < 600);
}

void TestTorchZip::refusesPicklesThatAreNotWhatTorchWrites_data()
{
    QTest::addColumn<std::string>("pickle");
    QTest::addColumn<std::string>("reason");
    using namespace pickled;
    const auto row = [](const char *name, const std::string &pickle, const char *reason) {
        QTest::newRow(name) << pickle << std::string(reason);
    };
    row("nothing", "", "ends in the middle");
    row("no end", "\x80\x02}", "ends in the middle");
    row("an empty stack", "\x80\x02.", "takes more values than it has made");
    row("values behind a mark", "\x80\x02}(u(s.", "takes more values");
    row("no mark", "\x80\x02}u.", "no mark");
    row("an odd number of items", "\x80\x02}(Nu.", "not the container");
    row("a key without value", "\x80\x02}(NNNu.", "not the container");
    row("a number as list", "\x80\x02K\x01Na.", "not the container");
    row("an unknown memo", "\x80\x02h\x07.", "has not made");
    row("a string longer than the file", "\x80\x02X\xff\xff\xff\xff.", "ends in the middle");
    row("a number of 2,000 bits", "\x80\x02\x8a\xff" + std::string(255, '\x7f') + ".", "more than 64 bits");
    row("a call of a number", "\x80\x02K\x01)R.", "not a function");
    row("a call of a storage type", "\x80\x02" + global("torch", "FloatStorage") + ")R.", "not a function");
    row("a call without arguments", "\x80\x02" + global("collections", "OrderedDict") + "NR.", "without arguments");
    row("a dictionary of arguments", "\x80\x02" + global("collections", "OrderedDict") + tuple(text("x")) + "R.",
        "unknown way");
    row("a parameter of nothing", "\x80\x02" + global("torch._utils", "_rebuild_parameter") + ")R.", "has no tensor");
    row("a state for a number", "\x80\x02K\x01}b.", "not a plain container");
    row("an object of a class", "\x80\x02)\x81.", "the instruction 129");
    row("an old persistent id", "\x80\x02Pstorage\n.", "the instruction 80");
    row("an extension", "\x80\x02\x82\x01.", "the instruction 130");
    row("a strange storage", "\x80\x02" + tuple(text("module") + "NNNN") + "Q.", "unknown way");
    row("names of 1,000,000 characters", dict(text(std::string(1'000'000, 'x')) + tensor(4, 0, {4}, {1})),
        "cannot name a tensor");
    row("the same name twice", dict(text("w") + tensor(4, 0, {4}, {1}) + text("w") + tensor(4, 0, {4}, {1})), "twice");

    std::string nest = "\x80\x02";
    for (int i = 0; i < 100'000; ++i)
        nest += "]";
    row("100,000 lists on the stack", nest + std::string(99'999, 'a') + ".", "nested without end");
    row("a list of itself", "\x80\x02]q\x01h\x01" + std::string("a."), "nested without end");
    std::string doubling = "\x80\x02]q" + std::string(1, '\0'); // each list holds the one before twice
    for (char i = 0; i < 30; ++i)
        doubling += std::string("](h") + i + "h" + i + "eq" + char(i + 1);
    row("a list of 2^30 lists", doubling + ".", "nested without end");
    row("a million values", "\x80\x02(" + std::string(1'000'000, 'N') + "t.", "more than 262144 values");
    row("a pickle of 20 MB", "\x80\x02" + text(std::string(20'000'000, 'x')) + ".", "larger than it should be");
}

void TestTorchZip::refusesPicklesThatAreNotWhatTorchWrites()
{
    QFETCH(std::string, pickle);
    QFETCH(std::string, reason);
    COMPARE_TEXT_CONTAINS(refusal(torchZip(pickle)), reason);
}

void TestTorchZip::refusesTensorsThatDoNotFitTheirStorage_data()
{
    QTest::addColumn<std::string>("pickle");
    QTest::addColumn<std::string>("reason");
    using namespace pickled;
    const auto row = [](const char *name, const std::string &tensor, const char *reason) {
        QTest::newRow(name) << dict(text("w") + tensor) << std::string(reason);
    };
    row("more elements than bytes", tensor(5, 0, {4}, {1}), "should have 20 bytes, but has 16");
    row("fewer elements than bytes", tensor(3, 0, {3}, {1}), "larger than it should be");
    row("an offset beyond", tensor(4, 4, {1}, {1}), "reaches beyond its storage");
    row("a shape beyond", tensor(4, 1, {4}, {1}), "reaches beyond its storage");
    row("strides beyond", tensor(4, 0, {2, 2}, {3, 1}), "reaches beyond its storage");
    row("negative numbers", tensor(4, -1, {1}, {1}), "not a number");
    row("a negative stride", tensor(4, 3, {4}, {-1}), "not a number");
    row("a storage of 2^62 elements", tensor(std::int64_t(1) << 62, 0, {1}, {1}), "impossible size");
    row("a shape that overflows", tensor(4, 0, {std::int64_t(1) << 40, std::int64_t(1) << 40}, {0, 0}), "impossible size");
    row("a reach that overflows", tensor(4, 1, {3, 3}, {INT64_MAX, INT64_MAX}), "reaches beyond its storage");
    row("one element a thousand million times", tensor(4, 0, {1'000'000'000}, {0}), "many times more memory");
    row("shape and strides of two lengths", tensor(4, 0, {2, 2}, {1}), "different lengths");
    row("100 dimensions", tensor(4, 0, std::vector<std::int64_t>(100, 1), std::vector<std::int64_t>(100, 1)),
        "no proper shape");
}

void TestTorchZip::refusesTensorsThatDoNotFitTheirStorage()
{
    QFETCH(std::string, pickle);
    QFETCH(std::string, reason);
    COMPARE_TEXT_CONTAINS(refusal(torchZip(pickle)), reason);
}

void TestTorchZip::refusesArchivesThatExpandWithoutEnd()
{
    using namespace pickled;
    const std::string zeros(std::size_t(64) << 20, '\0'); // packs to a thousandth
    const QByteArray zlib = qCompress(QByteArray::fromStdString(zeros), 9);
    const std::string pickle = dict(text("w") + tensor(std::int64_t(zeros.size() / 4), 0, {1}, {1}));
    const std::string archive =
        zipOf({{"a/data.pkl", pickle}, {"a/data/0", zeros}}, {{"a/data/0", zlib.mid(6, zlib.size() - 10).toStdString()}});
    COMPARE_TEXT_CONTAINS(refusal(archive), "many times more memory");
    COMPARE_TEXT_CONTAINS(refusal(zipOf({{"a/data.pkl", pickle}})), "entry a/data/0 is missing");
}

void TestTorchZip::tellsHowToConvertOtherFormats()
{
    COMPARE_TEXT_CONTAINS(refusal(std::string("\x80\x02N.", 4)), "a pickle that torch.save did not write");
    COMPARE_TEXT_CONTAINS(refusal(readAll(testData("checkpoints/refused/torchscript.bin"))), "TorchScript");
    COMPARE_TEXT_CONTAINS(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"), "git lfs pull");
    COMPARE_TEXT_CONTAINS(refusal(""), "neither a safetensors file nor a PyTorch archive");
    COMPARE_TEXT_CONTAINS(refusal("<!DOCTYPE html><title>Not found</title>"),
                          "neither a safetensors file nor a PyTorch archive");
    COMPARE_TEXT_CONTAINS(refusal(zipOf({{"word/document.xml", "<x/>"}})), "without data.pkl");
    COMPARE_TEXT_CONTAINS(refusal(zipOf({{"a/data.pkl", "N."}, {"b/data.pkl", "N."}})), "more than one data.pkl");
    COMPARE_TEXT_CONTAINS(refusal(zipOf({{"a/data.pkl", "N."}, {"a/byteorder", "big"}})), "big-endian");
    const auto missing = path("missing.bin");
    COMPARE_TEXT_CONTAINS(sentence([&] { TensorFile::open(missing); }), missing.string());
    COMPARE_TEXT_CONTAINS(sentence([&] { TensorFile::open(path(".")); }), "Cannot read");
}

void TestTorchZip::refusesAFileCutOffAnywhere()
{
    for (const char *name : {"legacy/pytorch_model.bin", "kinds.bin", "before_1_6/pytorch_model.bin"}) {
        const std::string whole = readAll(testData("checkpoints") / name);
        for (std::size_t i = 0; i < 16; ++i)
            QVERIFY2(!refusal(whole.substr(0, whole.size() * i / 16)).empty(), name);
    }
}

void TestTorchZip::survivesFlippedBytesInThePickle()
{
    for (const char *name : {"kinds.bin", "kinds_protocol4.bin", "views.bin"}) {
        Entries entries = entriesOf(readAll(testData("checkpoints") / name));
        std::string &pickle = entries.front().second;
        QVERIFY(entries.front().first.ends_with("/data.pkl"));
        for (std::size_t i = 0; i < pickle.size(); ++i) {
            const char old = pickle[i];
            for (const char flip : {'\x01', '\x80', '\xff'}) {
                pickle[i] = static_cast<char>(old ^ flip);
                sentence([&] {
                    std::string_view rest = pickle;
                    readTensorPickle(rest, name);
                });
                if (i % 7 == 0)
                    tryToRead(zipOf(entries));
            }
            pickle[i] = old;
            sentence([&] {
                std::string_view rest = std::string_view(pickle).substr(0, i);
                readTensorPickle(rest, name);
            });
        }
    }
}

void TestTorchZip::survivesFlippedBytesInTheArchive()
{
    for (const char *name : {"kinds.bin", "views.bin", "legacy/pytorch_model.bin"}) {
        std::string bytes = readAll(testData("checkpoints") / name);
        // The directory at the end is what the reader trusts first, so each of its bytes is tried.
        const std::size_t directory = bytes.find("PK\1\2");
        for (std::size_t i = 0; i < bytes.size(); i += i < directory ? 37 : 3) {
            bytes[i] = static_cast<char>(bytes[i] ^ (1 << i % 8));
            tryToRead(bytes);
            bytes[i] = static_cast<char>(bytes[i] ^ (1 << i % 8));
        }
    }
}

void TestTorchZip::readsTheFormBefore1_6()
{
    const auto opened = TensorFile::open(testData("checkpoints/before_1_6/pytorch_model.bin"));
    const auto same = TensorFile::open(testData("checkpoints/dict/pytorch_model.bin")); // saved from the same tensors
    QCOMPARE(opened->tensors().size(), same->tensors().size());
    for (const TensorView &tensor : same->tensors()) {
        const TensorView *found = find(*opened, tensor.name);
        QVERIFY2(found && found->shape == tensor.shape, tensor.name.c_str());
        QCOMPARE(toFloats(*found), toFloats(tensor));
    }
    std::string bytes = readAll(testData("checkpoints/before_1_6/pytorch_model.bin"));
    COMPARE_TEXT_CONTAINS(refusal(bytes.substr(0, bytes.size() - 1)), "ends in the middle of the storage");
    std::string big = bytes;
    big[bytes.find("little_endian") + std::string_view("little_endian").size() + 2] = '\x89'; // false
    COMPARE_TEXT_CONTAINS(refusal(big), "big-endian");
    for (std::size_t i = 0; i < bytes.size(); i += i < 8000 ? 5 : 41) { // pickles first, then the numbers
        const char old = bytes[i];
        for (const char flip : {'\x01', '\x80', '\xff'}) {
            bytes[i] = static_cast<char>(old ^ flip);
            tryToRead(bytes);
        }
        bytes[i] = old;
    }
}

QTEST_APPLESS_MAIN(TestTorchZip)
#include "tst_torch_zip.moc"
