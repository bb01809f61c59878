#include <QElapsedTimer>

#include <unistd.h>

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
        QTest::newRow("unknown study command") << QStringList{"study", "nosuch"};
        QTest::newRow("unknown figure") << QStringList{"figure", "nosuch"};
        const auto row = [](const char *name, const QString &line) { QTest::newRow(name) << QProcess::splitCommand(line); };
        const QString params = "params --checkpoint MODEL", train = "train --checkpoint nobody --dataset nothing ";
        row("unknown method", "params --checkpoint x --method lora");
        row("unknown site", "params --checkpoint x --sites pooler");
        row("unknown activation", "params --checkpoint x --activation swish");
        row("layers beyond the model", params + " --layers 3-6");
        row("layers not understood", params + " --layers upper");
        row("layer sites of another model", params + " --layer-sites a,f");
        row("more top layers than layers", params + " --method top-k --top 7");
        row("top layers of adapters", params + " --top 2");
        row("adapters of a method without", params + " --method full --bottleneck 8");
        row("unknown device", train + "--device abacus");
        row("a seed below zero", train + "--seed -1");
        for (const char *option : {"lr", "warmup", "init-std", "weight-decay", "clip", "dropout"})
            row(option, train + "--" + option + " nan");
        row("shares that are none", "datasets add TABLE --split a/b/c");
        row("an unknown metric", "datasets add TABLE --metrics bleu");
        QTest::newRow("a figure without a name") << QStringList{"figure", "tradeoff", "--out", ""};
        QTest::newRow("a merge of nothing") << QStringList{"merge", ""};
        row("no run to pause", "runs pause");
        row("a run and the queue", "runs pause 1 --queue");
        row("the queue cannot be cancelled", "runs cancel --queue");
        row("a device that is not here", train + "--device cuda:4000");
        row("unknown precision", train + "--precision float12");
        row("strange axis", "figure tradeoff --x money --out x.pdf");
        row("strange counting", "figure tradeoff --counting all --out x.pdf");
        row("strange counting of a study", "figure figure1 --study x --counting all --out x.pdf");
        row("strange figure", "figure tradeoff --out x.docx");
        row("published points against another cost", "figure tradeoff --published CoLA --x latency --out x.pdf");
        row("published points among numbers", "figure tradeoff --published CoLA --out x.csv");
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
        const qint64 adapters = 12 * (2 * 384 * 64 + 64 + 384), before = json["total"].toInteger() - adapters;
        QCOMPARE(json["share"].toDouble(), 605954.0 / double(before)); // of the model before the insertion, as in the paper
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
        QTest::newRow("nothing to draw of a data set")
            << QStringList{"figure", "tradeoff", "--dataset", "cola", "--checkpoint", "tiny", "--out", "x.csv"}
            << QByteArray("no finished run on the data set cola with the checkpoint tiny to draw");
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
        const bool isRoot = ::geteuid() == 0;
        const auto asAnother = [isRoot] {
            if (isRoot && ::setuid(65534) != 0) // the administrator may write everywhere
                ::_exit(98);
        };
        const auto readOnly =
            QFile::ReadOwner | QFile::ExeOwner | QFile::ReadGroup | QFile::ExeGroup | QFile::ReadOther | QFile::ExeOther;
        QFile::setPermissions(m_folder->path(), readOnly | QFile::WriteOwner);
        if (awb({"--version"}, asAnother).status != 0)
            QSKIP("another user cannot run the program where it was built");
        QVERIFY(QFile::setPermissions(home(), readOnly));
        const Result removed = awb({"datasets", "remove", "questions"}, asAnother);
        const Result trained =
            awb({"train", "--checkpoint", "tiny", "--dataset", "questions", "--max-length", "12"}, asAnother);
        const Result json = awb({"datasets", "remove", "questions", "--json"}, asAnother);
        const Result listed = awb({"datasets", "--json"}, asAnother), shown = awb({"runs"}, asAnother);
        QFile::setPermissions(home(), readOnly | QFile::WriteOwner);
        for (const Result &result : {removed, trained}) {
            QCOMPARE(result.status, 1);
            QVERIFY(result.out.isEmpty());
            QCOMPARE(result.err.count('\n'), 1);
            QVERIFY2(result.err.contains(home().toUtf8()), result.err.constData());
        }
        QCOMPARE(json.status, 1);
        QVERIFY(json.json()["error"].toString().contains(home()));
        QVERIFY2(listed.status == 0, (listed.out + listed.err).constData());
        QCOMPARE(listed.json()["datasets"].toArray().size(), 1); // what it holds can be looked at
        QVERIFY2(shown.status == 0 && shown.err.isEmpty(), shown.err.constData());
        QCOMPARE(awb({"datasets", "--json"}).json()["datasets"].toArray().size(), 1);
        QCOMPARE(awb({"runs", "--json"}).json()["runs"].toArray().size(), 0);
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
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
