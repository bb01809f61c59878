#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/methods/methods.h"
#include "core/store/store.h"
#include "tests/command_line.h"

using namespace awb::test;

class TestRunCommands : public QObject, CommandLine {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

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
        double sum = 0;
        int steps = 0;
        for (const QJsonValue &one : shown["curves"].toObject()["loss"].toArray())
            if (one["epoch"].toDouble() <= 1) {
                sum += one["value"].toDouble();
                ++steps;
            }
        QVERIFY(steps > 1);
        const QByteArray told = "epoch 1 of 2: mean loss " + QByteArray::number(sum / steps, 'f', 4) + ", dev accuracy ";
        QVERIFY2(result.err.contains(told), result.err.constData());
        const QJsonObject asked = awb({"predict", "1", "--text", "Where is Lima?", "--json"}).json();
        const QString texts = write(QStringLiteral("texts"), "Where is Lima?\r\n\nWho\twrote it?");
        const Result lines = awb({"predict", "1", "--file", texts});
        QCOMPARE(lines.out.count('\n'), 3); // the empty one is answered too, so that lines stand beside lines
        QVERIFY2(lines.out.startsWith(asked["class"].toString().toUtf8() + '\t'), lines.out.constData());
        QVERIFY(lines.out.contains("\tWhere is Lima?\n"));
        const QJsonArray several = awb({"predict", "1", "--file", texts, "--json"}).json()["predictions"].toArray();
        QCOMPARE(several.size(), 3);
        QCOMPARE(several[0].toObject()["class"], asked["class"]);
        QCOMPARE(awb({"predict", "1", "--file", texts, "--text", "Where?"}).status, 2);
        QCOMPARE(awb({"predict", "1", "--file", path(QStringLiteral("none"))}).status, 1);
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

