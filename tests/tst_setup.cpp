#include <QtTest>

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSlider>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>

#include "core/methods/methods.h"
#include "core/methods/parameters.h"
#include "ui/lab_bridge.h"
#include "ui/model_stack.h"
#include "ui/setup_panel.h"
#include "ui/wording.h"

#include "tests/gui_helpers.h"
#include "tests/model_shapes.h"

using namespace awb;
using namespace awb::test;

namespace {

constexpr auto shortModel = "MiniLM-L6";
constexpr auto longModel = "BERT-large";

/// A library with two checkpoints (their config.json only) and two data sets, worked by nobody.
struct Library {
    QTemporaryDir folder;
    std::unique_ptr<LabBridge> bridge;

    explicit Library(bool filled = true)
    {
        bridge = std::make_unique<LabBridge>(folder.path().toStdString(), [](const Run &run, RunContext &) { return run; });
        bridge->store().setQueuePaused(true);
        if (!filled)
            return;
        addCheckpoint(shortModel, bert(6, 384));
        addCheckpoint(longModel, bert(24, 1024));
        addDataset("acceptability", {"wrong", "right"});
        addDataset("questions", {"ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"});
    }

    void addCheckpoint(const std::string &name, const ModelShape &shape)
    {
        const QString path = folder.filePath(QString::fromStdString(name));
        QDir().mkpath(path);
        QFile file(path + "/config.json");
        QVERIFY(file.open(QFile::WriteOnly));
        file.write(QString(R"({"model_type": "bert", "num_hidden_layers": %1, "hidden_size": %2, "num_attention_heads": %3,
            "intermediate_size": %4, "vocab_size": %5, "max_position_embeddings": %6, "type_vocab_size": 2, "hidden_act": "gelu"})")
                       .arg(shape.layers)
                       .arg(shape.hidden)
                       .arg(shape.heads)
                       .arg(shape.feedForward)
                       .arg(shape.vocabulary)
                       .arg(shape.positions)
                       .toUtf8());
        bridge->store().addCheckpoint({name, path.toStdString(), "", "2025-03-01T10:00:00Z"});
    }

    void addDataset(const std::string &name, std::vector<std::string> classes)
    {
        Manifest manifest;
        manifest.name = name;
        manifest.classes = std::move(classes);
        manifest.metrics = {"accuracy"};
        bridge->store().addDataset(manifest);
    }
};

/// The panel of that library, shown as it is in the dock.
struct Shown {
    Library library;
    SetupPanel panel;

    explicit Shown(bool filled = true)
        : library(filled), panel(*library.bridge, {{"cpu", "CPU (2 cores)"}, {"cuda:0", "GPU 0", Precision::BFloat16}})
    {
        panel.resize(390, 800);
        panel.show();
        panel.activateWindow();
    }

    template <class Widget>
    Widget *find(const char *name)
    {
        auto *widget = panel.findChild<Widget *>(name);
        if (!widget)
            qFatal("no widget %s", name);
        return widget;
    }
    ModelStack *stack() { return find<ModelStack>("modelStack"); }
    QString note() { return find<QLabel>("noteLabel")->text(); }
    QPushButton *add() { return find<QPushButton>("addButton"); }
    void choose(const char *combo, const QString &text) { find<QComboBox>(combo)->setCurrentText(text); }
    void click(const char *button) { QTest::mouseClick(find<QAbstractButton>(button), Qt::LeftButton); }
    void type(const char *field, const QString &text)
    {
        auto *widget = find<QWidget>(field);
        QTest::keyClick(widget, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(widget, text);
    }
};

} // namespace

class SetupTest : public QObject {
    Q_OBJECT

private slots:
    void theWheelTurnsOnlyAFieldWithTheFocus()
    {
        Shown shown;
        auto *epochs = shown.find<QSpinBox>("epochsSpin");
        auto *method = shown.find<QComboBox>("methodCombo");
        auto *slider = shown.panel.findChild<QSlider *>();
        QVERIFY(epochs && method && slider);
        epochs->setValue(3);
        shown.find<QLineEdit>("seedsEdit")->setFocus();
        const auto turn = [](QWidget &field) {
            QWheelEvent down(QPointF(5, 5), field.mapToGlobal(QPointF(5, 5)), {}, {0, -120}, Qt::NoButton, Qt::NoModifier,
                             Qt::NoScrollPhase, false);
            QApplication::sendEvent(&field, &down);
        };
        const int chosen = method->currentIndex(), size = slider->value();
        for (QWidget *field : std::initializer_list<QWidget *>{epochs, method, slider}) {
            turn(*field);
            QVERIFY(!field->hasFocus());
        }
        QCOMPARE(epochs->value(), 3);
        QCOMPARE(method->currentIndex(), chosen);
        QCOMPARE(slider->value(), size);
        QVERIFY(QTest::qWaitForWindowActive(&shown.panel));
        epochs->setFocus();
        QTRY_VERIFY(epochs->hasFocus());
        turn(*epochs);
        QCOMPARE(epochs->value(), 2);
    }

