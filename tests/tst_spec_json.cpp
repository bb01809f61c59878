#include <limits>

#include <QTest>

#include "core/error.h"
#include "core/spec_json.h"

using namespace awb;

class TestSpecJson : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFieldSurvives()
    {
        TrainSpec spec;
        spec.checkpoint = "bert \"tiny\" \xc3\xa9";
        spec.dataset = "cola";
        spec.method = {
            "adapter", 64, {{true, false}, {false, true}, {false, false}}, "relu", {"*.adapter.*", "classifier.*"}, 2};
        spec.recipe.learningRate = 0.1 + 0.2;
        spec.recipe.epochs = 20;
        spec.recipe.batch = 16;
        spec.recipe.maxLength = 512;
        spec.recipe.warmup = 0.06;
        spec.recipe.initStd = 1e-7;
        spec.recipe.weightDecay = 0;
        spec.recipe.clip = 0;
        spec.recipe.dropout = 0;
        spec.recipe.biasCorrection = true;
        spec.recipe.partialBatch = true;
        spec.recipe.plainPath = true;
        spec.recipe.precision = Precision::BFloat16;
        spec.recipe.device = "cuda:1";
        spec.recipe.threads = 3;
        spec.seed = std::numeric_limits<std::uint64_t>::max();
        QVERIFY(specFromJson(toJson(spec)) == spec);
        QVERIFY(specFromJson(toJson(TrainSpec())) == TrainSpec());
    }

    void missingKeysTakeDefaultsAndUnknownOnesAreIgnored()
    {
        TrainSpec spec = specFromJson(R"({"dataset": "trec", "colour": "green", "recipe": {"epochs": 7}})");
        QCOMPARE(spec.dataset, std::string("trec"));
        QCOMPARE(spec.recipe.epochs, 7);
        spec.dataset.clear();
        spec.recipe.epochs = Recipe().epochs;
        QVERIFY(spec == TrainSpec());
    }

    void aSpecWithoutTopLayersReadsAndWritesAsBefore()
    {
        const std::string json = R"({"method": {"name": "head", "train": ["classifier.*"]}})";
        QCOMPARE(specFromJson(json).method.topLayers, -1);
        QVERIFY(toJson(specFromJson(json)).find("top_layers") == std::string::npos);
    }

    void wrongTypesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("json");
        for (const char *json :
             {"", "[]", "7", "{", R"({"seed": "0"})", R"({"seed": -1})", R"({"seed": 1.5})", R"({"method": []})",
              R"({"method": {"bottleneck": 1e12}})", R"({"method": {"bottleneck": true}})", R"({"method": {"sites": 3}})",
              R"({"method": {"sites": [{"attention": 1}]}})", R"({"recipe": {"epochs": 99999999999}})",
              R"({"recipe": {"learning_rate": true}})", R"({"recipe": {"precision": "float16"}})",
              R"({"recipe": {"device": 0}})", R"({"method": {"train": "*"}})", R"({"method": {"top_layers": "all"}})"})
            QTest::newRow(json) << QByteArray(json);
    }
    void wrongTypesAreRefused()
    {
        QFETCH(QByteArray, json);
        QVERIFY_THROWS_EXCEPTION(Error, specFromJson(json.toStdString()));
    }

    void anInvalidNameDoesNotMakeASpecUnwritable()
    {
        TrainSpec spec;
        spec.dataset = "caf\xe9";
        QVERIFY(specFromJson(toJson(spec)).dataset.starts_with("caf"));
    }

    void statesAndPrecisionsHaveNames()
    {
        for (const RunState state :
             {RunState::Queued, RunState::Paused, RunState::Running, RunState::Done, RunState::Failed, RunState::Cancelled})
            QVERIFY(runStateFromString(toString(state)) == state);
        QVERIFY(precisionFromString(toString(Precision::BFloat16)) == Precision::BFloat16);
        QVERIFY_THROWS_EXCEPTION(Error, runStateFromString("sleeping"));
        QVERIFY_THROWS_EXCEPTION(Error, precisionFromString(""));
    }
};

QTEST_APPLESS_MAIN(TestSpecJson)
#include "tst_spec_json.moc"
