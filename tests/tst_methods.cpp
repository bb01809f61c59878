#include <QtTest>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/methods/train_command.h"
#include "tests/model_shapes.h"

using namespace awb;
using namespace awb::test;

namespace {

std::vector<LayerSites> sitesFrom(const char *text, int layers)
{
    return parseLayerSites(text, layers);
}

std::string errorOf(const std::function<void()> &call)
{
    try {
        call();
    } catch (const Error &error) {
        return error.what();
    }
    return {};
}

} // namespace

class MethodsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theTableHoldsThePapersMethods()
    {
        std::vector<std::string> names;
        for (const MethodEntry &entry : methodTable()) {
            names.push_back(entry.method.name);
            QVERIFY(!entry.title.empty());
            QVERIFY(entry.description.ends_with('.'));
            QVERIFY(entry.learningRate > 0);
        }
        QCOMPARE(names,
                 (std::vector<std::string>{"adapter", "adapter-frozen", "full", "top-k", "layer-norm", "bitfit", "head"}));
        QCOMPARE(methodEntry("adapter").method.bottleneck, 64);
        QCOMPARE(methodEntry("adapter").method.activation, std::string("gelu_new"));
        QCOMPARE(methodEntry("full").method.bottleneck, 0);
        QCOMPARE(methodEntry("full").learningRate, 5e-5);
    }

    void anUnknownMethodIsAnsweredWithTheKnownOnes()
    {
        const std::string sentence = errorOf([] { methodEntry("lora"); });
        QVERIFY(sentence.find("lora") != sentence.npos);
        QVERIFY(sentence.find("adapter, adapter-frozen, full, top-k, layer-norm, bitfit, head") != sentence.npos);
    }

    void globsMatchAsWritten_data()
    {
        QTest::addColumn<QString>("glob");
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("matches");
        const QString down = "encoder.layer.3.attention.output.adapter.down.weight";
        const QString norm = "encoder.layer.11.output.LayerNorm.bias";
        QTest::newRow("everything") << "*" << down << true;
        QTest::newRow("everything, empty name") << "*"
                                                << "" << true;
        QTest::newRow("empty glob") << ""
                                    << "a" << false;
        QTest::newRow("both empty") << ""
                                    << "" << true;
        QTest::newRow("inner") << "*.adapter.*" << down << true;
        QTest::newRow("inner, other part") << "*.adapter.*" << norm << false;
        QTest::newRow("LayerNorm of a layer") << "*.LayerNorm.*" << norm << true;
        QTest::newRow("LayerNorm of the embeddings") << "*.LayerNorm.*"
                                                     << "embeddings.LayerNorm.weight" << true;
        QTest::newRow("case counts") << "*.layernorm.*" << norm << false;
        QTest::newRow("start") << "classifier.*"
                               << "classifier.bias" << true;
        QTest::newRow("start must fit") << "classifier.*"
                                        << "my.classifier.bias" << false;
        QTest::newRow("end must fit") << "*.bias" << down << false;
        QTest::newRow("backtracks") << "*layer.1.*bias"
                                    << "encoder.layer.1.layer.1x.bias" << true;
        QTest::newRow("layer 1 is not layer 11") << "encoder.layer.1.*" << norm << false;
        QTest::newRow("dot is a dot") << "pooler.dense"
                                      << "pooler_dense" << false;
        QTest::newRow("question mark is itself") << "a?c"
                                                 << "abc" << false;
        QTest::newRow("several stars") << "**a**"
                                       << "xxaxx" << true;
    }
    void globsMatchAsWritten()
    {
        QFETCH(QString, glob);
        QFETCH(QString, name);
        QTEST(matchesGlob(glob.toStdString(), name.toStdString()), "matches");
    }

    void layersAndSitesAreRead_data()
    {
        QTest::addColumn<QString>("layers");
        QTest::addColumn<QString>("sites");
        QTest::addColumn<int>("count");
        QTest::addColumn<QString>("expected");
        QTest::newRow("range") << "3-5"
                               << "both" << 6 << "-,-,-,af,af,af";
        QTest::newRow("list and range") << "0,2,4-5"
                                        << "ffn" << 6 << "f,-,f,-,f,f";
        QTest::newRow("spaces") << "0, 2"
                                << "attention" << 3 << "a,-,a";
        QTest::newRow("all") << "all"
                             << "both" << 2 << "af,af";
        QTest::newRow("all, one site") << "all"
                                       << "attention" << 3 << "a,a,a";
        QTest::newRow("none") << "none"
                              << "both" << 2 << "-,-";
        QTest::newRow("top half") << "top-half"
                                  << "both" << 6 << "-,-,-,af,af,af";
        QTest::newRow("bottom half") << "bottom-half"
                                     << "both" << 6 << "af,af,af,-,-,-";
        QTest::newRow("odd: the middle layer is in the top half") << "top-half"
                                                                  << "both" << 3 << "-,af,af";
        QTest::newRow("odd: not in the bottom half") << "bottom-half"
                                                     << "both" << 3 << "af,-,-";
    }
    void layersAndSitesAreRead()
    {
        QFETCH(QString, layers);
        QFETCH(QString, sites);
        QFETCH(int, count);
        QTEST(QString::fromStdString(formatSites(parseSites(layers.toStdString(), sites.toStdString(), count))), "expected");
    }

    void whatIsNotUnderstoodIsSaid_data()
    {
        QTest::addColumn<QString>("layers");
        QTest::addColumn<QString>("sites");
        QTest::addColumn<QString>("quoted");
        QTest::newRow("word") << "upper"
                              << "both"
                              << "\"upper\"";
        QTest::newRow("empty") << ""
                               << "both"
                               << "\"\"";
        QTest::newRow("backwards") << "5-3"
                                   << "both"
                                   << "\"5-3\"";
        QTest::newRow("negative") << "-1"
                                  << "both"
                                  << "\"-1\"";
        QTest::newRow("open range") << "3-"
                                    << "both"
                                    << "\"3-\"";
        QTest::newRow("trailing comma") << "1,"
                                        << "both"
                                        << "\"1,\"";
        QTest::newRow("too high") << "6"
                                  << "both"
                                  << "no layer 6";
        QTest::newRow("huge") << "99999999999999"
                              << "both"
                              << "\"99999999999999\"";
        QTest::newRow("sites") << "all"
                               << "mlp"
                               << "\"mlp\"";
    }
    void whatIsNotUnderstoodIsSaid()
    {
        QFETCH(QString, layers);
        QFETCH(QString, sites);
        QFETCH(QString, quoted);
        const std::string sentence = errorOf([&] { parseSites(layers.toStdString(), sites.toStdString(), 6); });
        QVERIFY2(sentence.find(quoted.toStdString()) != sentence.npos, sentence.c_str());
    }

    void layerSitesComeBackAsWritten()
    {
        const std::string text = "a,f,af,-,af,af";
        QCOMPARE(formatSites(parseLayerSites(text, 6)), text);
        QVERIFY(errorOf([&] { parseLayerSites(text, 12); }).find("name 6 layers") != std::string::npos);
        QVERIFY(errorOf([] { parseLayerSites("a,x", 2); }).find("\"x\"") != std::string::npos);
        QVERIFY(!errorOf([] { parseLayerSites("", 1); }).empty());
    }

    void sitesAreSaidInTwoTextsWherePossible()
    {
        for (const auto &[layers, sites] :
             {std::pair{"3-5", "ffn"}, {"0,2,4-5", "attention"}, {"all", "both"}, {"none", "both"}}) {
            const auto texts = siteTexts(parseSites(layers, sites, 6));
            QVERIFY(texts);
            QCOMPARE(texts->layers, std::string(layers));
            QCOMPARE(texts->sites, std::string(sites));
        }
        QVERIFY(!siteTexts(sitesFrom("a,f", 2)));
        QVERIFY(!siteTexts(sitesFrom("a,af", 2)));
    }

    void allSitesOnAreStoredAsEmpty()
    {
        QVERIFY(storedSites(sitesFrom("af,af", 2)).empty());
        QCOMPARE(storedSites(sitesFrom("af,a", 2)), sitesFrom("af,a", 2));
    }

    void runsAreLabelledInWords()
    {
        QCOMPARE(describe(methodEntry("full").method, 6), std::string("full fine-tuning"));
        QCOMPARE(describe(methodEntry("head").method, 6), std::string("head only"));
        QCOMPARE(describe(adapters(64), 6), std::string("adapters, m = 64"));
        QCOMPARE(describe(adapters(64, sitesFrom("af,af", 2)), 2), std::string("adapters, m = 64"));
        QCOMPARE(describe(adapters(64, parseSites("3-5", "ffn", 6)), 6),
                 std::string("adapters, m = 64, layers 3-5, feed-forward"));
        QCOMPARE(describe(adapters(1, parseSites("5", "both", 6)), 6), std::string("adapters, m = 1, layer 5"));
        QCOMPARE(describe(adapters(8, parseSites("all", "attention", 6)), 6), std::string("adapters, m = 8, attention"));
        QCOMPARE(describe(adapters(8, sitesFrom("a,a,f,f", 4)), 4),
                 std::string("adapters, m = 8, attention 0-1, feed-forward 2-3"));
        QCOMPARE(describe(adapters(8, sitesFrom("-,-", 2)), 2), std::string("adapters, m = 8, no site"));
        // Layers without an entry are on.
        QCOMPARE(describe(adapters(8, sitesFrom("-", 1)), 3), std::string("adapters, m = 8, layers 1-2"));
    }

    void theTopLayersOfAModelAreItsHighest()
    {
        const Method &entry = methodEntry("top-k").method;
        const Method three = topLayersMethod(entry, 3, true, 12);
        QCOMPARE(three.train, (std::vector<std::string>{"encoder.layer.9.*", "encoder.layer.10.*", "encoder.layer.11.*",
                                                        "pooler.*", "classifier.*"}));
        QCOMPARE(three.topLayers, 3);
        QVERIFY(trainsPooler(three));
        const Method bare = topLayersMethod(entry, 1, false, 6);
        QCOMPARE(bare.train, (std::vector<std::string>{"encoder.layer.5.*", "classifier.*"}));
        QVERIFY(!trainsPooler(bare));
        QCOMPARE(topLayersMethod(entry, 0, true, 6).train, (std::vector<std::string>{"pooler.*", "classifier.*"}));
        QCOMPARE(topLayersMethod(entry, 6, true, 6).train.size(), std::size_t(8));
    }

    void moreTopLayersThanTheModelHasAreRefused()
    {
        const std::string sentence = errorOf([] { topLayersMethod(methodEntry("top-k").method, 7, true, 6); });
        QVERIFY(sentence.find("top 7 layers") != sentence.npos);
        QVERIFY(sentence.find("from 0 to 6") != sentence.npos);
    }

    void topLayersAreLabelledAndWrittenAsACommand()
    {
        TrainSpec spec;
        spec.checkpoint = "minilm";
        spec.dataset = "cola";
        spec.method = topLayersMethod(methodEntry("top-k").method, 2, true, 6);
        QCOMPARE(describe(spec.method, 6), std::string("top layers, k = 2"));
        QCOMPARE(trainCommand(spec), std::string("awb train --checkpoint minilm --dataset cola --method top-k --top 2 "
                                                 "--lr 0.001 --seed 0"));
        spec.method = topLayersMethod(methodEntry("top-k").method, 0, false, 6);
        QCOMPARE(describe(spec.method, 6), std::string("top layers, k = 0, without pooler"));
        QVERIFY(trainCommand(spec).find("--method top-k --top 0 --no-pooler ") != std::string::npos);
        QCOMPARE(describe(methodEntry("layer-norm").method, 6), std::string("LayerNorm only"));
        QCOMPARE(describe(methodEntry("bitfit").method, 6), std::string("biases only (BitFit)"));
    }

    void anotherActivationEndsTheLabel()
    {
        Method method = adapters(8);
        method.activation = "relu";
        QCOMPARE(describe(method, 6), std::string("adapters, m = 8, relu"));
    }

    void seedsAreReadAsWritten()
    {
        using Seeds = std::vector<std::uint64_t>;
        QCOMPARE(parseSeeds("0"), Seeds{0});
        QCOMPARE(parseSeeds("0-2"), (Seeds{0, 1, 2}));
        QCOMPARE(parseSeeds("0,1,5"), (Seeds{0, 1, 5}));
        QCOMPARE(parseSeeds(" 3 , 1-2, 3"), (Seeds{3, 1, 2}));
        QCOMPARE(parseSeeds("18446744073709551615"), Seeds{18446744073709551615ULL});
        QCOMPARE(formatSeeds({0, 1, 2, 5, 7, 8}), std::string("0-2,5,7,8"));
        QCOMPARE(parseSeeds(formatSeeds({4, 5, 6, 1})), (Seeds{4, 5, 6, 1}));
    }

    void seedsThatAreNoneAreSaid()
    {
        for (const char *text : {"", "a", "1,", "-1", "1-", "1.5", "0 1", "18446744073709551616"})
            QVERIFY2(errorOf([&] { parseSeeds(text); }).find("were not understood") != std::string::npos, text);
        QVERIFY(errorOf([] { parseSeeds("2-0"); }).find("backwards") != std::string::npos);
        QVERIFY(errorOf([] { parseSeeds("0-99999999999"); }).find("1,000") != std::string::npos);
        QVERIFY(errorOf([] { parseSeeds("0-18446744073709551615"); }).find("1,000") != std::string::npos);
    }

    void aRunIsWrittenAsACommand()
    {
        TrainSpec spec;
        spec.checkpoint = "all-MiniLM-L6-v2";
        spec.dataset = "cola";
        spec.method = adapters(64, parseSites("3-5", "ffn", 6));
        QCOMPARE(trainCommand(spec), std::string("awb train --checkpoint all-MiniLM-L6-v2 --dataset cola --method adapter "
                                                 "--bottleneck 64 --layers 3-5 --sites ffn --lr 0.001 --seed 0"));
        spec.method = adapters(8, sitesFrom("a,f,af,-,af,af", 6));
        spec.dataset = "Ann's tweets";
        spec.seed = 7;
        spec.recipe.learningRate = 5e-5;
        spec.recipe.epochs = 20;
        spec.recipe.dropout = 0;
        spec.recipe.biasCorrection = true;
        spec.recipe.precision = Precision::BFloat16;
        spec.recipe.device = "cuda:0";
        QCOMPARE(trainCommand(spec),
                 std::string("awb train --checkpoint all-MiniLM-L6-v2 --dataset 'Ann'\\''s tweets' --method adapter "
                             "--bottleneck 8 --layer-sites a,f,af,-,af,af --lr 5e-05 --epochs 20 --dropout 0 "
                             "--bias-correction --precision bfloat16 --device cuda:0 --seed 7"));
        spec.method = methodEntry("full").method;
        spec.recipe = {};
        spec.dataset = "cola";
        QCOMPARE(trainCommand(spec),
                 std::string("awb train --checkpoint all-MiniLM-L6-v2 --dataset cola --method full --lr 0.001 --seed 7"));
    }

    void aMethodThatTheTableDoesNotHoldKeepsItsName()
    {
        Method method;
        method.name = "bias-only";
        QCOMPARE(describe(method, 6), std::string("bias-only"));
    }
};

QTEST_GUILESS_MAIN(MethodsTest)
#include "tst_methods.moc"
