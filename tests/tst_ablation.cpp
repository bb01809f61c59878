#include <torch/types.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/error.h"
#include "core/model/kernels/product.h"
#include "core/random.h"
#include "core/train/ablation_engine.h"
#include "core/train/computation.h"
#include "core/train/evaluate.h"
#include "core/model/random_checkpoint.h"
#include "tests/tiny_model.h"

using namespace awb;
using namespace awb::test;

namespace {

constexpr int layers = 5;

/// A run whose adapters matter: far from the identity, as if trained.
struct TrainedRun {
    TrainSpec spec;
    std::filesystem::path folder, weights;
    EncodedDataset data;

    Checkpoint checkpoint() const { return Checkpoint::open(folder); }
    AblationEngine engine(std::size_t bytes = AblationEngine::mostBytesKept) const
    {
        return AblationEngine(spec, checkpoint(), weights, data, bytes);
    }
    /// Evaluated as training evaluates it: all layers, for these sites alone.
    double fromScratch(const std::vector<LayerSites> &active) const
    {
        const Checkpoint own = checkpoint();
        Computation computation(own, spec.method, data.outputs(), spec.recipe, spec.seed);
        const auto file = TensorFile::openSafetensors(weights);
        computation.model()->loadTrained(*file, weights.string());
        computation.prepare();
        return evaluateModel(computation, data.dev, data, {.active = &active}).metrics.front();
    }
};

/// 100 texts with a score each: a correlation changes with every logit, where an accuracy may not.
TrainedRun runIn(const QTemporaryDir &folder, const char *sites = "", bool plain = false,
                 Precision precision = Precision::Float32)
{
    TrainedRun run;
    run.folder = std::filesystem::path(folder.path().toStdString()) / "checkpoint";
    const ModelShape shape{
        .layers = layers, .hidden = 32, .heads = 4, .feedForward = 64, .vocabulary = 120, .positions = 64};
    const Checkpoint checkpoint =
        std::filesystem::exists(run.folder) ? Checkpoint::open(run.folder) : randomCheckpoint(run.folder, shape);
    run.spec.method = methodOf("adapter", 8);
    if (*sites)
        run.spec.method.sites = parseLayerSites(sites, layers);
    run.spec.recipe.plainPath = plain;
    run.spec.recipe.precision = precision;
    run.spec.recipe.initStd = 0.3;
    run.spec.dataset = "rules";
    run.data = learnableTask(2);
    run.data.task = Task::Regression;
    run.data.metrics = {"pearson"};

    AdaptedBert model(checkpoint, run.spec.method, 1, run.spec.recipe, 3);
    run.weights = std::filesystem::path(folder.path().toStdString()) / "adapter.safetensors";
    std::vector<TensorView> views;
    for (auto &[name, parameter] : model->trained())
        views.push_back({name,
                         ElementType::Float32,
                         parameter.sizes().vec(),
                         {static_cast<const std::byte *>(parameter.data_ptr()), parameter.nbytes()}});
    writeSafetensors(run.weights, views, {});
    return run;
}

std::vector<LayerSites> sites(const char *text)
{
    return parseLayerSites(text, layers);
}

} // namespace

class TestAblation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aMapEqualsEveryCellFromScratch_data();
    void aMapEqualsEveryCellFromScratch();
    void aMapCostsLessThanItsCells();
    void togglesFollowOneAnother_data();
    void togglesFollowOneAnother();
    void layersBelowTheFirstChangedOneAreNotComputedAgain();
    void statesStayWithinTheBound();
    void aStoppedScoreLeavesTheNextRight();
    void aMapCanBeStopped();
    void noDevSetIsSaid();
};

void TestAblation::aMapEqualsEveryCellFromScratch_data()
{
    QTest::addColumn<QString>("sites");
    QTest::addColumn<bool>("plain");
    QTest::addColumn<bool>("rounded");
    QTest::newRow("fast path") << "" << false << false;
    QTest::newRow("fast path, bfloat16") << "" << false << true;
    QTest::newRow("plain path") << "" << true << false;
    QTest::newRow("adapters in some layers") << "-,af,-,f,a" << false << false;
}

void TestAblation::aMapEqualsEveryCellFromScratch()
{
    QFETCH(QString, sites);
    QFETCH(bool, plain);
    QFETCH(bool, rounded);
    if (rounded && !kernels::multipliesBFloat16())
        QSKIP("this processor has no bfloat16 products");
    const QTemporaryDir folder;
    const TrainedRun run = runIn(folder, sites.toLatin1(), plain, rounded ? Precision::BFloat16 : Precision::Float32);
    const AblationMap map = run.engine().map();
    QCOMPARE(map.metric, std::string("pearson"));
    QCOMPARE(map.layers(), layers);
    const double tolerance = plain ? 1e-6 : 0; // the fast path does the same sums
    QVERIFY(std::abs(map.score - run.fromScratch(sitesWithout(layers, 0, -1))) <= tolerance);
    int differ = 0;
    for (int first = 0; first < layers; ++first)
        for (int last = first; last < layers; ++last) {
            const double expected = run.fromScratch(sitesWithout(layers, first, last));
            QVERIFY2(std::abs(map.scoreWithout(first, last) - expected) <= tolerance,
                     qPrintable(QStringLiteral("%1 to %2").arg(first).arg(last)));
            differ += map.scoreWithout(first, last) != map.score;
        }
    QVERIFY(differ >= (sites.isEmpty() ? 15 : 12)); // the adapters do something
    QCOMPARE(int(map.seconds.size()), layers + 1);
    for (const double seconds : map.seconds)
        QVERIFY(seconds > 0 && seconds < 1);
}