    void theFigureBesideTheSliderIsTheCount()
    {
        Shown shown;
        shown.choose("checkpointCombo", shortModel);
        QCOMPARE(shown.find<QLabel>("trainableLabel")->text(), QString("605,954"));
        QCOMPARE(shown.find<QLabel>("shareLabel")->text(), QString("2.67 %"));
        QCOMPARE(shown.find<QLabel>("fileSizeLabel")->text(), QString("2.4 MB"));
        QTest::keyClick(shown.find<QSlider>("bottleneckSlider"), Qt::Key_Home);
        QCOMPARE(shown.find<QLabel>("trainableLabel")->text(), QString("24,590"));
        shown.choose("datasetCombo", "questions"); // six classes
        const auto expected = countParameters(bert(6, 384), adapters(1), 6);
        QCOMPARE(shown.find<QLabel>("trainableLabel")->text(), wording::count(expected.trainable));
        shown.choose("methodCombo", "Full fine-tuning");
        QCOMPARE(shown.find<QLabel>("shareLabel")->text(), QString("100 %"));
        QVERIFY(!shown.find<QSlider>("bottleneckSlider")->isEnabled());
        QVERIFY(!shown.find<QToolButton>("noSitesButton")->isEnabled());
    }

    void topLayersTakeThePlaceOfTheBottleneck()
    {
        Shown shown;
        shown.choose("checkpointCombo", shortModel);
        auto *spin = shown.find<QSpinBox>("topLayersSpin");
        QVERIFY(!spin->isVisible());
        shown.choose("methodCombo", "Top layers");
        QVERIFY(spin->isVisible());
        QVERIFY(!shown.find<QSlider>("bottleneckSlider")->isVisible());
        QCOMPARE(shown.find<QLabel>("trainableLabel")->text(), QString("1,923,074"));
        shown.type("topLayersSpin", "3");
        QCOMPARE(shown.find<QLabel>("trainableLabel")->text(), QString("5,472,002"));
        QCOMPARE(spin->maximum(), 6);
        QTest::mouseClick(shown.find<QWidget>("topLayersPooler"), Qt::LeftButton, {}, {8, 8});
        QCOMPARE(shown.note(), QString("top layers, k = 3, without pooler"));
        const Method chosen = shown.panel.specs().front().method;
        QCOMPARE(chosen.train,
                 (std::vector<std::string>{"encoder.layer.3.*", "encoder.layer.4.*", "encoder.layer.5.*", "classifier.*"}));
        TrainSpec again = shown.panel.specs().front();
        again.method = topLayersMethod(methodEntry("top-k").method, 1, true, 6);
        shown.panel.setSpec(again);
        QVERIFY(shown.panel.specs().front().method == again.method);
        test::savePictures(shown.panel, "setup-top-layers");
    }

    void theButtonsSwitchHalvesAndEmptyIsRefused()
    {
        Shown shown;
        shown.choose("checkpointCombo", shortModel);
        shown.click("topHalfButton");
        QCOMPARE(formatSites(shown.stack()->sites()), std::string("-,-,-,af,af,af"));
        QCOMPARE(shown.find<QLabel>("sitesLabel")->text(), QString("6 of 12 on"));
        QCOMPARE(shown.note(), QString("adapters, m = 64, layers 3-5"));
        shown.click("bottomHalfButton");
        QCOMPARE(formatSites(shown.stack()->sites()), std::string("af,af,af,-,-,-"));
        shown.click("noSitesButton");
        QVERIFY(!shown.add()->isEnabled());
        QVERIFY(shown.note().contains("No adapter is on"));
        QCOMPARE(shown.add()->toolTip(), shown.note());
        shown.click("allSitesButton");
        QVERIFY(shown.add()->isEnabled());
        QVERIFY(shown.panel.specs().front().method.sites.empty()); // as the command line stores it
    }

