#include <algorithm>
#include <csignal>
#include <cstdint>

#include <sys/resource.h>

#include <torch/types.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/error.h"
#include "core/files.h"
#include "core/model/encoder.h"
#include "core/model/kernels/product.h"
#include "core/model/random_checkpoint.h"
#include "core/model/kernels/adam.h"
#include "core/train/adam.h"
#include "core/train/computation.h"
#include "core/methods/parameters.h"
#include "core/train/precision.h"
#include "core/study/estimate.h"
#include "core/train/sampler.h"
#include "core/train/train.h"
#include "tests/tiny_model.h"

using namespace awb;
using namespace awb::test;

namespace {

TrainSpec tinySpec(const char *method = "adapter", int bottleneck = 8)
{
    TrainSpec spec;
    spec.checkpoint = "tiny";
    spec.dataset = "pieces";
    spec.method = methodOf(method, bottleneck);
    spec.recipe.learningRate = 1e-2;
    spec.recipe.epochs = 3;
    spec.recipe.batch = 16;
    spec.recipe.maxLength = 32;
    spec.recipe.initStd = 0.05;
    return spec;
}

std::vector<double> lossesOf(const TrainSpec &spec, const EncodedDataset &data, const TrainFiles &files = {})
{
    std::vector<double> losses;
    TrainHooks hooks;
    hooks.step = [&](const StepReport &step) { losses.push_back(step.loss); };
    train(spec, tinyCheckpoint(), data, files, hooks);
    return losses;
}

QString complaintOf(const TrainSpec &spec, const EncodedDataset &data)
{
    try {
        train(spec, tinyCheckpoint(), data, {}, {});
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace

class TestTrain : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void twentyStepsFollowThePyTorchReference_data();
    void twentyStepsFollowThePyTorchReference();
    void learnsATask_data();
    void learnsATask();
    void rowsWithoutAGradientFollowTheSameFormula();
    void trainedCountEqualsTheCountedOne();
    void sameSpecAndSeedGiveTheSameNumbers();
    void threadCountChangesNothing();
    void onThePlainPathItChangesTheRounding();
    void bothPathsTrainAlike_data();
    void bothPathsTrainAlike();
    void anotherSeedGivesOthers();
    void stoppedAndResumedEqualsUninterrupted();
    void longEpochsKeepSnapshotsWithinThem();
    void aFullDiskLeavesTheSnapshotBeforeAndTheRunGoesOn();
    void snapshotOfOtherSettingsIsNotUsed();
    void stopIsSeenBeforeTheNextBatch();
    void stopIsSeenWhileDevIsScoredAndTheScoreIsMadeUpFor();
    void storedWeightsScoreTheSame();
    void divergingLearningRateIsSaid();
    void aCheckpointWrittenToWhileItIsTrainedOnIsNamed_data();
    void aCheckpointWrittenToWhileItIsTrainedOnIsNamed();
    void cachesOfTrainAndDevShareOneBound();
    void aModelOfOneSegmentTakesNoPairs();
    void impossibleSettingsAreSaid();
    void regressionLearnsAScore();
    void scheduleWarmsUpAndDecays();
    void curvesAreStoredPerEpoch();
    void aSlowPrecisionIsSaid();
    void devIsScoredOnItsOwnTextsBetweenEpochs();
    void eachEpochHasAnOrderOfItsOwn();
    void eachStepDrawsItsOwnMasks();
    void onlyMatricesAreDecayed();
    void biasCorrectionIsAdamsAndSurvivesASnapshot();
    void aLongCurveIsAveragedAlsoAcrossAStop();
};

void TestTrain::twentyStepsFollowThePyTorchReference_data()
{
    QTest::addColumn<QString>("method");
    for (const char *method : {"adapter", "full", "head"})
        QTest::newRow(method) << method;
}

void TestTrain::twentyStepsFollowThePyTorchReference()
{
    QFETCH(QString, method);
    const auto reference = referenceNumbers("tiny.json");
    const Checkpoint checkpoint = tinyCheckpoint();
    Recipe recipe;
    AdaptedBert model(checkpoint, methodOf(method.toUtf8(), method == "adapter" ? 5 : 0), 3, recipe, 0);
    {
        const auto start = TensorFile::openSafetensors(testData("model/tiny_trained.safetensors"));
        torch::NoGradGuard noGrad;
        for (const auto &view : start->tensors())
            if (torch::Tensor *parameter = model->named_parameters().find(view.name))
                parameter->copy_(torch::from_blob(const_cast<std::byte *>(view.data.data()), view.shape, torch::kFloat32));
    }
    Adam adam(model->trained(), recipe);
    const auto expected = reference["losses_" + method.toStdString()].get<std::vector<double>>();
    for (int step = 0; step < 20; ++step) {
        const Batch batch = batchOf(reference["batches"][std::size_t(step)]);
        const torch::Tensor loss =
            torch::cross_entropy_loss(model->forward(batch, {}), torch::tensor(batch.labels).to(torch::kLong));
        loss.backward();
        adam.step(learningRateAt(step, 20, 0.1, 0.01));
        const double ours = loss.item<double>(), theirs = expected[std::size_t(step)];
        QVERIFY2(std::abs(ours - theirs) < 1e-3 * theirs,
                 qPrintable(QString("step %1: %2, not %3").arg(step).arg(ours).arg(theirs)));
    }
}

void TestTrain::learnsATask_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<int>("bottleneck");
    QTest::addColumn<int>("precision");
    QTest::newRow("adapters") << "adapter" << 8 << 0;
    QTest::newRow("adapters in bfloat16") << "adapter" << 8 << 1;
    QTest::newRow("full fine-tuning") << "full" << 0 << 0;
}

void TestTrain::learnsATask()
{
    QFETCH(QString, method);
    QFETCH(int, bottleneck);
    QFETCH(int, precision);
    TrainSpec spec = tinySpec(method.toUtf8(), bottleneck);
    spec.recipe.precision = precision ? Precision::BFloat16 : Precision::Float32;
    spec.recipe.epochs = 8;
    spec.recipe.learningRate = method == "full" ? 3e-3 : 1e-2;
    const TrainResult result = train(spec, tinyCheckpoint(), learnableTask(), {}, {});
    QVERIFY2(result.dev.metrics[0] > 0.9, qPrintable(QString::number(result.dev.metrics[0])));
}

void TestTrain::rowsWithoutAGradientFollowTheSameFormula()
{
    constexpr int rows = 600, d = 48, plain = 100, size = rows * d + plain;
    Recipe recipe;
    recipe.clip = 0;
    recipe.biasCorrection = false;
    torch::manual_seed(7);
    const torch::Tensor start = torch::randn({rows, d}), startOfBias = torch::randn({plain});
    struct Model {
        torch::Tensor words, bias;
        Adam adam;
        Model(const torch::Tensor &words_, const torch::Tensor &bias_, const Recipe &recipe)
            : words(words_.clone().requires_grad_()), bias(bias_.clone().requires_grad_()),
              adam({{"classifier.bias", bias}, {"embeddings.word_embeddings.weight", words}}, recipe)
        {
        }
    };
    Model first(start, startOfBias, recipe), second(start, startOfBias, recipe);
    const torch::Tensor values = torch::cat({start.view(-1), startOfBias});
    const torch::Tensor moments = torch::zeros({2, size});
    for (int step = 0; step < 12; ++step) {
        Model &model = step < 5 ? first : second;
        if (step == 5) { // goes on from a snapshot
            const auto from = first.adam.state(), to = second.adam.state();
            torch::NoGradGuard noGrad;
            for (std::size_t i = 0; i < from.size(); ++i)
                to[i].second.copy_(from[i].second);
            second.adam.setSteps(5);
        }
        torch::Tensor gradient = torch::zeros({rows, d});
        for (const int row : {3, 17 * step, 599})
            gradient[row] += torch::randn({d});
        gradient[300][step] = 1e-30F; // its square is 0
        const torch::Tensor ofBias = torch::randn({plain});
        model.words.mutable_grad().copy_(gradient);
        model.bias.mutable_grad().copy_(ofBias);
        model.adam.step(1e-2);

        torch::Tensor all = torch::cat({gradient.view(-1), ofBias});
        for (const auto &[at, count, decay] :
             {std::tuple(0, rows * d, float(1e-2 * recipe.weightDecay)), std::tuple(rows * d, plain, 0.0F)})
            kernels::updateByAdam({1, 0.9F, 0.999F, 1e-6F, 1e-2F, decay}, values.data_ptr<float>() + at,
                                  all.data_ptr<float>() + at, moments.data_ptr<float>() + at,
                                  moments.data_ptr<float>() + size + at, count);
        QVERIFY(torch::equal(torch::cat({model.words.detach().view(-1), model.bias.detach()}), values));
        QVERIFY(torch::equal(model.adam.state()[1].second, moments[0]));
        QVERIFY(torch::equal(model.adam.state()[2].second, moments[1]));
        QVERIFY(!model.words.grad().any().item<bool>());
    }
}

void TestTrain::trainedCountEqualsTheCountedOne()
{
    const Checkpoint checkpoint = tinyCheckpoint();
    for (const MethodEntry &entry : methodTable())
        for (const int bottleneck : {1, 7, 64}) {
            Method method = entry.method;
            method.bottleneck = entry.method.bottleneck > 0 ? bottleneck : 0;
            method.sites = {{true, false}, {false, true}};
            if (method.topLayers >= 0)
                method = topLayersMethod(method, bottleneck % 3, bottleneck != 7, checkpoint.shape().layers);
            AdaptedBert model(checkpoint, method, 4, Recipe{}, 0);
            std::int64_t trained = 0, total = 0;
            for (const auto &parameter : model->named_parameters()) {
                total += parameter.value().numel();
                trained += parameter.value().requires_grad() ? parameter.value().numel() : 0;
            }
            const ParameterCount count = countParameters(checkpoint.shape(), method, 4);
            QCOMPARE(count.trainable, trained);
            QCOMPARE(count.total, total);
        }
}

void TestTrain::sameSpecAndSeedGiveTheSameNumbers()
{
    const EncodedDataset data = learnableTask();
    TrainSpec spec = tinySpec();
    spec.recipe.threads = 1;
    const std::vector<double> one = lossesOf(spec, data);
    QCOMPARE(one.size(), std::size_t(48));
    QVERIFY(one == lossesOf(spec, data));
}

void TestTrain::threadCountChangesNothing()
{
    const EncodedDataset data = learnableTask();
    TrainSpec spec = tinySpec();
    spec.recipe.threads = 1;
    const std::vector<double> one = lossesOf(spec, data);
    spec.recipe.threads = 2;
    QVERIFY(one == lossesOf(spec, data));
}

void TestTrain::onThePlainPathItChangesTheRounding()
{
    // LibTorch sums LayerNorm's and batched products' gradients in an order that depends on the number of threads.
    const EncodedDataset data = learnableTask();
    TrainSpec spec = tinySpec();
    spec.recipe.plainPath = true;
    spec.recipe.threads = 1;
    const std::vector<double> one = lossesOf(spec, data);
    spec.recipe.threads = 2;
    const std::vector<double> two = lossesOf(spec, data);
    for (std::size_t i = 0; i < one.size(); ++i)
        QVERIFY2(std::abs(one[i] - two[i]) < 1e-3 * one[i], qPrintable(QString::number(i)));
    QVERIFY(two == lossesOf(spec, data));
}

void TestTrain::bothPathsTrainAlike_data()
{
    QTest::addColumn<bool>("score");
    QTest::newRow("classes") << false;
    QTest::newRow("a score") << true;
}

void TestTrain::bothPathsTrainAlike()
{
    QFETCH(bool, score);
    EncodedDataset data = learnableTask();
    if (score) {
        data.task = Task::Regression;
        data.classes.clear();
        data.metrics = {"pearson"};
    }
    TrainSpec spec = tinySpec();
    const std::vector<double> fast = lossesOf(spec, data);
    spec.recipe.plainPath = true;
    const std::vector<double> plain = lossesOf(spec, data);
    QCOMPARE(fast.size(), plain.size());
    for (std::size_t i = 0; i < fast.size(); ++i)
        // Squares of small differences carry more of the rounding.
        QVERIFY2(std::abs(fast[i] - plain[i]) < (score ? 1e-2 : 1e-3) * plain[i],
                 qPrintable(QStringLiteral("step %1: %2 and %3").arg(i).arg(fast[i]).arg(plain[i])));
    QVERIFY(fast != plain); // else one path was taken twice
}

void TestTrain::anotherSeedGivesOthers()
{
    const EncodedDataset data = learnableTask();
    TrainSpec spec = tinySpec();
    const std::vector<double> one = lossesOf(spec, data);
    spec.seed = 1;
    QVERIFY(one != lossesOf(spec, data));
}

void TestTrain::stoppedAndResumedEqualsUninterrupted()
{
    QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    const EncodedDataset data = learnableTask();
    const TrainSpec spec = tinySpec();
    const TrainFiles whole{path / "whole.safetensors", path / "whole.snapshot"};
    const TrainFiles parts{path / "parts.safetensors", path / "parts.snapshot"};
    const std::vector<double> uninterrupted = lossesOf(spec, data, whole);

    std::vector<double> losses;
    int started = -1;
    TrainHooks hooks;
    hooks.step = [&](const StepReport &step) { losses.push_back(step.loss); };
    hooks.started = [&](int step) { started = step; };
    for (const std::size_t stopAfter :
         {std::size_t(5), std::size_t(21), std::size_t(49)}) { // in an epoch, in the next, never
        hooks.stopRequested = [&] { return losses.size() >= stopAfter; };
        try {
            train(spec, tinyCheckpoint(), data, parts, hooks);
        } catch (const Stopped &) {
        }
    }
    QCOMPARE(started, 21);
    QVERIFY(losses == uninterrupted);
    QVERIFY(readFile(whole.weights) == readFile(parts.weights));
}

void TestTrain::longEpochsKeepSnapshotsWithinThem()
{
    QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    const EncodedDataset data = learnableTask();
    TrainSpec spec = tinySpec();
    spec.recipe.epochs = 1;
    const TrainFiles whole{path / "whole.safetensors", path / "whole.snapshot"};
    TrainFiles parts{path / "parts.safetensors", path / "parts.snapshot"};
    parts.snapshotEvery = 0; // after each step
    const std::vector<double> uninterrupted = lossesOf(spec, data, whole);

    struct PowerCut {};
    std::vector<double> losses;
    TrainHooks hooks;
    hooks.step = [&](const StepReport &step) {
        if (step.step == 7)
            throw PowerCut(); // before what the seventh step gave is kept
        losses.push_back(step.loss);
    };
    QVERIFY_EXCEPTION_THROWN(train(spec, tinyCheckpoint(), data, parts, hooks), PowerCut);
    int started = -1;
    hooks.started = [&](int step) { started = step; };
    hooks.step = [&](const StepReport &step) { losses.push_back(step.loss); };
    const TrainResult result = train(spec, tinyCheckpoint(), data, parts, hooks);
    QCOMPARE(started, 6);
    QVERIFY(losses == uninterrupted);
    QVERIFY(readFile(whole.weights) == readFile(parts.weights));
    QVERIFY(result.provenance.stepsPerSecond > 0 && result.provenance.examplesPerSecond > 0);
}

void TestTrain::aFullDiskLeavesTheSnapshotBeforeAndTheRunGoesOn()
{
    QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    const EncodedDataset data = learnableTask();
    const TrainSpec spec = tinySpec();
    const TrainFiles whole{path / "whole.safetensors", path / "whole.snapshot"};
    const TrainFiles parts{path / "parts.safetensors", path / "parts.snapshot"};
    lossesOf(spec, data, whole);

    const int perEpoch = int(stepsPerEpoch(data.train.size(), spec.recipe));
    rlimit before = {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN); // then a write beyond the limit fails as on a full disk
    std::string kept;
    int steps = 0, started = -1;
    TrainHooks hooks;
    hooks.started = [&](int step) { started = step; };
    hooks.step = [&](const StepReport &) {
        if (++steps == perEpoch + 1) {
            kept = readFile(parts.snapshot);
            const rlimit full = {100, before.rlim_max};
            ::setrlimit(RLIMIT_FSIZE, &full);
        }
    };
    hooks.stopRequested = [&] { return steps == 2 * perEpoch + 1; }; // after an epoch's snapshot, and with one more
    std::string loss;
    try {
        train(spec, tinyCheckpoint(), data, parts, hooks);
    } catch (const Stopped &stopped) {
        loss = stopped.loss();
    } catch (const Error &) {
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    const std::string sentence = "Step " + std::to_string(2 * perEpoch + 1) +
                                 " could not be kept, so the run will go on from step " + std::to_string(perEpoch) + ". ";
    QVERIFY2(loss.starts_with(sentence) && loss.find(parts.snapshot.string()) != std::string::npos, loss.c_str());
    QVERIFY(!kept.empty() && readFile(parts.snapshot) == kept);
    QCOMPARE(QDir(folder.path()).entryList({"*.part"}, QDir::Files).size(), 0);

    hooks.step = nullptr;
    hooks.stopRequested = nullptr;
    train(spec, tinyCheckpoint(), data, parts, hooks);
    QCOMPARE(started, perEpoch);
    QVERIFY(readFile(whole.weights) == readFile(parts.weights));
}

void TestTrain::snapshotOfOtherSettingsIsNotUsed()
{
    QTemporaryDir folder;
    const TrainFiles files{{}, std::filesystem::path(folder.path().toStdString()) / "snapshot"};
    const EncodedDataset data = learnableTask();
    TrainSpec spec = tinySpec();
    int steps = 0, started = -1;
    TrainHooks hooks;
    hooks.step = [&](const StepReport &) { ++steps; };
    hooks.started = [&](int step) { started = step; };
    hooks.stopRequested = [&] { return steps >= 4; };
    QVERIFY_EXCEPTION_THROWN(train(spec, tinyCheckpoint(), data, files, hooks), Stopped);
    hooks.stopRequested = nullptr;
    TrainFiles others = files;
    others.inputs = "other data"; // as long, and as many classes
    train(spec, tinyCheckpoint(), data, others, hooks);
    QCOMPARE(started, 0);
    train(spec, tinyCheckpoint(), data, others, hooks); // the same data: from the last epoch's
    QVERIFY(started > 0);
    spec.seed = 9;
    train(spec, tinyCheckpoint(), data, others, hooks);
    QCOMPARE(started, 0);
}

void TestTrain::stopIsSeenBeforeTheNextBatch()
{
    int steps = 0;
    TrainHooks hooks;
    hooks.step = [&](const StepReport &) { ++steps; };
    hooks.stopRequested = [&] { return steps == 7; };
    QVERIFY_EXCEPTION_THROWN(train(tinySpec(), tinyCheckpoint(), learnableTask(), {}, hooks), Stopped);
    QCOMPARE(steps, 7);
}

void TestTrain::stopIsSeenWhileDevIsScoredAndTheScoreIsMadeUpFor()
{
    QTemporaryDir folder;
    const TrainFiles files{std::filesystem::path(folder.path().toStdString()) / "adapter.safetensors",
                           std::filesystem::path(folder.path().toStdString()) / "snapshot"};
    const EncodedDataset data = learnableTask();
    const TrainSpec spec = tinySpec();
    const TrainResult whole = train(spec, tinyCheckpoint(), data, {}, {});
    const int perEpoch = int(stepsPerEpoch(data.train.size(), spec.recipe));
    for (const int epoch : {1, spec.recipe.epochs}) { // also after the last step of all
        std::filesystem::remove(files.snapshot);
        int steps = 0;
        std::vector<Measurement> measured;
        TrainHooks hooks;
        hooks.step = [&](const StepReport &) { ++steps; };
        hooks.measured = [&](const std::vector<Measurement> &more) {
            measured.insert(measured.end(), more.begin(), more.end());
        };
        hooks.stopRequested = [&] { return steps == epoch * perEpoch; }; // asked next before the first batch of dev
        QVERIFY_EXCEPTION_THROWN(train(spec, tinyCheckpoint(), data, files, hooks), Stopped);
        const auto scores = [&] {
            return std::count_if(measured.begin(), measured.end(),
                                 [](const Measurement &one) { return one.name == "dev.loss"; });
        };
        QCOMPARE(scores(), epoch - 1);
        hooks.stopRequested = nullptr;
        const TrainResult resumed = train(spec, tinyCheckpoint(), data, files, hooks);
        QCOMPARE(scores(), spec.recipe.epochs);
        QCOMPARE(steps, spec.recipe.epochs * perEpoch);
        QVERIFY(resumed.dev.logits == whole.dev.logits);
    }
}

void TestTrain::storedWeightsScoreTheSame()
{
    QTemporaryDir folder;
    const TrainFiles files{std::filesystem::path(folder.path().toStdString()) / "adapter.safetensors", {}};
    const EncodedDataset data = learnableTask();
    const TrainSpec spec = tinySpec();
    const TrainResult result = train(spec, tinyCheckpoint(), data, files, {});
    const Evaluation again = evaluate(spec, tinyCheckpoint(), files.weights, data.dev, data);
    QCOMPARE(again.metrics, result.dev.metrics);
    QVERIFY(again.logits == result.dev.logits);

    const auto stored = TensorFile::openSafetensors(files.weights);
    std::int64_t elements = 0;
    bool head = false;
    for (const TensorView &view : stored->tensors()) {
        elements += view.elements();
        head |= view.name == "classifier.weight";
    }
    QCOMPARE(elements, result.trainable);
    QVERIFY(head);

    TrainSpec other = spec;
    other.method.bottleneck = 4;
    const auto complaint = [&](const TrainSpec &asked) -> std::string {
        try {
            evaluate(asked, tinyCheckpoint(), files.weights, data.dev, data);
            return {};
        } catch (const Error &error) {
            return error.what();
        }
    };
    QVERIFY(!complaint(other).empty());
    other = spec;
    other.seed = 9;
    QVERIFY2(complaint(other).ends_with("run with other settings; compute the run again."), complaint(other).c_str());
    std::string bytes = readFile(files.weights);
    bytes.replace(bytes.size() - 4, 4, std::string("\0\0\xc0\x7f", 4)); // not a number
    writeFileAtomically(files.weights, bytes);
    const std::string damaged = complaint(spec);
    QVERIFY2(damaged.find("no finite float32; compute the run again") != std::string::npos, damaged.c_str());
    writeFileAtomically(files.weights, bytes.substr(0, bytes.size() / 2));
    QVERIFY2(complaint(spec).ends_with("; compute the run again."), complaint(spec).c_str());
}

void TestTrain::divergingLearningRateIsSaid()
{
    TrainSpec spec = tinySpec("full", 0);
    spec.recipe.learningRate = 1e30;
    spec.recipe.clip = 0;
    const QString sentence = complaintOf(spec, learnableTask());
    QVERIFY2(sentence.contains("loss became") && sentence.contains("smaller learning rate"), qPrintable(sentence));

    QTemporaryDir folder; // a snapshot from which a retry would diverge again
    const TrainFiles files{{}, std::filesystem::path(folder.path().toStdString()) / "snapshot"};
    writeFileAtomically(files.snapshot, "an earlier epoch");
    QVERIFY_EXCEPTION_THROWN(train(spec, tinyCheckpoint(), learnableTask(), files, {}), Error);
    QVERIFY(!std::filesystem::exists(files.snapshot));

    EncodedDataset once = learnableTask(); // one step: its loss is that of the weights before it
    spec.recipe.epochs = 1;
    spec.recipe.batch = once.train.size();
    spec.recipe.warmup = 0;
    const QString last = complaintOf(spec, once);
    QVERIFY2(last.contains("loss on dev became") && last.contains("step 1 of 1"), qPrintable(last));
}

void TestTrain::aCheckpointWrittenToWhileItIsTrainedOnIsNamed_data()
{
    QTest::addColumn<bool>("plain");
    QTest::addColumn<bool>("isCut");
    QTest::newRow("cut off, plain path") << true << true;
    QTest::newRow("cut off, fast path") << false << true;
    QTest::newRow("overwritten, plain path") << true << false;
    QTest::newRow("overwritten, fast path") << false << false;
}

void TestTrain::aCheckpointWrittenToWhileItIsTrainedOnIsNamed()
{
    QFETCH(bool, plain);
    QFETCH(bool, isCut);
    namespace fs = std::filesystem;
    QTemporaryDir folder;
    const fs::path here = folder.path().toStdString(), weights = here / "tiny/model.safetensors";
    fs::copy(testData("model/tiny"), here / "tiny");
    fs::permissions(weights, fs::perms::owner_read | fs::perms::owner_write);
    const Checkpoint checkpoint = Checkpoint::open(here / "tiny");
    TrainSpec spec = tinySpec();
    spec.recipe.plainPath = plain;
    const TrainFiles files{here / "weights", here / "snapshot"};
    TrainHooks hooks;
    int epochs = 0;
    hooks.measured = [&](const std::vector<Measurement> &measured) {
        epochs += std::ranges::any_of(measured, [](const Measurement &one) { return one.name == "dev.loss"; });
    };
    const int perEpoch = int(stepsPerEpoch(learnableTask().train.size(), spec.recipe));
    hooks.step = [&](const StepReport &step) {
        if (step.step != perEpoch + 1) // in the second epoch
            return;
        if (isCut)
            fs::resize_file(weights, fs::file_size(weights) / 4);
        else
            std::fstream(weights, std::ios::in | std::ios::out).seekp(-4, std::ios::end) << "abcd";
        fs::last_write_time(weights, fs::file_time_type::clock::now() + std::chrono::seconds(1)); // its clock has steps
    };
    try {
        train(spec, checkpoint, learnableTask(), files, hooks);
        QFAIL("accepted");
    } catch (const Error &error) {
        QVERIFY2(std::string(error.what()).find("model.safetensors was ") != std::string::npos, error.what());
    }
    QVERIFY(!fs::exists(files.weights));
    QVERIFY(fs::exists(files.snapshot)); // of the first epoch's end
    QCOMPARE(epochs, 1);
}

void TestTrain::cachesOfTrainAndDevShareOneBound()
{
    const TrainSpec spec = tinySpec("head", 0);
    const EncodedDataset data = learnableTask();
    const Checkpoint checkpoint = tinyCheckpoint();
    Computation computation(checkpoint, spec.method, data.outputs(), spec.recipe, spec.seed);
    computation.prepare();
    const auto kept = [&](const EncodedTexts *train, std::size_t limit) {
        const PrefixCaches caches = computation.prefixCaches(train, data.dev, limit);
        return std::pair(caches.train ? caches.train->bytes() : 0, caches.dev ? caches.dev->bytes() : 0);
    };
    const auto [train, dev] = kept(&data.train, 1 << 20);
    QVERIFY(train > dev && dev > 0);
    QVERIFY(kept(&data.train, train + dev) == std::pair(train, dev));
    QVERIFY(kept(&data.train, train + dev - 1) == std::pair(train, std::size_t(0)));
    QVERIFY(kept(&data.train, train - 1) == std::pair(std::size_t(0), dev)); // the bound is dev's alone then
    QVERIFY(kept(nullptr, dev) == std::pair(std::size_t(0), dev));
    QVERIFY(kept(&data.train, dev - 1) == std::pair(std::size_t(0), std::size_t(0)));
}

void TestTrain::aModelOfOneSegmentTakesNoPairs()
{
    QTemporaryDir folder;
    ModelShape shape = shapeNamed("bert-tiny");
    shape.segments = 1;
    const Checkpoint checkpoint = randomCheckpoint(folder.filePath("one").toStdString(), shape);
    Dataset pairs;
    pairs.manifest.name = "mrpc";
    pairs.manifest.train.textB = 1;
    try {
        encodeDataset(pairs, checkpoint, 32);
        QFAIL("accepted");
    } catch (const Error &error) {
        QVERIFY2(std::string(error.what()).find("type_vocab_size") != std::string::npos, error.what());
    }
}

void TestTrain::impossibleSettingsAreSaid()
{
    TrainSpec spec = tinySpec();
    spec.recipe.maxLength = 512;
    QVERIFY(complaintOf(spec, learnableTask()).contains("48 positions"));
    spec = tinySpec();
    spec.recipe.device = "cuda:7";
    QVERIFY(complaintOf(spec, learnableTask()).contains("cuda:7"));
    EncodedDataset empty = learnableTask();
    empty.train = EncodedTexts();
    QVERIFY(complaintOf(tinySpec(), empty).contains("no training examples"));
}

void TestTrain::regressionLearnsAScore()
{
    EncodedDataset data = learnableTask();
    data.task = Task::Regression;
    data.classes.clear();
    data.metrics = {"pearson", "spearman"};
    TrainSpec spec = tinySpec();
    spec.recipe.epochs = 8;
    const TrainResult result = train(spec, tinyCheckpoint(), data, {}, {});
    QVERIFY2(result.dev.metrics[0] > 0.8, qPrintable(QString::number(result.dev.metrics[0])));
    QCOMPARE(result.dev.scores.size(), std::size_t(100));
}

void TestTrain::scheduleWarmsUpAndDecays()
{
    QCOMPARE(learningRateAt(0, 100, 0.1, 1.0), 0.0);
    QCOMPARE(learningRateAt(5, 100, 0.1, 1.0), 0.5);
    QCOMPARE(learningRateAt(10, 100, 0.1, 1.0), 1.0);
    QCOMPARE(learningRateAt(55, 100, 0.1, 1.0), 0.5);
    QVERIFY(learningRateAt(99, 100, 0.1, 1.0) > 0);
    QCOMPARE(learningRateAt(0, 100, 0.0, 1.0), 1.0);
    QCOMPARE(learningRateAt(0, 1, 0.1, 1.0), 1.0); // the only step trains
    QCOMPARE(learningRateAt(1, 19, 0.1, 1.0), 1.0);
    Recipe recipe;
    QCOMPARE(stepsPerEpoch(100, recipe), std::int64_t(3));
    recipe.partialBatch = true;
    QCOMPARE(stepsPerEpoch(100, recipe), std::int64_t(4));
    QCOMPARE(stepsPerEpoch(5, Recipe{}), std::int64_t(1));
}

void TestTrain::curvesAreStoredPerEpoch()
{
    std::vector<std::size_t> calls;
    std::vector<Measurement> all;
    TrainHooks hooks;
    hooks.measured = [&](const std::vector<Measurement> &part) {
        calls.push_back(part.size());
        all.insert(all.end(), part.begin(), part.end());
    };
    const TrainResult result = train(tinySpec(), tinyCheckpoint(), learnableTask(), {}, hooks);
    QCOMPARE(calls.size(), std::size_t(3));
    const auto last = std::find_if(all.rbegin(), all.rend(), [](const Measurement &m) { return m.name == "dev.accuracy"; });
    QVERIFY(last != all.rend());
    QCOMPARE(last->value, result.dev.metrics[0]);
    QCOMPARE(last->epoch, 3.0);
    QCOMPARE(std::count_if(all.begin(), all.end(), [](const Measurement &m) { return m.name == "loss"; }), 48);
}

void TestTrain::aSlowPrecisionIsSaid()
{
    Recipe recipe;
    QCOMPARE(precisionWarning(recipe), std::string());
    recipe.precision = Precision::BFloat16;
    const bool multiplies = kernels::multipliesBFloat16();
    QCOMPARE(precisionWarning(recipe).find("float32 is several times as fast here") != std::string::npos, !multiplies);
    QVERIFY(multiplies || fastestPrecision("cpu") == Precision::Float32);
    recipe.device = "cuda:0";
    QCOMPARE(precisionWarning(recipe), std::string());
    QVERIFY(fastestPrecision("cuda:0") == Precision::BFloat16);
}

void TestTrain::devIsScoredOnItsOwnTextsBetweenEpochs()
{
    const EncodedDataset data = learnableTask();
    TrainSpec spec = tinySpec("head", 0); // what frozen layers give is kept of train and of dev
    const auto lossesOnDev = [&] {
        std::vector<double> losses;
        TrainHooks hooks;
        hooks.measured = [&](const std::vector<Measurement> &part) {
            for (const Measurement &one : part)
                if (one.name == "dev.loss")
                    losses.push_back(one.value);
        };
        train(spec, tinyCheckpoint(), data, {}, hooks);
        return losses;
    };
    const std::vector<double> fast = lossesOnDev();
    spec.recipe.plainPath = true;
    const std::vector<double> plain = lossesOnDev();
    QCOMPARE(fast.size(), std::size_t(3));
    QCOMPARE(plain.size(), std::size_t(3));
    for (std::size_t i = 0; i < 3; ++i)
        QVERIFY2(std::abs(fast[i] - plain[i]) < 1e-3 * plain[i], qPrintable(QString::number(i)));
}

void TestTrain::eachEpochHasAnOrderOfItsOwn()
{
    const EncodedTexts texts = learnableTexts(50, 1);
    Sampler sampler(texts, tinySpec(), 4); // batches of 16, the last of 2
    QVERIFY(sampler.batch(0).examples != sampler.batch(4).examples);
    QCOMPARE(sampler.batch(7).size(), 2);
    std::vector<std::int32_t> all;
    for (int step = 4; step < 8; ++step) {
        const Batch batch = sampler.batch(step);
        all.insert(all.end(), batch.examples.begin(), batch.examples.end());
    }
    std::ranges::sort(all);
    QCOMPARE(all.size(), std::size_t(50));
    for (int i = 0; i < 50; ++i)
        QCOMPARE(all[std::size_t(i)], i);
}

void TestTrain::eachStepDrawsItsOwnMasks()
{
    EncodedDataset data = learnableTask();
    data.train = learnableTexts(1, 1); // one batch, always the same
    TrainSpec spec = tinySpec();
    spec.recipe.batch = 1;
    spec.recipe.dropout = 0.5;
    spec.recipe.learningRate = 1e-12; // the weights stay where they are
    const std::vector<double> losses = lossesOf(spec, data);
    QCOMPARE(losses.size(), std::size_t(3));
    QVERIFY(std::abs(losses[0] - losses[1]) > 1e-5 && std::abs(losses[1] - losses[2]) > 1e-5);
}

void TestTrain::onlyMatricesAreDecayed()
{
    Recipe recipe;
    recipe.weightDecay = 0.5;
    const auto ones = [] { return torch::ones({8}).requires_grad_(); };
    torch::Tensor norm = ones(), bias = ones(), matrix = ones();
    Adam adam(
        {{"encoder.layer.0.output.LayerNorm.weight", norm}, {"pooler.dense.bias", bias}, {"pooler.dense.weight", matrix}},
        recipe);
    adam.step(0.1); // without a gradient only the decay is left
    QVERIFY(torch::equal(norm.detach(), torch::ones({8})));
    QVERIFY(torch::equal(bias.detach(), torch::ones({8})));
    QVERIFY(torch::allclose(matrix.detach(), torch::full({8}, 0.95)));
}

void TestTrain::biasCorrectionIsAdamsAndSurvivesASnapshot()
{
    Recipe recipe;
    recipe.biasCorrection = true;
    recipe.clip = 0;
    torch::Tensor x = torch::zeros({1}).requires_grad_(), y = torch::zeros({1}).requires_grad_();
    Adam first({{"classifier.bias", x}}, recipe), second({{"classifier.bias", y}}, recipe);
    for (int step = 0; step < 3; ++step) { // of a constant gradient each step is the learning rate
        x.mutable_grad().fill_(1);
        first.step(0.1);
    }
    QVERIFY(std::abs(x.item<float>() + 0.3F) < 1e-4F);
    {
        const torch::NoGradGuard noGrad;
        for (std::size_t i = 0; i < first.state().size(); ++i)
            second.state()[i].second.copy_(first.state()[i].second);
    }
    second.setSteps(3);
    y.mutable_grad().fill_(1);
    second.step(0.1);
    QVERIFY(std::abs(y.item<float>() + 0.4F) < 1e-4F); // three steps' of the weight are in the state too
}

void TestTrain::aLongCurveIsAveragedAlsoAcrossAStop()
{
    QTemporaryDir folder;
    const TrainFiles files{{}, std::filesystem::path(folder.path().toStdString()) / "snapshot"};
    const EncodedDataset data = learnableTask();
    TrainSpec spec = tinySpec("head", 0);
    spec.recipe.batch = 1;
    spec.recipe.epochs = 8; // 2,048 steps: two to a point
    const auto curveOf = [&](const TrainFiles &own, std::size_t stopAfter, std::vector<double> &losses) {
        std::vector<double> curve;
        TrainHooks hooks;
        hooks.step = [&](const StepReport &step) { losses.push_back(step.loss); };
        hooks.measured = [&](const std::vector<Measurement> &part) {
            for (const Measurement &one : part)
                if (one.name == "loss")
                    curve.push_back(one.value);
        };
        hooks.stopRequested = [&] { return losses.size() == stopAfter; };
        try {
            train(spec, tinyCheckpoint(), data, own, hooks);
        } catch (const Stopped &) {
            stopAfter = SIZE_MAX;
            train(spec, tinyCheckpoint(), data, own, hooks);
        }
        return curve;
    };
    std::vector<double> losses, again;
    const std::vector<double> whole = curveOf({}, SIZE_MAX, losses), parts = curveOf(files, 301, again);
    QCOMPARE(again.size(), std::size_t(2048));
    QCOMPARE(whole.size(), std::size_t(1024));
    QVERIFY(std::abs(whole[0] - (losses[0] + losses[1]) / 2) < 1e-12);
    QVERIFY(parts == whole);
}

QTEST_GUILESS_MAIN(TestTrain)
#include "tst_train.moc"