void TestAblation::aMapCostsLessThanItsCells()
{
    const QTemporaryDir folder;
    const TrainedRun run = runIn(folder);
    AblationEngine engine = run.engine();
    const std::int64_t batches = 2; // 100 texts in batches of 64
    engine.map();
    const std::int64_t timed = 5 * batches * (layers + 1) * layers;
    // One pass, then for each span the layers from its last one on: L + L (L + 1) (L + 2) / 6.
    QCOMPARE(engine.layersComputed() - timed, batches * (layers + layers * (layers + 1) * (layers + 2) / 6));
}

void TestAblation::togglesFollowOneAnother_data()
{
    QTest::addColumn<bool>("plain");
    QTest::newRow("fast path") << false;
    QTest::newRow("plain path") << true;
}

void TestAblation::togglesFollowOneAnother()
{
    QFETCH(bool, plain);
    const QTemporaryDir folder;
    const TrainedRun run = runIn(folder, "", plain);
    AblationEngine engine = run.engine();
    for (const char *step : {"af,af,af,af,af", "af,af,af,f,af", "af,af,af,f,a", "af,a,af,f,a", "af,a,af,f,af", "-,a,af,f,af",
                             "-,-,-,-,-", "af,af,af,af,-"})
        QVERIFY2(std::abs(engine.score(sites(step)) - run.fromScratch(sites(step))) <= (plain ? 1e-6 : 0), step);
}

void TestAblation::layersBelowTheFirstChangedOneAreNotComputedAgain()
{
    const QTemporaryDir folder;
    AblationEngine engine = runIn(folder, "af,af,-,af,af").engine();
    const auto cost = [&](const char *active) {
        const std::int64_t before = engine.layersComputed();
        engine.score(sites(active));
        return (engine.layersComputed() - before) / 2; // batches
    };
    QCOMPARE(cost("af,af,af,af,af"), 5);
    QCOMPARE(cost("af,af,af,af,a"), 1);
    QCOMPARE(cost("af,f,af,af,a"), 4);
    QCOMPARE(cost("af,f,af,af,a"), 0);
    QCOMPARE(cost("af,f,-,af,a"), 0); // there is no adapter
    QCOMPARE(cost("af,f,-,-,af"), 2);
}

void TestAblation::statesStayWithinTheBound()
{
    const QTemporaryDir folder;
    const TrainedRun run = runIn(folder);
    AblationEngine none = run.engine(0), some = run.engine(900'000), all = run.engine();
    for (const char *step : {"af,af,af,af,af", "af,af,af,f,af"}) {
        const double expected = run.fromScratch(sites(step));
        QCOMPARE(none.score(sites(step)), expected);
        QCOMPARE(some.score(sites(step)), expected);
        QCOMPARE(all.score(sites(step)), expected);
    }
    QCOMPARE(none.bytesKept(), std::size_t(0));
    QVERIFY(some.bytesKept() > 0 && some.bytesKept() <= 900'000);
    QVERIFY(all.bytesKept() > 900'000);
}

void TestAblation::aStoppedScoreLeavesTheNextRight()
{
    const QTemporaryDir folder;
    const TrainedRun run = runIn(folder);
    AblationEngine engine = run.engine();
    engine.score(sites("af,af,af,af,af"));
    int asked = 0;
    QVERIFY_EXCEPTION_THROWN(engine.score(sites("af,-,af,af,af"), [&] { return ++asked == 2; }), Stopped);
    QCOMPARE(engine.score(sites("af,af,af,-,af")), run.fromScratch(sites("af,af,af,-,af")));
}

void TestAblation::aMapCanBeStopped()
{
    const QTemporaryDir folder;
    AblationEngine engine = runIn(folder).engine();
    double share = 0;
    QVERIFY_EXCEPTION_THROWN(engine.map([&](double now) { share = now; }, [&] { return share > 0; }), Stopped);
    QVERIFY(share > 0 && share < 0.7);
}

void TestAblation::noDevSetIsSaid()
{
    const QTemporaryDir folder;
    TrainedRun run = runIn(folder);
    run.data.dev = {};
    QVERIFY_EXCEPTION_THROWN(run.engine(), Error);
}

QTEST_GUILESS_MAIN(TestAblation)
#include "tst_ablation.moc"