    void aWrongEntrySaysWhyNothingCanBeAdded_data()
    {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("reason");
        QTest::newRow("rate in words") << "learningRateEdit"
                                       << "fast"
                                       << "learning rate";
        QTest::newRow("rate zero") << "learningRateEdit"
                                   << "0"
                                   << "above 0";
        QTest::newRow("rate negative") << "learningRateEdit"
                                       << "-1e-3"
                                       << "above 0";
        QTest::newRow("seeds") << "seedsEdit"
                               << "0-"
                               << "seeds \"0-\"";
        QTest::newRow("seeds backwards") << "seedsEdit"
                                         << "5-2"
                                         << "backwards";
        QTest::newRow("warm-up") << "warmupEdit"
                                 << "2"
                                 << "from 0 to 1";
        QTest::newRow("dropout") << "dropoutEdit"
                                 << "1"
                                 << "from 0 to 0.99";
    }
    void aWrongEntrySaysWhyNothingCanBeAdded()
    {
        QFETCH(QString, field);
        QFETCH(QString, typed);
        QFETCH(QString, reason);
        Shown shown;
        shown.click("moreButton");
        QVERIFY(shown.add()->isEnabled());
        shown.type(field.toLatin1(), typed);
        QVERIFY(!shown.add()->isEnabled());
        QVERIFY2(shown.note().contains(reason), qPrintable(shown.note()));
        QCOMPARE(shown.add()->toolTip(), shown.note());
        QVERIFY(shown.panel.specs().empty());
    }

    void addWritesOneRunForEachSeed()
    {
        Shown shown;
        shown.choose("checkpointCombo", shortModel);
        shown.choose("datasetCombo", "questions");
        shown.type("learningRateEdit", "3e-4");
        shown.type("seedsEdit", "0,1,5");
        shown.type("epochsSpin", "5");
        shown.find<QSpinBox>("bottleneckSpin")->setValue(48);
        QTest::mouseClick(shown.stack(), Qt::LeftButton, {}, shown.stack()->siteRect(0, true).center());
        QCOMPARE(shown.add()->text(), QString("Add 3 runs to the queue"));
        QSignalSpy enqueued(&shown.panel, &SetupPanel::enqueued);
        shown.click("addButton");
        QCOMPARE(enqueued.count(), 1);

        TrainSpec expected;
        expected.checkpoint = shortModel;
        expected.dataset = "questions";
        expected.method = adapters(48, parseLayerSites("f,af,af,af,af,af", 6));
        expected.recipe.learningRate = 3e-4;
        expected.recipe.epochs = 5;
        std::vector<Run> runs = shown.library.bridge->store().runs();
        std::sort(runs.begin(), runs.end(), [](const Run &a, const Run &b) { return a.id < b.id; });
        QCOMPARE(runs.size(), std::size_t(3));
        QCOMPARE(enqueued.first().first().value<std::int64_t>(), runs.front().id);
        for (std::size_t i = 0; i < 3; ++i) {
            expected.seed = std::array{0, 1, 5}[i];
            QVERIFY(runs[i].spec == expected);
            QCOMPARE(runs[i].state, RunState::Queued);
        }
    }

    void runAgainFillsEveryField()
    {
        Shown shown;
        TrainSpec spec;
        spec.checkpoint = longModel;
        spec.dataset = "questions";
        spec.method = adapters(100, parseSites("0,20-23", "ffn", 24));
        spec.method.activation = "relu";
        spec.recipe = {.learningRate = 2.5e-4,
                       .epochs = 7,
                       .batch = 16,
                       .maxLength = 64,
                       .warmup = 0.06,
                       .initStd = 1e-3,
                       .weightDecay = 0,
                       .clip = 0,
                       .dropout = 0.2,
                       .biasCorrection = true,
                       .partialBatch = true,
                       .plainPath = true,
                       .precision = Precision::BFloat16,
                       .device = "cuda:0",
                       .threads = 3};
        spec.seed = 42;
        shown.panel.setSpec(spec);
        QCOMPARE(shown.panel.specs().size(), std::size_t(1));
        QVERIFY(shown.panel.specs().front() == spec);
        // And another one after it, of another shape.
        TrainSpec other;
        other.checkpoint = shortModel;
        other.dataset = "acceptability";
        other.method = methodEntry("full").method;
        other.recipe.learningRate = 5e-5;
        shown.panel.setSpec(other);
        QVERIFY(shown.panel.specs().front() == other);
    }

    void aRateThatIsHighForTheBottleneckIsRemarkedOn()
    {
        Shown shown;
        QVERIFY(!shown.note().contains("can fail"));
        shown.type("learningRateEdit", "2e-3");
        QVERIFY(shown.note().endsWith("take a smaller rate, or bias correction under More."));
        shown.click("moreButton");
        QTest::keyClick(shown.find<QWidget>("biasCorrectionCheck"), Qt::Key_Space);
        QVERIFY(!shown.note().contains("can fail"));
    }

