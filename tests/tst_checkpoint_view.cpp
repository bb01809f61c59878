#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTabWidget>
#include <QTableView>
#include <QtEndian>
#include <qcustomplot.h>

#include "core/model/checkpoint.h"
#include "core/model/random_checkpoint.h"
#include "tests/browser_fixture.h"
#include "tests/checkpoint_files.h"
#include "tests/real_files.h"
#include "ui/bar_chart.h"
#include "ui/checkpoint_view.h"
#include "ui/tensor_model.h"
#include "ui/wording.h"

using namespace awb;
using namespace awb::test;

/// The browser of checkpoints.
class TestCheckpointView : public QObject {
    Q_OBJECT

private slots:
    void describesTheSampleCheckpoint();
    void partsHaveTheirSize();
    void saysWhatIsMissingAndWhatIsUnexpected();
    void computesStatisticsOfTheTensorsShown();
    void saysWhyACheckpointCannotBeRead();
    void saysWhenACheckpointIsCutOffWhileItIsShown();
};

void TestCheckpointView::partsHaveTheirSize()
{
    BrowserFixture f;
    f.bridge->store().addCheckpoint({"tiny", testData("model/tiny").string(), "", ""});
    CheckpointView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("tiny"); });
    const std::string file = readAll(testData("model/tiny") / "model.safetensors");
    const auto header = qFromLittleEndian<quint64>(file.data());
    const QJsonObject tensors = QJsonDocument::fromJson(QByteArray(file.data() + 8, qsizetype(header))).object();
    const auto &parts = in<QTableWidget>(view, "checkpointParts");
    QCOMPARE(parts.rowCount(), 4); // embeddings, two layers, pooler
    const char *const prefixes[] = {"embeddings.", "encoder.layer.0.", "encoder.layer.1.", "pooler."};
    for (int row = 0; row < 4; ++row) {
        qint64 bytes = 0;
        for (auto one = tensors.begin(); one != tensors.end(); ++one)
            if (const QJsonArray offsets = one->toObject()["data_offsets"].toArray();
                one.key().startsWith(QLatin1String(prefixes[row])))
                bytes += offsets[1].toInteger() - offsets[0].toInteger();
        QVERIFY(bytes > 1000);
        QCOMPARE(cell(parts, row, 1), wording::count(bytes / 4)); // of float32
        QCOMPARE(cell(parts, row, 2), wording::bytes(bytes));
    }
}

void TestCheckpointView::saysWhatIsMissingAndWhatIsUnexpected()
{
    BrowserFixture f;
    const std::filesystem::path folder = f.folder.filePath("odd").toStdString();
    std::filesystem::copy(testData("model/tiny"), folder);
    std::string file = readAll(folder / "model.safetensors");
    const std::string name = "\"pooler.dense.bias\"";
    file.replace(file.find(name), name.size(), "\"qa_outputs.bias12\""); // as long
    writeAll(folder / "model.safetensors", file);
    f.bridge->store().addCheckpoint({"odd", folder.string(), "", ""});
    CheckpointView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("odd"); });
    const QString notes = in(view, "checkpointNotes").text();
    QVERIFY2(notes.contains("Missing: pooler.dense.bias; the checkpoint cannot be used until they are there."),
             qPrintable(notes));
    QVERIFY2(notes.contains("Load it with transformers' BertModel and save it again"), qPrintable(notes));
    QVERIFY2(notes.contains("Unexpected and not used: qa_outputs.bias12."), qPrintable(notes));
    QVERIFY(in(view, "checkpointNotes").isVisible());
    QCOMPARE(cell(in<QTableWidget>(view, "checkpointParts"), 3, 1), QString("1,024")); // the pooler's weight alone
}

void TestCheckpointView::describesTheSampleCheckpoint()
{
    const auto sample = test::sampleCheckpoint();
    if (sample.empty())
        QSKIP("needs the sample checkpoint");
    BrowserFixture f;
    f.bridge->store().addCheckpoint({"all-MiniLM-L6-v2", sample.string(), "", ""});
    CheckpointView view(*f.bridge);
    view.resize(760, 560);
    view.show();
    test::savePictures(view, "checkpoint-empty");
    showAndWait(view, [&] { view.show("all-MiniLM-L6-v2"); });
    QCOMPARE(in(view, "checkpointSentence").text(),
             QString("BERT, 6 layers, hidden 384, 12 heads, feed-forward 1,536, vocabulary 30,522, exact GELU"));
    QVERIFY2(in(view, "checkpointNotes").text().contains("22,713,216 parameters"),
             qPrintable(in(view, "checkpointNotes").text()));
    QVERIFY(in(view, "checkpointNotes").text().contains("Complete: nothing missing, nothing unexpected."));
    const auto &parts = in<QTableWidget>(view, "checkpointParts");
    QCOMPARE(parts.rowCount(), 8);
    QCOMPARE(cell(parts, 0, 0), QString("embeddings"));
    QCOMPARE(cell(parts, 0, 1), QString("11,918,592"));
    QCOMPARE(cell(parts, 1, 1), QString("1,774,464"));
    QCOMPARE(cell(parts, 7, 1), QString("147,840"));
    QVERIFY(!in<QPlainTextEdit>(view, "licenceText").toPlainText().isEmpty());
    test::savePictures(view, "checkpoint-parts");
    in<QTabWidget>(view, "checkpointTabs").setCurrentIndex(2);
    test::savePictures(view, "checkpoint-licence");
}

