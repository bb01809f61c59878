#include <filesystem>
#include <memory>

#include <QStyle>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>

#include "core/data/recognise.h"
#include "core/store/dev_outcome.h"
#include "tests/gui_helpers.h"
#include "ui/lab_bridge.h"
#include "ui/run_page.h"

using namespace awb;
using namespace awb::test;

namespace {

/// A library with a data set of real words whose dev part has four examples, and finished runs on it.
struct Library {
    QTemporaryDir home;
    std::unique_ptr<LabBridge> bridge;
    Manifest manifest;

    Library()
    {
        const std::filesystem::path folder = home.path().toStdString();
        writeText(home.filePath(QStringLiteral("train.tsv")),
                  "bad\tThe food was cold.\ngood\tWe loved every dish.\n"
                  "bad\tA long wait for little.\ngood\tKind people, fair prices.\n"
                  "bad\tToo loud to talk.\ngood\tThe best bread in town.\n");
        writeText(home.filePath(QStringLiteral("dev.tsv")), "good\tA warm <i>welcome</i> & good wine.\n"
                                                            "bad\tNever again.\n"
                                                            "good\tWorth the way.\n"
                                                            "bad\tThe soup was salty.\n");
        bridge = std::make_unique<LabBridge>(folder, [](const Run &run, RunContext &) { return run; });
        store().setQueuePaused(true);
        manifest = guessManifest(folder / "train.tsv", "meals");
        manifest.train.format.header = false;
        manifest.train.label = 0;
        manifest.train.textA = 1;
        manifest.dev = manifest.train;
        manifest.dev->path = (folder / "dev.tsv").string();
        completeManifest(manifest);
        store().addDataset(manifest);
    }

    Store &store() { return bridge->store(); }

    /// `predictions`: class numbers on dev, bad is 0 and good 1; empty: none are kept.
    std::int64_t add(int bottleneck, double rate, const DevPredictions &predictions)
    {
        TrainSpec spec;
        spec.checkpoint = "minilm";
        spec.dataset = "meals";
        spec.method = {"adapter", bottleneck, {}, "gelu_new", {"*.adapter.*", "classifier.*"}};
        spec.recipe.learningRate = rate;
        const std::int64_t id = store().enqueue({spec}).front();
        Run done = *store().claim(id);
        store().addMeasurements(id, {{"dev.accuracy", 3, 1, 0.5},
                                     {"dev.f1", 3, 1, 0.4},
                                     {"dev.accuracy", 6, 2, 0.75},
                                     {"test.accuracy", 6, 2, 0.625}});
        done.metric = "accuracy";
        done.score = 0.75;
        done.trainable = 1000 * bottleneck;
        done.total = 22713986;
        done.provenance.checkpointSha256 = "c0ffee";
        done.provenance.dataSha256 = manifest.sha256;
        done.provenance.peakMemory = 450'000'000;
        const std::filesystem::path folder = store().resolve("runs/" + std::to_string(id));
        std::filesystem::create_directories(folder);
        if (!predictions.empty())
            saveDevPredictions(folder, predictions);
        store().finish(done);
        return id;
    }
};

/// The page as it is read, once it has said `last`.
QString pageOf(RunPage &page, const QString &last)
{
    auto *text = page.findChild<QTextBrowser *>(QStringLiteral("runText"));
    for (int i = 0; i < 250 && !text->toPlainText().contains(last); ++i)
        QTest::qWait(20);
    return text->toPlainText();
}

} // namespace

class TestRunPage : public QObject {
    Q_OBJECT

private slots:
    void oneRunTellsEverythingWithItsHashes()
    {
        Library library;
        const auto id = library.add(8, 1e-3, {1, 0, 1, 1});
        RunPage page(*library.bridge);
        page.resize(700, 500);
        page.show();
        QVERIFY(page.findChild<QTextBrowser *>(QStringLiteral("runText"))
                    ->toPlainText()
                    .contains(QStringLiteral("Choose a run")));
        page.showRuns({id});
        const QString text = pageOf(page, QStringLiteral("Confusion matrix"));
        for (const char *part :
             {"Run 1", "adapters, m = 8", "1e-3", "Accuracy on dev", "75.00 %", "F1 on dev", "Accuracy on test", "62.50 %",
              "450 MB", "c0ffee", "awb train --checkpoint minilm --dataset meals"})
            QVERIFY2(text.contains(QString::fromUtf8(part)), qPrintable(QString::fromUtf8(part) + " in " + text));
        QVERIFY(text.contains(QString::fromStdString(library.manifest.sha256)));
        savePictures(page, "run-page");
    }