    void theFasterPrecisionOfTheDeviceIsNamed()
    {
        Shown shown;
        auto *precision = shown.find<QComboBox>("precisionCombo");
        QVERIFY(precision->toolTip().endsWith("Faster on this device: float32."));
        shown.choose("precisionCombo", "bfloat16");
        QVERIFY(shown.note().endsWith("bfloat16 is slower than float32 on this device."));
        shown.choose("deviceCombo", "GPU 0");
        QVERIFY(precision->toolTip().endsWith("Faster on this device: bfloat16."));
        QVERIFY(!shown.note().contains("slower"));
    }

    void aRunOfAMissingDataSetOrDeviceIsRefused()
    {
        Shown shown;
        TrainSpec spec = shown.panel.specs().front();
        spec.recipe.device = "cuda:7";
        shown.panel.setSpec(spec);
        QVERIFY(shown.note().contains("cuda:7"));
        spec.recipe.device = "cpu";
        spec.dataset = "gone";
        shown.panel.setSpec(spec);
        QVERIFY(!shown.add()->isEnabled());
        QCOMPARE(shown.note(), QString("Choose a data set."));
    }

    void theSuggestedRateFollowsTheMethodUntilOneIsTyped()
    {
        Shown shown;
        auto *rate = shown.find<QLineEdit>("learningRateEdit");
        QCOMPARE(rate->text(), QString("1e-3"));
        shown.choose("methodCombo", "Full fine-tuning");
        QCOMPARE(rate->text(), QString("5e-5"));
        shown.type("learningRateEdit", "2e-5");
        shown.choose("methodCombo", "Adapters");
        QCOMPARE(rate->text(), QString("2e-5"));
        QCOMPARE(shown.find<QToolButton>("suggestButton")->text(), QString("suggested: 1e-3"));
        shown.click("suggestButton");
        QCOMPARE(rate->text(), QString("1e-3"));
    }

    void whatDiffersFromThePaperIsMarked()
    {
        Shown shown;
        shown.click("moreButton");
        QVERIFY(shown.find<QLineEdit>("initStdEdit")->isVisible());
        QVERIFY(!shown.find<QLabel>("initStdEditMark")->isVisible());
        shown.type("initStdEdit", "1e-3");
        QTest::mouseClick(shown.find<QWidget>("biasCorrectionCheck"), Qt::LeftButton, {}, {8, 8});
        QVERIFY(shown.find<QLabel>("initStdEditMark")->isVisible());
        QVERIFY(shown.find<QLabel>("initStdEditMark")->toolTip().contains("0.01"));
        QVERIFY(shown.find<QLabel>("biasCorrectionCheckMark")->isVisible());
        QCOMPARE(shown.find<QToolButton>("moreButton")->text(), QString("More (2 unlike the paper)"));
        shown.type("initStdEdit", "0.01");
        QVERIFY(!shown.find<QLabel>("initStdEditMark")->isVisible());
    }

    void theCommandIsPutOnTheClipboard()
    {
        Shown shown;
        shown.choose("checkpointCombo", shortModel);
        shown.type("seedsEdit", "0-1");
        shown.click("topHalfButton");
        shown.click("copyButton");
        const QString line = "awb train --checkpoint MiniLM-L6 --dataset acceptability --method adapter --bottleneck 64 "
                             "--layers 3-5 --lr 0.001 --seed ";
        QCOMPARE(QApplication::clipboard()->text(), line + "0\n" + line + "1");
    }

    void anEmptyLibrarySaysWhatToDoAndAFilledOneKeepsTheChoice()
    {
        Shown shown(false);
        QVERIFY(!shown.add()->isEnabled());
        QVERIFY(shown.note().contains("sample library"));
        QCOMPARE(shown.find<QLabel>("trainableLabel")->text(), QString("–"));
        QSignalSpy selection(&shown.panel, &SetupPanel::selectionChanged);
        shown.library.addDataset("questions", {"a", "b", "c"});
        shown.library.addCheckpoint(shortModel, bert(6, 384));
        shown.library.bridge->wake();
        QVERIFY(shown.add()->isEnabled());
        QCOMPARE(shown.panel.dataset(), QString("questions"));
        QCOMPARE(shown.panel.checkpoint(), QString(shortModel));
        QVERIFY(!selection.isEmpty());
        shown.library.addDataset("acceptability", {"wrong", "right"}); // sorts before the chosen one
        shown.library.bridge->wake();
        QCOMPARE(shown.find<QComboBox>("datasetCombo")->count(), 2);
        QCOMPARE(shown.panel.dataset(), QString("questions"));
    }

