#include <algorithm>
#include <cmath>

#include <QMap>
#include <QtEndian>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "core/data/table.h"
#include "core/store/study_queue.h"
#include "tests/command_line.h"

using namespace awb::test;

/// `awb study` and the figures of a study.
class TestStudyCommands : public QObject, CommandLine {
    Q_OBJECT

    /// The rows of a .csv file by the names of its columns.
    QList<QMap<QString, QString>> rowsOf(const QString &name) const
    {
        const awb::Table table(path(name).toStdString(), {.delimiter = ',', .quoting = true, .header = true});
        QList<QMap<QString, QString>> rows;
        for (std::size_t i = 0; i < table.rows(); ++i) {
            QMap<QString, QString> row;
            const auto fields = table.row(i);
            for (std::size_t c = 0; c < fields.size(); ++c)
                row[QString::fromStdString(table.columns()[c])] = QString::fromStdString(fields[c]);
            rows.append(row);
        }
        return rows;
    }

    static bool near(const QString &text, double value) { return std::abs(text.toDouble() - value) < 1e-5; }

    /// Sentences of the tiny vocabulary with a score: a correlation changes with every weight, where an accuracy may not.
    void addRatings() const
    {
        addTinyLibrary();
        QByteArray text = "text,score\n";
        for (int i = 0; i < 128; ++i) {
            const auto either = [i](int bit, const char *one, const char *other) { return i >> bit & 1 ? one : other; };
            text += QByteArray(either(0, "\"the ", "\"a ")) + either(1, "cat ", "dog ") + either(2, "sat on ", "ran on ") +
                    either(3, "the mat , ", "a mat , ") + either(4, "good ", "bad ") + either(5, "good ", "bad ") +
                    either(6, "!\",", ".\",") + QByteArray::number((i >> 4 & 1) + (i >> 5 & 1) + 0.3 * (i >> 1 & 1)) + "\n";
        }
        const QString file = write(QStringLiteral("ratings.csv"), text);
        for (const char *name : {"ratings", "more"}) { // by another split another task
            const Result added = awb({"datasets", "add", file, "--name", name, "--text", "text", "--label", "score",
                                      "--task", "regression", "--split-seed", name[0] == 'm' ? "3" : "0"});
            QVERIFY2(added.status == 0, added.err.constData());
        }
    }

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
        QVERIFY2(again.err.contains("3 runs to do; about "), again.err.constData()); // from the first seed's
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
        QCOMPARE(figure({"tradeoff", "--study", path("two.json"), "--dataset", "questions"}, "file.csv").status, 0);
        QCOMPARE(figure({"table2", "--study", "mine", "--counting", "share-of-model", "--no-published"}, "ours.csv").status,
                 0);
        QVERIFY(read("ours.csv").contains("Top layers") && read("ours.csv").contains("of the model"));
        QVERIFY(figure({"ablation", "--study", "mine"}, "map.csv").err.contains("--dataset: hidden, questions."));
        QVERIFY(read("init.csv").contains(",0.01,") && read("init.csv").contains(",0.1,"));
        QVERIFY(read("table2.csv").contains("Top layers"));
        QCOMPARE(figure({"curves", "--study", "mine"}, "curves.csv").status, 0);
        QCOMPARE(figure({"tradeoff", "--study", "mine", "--dataset", "questions"}, "tradeoff.csv").status, 0);
        const QByteArray counted = "embedding tables not counted"; // the study's rule
        QVERIFY2(read("tradeoff.csv").contains(counted), read("tradeoff.csv").constData());
        QCOMPARE(
            figure({"tradeoff", "--study", "mine", "--dataset", "questions", "--counting", "trained"}, "all.csv").status, 0);
        QVERIFY(!read("all.csv").contains(counted));
        const QMap<QString, QByteArray> marks{{".csv", "questions,"}, {".md", "| Adapters"}, {".tex", "\\begin{tabular}"}};
        for (const char *name : {"table1", "table2"})
            for (auto kind = marks.begin(); kind != marks.end(); ++kind) {
                const QString out = QLatin1String(name) + kind.key();
                QCOMPARE(figure({QLatin1String(name), "--study", "mine"}, out).status, 0);
                QVERIFY2(read(out).contains(kind.value()), read(out).constData());
            }
        for (const char *out : {"FIGURE1.CSV", "TABLE1.CSV"}) // as some programs write it
            QCOMPARE(figure({QString::fromLatin1(out).section('.', 0, 0).toLower(), "--study", "mine"}, out).status, 0);
#ifdef AWB_FIGURES
        const QJsonArray runs = awb({"runs", "--json"}).json()["runs"].toArray();
        const auto adapters = std::ranges::find_if(runs, [](const QJsonValue &one) {
            const QJsonObject spec = one.toObject()["spec"].toObject();
            return spec["method"].toObject()["name"] == "adapter" && spec["dataset"] == "questions";
        });
        const QString run = QString::number(adapters->toObject()["run"].toInt());
        QCOMPARE(awb({"ablation", run}).status, 0);
        QList<QStringList> figures{{"tradeoff", "--study", "mine", "--dataset", "questions"},
                                   {"ablation", "--run", run},
                                   {"adapterdrop", "--run", run}};
        for (const char *name : {"figure1", "init", "lr", "curves"})
            figures << QStringList{QLatin1String(name), "--study", "mine"};
        const QMap<QString, QByteArray> starts{
            {".pdf", "%PDF-"}, {".svg", "<?xml"}, {".png", "\x89PNG"}, {".pgf", "%"}, {".csv", {}}};
        for (const QStringList &arguments : figures)
            for (auto kind = starts.begin(); kind != starts.end(); ++kind) {
                const QString out = arguments.front() + kind.key();
                const Result result = figure(arguments, out);
                QVERIFY2(result.status == 0, result.err.constData());
                QVERIFY2(read(out).size() > (kind.key() == ".csv" ? 100 : 1000), qPrintable(out));
                QVERIFY2(read(out).startsWith(kind.value()), qPrintable(out));
            }
#endif
    }

    void curvesAreOfWhatTheStudyAsksForNow()
    {
        addStudyOfTwoTasks();
        const auto methods = [&] {
            const Result result = awb({"figure", "curves", "--study", "mine", "--out", path("curves.csv")});
            return result.status == 0 ? read("curves.csv") : result.err;
        };
        QVERIFY(methods().contains(",head,"));
        const QString file = write("two.json", read("two.json").replace(R"(, {"method": "head"})", ""));
        QCOMPARE(awb({"study", "run", file, "--replace"}).status, 0);
        QVERIFY(!methods().contains(",head,"));
        const QJsonObject listed = awb({"study", "list", "--json"}).json()["studies"].toArray()[0].toObject();
        QCOMPARE(listed["done"].toInt(), listed["runs"].toInt());
    }

    void manyCurvesOfSeveralTasksAreSaid()
    {
#ifdef AWB_FIGURES
        addTinyLibrary();
        QCOMPARE(awb({"datasets", "add", questionsFile(), "--name", "more"}).status, 0);
        {
            awb::Store store(home().toStdString());
            const awb::Study study = awb::studyFromJson(R"({"name": "mine", "checkpoint": "tiny",
                "datasets": ["questions", "more"], "methods": [{"method": "adapter",
                "sizes": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]}], "recipe": {"max_length": 12}})");
            for (const std::int64_t id : awb::queueStudy(store, study)) {
                awb::Run run = store.claim(id).value();
                store.addMeasurements(id, {{"dev.accuracy", 10, 1, 0.7}, { "dev.accuracy", 20, 2, 0.8 }});
                run.metric = "accuracy";
                run.score = 0.8;
                store.finish(run);
            }
        }
        const auto drawn = [&](const QStringList &more) {
            return awb(QStringList{"figure", "curves", "--study", "mine", "--out", path("curves.svg")} + more);
        };
        const Result both = drawn({});
        QCOMPARE(both.status, 0);
        QVERIFY2(both.err.contains("Drawn are 26 curves of 2 tasks; --dataset draws those of one."), both.err.constData());
        QVERIFY(!drawn({"--dataset", "more"}).err.contains("Drawn are"));