    void twoRunsAreCompared()
    {
        addTinyLibrary();
        for (const char *rate : {"1e-3", "1e-9"})
            QCOMPARE(awb({"train", "--checkpoint", "tiny", "--dataset", "questions", "--bottleneck", "4", "--epochs", "3",
                          "--batch", "8", "--lr", rate, "--max-length", "12"})
                         .status,
                     0);
        const QJsonObject compared = awb({"runs", "compare", "1", "2", "--json"}).json();
        const QJsonObject differences = compared["differences"].toObject();
        QCOMPARE(differences.keys(), QStringList{"recipe.learning_rate"});
        QCOMPARE(differences["recipe.learning_rate"].toArray()[1].toDouble(), 1e-9);
        const QJsonArray disagreements = compared["disagreements"].toArray();
        int said = 0; // sum of both matrices
        for (const QJsonValue &matrix : compared["confusion"].toArray())
            for (const QJsonValue &row : matrix.toArray())
                for (const QJsonValue &count : row.toArray())
                    said += count.toInt();
        QCOMPARE(said, 2 * compared["examples"].toInt());
        for (const QJsonValue &one : disagreements)
            QVERIFY(one["said"].toArray()[0] != one["said"].toArray()[1]);
        const Result text = awb({"runs", "compare", "1", "2", "--most", "1"});
        QVERIFY2(text.out.contains("They disagree on " + QByteArray::number(disagreements.size()) + " of "),
                 text.out.constData());
        QVERIFY(awb({"runs", "compare", "1", "7"}).err.contains("There is no run 7"));
        QCOMPARE(awb({"runs", "compare", "1"}).status, 2);
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
        const double share = one.json()["gflop_per_s"].toDouble() / one.json()["product_gflop_per_s"].toDouble();
        QVERIFY(std::abs(one.json()["share_of_products"].toDouble() - share) < 1e-9);
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

    void theFasterPrecisionOfTheMachineIsTakenAndRecorded()
    {
        addTinyLibrary();
        const QJsonObject cpu = awb({"devices", "--json"}).json()["devices"].toArray().first().toObject();
        const std::string machine = "fastest precision of " + cpu["description"].toString().toStdString();
        for (const char *precision : {"float32", "bfloat16"}) {
            awb::Store(home().toStdString()).remember(machine, precision); // measured earlier
            const Result result = awb({"train", "--checkpoint", "tiny", "--dataset", "questions", "--bottleneck", "4",
                                       "--epochs", "1", "--max-length", "12", "--precision", "auto", "--json"});
            QVERIFY2(result.status == 0, result.err.constData());
            QCOMPARE(result.json()["spec"].toObject()["recipe"].toObject()["precision"].toString(), QString(precision));
        }
    }

    void aRunWhoseProgramIsKilledGoesOnToTheSameResult()
    {
        addTinyLibrary();
        const QStringList train{"train", "--checkpoint", "tiny", "--dataset", "questions", "--bottleneck",
                                "4",     "--epochs",     "40",   "--batch",   "8",         "--max-length",
                                "12"};
        QProcess process;
        process.setProcessEnvironment(environment(home()));
        process.setChildProcessModifier(takeSignals);
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
        QCOMPARE(killed["provenance"].toObject()["path"].toString(), QStringLiteral("fast"));
        for (const char *key : {"steps_per_second", "examples_per_second", "inference_seconds"})
            QVERIFY2(killed["provenance"].toObject()[QLatin1String(key)].toDouble() > 0, key);
        QVERIFY2(killed["provenance"].toObject()["peak_memory"].toDouble() > 1e7, "no program with LibTorch is that small");
        QCOMPARE(killed["provenance"].toObject()["checkpoint_sha256"],
                 awb({"checkpoints", "--json"}).json()["checkpoints"].toArray().at(0).toObject()["sha256"]);
    }

    void aFullDiskIsASentenceAndLeavesNothingHalfWritten()
    {
        const auto upTo = [](rlim_t bytes) { // a file may grow so far, as on a full disk
            return [bytes] {
                std::signal(SIGXFSZ, SIG_IGN);
                const rlimit limit = {bytes, bytes};
                ::setrlimit(RLIMIT_FSIZE, &limit);
            };
        };
        addTinyLibrary();
        const QString made = path("made"), vocabulary = write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nwhere\nwho\n");
        QCOMPARE(awb({"checkpoints", "random", made, "--shape", "bert-tiny", "--vocabulary", vocabulary}).status, 0);
        const QStringList train{"train", "--checkpoint", "made", "--dataset",    "questions", "--method",
                                "full",  "--epochs",     "1",    "--max-length", "12"};
        const Result full = awb(train, upTo(1'000'000)); // enough for the library, not for the model
        QCOMPARE(full.status, 1);
        QVERIFY2(full.err.contains("awb: Cannot write " + path("library/runs/1/adapter.safetensors").toUtf8()),
                 full.err.constData());
        QVERIFY(full.out.isEmpty());
        const QDir run(path("library/runs/1"));
        QCOMPARE(run.entryList(QDir::Files).filter("adapter"), QStringList()); // nor a part of it
        const QJsonObject shown = awb({"runs", "show", "1", "--json"}).json();
        QCOMPARE(shown["state"].toString(), QStringLiteral("failed"));
        QVERIFY(shown["error"].toString().contains("adapter.safetensors"));

        QCOMPARE(awb({"runs", "retry", "1"}).status, 0); // there is room again
        QCOMPARE(awb({"work"}).status, 0);
        QCOMPARE(awb({"runs", "show", "1", "--json"}).json()["state"].toString(), QStringLiteral("done"));
        QCOMPARE(awb({"train", "--checkpoint", "tiny", "--dataset", "questions", "--method", "head", "--epochs", "10",
                      "--batch", "1", "--max-length", "12"})
                     .status,
                 0);
        const QStringList figure{"figure", "curves", "--runs", "2", "--out", path("curve.csv")};
        QCOMPARE(awb(figure).status, 0);
        const QByteArray before = read("curve.csv");
        QVERIFY2(before.size() > 50'000, qPrintable(QString::number(before.size())));
        const QStringList files = QDir(m_folder->path()).entryList(QDir::Files);
        const Result cut = awb(figure, upTo(40'000));
        QCOMPARE(cut.status, 1);
        QCOMPARE(cut.err.count('\n'), 1);
        QVERIFY2(cut.err.contains("curve.csv"), cut.err.constData());
        QCOMPARE(read("curve.csv"), before);
        QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files), files);
    }

    void weightsThatAreNoNumbersAreNotTrainedFrom()
    {
        QCOMPARE(awb({"datasets", "add", questionsFile(), "--name", "questions"}).status, 0);
        const QDir source(QString::fromStdString(awb::test::testData("model/tiny").string()));
        QDir(m_folder->path()).mkpath(QStringLiteral("own"));
        for (const QString &name : source.entryList(QDir::Files))
            QVERIFY(QFile::copy(source.filePath(name), path("own/" + name)));
        QFile::setPermissions(path("own/model.safetensors"), QFile::ReadOwner | QFile::WriteOwner);
        QByteArray content = read("own/model.safetensors");
        content.replace(content.size() - 4, 4, QByteArray::fromHex("0000c07f")); // of pooler.dense.weight
        write("own/model.safetensors", content);
        QCOMPARE(awb({"checkpoints", "add", path("own"), "--name", "own"}).status, 0);
        for (const QStringList &more : {QStringList(), QStringList("--plain-path")}) {
            const Result result = awb(QStringList{"train", "--checkpoint", "own", "--dataset", "questions", "--epochs", "1",
                                                  "--max-length", "12", "--json"} +
                                      more);
            QCOMPARE(result.status, 1);
            const QString sentence = result.json()["error"].toString();
            QVERIFY2(sentence.contains("pooler.dense.weight") && sentence.contains(path("own")) &&
                         sentence.contains("NaN") && sentence.contains("get it again"),
                     qPrintable(sentence));
        }
        QVERIFY(!QFileInfo::exists(path("library/runs/1/adapter.safetensors")));
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

    void weightsThatHaveChangedPredictNothing()
    {
        addTinyLibrary();
        const QDir source(QString::fromStdString(awb::test::testData("checkpoints/bare").string()));
        QDir(m_folder->path()).mkpath(QStringLiteral("own"));
        for (const QString &name : source.entryList(QDir::Files))
            QVERIFY(QFile::copy(source.filePath(name), path("own/" + name)));
        QCOMPARE(awb({"checkpoints", "add", path("own"), "--name", "own"}).status, 0);
        QCOMPARE(awb({"train", "--checkpoint", "own", "--dataset", "questions", "--method", "head", "--epochs", "1",
                      "--batch", "8", "--max-length", "12"})
                     .status,
                 0);
        QCOMPARE(awb({"predict", "1", "--text", "Where is Lima?"}).status, 0);
        const QString weights = path("own/model.safetensors");
        QFile::setPermissions(weights, QFile::ReadOwner | QFile::WriteOwner);
        QByteArray content = read("own/model.safetensors");
        content[content.size() - 1] = char(content[content.size() - 1] + 1);
        write("own/model.safetensors", content);
        const Result prediction = awb({"predict", "1", "--text", "Where is Lima?"});
        QCOMPARE(prediction.status, 1);
        QVERIFY2(prediction.err.contains("The checkpoint own in "), prediction.err.constData());
        content[content.size() - 1] = char(content[content.size() - 1] - 1);
        write("own/model.safetensors", content);
        QCOMPARE(awb({"predict", "1", "--text", "Where is Lima?"}).status, 0);
        // The same weights read otherwise are another model.
        for (const char *name : {"own/config.json", "own/vocab.txt"}) {
            QFile::setPermissions(path(name), QFile::ReadOwner | QFile::WriteOwner);
            const QByteArray before = read(name);
            QByteArray after = before;
            write(name, after.replace("\"gelu\"", "\"relu\"").replace("cat\ndog\n", "dog\ncat\n"));
            QVERIFY2(after != before, name);
            const Result other = awb({"predict", "1", "--text", "Where is Lima?"});
            QCOMPARE(other.status, 1);
            QVERIFY2(other.err.contains("its vocabulary, what its configuration says"), other.err.constData());
            write(name, before);
        }
        QCOMPARE(awb({"predict", "1", "--text", "Where is Lima?"}).status, 0);
    }

    void aFullStandardOutputIsAnErrorLikeOthers()
    {
        addTinyLibrary();
        const auto full = [] {
            const int device = ::open("/dev/full", O_WRONLY);
            ::dup2(device, STDOUT_FILENO);
        };
        const Result result = awb({"datasets", "list", "--json"}, full);
        QCOMPARE(result.status, 1);
        QVERIFY2(result.err.startsWith("awb: "), result.err.constData());
    }

    void aRunStaysWithTheMetricItIsScoredBy()
    {
        addTinyLibrary();
        const auto train = [&] {
            return awb({"train", "--checkpoint", "tiny", "--dataset", "questions", "--bottleneck", "4", "--epochs", "3",
                        "--batch", "8", "--lr", "1e-3", "--max-length", "12", "--json"});
        };
        const QJsonValue accuracy = train().json()["score"];
        QCOMPARE(awb({"datasets", "add", path("questions.csv"), "--name", "questions", "--metrics", "matthews"}).status, 0);
        const QJsonObject map = awb({"ablation", "1", "--json"}).json();
        QCOMPARE(map["metric"].toString(), QStringLiteral("accuracy"));
        QCOMPARE(map["score"], accuracy);
        const QJsonValue matthews = train().json()["score"];
        const QJsonObject compared = awb({"runs", "compare", "1", "2", "--json"}).json();
        QCOMPARE(compared["metrics"].toArray(), (QJsonArray{"accuracy", "matthews"}));
        QCOMPARE(compared["scores"].toArray(), (QJsonArray{accuracy, matthews}));
        QVERIFY(awb({"runs", "compare", "1", "2"}).out.contains("(matthews)"));
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

    void anInterruptedRunIsQueuedAgainAndWorkGoesOnWithIt_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("Ctrl-C") << SIGINT;
        QTest::newRow("a closed terminal") << SIGHUP;
    }
    void anInterruptedRunIsQueuedAgainAndWorkGoesOnWithIt()
    {
        QFETCH(int, signal);
        addTinyLibrary();
        QProcess process;
        process.setProcessEnvironment(environment(home()));
        process.setChildProcessModifier(takeSignals);
        process.start(QStringLiteral(AWB_PROGRAM), {"train", "--checkpoint", "tiny", "--dataset", "questions", "--epochs",
                                                    "3000", "--batch", "8", "--max-length", "12", "--json"});
        QVERIFY(process.waitForStarted());
        QByteArray seen;
        QTRY_VERIFY_WITH_TIMEOUT((seen += process.readAllStandardError()).contains("epoch 1 "), 60000);
        QVERIFY(awb({"runs", "resume", "1"}).err.contains("nobody has paused it"));
        ::kill(pid_t(process.processId()), signal);
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

        const Result paused = awb({"runs", "pause", "1", "2", "1", "--json"});
        QCOMPARE(paused.json()["runs"].toArray(), (QJsonArray{1, 2}));
        QCOMPARE(awb({"runs", "show", "2", "--json"}).json()["state"].toString(), QStringLiteral("paused"));
        const Result refused = awb({"runs", "move", "2", "--first"});
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains("only a queued run can be moved"), refused.err.constData());
        QCOMPARE(awb({"runs", "resume", "2", "--json"}).json()["runs"].toArray(), QJsonArray{2});
        QCOMPARE(queueAfter("3 --by 0"), (QJsonArray{4, 2, 3}));
        QCOMPARE(queueAfter("9 --first"), QJsonArray{1}); // there is none
    }

    void theQueueIsPausedAndGoesOn()
    {
        addTinyLibrary();
        {
            awb::TrainSpec spec;
            spec.checkpoint = "tiny";
            spec.dataset = "questions";
            spec.method = awb::methodEntry("head").method;
            spec.recipe.epochs = 1;
            spec.recipe.batch = 8;
            spec.recipe.maxLength = 12;
            awb::Store(home().toStdString()).enqueue({spec});
        }
        QVERIFY(awb({"runs", "pause", "--queue", "--json"}).json()["queue_paused"].toBool());
        const Result idle = awb({"work", "--json"});
        QVERIFY2(idle.err.contains("`awb runs resume --queue`"), idle.err.constData());
        QCOMPARE(awb({"runs", "show", "1", "--json"}).json()["state"].toString(), QStringLiteral("queued"));
        QCOMPARE(awb({"runs", "resume", "--queue"}).status, 0);
        QCOMPARE(awb({"work", "--json"}).json()["runs"].toArray().size(), 1);
        QCOMPARE(awb({"runs", "show", "1", "--json"}).json()["state"].toString(), QStringLiteral("done"));
    }
};

QTEST_GUILESS_MAIN(TestRunCommands)
#include "tst_run_commands.moc"