    void togglesSurviveAnotherMethodAndAreResetByAnotherDepth()
    {
        Shown shown;
        shown.choose("checkpointCombo", shortModel);
        shown.click("topHalfButton");
        shown.choose("methodCombo", "Head only");
        shown.choose("methodCombo", "Adapters");
        QCOMPARE(shown.stack()->sitesOn(), 6);
        shown.choose("checkpointCombo", longModel);
        QCOMPARE(shown.stack()->sitesOn(), 48);
    }

    void anUnreadableCheckpointIsNamed()
    {
        Shown shown;
        shown.choose("checkpointCombo", shortModel);
        QFile::remove(shown.library.folder.filePath(QString(shortModel) + "/config.json"));
        shown.library.bridge->wake();
        QVERIFY(!shown.add()->isEnabled());
        QVERIFY2(shown.note().contains("config.json"), qPrintable(shown.note()));
    }

    void theKeyboardReachesEverythingAndEverythingHasAName()
    {
        Shown shown;
        shown.click("moreButton");
        QVERIFY(QTest::qWaitForWindowActive(&shown.panel));
        QSet<QWidget *> seen;
        shown.find<QWidget>("datasetCombo")->setFocus();
        for (int i = 0; i < 60; ++i) {
            QWidget *focus = QApplication::focusWidget();
            QVERIFY(focus);
            seen << focus;
            bool named = !focus->accessibleName().isEmpty();
            for (const QLabel *label : shown.panel.findChildren<QLabel *>())
                named = named || label->buddy() == focus;
            if (const auto *button = qobject_cast<QAbstractButton *>(focus))
                named = named || !button->text().isEmpty();
            QVERIFY2(named, qPrintable(focus->objectName()));
            QTest::keyClick(focus, Qt::Key_Tab);
        }
        for (const char *name :
             {"checkpointCombo", "methodCombo", "bottleneckSlider", "bottleneckSpin", "modelStack", "allSitesButton",
              "learningRateEdit", "seedsEdit", "deviceCombo", "moreButton", "threadsSpin", "addButton", "copyButton"})
            QVERIFY2(seen.contains(shown.find<QWidget>(name)), name);
    }

    void thePanelFitsItsDock_data()
    {
        QTest::addColumn<int>("width");
        QTest::newRow("360") << 360;
        QTest::newRow("420") << 420;
    }
    void thePanelFitsItsDock()
    {
        QFETCH(int, width);
        Shown shown;
        shown.choose("checkpointCombo", longModel);
        shown.click("moreButton");
        shown.panel.resize(width, 600);
        QTest::qWait(1);
        auto *area = shown.find<QScrollArea>("setupScroll");
        QCOMPARE(shown.panel.width(), width);
        QVERIFY2(area->widget()->width() <= area->viewport()->width(), qPrintable(QString::number(area->widget()->width())));
        QVERIFY(area->verticalScrollBar()->maximum() > 0);
        QVERIFY(!shown.add()->visibleRegion().isEmpty());
        // The keyboard's site is scrolled into view.
        QTest::keyClick(shown.stack(), Qt::Key_End);
        QVERIFY(shown.stack()->visibleRegion().contains(shown.stack()->siteRect(0, true)));
        QTest::keyClick(shown.stack(), Qt::Key_Home);
        QVERIFY(shown.stack()->visibleRegion().contains(shown.stack()->siteRect(23, false)));
    }

    void picturesOfBothThemes()
    {
        for (const char *model : {shortModel, longModel}) {
            Shown shown;
            shown.choose("checkpointCombo", model);
            QTest::mouseClick(shown.stack(), Qt::LeftButton, {}, shown.stack()->siteRect(1, true).center());
            shown.stack()->setFocus();
            test::savePictures(shown.panel, QString("setup-%1").arg(model));
            // The trained parts stand out from the frozen ones.
            const QImage picture = shown.stack()->grab().toImage();
            const auto colourAt = [&](int layer, bool attention) {
                return picture.pixelColor(shown.stack()->siteRect(layer, attention).center() - QPoint(20, 0));
            };
            QVERIFY(colourAt(0, true).green() > colourAt(0, true).red() + 60);
            QVERIFY(colourAt(1, true) != colourAt(0, true));
        }
    }
};

QTEST_MAIN(SetupTest)
#include "tst_setup.moc"