#else
        QSKIP("built without figures");
#endif
    }

    void adapterDropEqualsWhatTheLibraryHolds()
    {
        addRatings();
        const Result trained = awb({"train", "--checkpoint", "tiny", "--dataset", "ratings", "--bottleneck", "8", "--epochs",
                                    "10", "--batch", "8", "--max-length", "12", "--lr", "0.01", "--init-std", "0.3"});
        QVERIFY2(trained.status == 0, trained.err.constData());
        QCOMPARE(awb({"ablation", "1"}).status, 0);
        QCOMPARE(awb({"figure", "adapterdrop", "--run", "1", "--out", path("drop.csv")}).status, 0);
        const auto rows = rowsOf("drop.csv");
        const SQLite::Database library((home() + "/library.sqlite").toStdString());
        SQLite::Statement stored(library,
                                 "SELECT d.layers, d.seconds, coalesce(s.score, a.score), a.score, run.score "
                                 "FROM ablation a JOIN run ON run.id = a.run JOIN ablation_drop d ON d.run = a.run "
                                 "LEFT JOIN ablation_span s ON s.run = a.run AND s.first = 0 AND s.last = d.layers - 1 "
                                 "WHERE a.run = 1 ORDER BY d.layers");
        int points = 0, differ = 0;
        for (const auto &row : rows) {
            if (row["part"] != "drop")
                continue;
            QVERIFY(stored.executeStep());
            const int layers = stored.getColumn(0);
            QCOMPARE(layers, points++);
            QCOMPARE(row["first_removed"], layers == 0 ? QString() : QStringLiteral("0"));
            QCOMPARE(row["last_removed"], layers == 0 ? QString() : QString::number(layers - 1));
            const double seconds = stored.getColumn(1), score = stored.getColumn(2), all = stored.getColumn(3);
            QVERIFY2(std::abs(row["ms_per_example"].toDouble() - 1e3 * seconds) < 1e-4 * 1e3 * seconds,
                     qPrintable(row["ms_per_example"]));
            QVERIFY2(near(row["score"], score) && near(row["change"], score - all), qPrintable(row["score"]));
            QCOMPARE(all, double(stored.getColumn(4))); // nothing dropped is the run as it was trained
            differ += score != all;
        }
        QVERIFY(!stored.executeStep());
        QCOMPARE(points, 1 + 2);
        QVERIFY2(differ > 0, "the adapters do nothing");
    }

    void tableTwoEqualsWhatTheLibraryHolds()
    {
        addRatings();
        const QString file = write(QStringLiteral("two.json"), R"({"name": "mine", "checkpoint": "tiny",
            "datasets": ["ratings", "more"], "methods": [{"method": "full"}, {"method": "adapter", "sizes": [1, 4, 16], "learning_rates": [1e-2]},
            {"method": "top-k", "sizes": [1, 2]}], "seeds": [0, 1], "recipe": {"epochs": 2, "batch": 8, "max_length": 12}})");
        const Result run = awb({"study", "run", file});
        QVERIFY2(run.status == 0, run.err.constData());
        QCOMPARE(awb({"figure", "table2", "--study", "mine", "--out", path("table2.csv")}).status, 0);

        // Of each way of tuning the size with the best mean of its seeds, per task; sizes are told apart by what they train.
        const SQLite::Database library((home() + "/library.sqlite").toStdString());
        SQLite::Statement stored(library,
                                 "WITH size AS (SELECT dataset, method, group_concat(id, ' ') AS runs, avg(score) AS mean, "
                                 "(max(score) - min(score)) / 2 AS sem, trainable - trained_tables AS counted, "
                                 "count(*) AS seeds FROM run WHERE study = 'mine' AND state = 'done' "
                                 "GROUP BY dataset, method, trainable) "
                                 "SELECT dataset, method, max(mean), sem, runs, counted, seeds FROM size "
                                 "GROUP BY dataset, method");
        struct Best {
            double mean, sem, counted;
            QString runs;
        };
        QMap<QString, QMap<QString, Best>> best; // by method and task
        while (stored.executeStep()) {
            QCOMPARE(stored.getColumn(6).getInt(), 2);
            best[stored.getColumn(1).getText()][stored.getColumn(0).getText()] = {
                stored.getColumn(2), stored.getColumn(3), stored.getColumn(5), stored.getColumn(4).getText()};
        }
        const QMap<QString, QString> methods{
            {"Full fine-tuning", "full"}, {"Top layers, best of 1, 2", "top-k"}, {"Adapters, best of 1, 4, 16", "adapter"}};
        int cells = 0;
        QStringList sizes; // what won
        for (const auto &row : rowsOf("table2.csv")) {
            sizes << row["size"];
            const QString method = methods[row["method"]];
            const Best &own = best[method][row["task"]];
            QVERIFY2(near(row["score"], 100 * own.mean), qPrintable(row["score"]));
            QVERIFY2(near(row["sem"], 100 * own.sem), qPrintable(row["sem"]));
            QCOMPARE(row["runs"], own.runs);
            double share = 0; // of what full fine-tuning trains, over the tasks
            for (const char *task : {"ratings", "more"})
                share += best[method][task].counted / best["full"][task].counted;
            QCOMPARE(row["total_parameters"], QString::asprintf("%.2f×", method == "full" ? 2 : 1 + share));
            QCOMPARE(row["trained_per_task"], QString::asprintf("%.2f %%", 100 * share / 2));
            ++cells;
        }
        QCOMPARE(cells, 6);
        QVERIFY2(sizes.contains("16"), "the first of the sizes wins everywhere");
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