    void twoRunsAreSetSideBySide()
    {
        Library library;
        const auto first = library.add(8, 1e-3, {1, 0, 1, 1}), second = library.add(64, 1e-3, {0, 0, 1, 0});
        RunPage page(*library.bridge);
        page.resize(700, 600);
        page.show();
        page.showRuns({second, first});
        const QString text = pageOf(page, QStringLiteral("Where they disagree"));
        QVERIFY(text.contains(QStringLiteral("Runs 1 and 2")));
        QVERIFY(text.contains(QStringLiteral("adapters, m = 8")) && text.contains(QStringLiteral("adapters, m = 64")));
        QVERIFY(!text.contains(QStringLiteral("Learning rate"))); // it is the same
        // The first example is good, the last bad: each is right once.
        QVERIFY2(text.contains(
                     QStringLiteral("They disagree on 2 of 4 examples of dev: only run 1 is right on 1, only run 2 on 1.")),
                 qPrintable(text));
        QVERIFY(text.contains(QStringLiteral("A warm <i>welcome</i> & good wine."))); // shown, not obeyed
        QVERIFY(text.contains(QStringLiteral("The soup was salty.")));
        QVERIFY(!text.contains(QStringLiteral("Never again.")));
        savePictures(page, "run-page-two");
    }

    void theConfusionMatrixCountsTheExamples()
    {
        Library library;
        const auto id = library.add(8, 1e-3, {1, 0, 1, 1});
        const DevOutcome outcome = devOutcome(library.store(), {*library.store().run(id)});
        QCOMPARE(outcome.classes, (std::vector<std::string>{"bad", "good"}));
        QCOMPARE(confusionOf(outcome, 0), (std::vector<std::size_t>{1, 1, 0, 2}));
    }

    void whatIsMissingIsSaid()
    {
        Library library;
        const auto old = library.add(8, 1e-3, {});
        const auto other = library.add(8, 3e-4, {1, 0, 1, 1});
        const auto waiting = library.store().enqueue({library.store().run(old)->spec}).front();
        RunPage page(*library.bridge);
        page.show();
        page.showRuns({old});
        QVERIFY(pageOf(page, QStringLiteral("run it again")).contains(QStringLiteral("Run 1 kept no predictions")));
        page.showRuns({waiting});
        QVERIFY(pageOf(page, QStringLiteral("no predictions yet")).contains(QStringLiteral("Queued")));

        // A file has changed on disk since it was added.
        const QString dev = library.home.filePath(QStringLiteral("dev.tsv"));
        writeText(dev, "good\tA warm <i>welcome</i> & bad wine.\nbad\tNever again.\ngood\tWorth the way.\n"
                       "bad\tThe soup was salty.\n");
        page.showRuns({other});
        QVERIFY(pageOf(page, QStringLiteral("changed since it was added")).contains(QStringLiteral("data set meals")));

        // The data set was added again with other files.
        page.showRuns({});
        library.manifest.sha256 = "another";
        library.store().addDataset(library.manifest);
        page.showRuns({other});
        QVERIFY(pageOf(page, QStringLiteral("other files")).contains(QStringLiteral("meals")));
        // The settings are there all the same.
        QVERIFY(pageOf(page, QStringLiteral("other files")).contains(QStringLiteral("3e-4")));
    }

    void predictionsThatDoNotFitAreRefused()
    {
        Library library;
        const auto few = library.add(8, 1e-3, {1, 0}), strange = library.add(8, 3e-4, {1, 0, 7, 1});
        for (const auto id : {few, strange}) {
            try {
                devOutcome(library.store(), {*library.store().run(id)});
                QFAIL("accepted");
            } catch (const std::exception &error) {
                QVERIFY2(QByteArray(error.what()).contains("read differently"), error.what());
            }
        }
    }
};

QTEST_MAIN(TestRunPage)
#include "tst_run_page.moc"
