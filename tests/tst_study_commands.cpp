#include <algorithm>

#include <QMap>
#include <QtEndian>

#include "tests/command_line.h"

using namespace awb::test;

/// `awb study` and the figures of a study.
class TestStudyCommands : public QObject, CommandLine {
    Q_OBJECT

    /// A finished study "mine": questions, and sentences in CoLA's layout, whose test file has no labels.
    void addStudyOfTwoTasks() const
    {
        addTinyLibrary();
        QDir(m_folder->path()).mkpath(QStringLiteral("hidden"));
        QByteArray sentences;
        for (int i = 0; i < 40; ++i)
            sentences += i % 2 ? "gj04\t1\t\tHe lives in Oslo.\n" : "gj04\t0\t*\tOslo in lives he.\n";
        write(QStringLiteral("hidden/train.tsv"), sentences);
        write(QStringLiteral("hidden/dev.tsv"), sentences);
        write(QStringLiteral("hidden/test.tsv"), "index\tsentence\n0\tHe lives in Lima.\n1\tLima he in.\n");
        const Result added = awb({"datasets", "add", path(QStringLiteral("hidden")), "--name", "hidden"});
        QVERIFY2(added.status == 0, added.err.constData());
        const QString file = write(QStringLiteral("two.json"), R"({"name": "mine", "checkpoint": "tiny",
            "datasets": ["questions", "hidden"], "methods": [{"method": "full"}, {"method": "adapter", "sizes": [1, 2],
            "init_stds": [1e-2, 1e-1]}, {"method": "top-k", "sizes": [1]}, {"method": "head"}],
            "recipe": {"epochs": 1, "batch": 8, "max_length": 12}})");
        const Result run = awb({"study", "run", file});
        QVERIFY2(run.status == 0, run.err.constData());
    }

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void aStudyFromAFileIsComputedShownAndCompleted()
    {
        addTinyLibrary();
        const char *const study = R"({"name": "mine", "checkpoint": "tiny", "datasets": ["questions"],
            "methods": [{"method": "head"}, {"method": "adapter", "sizes": [2]}, {"method": "top-k", "sizes": [1]}],
            "seeds": [%SEEDS%], "recipe": {"epochs": 1, "batch": 8, "max_length": 12}})";
        const auto fileWith = [&](const char *seeds) {
            return write(QStringLiteral("study.json"), QByteArray(study).replace("%SEEDS%", seeds));
        };
        const QString file = fileWith("0");
        const QJsonObject before = awb({"study", "show", file, "--json"}).json();
        QCOMPARE(before["runs"].toInt(), 3);
        QVERIFY(before["expected_seconds"].isNull());
        const Result run = awb({"study", "run", file, "--json"});
        QVERIFY2(run.status == 0, run.err.constData());
        QCOMPARE(run.json()["runs"].toArray().size(), 3);
        QVERIFY(run.err.contains("3 of 3 runs done, nothing is left to do"));

        QCOMPARE(awb({"study", "run", file}).status, 0); // nothing is left, and nothing is asked
        const Result another = awb({"study", "run", fileWith("0, 1")});
        QCOMPARE(another.status, 1);
        QVERIFY2(another.err.contains("a study mine with other settings") && another.err.contains("--replace"),
                 another.err.constData());
        QCOMPARE(awb({"study", "show", "mine", "--json"}).json()["runs"].toInt(), 3);
        const Result again = awb({"study", "run", file, "--replace", "--json"}); // a second seed: three runs more
        QVERIFY2(again.status == 0, again.err.constData());
        QVERIFY(again.err.contains("3 runs to do"));
        QCOMPARE(again.json()["runs"].toArray().size(), 6);
        const QJsonObject after = awb({"study", "show", "mine", "--json"}).json();
        QCOMPARE(after["done"].toInt(), 6);
        QCOMPARE(after["study"].toObject()["seeds"].toArray().size(), 2);
        QVERIFY(awb({"study", "list"}).out.contains("mine"));

        const auto figure = [&](const char *name, const char *out) {
            return awb({"figure", name, "--study", "mine", "--out", path(QString::fromLatin1(out))});
        };
        QCOMPARE(figure("lr", "lr.csv").status, 0);
        QCOMPARE(figure("tradeoff", "tradeoff.csv").status, 0);
        QCOMPARE(read(QStringLiteral("tradeoff.csv")).count('\n'), 1 + 3); // a heading, three methods
        QVERIFY(read(QStringLiteral("tradeoff.csv")).contains("score on dev after the last epoch, mean over seeds; every"));
        QVERIFY(figure("ablation", "map.csv").err.contains("has no ablation map yet; `awb ablation"));
        const QJsonArray computed = awb({"runs", "--json"}).json()["runs"].toArray();
        const auto adapters = std::ranges::find_if(computed, [](const QJsonValue &one) {
            return one.toObject()["spec"].toObject()["method"].toObject()["name"] == "adapter";
        });
        const QString number = QString::number(adapters->toObject()["run"].toInt());
        QCOMPARE(awb({"ablation", number}).status, 0);
        QCOMPARE(figure("ablation", "map.csv").status, 0);
        QVERIFY(read(QStringLiteral("map.csv")).contains((number + ",questions,tiny,").toUtf8()));
        QVERIFY(
            awb({"figure", "ablation", "--study", "mine", "--dataset", "more", "--out", "x.csv"}).err.contains("questions"));
        QVERIFY(awb({"figure", "ablation", "--out", "x.csv"}).status != 0);
        QVERIFY(
            awb({"figure", "lr", "--study", "mine", "--dpi", "300", "--out", "x.pdf"}).err.contains("resolution of a .png"));
        QVERIFY(awb({"figure", "lr", "--study", "mine", "--dpi", "20", "--out", "x.png"}).err.contains("--dpi"));
        QVERIFY(
            awb({"figure", "tradeoff", "--study", "other", "--out", "x.csv"}).err.contains("no finished run of the study"));
        QVERIFY(read(QStringLiteral("lr.csv")).contains("mine,questions,head,head only,0.001,accuracy,"));
        QCOMPARE(figure("table1", "table.md").status, 0);
        QVERIFY(read(QStringLiteral("table.md")).contains("| Adapters |"));
        QCOMPARE(figure("table2", "table.txt").status, 2);
        QVERIFY(figure("figure1", "figure1.csv").err.contains("no finished run of full fine-tuning"));