void TestCheckpointView::computesStatisticsOfTheTensorsShown()
{
    const auto sample = test::sampleCheckpoint();
    if (sample.empty())
        QSKIP("needs the sample checkpoint");
    BrowserFixture f;
    f.bridge->store().addCheckpoint({"minilm", sample.string(), "", ""});
    CheckpointView view(*f.bridge);
    view.resize(760, 620);
    view.show();
    showAndWait(view, [&] { view.show("minilm"); });
    in<QTabWidget>(view, "checkpointTabs").setCurrentIndex(1);
    auto &filter = in<QLineEdit>(view, "tensorFilter");
    QTest::keyClicks(&filter, "layer.3.output.LayerNorm.weight");
    auto &table = in<QTableView>(view, "tensorTable");
    QCOMPARE(table.model()->rowCount(), 1);
    const auto at = [&table](int column) { return table.model()->index(0, column).data().toString(); };
    QCOMPARE(at(TensorModel::Shape), QString("384"));
    QCOMPARE(at(TensorModel::Type), QString("float32"));
    QTRY_VERIFY(at(TensorModel::Mean) != QString("…"));
    QVERIFY(std::abs(at(TensorModel::Mean).toDouble()) > 0.1); // a LayerNorm's gains are near one
    QTest::mouseClick(table.viewport(), Qt::LeftButton, Qt::NoModifier,
                      table.visualRect(table.model()->index(0, 0)).center());
    QTRY_VERIFY(in(view, "tensorStatistics").text().contains("standard deviation"));
    const Checkpoint checkpoint = Checkpoint::open(sample);
    const TensorStatistics expected = statistics(*checkpoint.find("encoder.layer.3.output.LayerNorm.weight"));
    QVERIFY(std::abs(at(TensorModel::Mean).toDouble() - expected.mean) < 1e-3 * std::abs(expected.mean));
    QVERIFY(std::abs(at(TensorModel::Std).toDouble() - expected.std) < 1e-3 * expected.std);
    const auto *bars = in<BarChart>(view, "tensorHistogram").plot().findChild<QCPBars *>();
    QVERIFY(bars);
    QCOMPARE(bars->dataCount(), int(expected.histogram.size()));
    for (int i = 0; i < bars->dataCount(); ++i)
        QCOMPARE(bars->data()->at(i)->value, double(expected.histogram[std::size_t(i)]));
    filter.clear();
    QCOMPARE(table.model()->rowCount(), 103);
    QTRY_VERIFY(at(TensorModel::Mean) != QString("…"));
    table.setCurrentIndex(table.model()->index(0, 0));
    QTRY_VERIFY(in(view, "tensorStatistics").text().startsWith("embeddings.word_embeddings.weight: mean"));
    QTest::qWait(300);
    test::savePictures(view, "checkpoint-tensors");
}

void TestCheckpointView::saysWhyACheckpointCannotBeRead()
{
    BrowserFixture f;
    QDir(f.folder.path()).mkpath("broken");
    test::writeText(f.folder.filePath("broken/config.json"), "{\"model_type\": \"gpt2\"");
    f.bridge->store().addCheckpoint({"broken", f.folder.filePath("broken").toStdString(), "", ""});
    CheckpointView view(*f.bridge);
    view.show();
    showAndWait(view, [&] { view.show("broken"); });
    QVERIFY(in(view, "checkpointMessage").isVisible());
    QVERIFY(in(view, "checkpointMessage").text().contains("config.json"));
}

void TestCheckpointView::saysWhenACheckpointIsCutOffWhileItIsShown()
{
    BrowserFixture f;
    const std::filesystem::path folder = f.folder.filePath("cut").toStdString();
    randomCheckpoint(folder, shapeNamed("bert-tiny"));
    f.bridge->store().addCheckpoint({"cut", folder.string(), "", ""});
    CheckpointView view(*f.bridge);
    view.resize(760, 620);
    view.show();
    showAndWait(view, [&] { view.show("cut"); });
    std::filesystem::resize_file(folder / "model.safetensors", 100'000);
    in<QTabWidget>(view, "checkpointTabs").setCurrentIndex(1);
    QTRY_VERIFY(in(view, "checkpointMessage").isVisible());
    const QString said = in(view, "checkpointMessage").text();
    QVERIFY2(said.contains("model.safetensors was cut off"), qPrintable(said));
    showAndWait(view, [&] { view.show("cut"); });
    QVERIFY2(in(view, "checkpointMessage").text().contains("damaged"), qPrintable(in(view, "checkpointMessage").text()));
}

QTEST_MAIN(TestCheckpointView)
#include "tst_checkpoint_view.moc"
