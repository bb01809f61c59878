#include <csignal>

#include <QElapsedTimer>

#include <unistd.h>

#include "core/methods/methods.h"
#include "core/store/store.h"
#include "tests/command_line.h"

using namespace awb::test;

class TestCommandLine : public QObject, CommandLine {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void helpAndVersionGoToStandardOutput()
    {
        QCOMPARE(awb({"--help"}).status, 0);
        QVERIFY(awb({"--help"}).out.contains("checkpoints"));
        const Result version = awb({"--version"});
        QCOMPARE(version.status, 0);
        QVERIFY(version.out.startsWith("awb "));
        const Result train = awb({"train", "--help"});
        QCOMPARE(train.status, 0);
        QVERIFY(train.out.contains("--bottleneck"));
    }

    void withoutACommandTheHelpIsShownWithStatusTwo()
    {
        const Result result = awb({});
        QCOMPARE(result.status, 2);
        QVERIFY(result.out.contains("datasets"));
    }

    void usageErrorsHaveStatusTwo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("unknown command") << QStringList{"trian"};
        QTest::newRow("unknown option") << QStringList{"params", "--chekpoint", "x"};
        QTest::newRow("missing option") << QStringList{"params"};
        QTest::newRow("not a number") << QStringList{"params", "--checkpoint", "x", "--bottleneck", "many"};
        QTest::newRow("out of range") << QStringList{"params", "--checkpoint", "x", "--bottleneck", "0"};
        QTest::newRow("sites said twice") << QStringList{"params", "--checkpoint",  "x", "--layers",
                                                         "0",      "--layer-sites", "a"};
        QTest::newRow("no study") << QStringList{"study"};
        const auto row = [](const char *name, const QString &line) { QTest::newRow(name) << QProcess::splitCommand(line); };
        const QString params = "params --checkpoint MODEL", train = "train --checkpoint nobody --dataset nothing ";
        row("unknown method", "params --checkpoint x --method bitfit");
        row("unknown site", "params --checkpoint x --sites pooler");
        row("unknown activation", "params --checkpoint x --activation swish");
        row("layers beyond the model", params + " --layers 3-6");
        row("layers not understood", params + " --layers upper");
        row("layer sites of another model", params + " --layer-sites a,f");
        row("more top layers than layers", params + " --method top-k --top 7");
        row("top layers of adapters", params + " --top 2");
        row("adapters of a method without", params + " --method full --bottleneck 8");
        row("unknown device", train + "--device abacus");
        row("a device that is not here", train + "--device cuda:4000");
        row("unknown precision", train + "--precision float12");
        row("strange axis", "figure tradeoff --x money --out x.pdf");
        row("strange counting", "figure tradeoff --counting all --out x.pdf");
        row("strange counting of a study", "figure figure1 --study x --counting all --out x.pdf");
        row("strange figure", "figure tradeoff --out x.docx");
        row("no curves named", "figure curves --out x.csv");
        row("half a measurement", "bench --checkpoint x");
        row("nothing grows", "bench --out x.csv");
        row("strange delimiter", "datasets add TABLE --delimiter dash");
        row("strange merge", "datasets add TABLE --text text --label kind --merge yes");
        row("move nowhere", "runs move 1");
        row("move to both ends", "runs move 1 --first --last");
    }
    void usageErrorsHaveStatusTwo()
    {
        QFETCH(QStringList, arguments);
        arguments.replaceInStrings(QStringLiteral("MODEL"), miniLmFolder());
        arguments.replaceInStrings(QStringLiteral("TABLE"), questionsFile());
        const Result result = awb(arguments);
        QCOMPARE(result.status, 2);
        QVERIFY(result.out.isEmpty());
        QVERIFY(result.err.startsWith("awb: "));
        QCOMPARE(awb(arguments + QStringList{"--json"}).json().keys(), QStringList{"error"});
    }

    void paramsPrintsTheNumberAlone()
    {
        const QStringList arguments{"params",       "--checkpoint", miniLmFolder(), "--method", "adapter",
                                    "--bottleneck", "64",           "--classes",    "2"};
        const Result plain = awb(arguments);
        QCOMPARE(plain.status, 0);
        QCOMPARE(plain.out, QByteArray("605954\n"));
        QVERIFY(plain.err.isEmpty());
        const QJsonObject json = awb(arguments + QStringList{"--json"}).json();
        QCOMPARE(json["trainable"].toInteger(), 605954);
        QVERIFY(json["file_bytes"].toInteger() >= 4 * 605954);
        QVERIFY2(!QDir(home()).exists(), "counting needs no library");
    }

    void paramsFollowsTheSites()
    {
        const auto count = [&](const QStringList &more) {
            return awb(QStringList{"params", "--checkpoint", miniLmFolder()} + more).out.trimmed().toLongLong();
        };
        const auto all = count({}), none = count({"--layers", "none"});
        QCOMPARE(count({"--layers", "3-5", "--sites", "ffn"}) - none, (all - none) / 4);
        QCOMPARE(count({"--layer-sites", "-,-,-,f,f,f"}), count({"--layers", "3-5", "--sites", "ffn"}));
        QCOMPARE(count({"--method", "head"}), 384 * 2 + 2);
    }

    void paramsFollowsTheTopLayers()
    {
        const auto count = [&](const QStringList &more) {
            return awb(QStringList{"params", "--checkpoint", miniLmFolder()} + more).out.trimmed().toLongLong();
        };
        QCOMPARE(count({"--method", "top-k"}), 1923074); // one layer of 1,774,464, pooler, head
        QCOMPARE(count({"--method", "top-k", "--top", "3"}) - count({"--method", "top-k", "--top", "2"}), 1774464);
        QCOMPARE(count({"--method", "top-k", "--top", "0", "--no-pooler"}), count({"--method", "head"}));
        QCOMPARE(count({"--method", "layer-norm"}), 9984 + 770);
        const Result ofAdapters = awb({"params", "--checkpoint", miniLmFolder(), "--top", "2"});
        QCOMPARE(ofAdapters.status, 2);
        QVERIFY(ofAdapters.err.contains("leave out --top and --no-pooler"));
        const Result tooMany = awb({"params", "--checkpoint", miniLmFolder(), "--method", "top-k", "--top", "7"});
        QCOMPARE(tooMany.status, 2);
        QVERIFY(tooMany.err.contains("from 0 to 6"));
    }

    void paramsAnswersAtOnce()
    {
        const QString folder = miniLmFolder();
        qint64 best = 100000;
        for (int i = 0; i < 5; ++i) { // the least disturbed one counts: other tests may share the cores
            QElapsedTimer timer;
            timer.start();
            QCOMPARE(awb({"params", "--checkpoint", folder}).status, 0);
            best = std::min(best, timer.elapsed());
        }
#ifndef __SANITIZE_ADDRESS__
        QVERIFY2(best < 100, qPrintable(QString::number(best) + " ms"));
#endif
    }

    void failuresHaveStatusOneAndOneSentence_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("names");
        QTest::newRow("no folder") << QStringList{"params", "--checkpoint", "/no/such/folder"}
                                   << QByteArray("/no/such/folder");
        QTest::newRow("unknown checkpoint") << QStringList{"checkpoints", "show", "nobody"} << QByteArray("nobody");
        QTest::newRow("unknown data set") << QStringList{"datasets", "check", "nothing"} << QByteArray("nothing");
        QTest::newRow("no file") << QStringList{"datasets", "add", "/no/such/file.tsv"} << QByteArray("/no/such/file.tsv");
        QTest::newRow("unknown run") << QStringList{"runs", "show", "7"} << QByteArray("7");
        QTest::newRow("nothing to draw") << QStringList{"figure", "tradeoff", "--out", "x.csv"}
                                         << QByteArray("no finished run");
        QTest::newRow("train nothing") << QStringList{"train", "--checkpoint", "nobody", "--dataset", "nothing"}
                                       << QByteArray("nobody");
    }
    void failuresHaveStatusOneAndOneSentence()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, names);
        const Result plain = awb(arguments);
        QCOMPARE(plain.status, 1);
        QVERIFY(plain.out.isEmpty());
        QVERIFY2(plain.err.contains(names), plain.err.constData());
        QCOMPARE(plain.err.count('\n'), 1);
        const Result json = awb(arguments + QStringList{"--json"});
        QCOMPARE(json.status, 1);
        QVERIFY(json.json()["error"].toString().contains(QString::fromUtf8(names)));
    }

    void aTableIsAddedAndItsColumnsAreGuessed()
    {
        const Result result = awb({"datasets", "add", questionsFile(), "--name", "questions", "--json"});
        QCOMPARE(result.status, 0);
        const QJsonObject json = result.json();
        QCOMPARE(json["classes"].toArray(), (QJsonArray{"person", "place"}));
        const QJsonObject rows = json["rows"].toObject();
        QCOMPARE(rows["train"].toInt() + rows["dev"].toInt() + rows["test"].toInt(), 120);
        QVERIFY(awb({"datasets"}).out.contains("questions"));
        const QByteArray shown = awb({"datasets", "show", "questions"}).out;
        QVERIFY2(shown.contains("questions.csv") && shown.contains("person, place") && shown.contains("96 train"), shown.constData());
        const QJsonObject check = awb({"datasets", "check", "questions", "--json"}).json();
        QCOMPARE(check["parts"].toArray().size(), 3);
        QCOMPARE(awb({"datasets", "remove", "questions"}).status, 0);
        QCOMPARE(awb({"datasets", "list", "--json"}).json()["datasets"].toArray().size(), 0);
    }

    void columnsDelimiterMergesAndDropsAreTakenAsGiven()
    {
        QByteArray text;
        for (int i = 0; i < 40; ++i) {
            const QByteArray n = QByteArray::number(i);
            text += n + "|The ice melts in year " + n + "|" +
                    (i % 4 == 0   ? "Y"
                     : i % 4 == 1 ? "Yes"
                     : i % 4 == 2 ? "No"
                                  : "NA") +
                    ":x\n";
        }
        const QString file = write(QStringLiteral("warming.txt"), text);
        const Result result =
            awb({"datasets", "add",       file,  "--text",        "1", "--label", "2",     "--delimiter", "|",  "--header",
                 "off",      "--quoting", "off", "--label-until", ":", "--merge", "Yes=Y", "--drop",      "NA", "--json"});
        QVERIFY2(result.status == 0, result.err.constData());
        const QJsonObject json = result.json();
        QCOMPARE(json["name"].toString(), QStringLiteral("warming"));
        QCOMPARE(json["classes"].toArray(), (QJsonArray{"No", "Y"}));
        const QJsonObject rows = json["rows"].toObject();
        QCOMPARE(rows["train"].toInt() + rows["dev"].toInt() + rows["test"].toInt(), 30);
        const Result wrong = awb({"datasets", "add", questionsFile(), "--text", "kind of text"});
        QCOMPARE(wrong.status, 1);
        QVERIFY2(wrong.err.contains("kind of text") && wrong.err.contains("0 (text)"), wrong.err.constData());
    }

    void splitAndMetricsAreTakenAsGivenAndShown()
    {
        const auto add = [&](const QStringList &more) {
            return awb(QStringList{"datasets", "add", questionsFile(), "--name", "questions"} + more);
        };
        QCOMPARE(add({}).status, 0);
        const auto shown = [&] { return awb({"datasets", "show", "questions"}).out; };
        QVERIFY2(shown().contains("split 80/10/10 by seed 0") && shown().contains("measured by accuracy, f1"),
                 shown().constData());
        const QString before = awb({"datasets", "show", "questions", "--json"}).json()["sha256"].toString();
        const Result result = add({"--split", "50/25/25", "--split-seed", "3", "--metrics", "matthews,accuracy", "--json"});
        QVERIFY2(result.status == 0, result.err.constData());
        const QJsonObject json = result.json(), rows = json["rows"].toObject();
        QCOMPARE(rows["train"].toInt(), 60);
        QCOMPARE(rows["dev"].toInt(), 30);
        QCOMPARE(json["split"].toObject()["seed"].toInt(), 3);
        QCOMPARE(json["metrics"].toArray(), (QJsonArray{"matthews", "accuracy"}));
        QVERIFY(json["sha256"].toString().startsWith(before) && json["sha256"].toString() != before);
        QVERIFY2(shown().contains("split 50/25/25 by seed 3") && shown().contains("measured by matthews, accuracy"),
                 shown().constData());
        QVERIFY(add({"--split", "90/20"}).err.contains("does not add up to 100"));
        for (const char *seed : {"-1", "99999999999999999999", "two"})
            QCOMPARE(add({"--split-seed", seed}).status, 2);
        QVERIFY(add({"--metrics", "pearson"}).err.contains("no metric of classes"));
        QVERIFY(add({"--dev", path("questions.csv"), "--split-seed", "3"}).err.contains("nothing is split off"));
    }

    void aFolderOfPartsIsAddedAsTheWindowDoes()
    {
        QDir(m_folder->path()).mkpath(QStringLiteral("news.v2"));
        const auto rows = [](int n) {
            QByteArray text = "headline,topic\n";
            for (int i = 0; i < n; ++i)
                text += "\"Item " + QByteArray::number(i) + ", and more\"," + (i % 2 ? "sport\n" : "art\n");
            return text;
        };
        write(QStringLiteral("news.v2/train.csv"), rows(12));
        write(QStringLiteral("news.v2/dev.csv"), rows(6));
        write(QStringLiteral("news.v2/notes.txt"), "read me\n");
        const Result result = awb({"datasets", "add", path(QStringLiteral("news.v2")), "--json"});
        QVERIFY2(result.status == 0, result.err.constData());
        QCOMPARE(result.json()["name"].toString(), QStringLiteral("news.v2"));
        QCOMPARE(result.json()["rows"].toObject()["train"].toInt(), 12);
        QCOMPARE(result.json()["rows"].toObject()["dev"].toInt(), 6);
        QVERIFY(QFile::remove(path(QStringLiteral("news.v2/train.csv"))));
        const Result none = awb({"datasets", "add", path(QStringLiteral("news.v2"))});
        QCOMPARE(none.status, 1);
        QVERIFY2(none.err.contains("news.v2 has no file called train"), none.err.constData());
    }

    void aDataSetWithOneClassIsRefusedAndNotRegistered()
    {
        const QString file =
            write(QStringLiteral("one.csv"), "text,label\nall is well,yes\nfine with me,yes\nso be it,yes\n");
        QCOMPARE(awb({"datasets", "add", file, "--text", "text", "--label", "label"}).status, 1);
        QCOMPARE(awb({"datasets", "--json"}).json()["datasets"].toArray().size(), 0);
    }

    void colaIsRecognisedByItself()
    {
        const auto cola = awb::test::realData("GLUE/CoLA");
        if (cola.empty())
            QSKIP("needs the real data sets");
        const Result result = awb({"datasets", "add", QString::fromStdString(cola.string()), "--name", "cola", "--json"});
        QVERIFY2(result.status == 0, result.err.constData());
        const QJsonObject json = result.json();
        QCOMPARE(json["layout"].toString(), QStringLiteral("GLUE CoLA"));
        QCOMPARE(json["rows"].toObject()["train"].toInt(), 8551);
        QCOMPARE(json["rows"].toObject()["dev"].toInt(), 1043);
        QCOMPARE(json["metrics"].toArray().first().toString(), QStringLiteral("matthews"));
    }

    void theLibraryIsChosenByOptionThenEnvironment()
    {
        addTinyLibrary();
        const QString other = path(QStringLiteral("other"));
        QCOMPARE(awb({"--home", other, "checkpoints", "--json"}).json()["checkpoints"].toArray().size(), 0);
        QCOMPARE(awb({"checkpoints", "--home", other, "--json"}).json()["checkpoints"].toArray().size(), 0);
        QCOMPARE(awb({"checkpoints", "--json"}).json()["checkpoints"].toArray().size(), 1);
        const QJsonObject shown = awb({"checkpoints", "show", "tiny", "--json"}).json();
        QCOMPARE(shown["shape"].toObject()["layers"].toInt(), 2);
    }

    void aReadOnlyLibraryIsASentence()
    {
        addTinyLibrary();
        if (::geteuid() == 0)
            QSKIP("root may write everywhere");
        const auto readOnly = QFile::ReadOwner | QFile::ExeOwner;
        QVERIFY(QFile::setPermissions(home(), readOnly));
        const Result result = awb({"datasets", "remove", "questions"});
        QFile::setPermissions(home(), readOnly | QFile::WriteOwner);
        QCOMPARE(result.status, 1);
        QCOMPARE(result.err.count('\n'), 1);
        QVERIFY(result.err.contains(home().toUtf8()));
    }

    void aHomeThatIsAFileIsASentence()
    {
        const QString file = write(QStringLiteral("library"), "not a folder");
        const Result result = awb({"runs"});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.err.contains(file.toUtf8()), result.err.constData());
    }

    void devicesListsTheProcessor()
    {
        const Result result = awb({"devices", "--json"});
        QCOMPARE(result.status, 0);
        QCOMPARE(result.json()["devices"].toArray().first().toObject()["name"].toString(), QStringLiteral("cpu"));
    }

    void theLineThatRepeatsARunMeansTheSame_data()
    {
        QTest::addColumn<QString>("settings");
        QTest::newRow("adapters") << "--bottleneck 4 --layers 1 --sites ffn --epochs 2 --seed 3";
        QTest::newRow("mixed sites") << "--bottleneck 2 --layer-sites a,- --activation relu --bias-correction --warmup 0 "
                                        "--precision bfloat16 --weight-decay 0.1 --init-std 0.001 --epochs 1";
        QTest::newRow("top layers") << "--method top-k --top 1 --no-pooler --lr 5e-5 --partial-batch --clip 0 --dropout 0.2 "
                                       "--threads 1 --epochs 1";
        QTest::newRow("full") << "--method full --plain-path --epochs 1";
    }

    void theLineThatRepeatsARunMeansTheSame()
    {
        QFETCH(QString, settings);
        addTinyLibrary();
        const auto train = [&](const QString &line) { return awb(QProcess::splitCommand(line) + QStringList{"--json"}); };
        const Result first = train("train --checkpoint tiny --dataset questions --batch 8 --max-length 12 " + settings);
        QVERIFY2(first.status == 0, first.err.constData());
        const QString line = first.json()["command"].toString();
        QVERIFY2(line.startsWith(QStringLiteral("awb train ")), qPrintable(line));
        const QJsonObject repeated = train(line.mid(4)).json();
        QCOMPARE(repeated["spec"], first.json()["spec"]);
        QCOMPARE(repeated["score"], first.json()["score"]);
        const QByteArray shown = awb({"runs", "show", "1"}).out;
        QVERIFY(shown.contains(line.toUtf8()) && shown.contains("data sha256: "));
    }

    void trainWorksItsOwnRunUntilDone()
    {
        addTinyLibrary();
        const QStringList arguments{
            "train", "--checkpoint", "tiny", "--dataset", "questions", "--bottleneck", "4",  "--layers", "1", "--sites",
            "ffn",   "--epochs",     "2",    "--batch",   "8",         "--max-length", "12", "--seed",   "3", "--json"};
        const Result result = awb(arguments);
        QVERIFY2(result.status == 0, result.err.constData());
        const QJsonObject run = result.json();
        QCOMPARE(run["state"].toString(), QStringLiteral("done"));
        QCOMPARE(run["metric"].toString(), QStringLiteral("accuracy"));
        QVERIFY(run["score"].isDouble());
        QVERIFY(QFile::exists(run["weights"].toString()));
        QCOMPARE(result.err.count("epoch "), 2); // no terminal: a line per epoch
        const Result again = awb(arguments);
        QCOMPARE(again.json()["score"], run["score"]);

        const QJsonObject shown = awb({"runs", "show", "1", "--json"}).json();
        QVERIFY(!shown["curves"].toObject()["loss"].toArray().isEmpty());
        const QJsonObject asked = awb({"predict", "1", "--text", "Where is Lima?", "--json"}).json();
        QCOMPARE(asked["probabilities"].toObject().size(), 2);

        const QString csv = path(QStringLiteral("points.csv"));
        QCOMPARE(awb({"figure", "tradeoff", "--out", csv}).status, 0);
        const QString learning = path(QStringLiteral("learning.csv"));
        QCOMPARE(awb({"figure", "curves", "--runs", "1,2", "--out", learning}).status, 0);
        QVERIFY(read(QStringLiteral("learning.csv")).contains(",dev.accuracy,"));
        QVERIFY(awb({"figure", "curves", "--out", learning}).err.contains("--study NAME or --runs"));
        QFile numbers(csv);
        QVERIFY(numbers.open(QIODevice::ReadOnly));
        const QByteArray row = numbers.readAll().split('\n').at(1);
        const QList<QByteArray> costs =
            row.left(row.lastIndexOf(",\"")).split(',').last(6); // and the parameters; then rules
        for (const QByteArray &cost : costs)
            QVERIFY2(cost.toDouble() > 0, costs.join(' ').constData());
        const QString pdf = path(QStringLiteral("chart.pdf"));
        const Result drawn = awb({"figure", "tradeoff", "--out", pdf, "--dataset", "questions", "--checkpoint", "tiny"});
#ifdef AWB_FIGURES
        QVERIFY2(drawn.status == 0, drawn.err.constData());
        QVERIFY(QFileInfo(pdf).size() > 1000);
        const QString latency = path(QStringLiteral("latency.svg"));
        QCOMPARE(awb({"figure", "tradeoff", "--x", "latency", "--seeds", "--out", latency}).status, 0);
        QFile figure(latency);
        QVERIFY(figure.open(QIODevice::ReadOnly) && figure.readAll().contains("Inference latency (ms"));
        QCOMPARE(awb({"figure", "curves", "--runs", "1,2", "--of", "loss", "--out", path("learning.pgf")}).status, 0);
        QVERIFY(read(QStringLiteral("learning.pgf")).contains("\\begin{tikzpicture}"));
#else
        QCOMPARE(drawn.status, 1);
        QVERIFY(drawn.err.contains(".csv"));
#endif
        const QString map = path(QStringLiteral("map.csv"));
        QVERIFY(awb({"figure", "ablation", "--run", "1", "--out", map}).err.contains("`awb ablation 1`"));
        const Result ablation = awb({"ablation", "1", "--json"});
        QVERIFY2(ablation.status == 0, ablation.err.constData());
        QCOMPARE(ablation.json()["score"], run["score"]);
        QCOMPARE(ablation.json()["spans"].toArray().size(), 3);       // two layers
        QCOMPARE(awb({"ablation", "1", "--json"}).out, ablation.out); // kept
        QVERIFY(awb({"ablation", "1"}).out.contains("lowest layers dropped"));
        const QJsonObject single = awb({"ablation", "1", "--single", "--json"}).json();
        QCOMPARE(single["score"], run["score"]);
        const QJsonArray without = single["without"].toArray();
        QCOMPARE(without.size(), 1);
        QCOMPARE(without[0]["layer"].toInt(), 1);
        QCOMPARE(without[0]["site"].toString(), QStringLiteral("feed-forward"));
        QCOMPARE(without[0]["score"], ablation.json()["spans"].toArray().last()["score"]);
        QVERIFY(without[0]["milliseconds"].toDouble() > 0);
        QCOMPARE(awb({"figure", "ablation", "--run", "1", "--out", map}).status, 0);
        QVERIFY(read(QStringLiteral("map.csv")).contains("1,questions,tiny,"));
        QVERIFY(awb({"figure", "ablation", "--run", "1", "--out", map, "--published", "SQuAD"}).err.contains("CoLA"));
        QCOMPARE(awb({"ablation", "9"}).status, 1);
#ifdef AWB_FIGURES
        QCOMPARE(awb({"figure", "ablation", "--run", "1", "--published", "CoLA", "--out", pdf}).status, 0);
        QCOMPARE(awb({"figure", "adapterdrop", "--run", "1", "--out", pdf}).status, 0);
#endif
        QCOMPARE(awb({"runs", "delete", "1", "2"}).status, 0);
        QCOMPARE(awb({"runs", "--json"}).json()["runs"].toArray().size(), 0);
    }

    void aRandomCheckpointIsRegisteredLikeAnyOther()
    {
        const QString vocabulary = write(QStringLiteral("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\nwhere\nwho\n");
        const QStringList command{"checkpoints", "random",       path("random"), "--shape",
                                  "bert-tiny",   "--vocabulary", vocabulary};
        const Result made = awb(command + QStringList{"--json"});
        QVERIFY2(made.status == 0, made.err.constData());
        QCOMPARE(made.json()["shape"].toObject()["layers"].toInt(), 2);
        QCOMPARE(made.json()["missing"].toArray(), QJsonArray());
        QCOMPARE(awb({"datasets", "add", questionsFile(), "--name", "questions"}).status, 0);
        const Result trained = awb(
            {"train", "--checkpoint", "random", "--dataset", "questions", "--bottleneck", "2", "--epochs", "1", "--json"});
        QVERIFY2(trained.status == 0, trained.err.constData());
        QVERIFY(awb(command).err.contains("is there already"));
        const QString large = write(QStringLiteral("large.txt"), QByteArray("word\n").repeated(30523));
        QVERIFY(awb({"checkpoints", "random", path("other"), "--vocabulary", large})
                    .err.contains("more than the 30,522 tokens"));
        QVERIFY(!QFileInfo::exists(path(QStringLiteral("other"))));
    }

    void benchNeedsNoLibraryAndDrawsHowCostsGrow()
    {
        const QStringList shortly{"--shape", "bert-tiny", "--length",      "8", "--steps", "2",
                                  "--skip",  "1",         "--repetitions", "2"};
        const Result one = awb(QStringList{"bench", "--json", "--bottleneck", "4"} + shortly);
        QVERIFY2(one.status == 0, one.err.constData());
        QCOMPARE(one.json()["work"].toString(), "bert-tiny, 8 tokens, adapters, m = 4");
        QCOMPARE(one.json()["steps"].toInt(), 4);
        QVERIFY(one.json()["product_gflop_per_s"].toDouble() > one.json()["gflop_per_s"].toDouble());
        QVERIFY(!QDir(home()).exists());

        const QString csv = path(QStringLiteral("growth.csv"));
        const Result grown = awb(QStringList{"bench", "--grow", "layers", "--out", csv} + shortly);
        QVERIFY2(grown.status == 0, grown.err.constData());
        QVERIFY(grown.out.contains("layers 24") && grown.out.contains("plain"));
        const QList<QByteArray> lines = read(QStringLiteral("growth.csv")).trimmed().split('\n');
        QCOMPARE(lines.size(), 1 + 2 * 5); // a heading, both paths
        QVERIFY(lines.first().startsWith("layers,path,precision,median_step_ms,"));
        QVERIFY(lines.last().startsWith("24,plain,float32,"));
#ifdef AWB_FIGURES
        const QString svg = path(QStringLiteral("growth.svg"));
        QCOMPARE(awb(QStringList{"bench", "--grow", "layers", "--out", svg} + shortly).status, 0);
        QVERIFY(read(QStringLiteral("growth.svg")).contains("Tokens per second (thousands)"));
#endif
        const Result library = awb({"bench", "--library", "20", "--json"});
#ifdef AWB_FIGURES
        QVERIFY2(library.status == 0, library.err.constData());
        QCOMPARE(library.json()["runs"].toInt(), 9 * 14); // one seed of a study of nine tasks
        for (const char *part : {"open_ms", "window_ms", "figure1_ms", "tradeoff_ms", "studies_ms", "studies_again_ms"})
            QVERIFY2(library.json()[part].toDouble() > 0, part);
#else
        QCOMPARE(library.status, 1);
#endif
        QVERIFY(awb({"bench", "--checkpoint", "tiny"}).err.contains("Name both a checkpoint and a data set"));
        QVERIFY(awb({"bench", "--out", csv}).err.contains("say what is to grow"));
        QVERIFY(awb({"bench", "--grow", "length", "--dataset", "questions"}).err.contains("leave out the checkpoint"));
        QCOMPARE(awb({"bench", "--grow", "width"}).status, 2);
    }

    void aRunWhoseProgramIsKilledGoesOnToTheSameResult()
    {
        addTinyLibrary();
        const QStringList train{"train", "--checkpoint", "tiny", "--dataset", "questions", "--bottleneck",
                                "4",     "--epochs",     "40",   "--batch",   "8",         "--max-length",
                                "12"};
        QProcess process;
        process.setProcessEnvironment(environment(home()));
        process.start(QStringLiteral(AWB_PROGRAM), train);
        QVERIFY(process.waitForStarted());
        QByteArray seen;
        QTRY_VERIFY_WITH_TIMEOUT((seen += process.readAllStandardError()).contains("epoch 3 "), 60000);
        process.kill();
        QVERIFY(process.waitForFinished(10000));
        const Result shown = awb({"runs", "--json"});
        QCOMPARE(shown.json()["runs"].toArray().at(0).toObject()["state"].toString(), QStringLiteral("queued"));

        QVERIFY2(awb(train).status == 0, seen.constData()); // waits for nothing: its own run is computed
        const Result worked = awb({"work", "--json"});
        QVERIFY2(worked.status == 0, worked.err.constData());
        const QJsonObject killed = awb({"runs", "show", "1", "--json"}).json(),
                          whole = awb({"runs", "show", "2", "--json"}).json();
        QCOMPARE(killed["state"].toString(), QStringLiteral("done"));
        QCOMPARE(killed["score"], whole["score"]);
        const auto weights = [&](int run) { return read(QStringLiteral("library/runs/%1/adapter.safetensors").arg(run)); };
        QVERIFY(weights(1).size() > 1000);
        QVERIFY(weights(1) == weights(2));
        for (const char *key : {"program", "libtorch", "device", "threads", "checkpoint_sha256", "data_sha256", "seconds"})
            QVERIFY2(!killed["provenance"].toObject()[QLatin1String(key)].toVariant().toString().isEmpty(), key);
        QCOMPARE(killed["provenance"].toObject()["checkpoint_sha256"],
                 awb({"checkpoints", "--json"}).json()["checkpoints"].toArray().at(0).toObject()["sha256"]);
    }

    void filesThatHaveChangedAreNotTrainedOn()
    {
        addTinyLibrary();
        const QStringList train{"train", "--checkpoint", "tiny", "--dataset", "questions", "--epochs",
                                "1",     "--max-length", "12"};
        QCOMPARE(awb(train).status, 0);
        questionsFile(100); // the same name, other content
        const Result changed = awb(train);
        QCOMPARE(changed.status, 1);
        QVERIFY2(changed.err.contains("The files of the data set questions (") && changed.err.contains("have changed"),
                 changed.err.constData());
        QCOMPARE(awb({"datasets", "add", path("questions.csv"), "--name", "questions"}).status, 0);
        QCOMPARE(awb(train).status, 0);
        const Result prediction = awb({"predict", "1", "--text", "Where is Lima?"});
        QCOMPARE(prediction.status, 1);
        QVERIFY2(prediction.err.contains("has changed since run 1 was trained"), prediction.err.constData());
    }

    void runsOnTheSameFilesReadOtherwiseAreNoFurtherSeeds()
    {
        addTinyLibrary();
        const auto train = [&](const char *seed) {
            return awb({"train", "--checkpoint", "tiny", "--dataset", "questions", "--method", "head", "--epochs", "1",
                        "--batch", "8", "--max-length", "12", "--seed", seed})
                .status;
        };
        const auto add = [&](const QStringList &more) {
            return awb(QStringList{"datasets", "add", path("questions.csv"), "--name", "questions"} + more).status;
        };
        QCOMPARE(train("0"), 0);
        QCOMPARE(add({"--split-seed", "4"}), 0);
        QCOMPARE(train("1"), 0);
        QVERIFY(awb({"ablation", "1"}).err.contains("has changed since run 1 was trained"));
        QCOMPARE(add({}), 0); // as it was
        QCOMPARE(train("2"), 0);
        QCOMPARE(awb({"figure", "tradeoff", "--dataset", "questions", "--checkpoint", "tiny", "--out", path("points.csv")})
                     .status,
                 0);
        const QByteArray points = read(QStringLiteral("points.csv"));
        QCOMPARE(points.count('\n'), 1 + 2);
        QVERIFY2(points.contains(",2,1 3,") && points.contains(",1,2,"), points.constData());
    }

    void anInterruptedRunIsQueuedAgainAndWorkGoesOnWithIt()
    {
        addTinyLibrary();
        QProcess process;
        process.setProcessEnvironment(environment(home()));
        process.start(QStringLiteral(AWB_PROGRAM), {"train", "--checkpoint", "tiny", "--dataset", "questions", "--epochs",
                                                    "3000", "--batch", "8", "--max-length", "12", "--json"});
        QVERIFY(process.waitForStarted());
        QByteArray seen;
        QTRY_VERIFY_WITH_TIMEOUT((seen += process.readAllStandardError()).contains("epoch 1 "), 60000);
        ::kill(pid_t(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(10000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(QJsonDocument::fromJson(process.readAllStandardOutput()).object().contains("error"));
        QCOMPARE(awb({"runs", "show", "1", "--json"}).json()["state"].toString(), QStringLiteral("queued"));

        QCOMPARE(awb({"runs", "pause", "1"}).status, 0);
        QCOMPARE(awb({"work", "--json"}).json()["runs"].toArray().size(), 0);
        QCOMPARE(awb({"runs", "resume", "1"}).status, 0);
        QCOMPARE(awb({"runs", "cancel", "1"}).status, 0);
        QCOMPARE(awb({"runs", "show", "1", "--json"}).json()["state"].toString(), QStringLiteral("cancelled"));
        QCOMPARE(awb({"runs", "retry", "1"}).status, 0);
        QCOMPARE(awb({"runs", "show", "1", "--json"}).json()["state"].toString(), QStringLiteral("queued"));
        QCOMPARE(awb({"runs", "retry", "1"}).status, 1); // waits already
    }

    void queuedRunsArePausedResumedAndMoved()
    {
        addTinyLibrary();
        {
            awb::TrainSpec spec;
            spec.checkpoint = "tiny";
            spec.dataset = "questions";
            spec.method = awb::methodEntry("head").method;
            awb::Store(home().toStdString()).enqueue({spec, spec, spec, spec});
        }
        const auto queueAfter = [&](const QString &line) {
            const Result result = awb(QProcess::splitCommand("runs move " + line) + QStringList{"--json"});
            return result.status == 0 ? result.json()["queue"].toArray() : QJsonArray{result.status};
        };
        QCOMPARE(queueAfter("3 --first"), (QJsonArray{3, 1, 2, 4}));
        QCOMPARE(queueAfter("1 --last"), (QJsonArray{3, 2, 4, 1}));
        QCOMPARE(queueAfter("4 --by -1"), (QJsonArray{3, 4, 2, 1}));
        QCOMPARE(queueAfter("3 --by 2"), (QJsonArray{4, 2, 3, 1}));
        QCOMPARE(awb({"runs", "move", "1", "--first"}).out, QByteArray("Run 1 is number 1 of the 4 in the queue.\n"));

        const Result paused = awb({"runs", "pause", "1", "2", "--json"});
        QCOMPARE(paused.json()["runs"].toArray(), (QJsonArray{1, 2}));
        QCOMPARE(awb({"runs", "show", "2", "--json"}).json()["state"].toString(), QStringLiteral("paused"));
        const Result refused = awb({"runs", "move", "2", "--first"});
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains("only a queued run can be moved"), refused.err.constData());
        QCOMPARE(awb({"runs", "resume", "2", "--json"}).json()["runs"].toArray(), QJsonArray{2});
        QCOMPARE(queueAfter("3 --by 0"), (QJsonArray{4, 2, 3}));
        QCOMPARE(queueAfter("9 --first"), QJsonArray{1}); // there is none
    }

    void aDamagedCheckpointIsOneSentenceAndNotRegistered_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("content");
        const QByteArray length(QByteArray::fromHex("ffffffffffffff7f"));
        QTest::newRow("cut off") << "model.safetensors" << QByteArray();
        QTest::newRow("a header longer than the file") << "model.safetensors" << length + QByteArray("{}");
        QTest::newRow("no zip archive") << "pytorch_model.bin" << QByteArray("not an archive at all");
        QTest::newRow("a config of another model") << "config.json" << QByteArray(R"({"model_type": "gpt2"})");
        QTest::newRow("a config that is no JSON") << "config.json" << QByteArray("{");
        QTest::newRow("an empty vocabulary") << "vocab.txt" << QByteArray();
    }

    void aDamagedCheckpointIsOneSentenceAndNotRegistered()
    {
        QFETCH(QString, file);
        QFETCH(QByteArray, content);
        const QDir source(QString::fromStdString(awb::test::testData("model/tiny").string()));
        QDir(m_folder->path()).mkpath(QStringLiteral("damaged"));
        for (const QString &name : source.entryList(QDir::Files))
            if (name != "model.safetensors" || file != "pytorch_model.bin")
                QVERIFY(QFile::copy(source.filePath(name), path("damaged/" + name)));
        QFile::setPermissions(path("damaged/" + file), QFile::ReadOwner | QFile::WriteOwner);
        if (content.isEmpty() && file == "model.safetensors")
            QVERIFY(QFile::resize(path("damaged/" + file), 3000));
        else
            write("damaged/" + file, content);
        const Result result = awb({"checkpoints", "add", path(QStringLiteral("damaged")), "--name", "damaged"});
        QCOMPARE(result.status, 1);
        QCOMPARE(result.err.count('\n'), 1);
        QVERIFY2(result.err.contains(file.toUtf8()), result.err.constData());
        QCOMPARE(awb({"checkpoints", "list", "--json"}).json()["checkpoints"].toArray().size(), 0);
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