#ifdef AWB_FIGURES
        QCOMPARE(figure("lr", "lr.pdf").status, 0);
        QCOMPARE(awb({"figure", "lr", "--study", "mine", "--dpi", "100", "--out", path(QStringLiteral("lr.png"))}).status,
                 0);
        QCOMPARE(qFromBigEndian<quint32>(read(QStringLiteral("lr.png")).constData() + 16), 889U); // width: 640 points
        QVERIFY(QFileInfo(path(QStringLiteral("lr.pdf"))).size() > 1000);
        const Result noReference = figure("figure1", "figure1.pdf");
        QCOMPARE(noReference.status, 1);
        QVERIFY(noReference.err.contains("no finished run of full fine-tuning"));
#endif
        QVERIFY(awb({"figure", "init", "--study", "glue", "--out", "x.csv"}).err.contains("no finished run"));
        QVERIFY(awb({"study", "show", "mine"}).out.contains("longest text in tokens: 12 rather than 128"));

        // Into another library and back: the same chart, and nothing twice.
        const QString archive = path(QStringLiteral("mine.zip")), other = path(QStringLiteral("other"));
        QCOMPARE(awb({"study", "export", "mine", "--out", archive}).status, 0);
        const QString here = QDir::currentPath();
        QVERIFY(QDir::setCurrent(m_folder->path()));
        const Result beside = awb({"study", "export", "mine", "--out", "here.zip"});
        QDir::setCurrent(here);
        QVERIFY2(beside.status == 0 && QFileInfo::exists(path(QStringLiteral("here.zip"))), beside.err.constData());
        const auto elsewhere = [&](const QStringList &arguments) { return awb(QStringList{"--home", other} + arguments); };
        QCOMPARE(elsewhere({"study", "import", archive, "--json"}).json()["runs"].toInt(), 6);
        QCOMPARE(elsewhere({"study", "import", archive, "--json"}).json()["known"].toInt(), 6);
        QCOMPARE(elsewhere({"figure", "lr", "--study", "mine", "--out", path(QStringLiteral("there.csv"))}).status, 0);
        QCOMPARE(read(QStringLiteral("there.csv")), read(QStringLiteral("lr.csv")));
        QVERIFY(awb({"merge", other}).out.contains("6 runs were here already"));
        QVERIFY(awb({"merge", path(QStringLiteral("nowhere"))}).err.contains("is no library"));
        QVERIFY(awb({"study", "export", "glue-small", "--out", archive}).err.contains("no study glue-small to export"));
    }

    void aDeletedStudyLeavesItsRuns()
    {
        addTinyLibrary();
        const QString file = write(QStringLiteral("study.json"), R"({"name": "mine", "checkpoint": "tiny", "datasets":
            ["questions"], "methods": [{"method": "head"}], "recipe": {"epochs": 1, "batch": 8, "max_length": 12}})");
        QCOMPARE(awb({"study", "run", file}).status, 0);
        const Result gone = awb({"study", "delete", "mine"});
        QVERIFY2(gone.out.contains("The study mine is deleted; its finished run stays in the library without its name."),
                 gone.out.constData());
        QVERIFY(!awb({"study", "list"}).out.contains("mine"));
        const QJsonArray runs = awb({"runs", "--json"}).json()["runs"].toArray();
        QCOMPARE(runs.size(), 1);
        QCOMPARE(runs[0].toObject()["state"].toString(), QStringLiteral("done"));
        QVERIFY(awb({"study", "delete", "mine"}).err.contains("no study \"mine\""));
        QVERIFY(awb({"study", "delete", "glue"}).err.contains("comes with the program"));
    }

    void aTaskThatIsGoneDoesNotKeepTheOthersBack()
    {
        addTinyLibrary();
        QVERIFY(QFile::copy(path(QStringLiteral("questions.csv")), path(QStringLiteral("more.csv"))));
        QCOMPARE(awb({"datasets", "add", path(QStringLiteral("more.csv")), "--name", "more"}).status, 0);
        QVERIFY(QFile::remove(path(QStringLiteral("more.csv"))));
        const QString file = write(QStringLiteral("study.json"), R"({"name": "mine", "checkpoint": "tiny", "datasets":
            ["questions", "more"], "methods": [{"method": "head", "epochs": [1, 2]}], "recipe": {"batch": 8, "max_length": 12}})");
        const Result run = awb({"study", "run", file});
        QCOMPARE(run.status, 1);
        QVERIFY2(run.err.contains("2 of 4 runs did not finish") && run.err.contains("more.csv"), run.err.constData());
        for (const QJsonValue &one : awb({"runs", "--json"}).json()["runs"].toArray())
            QCOMPARE(one.toObject()["state"].toString(), one.toObject()["spec"].toObject()["dataset"] == "questions"
                                                             ? QStringLiteral("done")
                                                             : QStringLiteral("failed"));
    }

    void aStudyThatCannotBeRunSaysWhy()
    {
        addTinyLibrary();
        QVERIFY(awb({"study", "run", "nothing"}).err.contains("glue-small"));
        QVERIFY(awb({"study", "run", "glue"}).err.contains("cola, sst-2"));
        QCOMPARE(awb({"study", "show", "glue"}).status, 0);
        const QString file = write(QStringLiteral("study.json"), R"({"name": "mine", "seed": 1})");
        QVERIFY(awb({"study", "run", file}).err.contains("no setting \"seed\""));
        QCOMPARE(awb({"runs", "--json"}).json()["runs"].toArray().size(), 0);
    }

    void theRestOfAStudyIsCancelled()
    {
        addTinyLibrary();
        const QString file = write(QStringLiteral("study.json"), R"({"name": "mine", "checkpoint": "tiny", "datasets":
            ["questions"], "methods": [{"method": "head", "epochs": [1, 3000]}], "seeds": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            "recipe": {"batch": 8, "max_length": 12}})");
        QVERIFY(awb({"study", "cancel", file}).out.contains("has no run that waits"));
        QProcess process;
        process.setProcessEnvironment(environment(home()));
        process.start(QStringLiteral(AWB_PROGRAM), {"study", "run", file});
        QVERIFY(process.waitForStarted());
        QByteArray seen;
        QTRY_VERIFY_WITH_TIMEOUT((seen += process.readAllStandardError()).contains("1 of 20 runs done"), 60000);
        process.kill(); // what it computed is nobody's then
        QVERIFY(process.waitForFinished(10000));
        const int cancelled = awb({"study", "cancel", "mine", "--json"}).json()["cancelled"].toInt();
        QMap<QString, int> states;
        for (const QJsonValue &run : awb({"runs", "--json"}).json()["runs"].toArray())
            ++states[run.toObject()["state"].toString()];
        QVERIFY(states["done"] >= 1 && cancelled >= 1);
        QCOMPARE(states["done"] + states["cancelled"], 20);
        QCOMPARE(states["cancelled"], cancelled);
        QVERIFY(awb({"study", "cancel", "mine"}).out.contains("has no run that waits"));
    }

    void everyFigureOfAStudyIsWritten()
    {
        addStudyOfTwoTasks();
        const auto figure = [&](const QStringList &arguments, const QString &out) {
            return awb(QStringList{"figure"} + arguments + QStringList{"--out", path(out)});
        };
        for (const char *name : {"figure1", "init", "lr", "table1", "table2"}) {
            const QString out = QLatin1String(name) + QLatin1String(".csv");
            const Result result = figure({QLatin1String(name), "--study", "mine"}, out);
            QVERIFY2(result.status == 0, result.err.constData());
            QVERIFY2(read(out).toLower().contains("adapter"), name);
        }
        QVERIFY(figure({"ablation", "--study", "mine"}, "map.csv").err.contains("--dataset: hidden, questions."));
        QVERIFY(read("init.csv").contains(",0.01,") && read("init.csv").contains(",0.1,"));
        QVERIFY(read("table2.csv").contains("Top layers"));
        QCOMPARE(figure({"curves", "--study", "mine"}, "curves.csv").status, 0);
        QCOMPARE(figure({"tradeoff", "--study", "mine", "--dataset", "questions"}, "tradeoff.csv").status, 0);
        QCOMPARE(figure({"table1", "--study", "mine"}, "table1.tex").status, 0);
#ifdef AWB_FIGURES
        for (const char *name : {"figure1", "init", "lr", "curves"})
            for (const char *ending : {".pdf", ".svg", ".png", ".pgf"}) {
                const QString out = QLatin1String(name) + QLatin1String(ending);
                const Result result = figure({QLatin1String(name), "--study", "mine"}, out);
                QVERIFY2(result.status == 0, result.err.constData());
                QVERIFY2(read(out).size() > 1000, qPrintable(out));
            }
#endif
    }

    void testIsLookedAtForWhatDevChoseAlone()
    {
        addStudyOfTwoTasks();
        const auto table = [&](const char *part) {
            const Result result = awb({"figure", "table1", "--study", "mine", "--part", part, "--out", path("table.csv")});
            return result.status == 0 ? read("table.csv") : result.err;
        };
        QVERIFY(table("test").contains("`awb study test mine` does that"));
        const Result scored = awb({"study", "test", "mine", "--json"});
        QVERIFY2(scored.status == 0, scored.err.constData());
        // On the task with a test part: full fine-tuning, the best adapters, the best top layers; of adapters of 64 none.
        QCOMPARE(scored.json()["scored"].toInt(), 3);
        QCOMPARE(scored.json()["test"].toArray().size(), 3);
        const QJsonArray notes = scored.json()["notes"].toArray();
        QCOMPARE(notes.size(), 1);
        QVERIFY(notes[0].toString().contains("hidden has no labelled test examples"));
        const QString chosen = QString::number(scored.json()["test"].toArray().at(0)["run"].toInt());
        const QJsonObject run = awb({"runs", "show", chosen, "--json"}).json();
        QCOMPARE(run["test"].toObject()["accuracy"], scored.json()["test"].toArray().at(0)["score"]);
        QVERIFY(awb({"runs", "show", chosen}).out.contains(", on test "));
        const QByteArray test = table("test");
        QCOMPARE(test.count(",here,"), 2);
        QVERIFY(test.contains("Scores on test") && !test.contains("hidden,matthews"));
        QVERIFY(table("dev").contains("hidden,matthews"));
        QCOMPARE(awb({"study", "test", "mine", "--json"}).json()["scored"].toInt(), 0); // what is known stays
        QCOMPARE(table("train").count("--part"), 1);
    }

    void whatChangedOnDiskIsNotScored()
    {
        addStudyOfTwoTasks();
        const auto spoil = [&](const QString &file) {
            QByteArray content = read(file);
            content[content.size() - 2] = content[content.size() - 2] == '!' ? '?' : '!';
            write(file, content);
        };
        spoil(QStringLiteral("questions.csv"));
        const Result scored = awb({"study", "test", "mine", "--json"});
        QCOMPARE(scored.json()["scored"].toInt(), 0);
        QVERIFY2(scored.json()["notes"].toArray().at(0).toString().contains("The files of the data set questions ("),
                 scored.out.constData());
        spoil(QStringLiteral("hidden/dev.tsv"));
        const auto runOf = [&](const QString &dataset) {
            for (const QJsonValue &run : awb({"runs", "--json"}).json()["runs"].toArray())
                if (const QJsonObject spec = run.toObject()["spec"].toObject();
                    spec["dataset"] == dataset && spec["method"].toObject()["name"] == QStringLiteral("adapter"))
                    return QString::number(run.toObject()["run"].toInt());
            return QString();
        };
        for (const QString &dataset : {QStringLiteral("questions"), QStringLiteral("hidden")})
            for (const QStringList &more : {QStringList(), QStringList("--single")}) {
                const Result map = awb(QStringList{"ablation", runOf(dataset)} + more);
                QCOMPARE(map.status, 1);
                QVERIFY2(map.err.contains("The files of the data set " + dataset.toUtf8()) &&
                             map.err.contains("have changed since it was added"),
                         map.err.constData());
            }
    }
};

QTEST_GUILESS_MAIN(TestStudyCommands)
#include "tst_study_commands.moc"
