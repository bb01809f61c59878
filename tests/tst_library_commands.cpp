#include <cstdlib>

#include <sys/wait.h>

#include "tests/checkpoint_files.h"
#include "tests/command_line.h"

using namespace awb::test;

class TestLibraryCommands : public QObject, CommandLine {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

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
        QVERIFY2(shown.contains("questions.csv") && shown.contains("person, place") && shown.contains("96 train"),
                 shown.constData());
        const QJsonObject check = awb({"datasets", "check", "questions", "--json"}).json();
        QCOMPARE(check["parts"].toArray().size(), 3);
        QCOMPARE(awb({"datasets", "remove", "questions"}).status, 0);
        QCOMPARE(awb({"datasets", "list", "--json"}).json()["datasets"].toArray().size(), 0);
    }

    void aLayoutMayDropLabelsThatNoRowHas()
    {
        QByteArray pairs = "index\tpairID\tgenre\tsentence1\tsentence2\tgold_label\n";
        QByteArray tales = "Author\tText\ndiscrete\tstring\nclass\tmeta\n";
        for (int i = 0; i < 40; ++i) {
            const QByteArray n = QByteArray::number(i);
            pairs += n + "\t" + n + "n\ttravel\tIt rains " + n + "\tIt is wet\t" +
                     (i % 3 == 0   ? "neutral"
                      : i % 3 == 1 ? "entailment"
                                   : "contradiction") +
                     "\n";
            tales += (i % 2 ? "Grimm\tOnce " : "Andersen\tThere was ") + n + "\n";
        }
        for (const QString &file : {write(QStringLiteral("train.tsv"), pairs), write(QStringLiteral("tales.tab"), tales)}) {
            const Result added = awb({"datasets", "add", file});
            QVERIFY2(added.status == 0, added.err.constData());
        }
        const Result wrong = awb({"datasets", "add", path(QStringLiteral("tales.tab")), "--drop", "Grim"});
        QVERIFY2(wrong.err.contains("No row has the label \"Grim\""), wrong.err.constData());
    }

    void aCheckpointWithoutPoolerIsNotedWithARemedy()
    {
        const QString folder = path(QStringLiteral("headless"));
        std::filesystem::copy(testData("checkpoints/bare"), folder.toStdString());
        std::string weights = readAll((folder + "/model.safetensors").toStdString());
        for (const char *name : {"\"pooler.dense.bias\"", "\"pooler.dense.weight\""})
            weights[weights.find(name) + 1] = 'x';
        writeAll((folder + "/model.safetensors").toStdString(), weights);
        const Result added = awb({"checkpoints", "add", folder});
        QVERIFY2(added.out.contains("lack pooler.dense.weight, pooler.dense.bias; load it with transformers' BertModel"),
                 added.out.constData() + added.err);
    }

    void aWrongGuessIsCorrectedByTheUser()
    {
        QByteArray open = "text,label\n", scores = "text,score,flair\n";
        for (int i = 0; i < 1200; ++i) {
            const QByteArray n = QByteArray::number(i);
            scores += "text " + n + "," + n + (i % 2 ? ",news\n" : ",else\n");
            if (i < 40)
                open += "text " + n + (i % 2 ? ",odd\n" : ",even\n");
        }
        const QString unclosed = write(QStringLiteral("open.csv"), open + "\"cut,odd\n");
        const Result read = awb({"datasets", "add", unclosed});
        QCOMPARE(read.status, 0);
        QVERIFY2(read.out.contains("open.csv: 1 row with double quotes, which stay in the texts: the file is read without"),
                 read.out.constData());
        QCOMPARE(awb({"datasets", "add", unclosed, "--quoting", "off"}).status, 0);
        const QString many = write(QStringLiteral("many.csv"), scores);
        const Result unnamed = awb({"datasets", "add", many});
        QVERIFY2(unnamed.err.contains("name it with --label"), unnamed.err.constData());
        const Result named = awb({"datasets", "add", many, "--label", "flair", "--json"});
        QVERIFY2(named.status == 0, named.err.constData());
        QCOMPARE(named.json()["classes"].toArray(), (QJsonArray{"else", "news"}));
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

    /// 40 rows of a text, `between` and one of two labels, below `head`.
    QString table(const QString &name, const QByteArray &head, const QByteArray &between) const
    {
        QByteArray text = head;
        for (int i = 0; i < 40; ++i)
            text += "It rains for the " + QByteArray::number(i) + "th day" + between + (i % 2 ? "pos\n" : "neg\n");
        return write(name, text);
    }

    void aDelimiterThatIsNoneOfTheUsualBringsItsHeader()
    {
        const QString file = table(QStringLiteral("caret.csv"), "text^label\n", "^");
        const QJsonObject json =
            awb({"datasets", "add", file, "--delimiter", "^", "--text", "text", "--label", "label", "--json"}).json();
        QCOMPARE(json["classes"].toArray(), (QJsonArray{"neg", "pos"}));
        for (const QStringList &more : {QStringList{"--delimiter", QString(QChar(0xa7))}, {"--label-until", "\u00a7"}}) {
            const Result refused = awb(QStringList{"datasets", "add", file} + more);
            QCOMPARE(refused.status, 2);
            QVERIFY2(refused.err.contains("one ASCII character"), refused.err.constData());
        }
    }

    void aSpreadsheetsFirstLineNamesTheDelimiter()
    {
        const QString file = table(QStringLiteral("sep.csv"), "\xEF\xBB\xBFsep=;\r\ntext;label\r\n", ";");
        const Result added = awb({"datasets", "add", file});
        QVERIFY2(added.out.contains("2 classes: neg, pos\n  32 train"), added.out.constData());
        QVERIFY2(added.out.contains("text: column 0 (text), label: column 1 (label)"), added.out.constData());
    }

    void ofTwoColumnsOfOneNameTheNumberTells()
    {
        const QString file = table(QStringLiteral("twice.csv"), "text,label,label\n", ",x,");
        const Result named = awb({"datasets", "add", file, "--label", "label"});
        QCOMPARE(named.status, 1);
        QVERIFY2(named.err.contains("several columns called \"label\""), named.err.constData());
        QVERIFY(awb({"datasets", "add", file, "--label", "2"}).out.contains("2 classes: neg, pos"));
    }

    void labelsBeforeTextsMayBeSaidAndMayLackOne()
    {
        QByteArray lines;
        for (int i = 0; i < 40; ++i)
            lines += (i % 2 ? "pos It rains for the " : "neg The sun for the ") + QByteArray::number(i) + "th day\n";
        const QString guessed = write(QStringLiteral("guessed.txt"), lines + "pos\n");
        QVERIFY(awb({"datasets", "add", guessed}).out.contains("2 classes: neg, pos"));
        const QString commas = write(QStringLiteral("said.txt"), lines.replace(" for", ", for")); // a table of two columns?
        const Result said = awb({"datasets", "add", commas, "--kind", "label-text", "--json"});
        QVERIFY2(said.json()["classes"].toArray() == (QJsonArray{"neg", "pos"}), said.err.constData());
    }

    void partsOfAKnownLayoutKeepIt()
    {
        QByteArray train, test;
        for (int i = 0; i < 60; ++i)
            (i < 40 ? train : test) +=
                (i % 2 ? "LOC:city Where is place " : "NUM:date When was year ") + QByteArray::number(i) + " ?\n";
        write(QStringLiteral("TREC.train"), train);
        const QString other = write(QStringLiteral("other.test"), test);
        const Result added = awb({"datasets", "add", path(QStringLiteral("TREC.train")), "--dev", other, "--json"});
        QVERIFY2(added.status == 0, added.err.constData());
        QCOMPARE(added.json()["classes"].toArray(), (QJsonArray{"LOC", "NUM"})); // the coarse ones
        QCOMPARE(added.json()["rows"].toObject()["dev"].toInt(), 20);
        // The layout gives LOC; the user another name to that.
        QCOMPARE(awb({"datasets", "add", path(QStringLiteral("TREC.train")), "--merge", "LOC= place", "--json"})
                     .json()["classes"]
                     .toArray(),
                 (QJsonArray{"NUM", "place"}));
        const Result twice =
            awb({"datasets", "add", path(QStringLiteral("TREC.train")), "--merge", "LOC=x", "--drop", "LOC"});
        QCOMPARE(twice.status, 2);
        QVERIFY2(twice.err.contains("\"LOC\" is named twice"), twice.err.constData());
    }

    void namesThatNothingCouldFindAreRefused()
    {
        for (const QString &name : {QStringLiteral("line\nbreak"), QString(300, QLatin1Char('n'))}) {
            const Result added = awb({"datasets", "add", questionsFile(), "--name", name});
            QCOMPARE(added.status, 1);
            QVERIFY2(added.err.contains("The name of a data set"), added.err.constData());
        }
        const QByteArray folder = QFile::encodeName(m_folder->path()) + "/caf\xe9";
        std::filesystem::create_directory(folder.toStdString());
        std::filesystem::copy(questionsFile().toStdString(), folder.toStdString() + "/questions.csv");
        const std::string command = std::string(AWB_PROGRAM) + " --home '" + home().toStdString() + "' datasets add '" +
                                    folder.toStdString() + "/questions.csv' 2>'" +
                                    path(QStringLiteral("said")).toStdString() + "'";
        QCOMPARE(WEXITSTATUS(std::system(command.c_str())), 1);
        QVERIFY2(read(QStringLiteral("said")).contains("is not UTF-8"), read(QStringLiteral("said")).constData());
        QVERIFY(awb({"datasets", "list"}).out.contains("No data set yet"));
    }

    void aCheckpointIsNamedAsItsFolderAndTakesNoOthersPlaceUnasked()
    {
        namespace fs = std::filesystem;
        const fs::path here = m_folder->path().toStdString(), cache = here / "models--someone--own-bert";
        const auto put = [](const fs::path &folder) {
            fs::create_directories(folder);
            fs::copy(testData("checkpoints/bare"), folder);
            return QString::fromStdString(folder.string());
        };
        const auto added = [&](const QString &folder) {
            return awb({"checkpoints", "add", folder, "--json"}).json()["name"].toString();
        };
        const QString first = put(here / "a" / "best"), second = put(here / "b" / "best");
        QCOMPARE(added(first + '/'), QString("best"));
        const Result refused = awb({"checkpoints", "add", second});
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains("a checkpoint best already, that in " + first.toUtf8()), refused.err.constData());
        QCOMPARE(added(first), QString("best")); // the same once more
        fs::create_directory_symlink(here / "a" / "best", here / "mine");
        QCOMPARE(added(path(QStringLiteral("mine"))), QString("mine"));

        QCOMPARE(added(put(here / "trained" / "snapshots" / "epoch1")), QString("epoch1"));
        const QString snapshot = put(cache / "snapshots" / "0123456789abcdef");
        QCOMPARE(added(snapshot), QString("own-bert"));
        fs::create_directories(cache / "refs");
        std::ofstream(cache / "refs" / "main") << "0123456789abcdef";
        const QString whole = QString::fromStdString(cache.string());
        QVERIFY(awb({"checkpoints", "add", whole, "--name", "own-bert"}).err.contains("takes the place"));
        QCOMPARE(awb({"checkpoints", "show", "own-bert", "--json"}).json()["folder"].toString(), snapshot);
        fs::remove(cache / "snapshots" / "0123456789abcdef" / "model.safetensors");
        fs::create_symlink("../../blobs/gone", cache / "snapshots" / "0123456789abcdef" / "model.safetensors");
        const Result dangling = awb({"checkpoints", "add", snapshot, "--name", "cut"});
        QVERIFY2(dangling.err.contains("model.safetensors is a link to ../../blobs/gone, which is not there"),
                 dangling.err.constData());
    }

    void aConfigurationOfAnotherModelIsSaidInAFewNames()
    {
        const QString folder = path(QStringLiteral("deep"));
        std::filesystem::copy(testData("checkpoints/bare"), folder.toStdString());
        const std::string config = (folder + "/config.json").toStdString();
        QJsonObject object = QJsonDocument::fromJson(QByteArray::fromStdString(readAll(config))).object();
        object["num_hidden_layers"] = 30;
        writeAll(config, QJsonDocument(object).toJson().toStdString());
        const Result added = awb({"checkpoints", "add", folder, "--json"});
        const QString said = added.json()["warnings"].toArray().last().toString();
        QVERIFY2(said.contains(" more; use the config.json that belongs to these weights"), qPrintable(said));
        QVERIFY(said.size() < 400);
    }

    void whatTakesAnothersPlaceIsSaid()
    {
        addTinyLibrary();
        const auto checkpoint = QString::fromStdString(testData("checkpoints/bare").string());
        const Result again = awb({"checkpoints", "add", checkpoint, "--name", "tiny"});
        QVERIFY2(again.err.contains("takes the place of the checkpoint"), again.err.constData());
        const Result unreachable = awb({"datasets", "add", "/proc/self/mem/x/y"});
        QVERIFY2(!unreachable.err.contains("Unexpected error"), unreachable.err.constData());
    }

    void filesThatChangedSinceAreSaid()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("asked.csv");
        QVERIFY(QFile::copy(questionsFile(), file));
        QVERIFY(QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner));
        QCOMPARE(awb({"datasets", "add", file, "--name", "changing"}).status, 0);
        for (const char *command : {"show", "check"})
            QVERIFY(!awb({"datasets", command, "changing"}).out.contains("have changed"));
        QFile more(file);
        QVERIFY(more.open(QIODevice::Append));
        more.write("Where is the Rhine now?,place\n");
        more.close();
        for (const char *command : {"show", "check"}) {
            const Result result = awb({"datasets", command, "changing"});
            QCOMPARE(result.status, 0);
            QVERIFY2(result.out.contains("asked.csv) have changed since it was added"), result.out.constData());
        }
        QCOMPARE(awb({"datasets", "remove", "changing"}).status, 0);
    }

    void splitAndMetricsAreTakenAsGivenAndShown()
    {
        const auto add = [&](const QStringList &more) {
            return awb(QStringList{"datasets", "add", questionsFile(), "--name", "questions"} + more);
        };
        QCOMPARE(add({}).status, 0);
        const auto shown = [&] { return awb({"datasets", "show", "questions"}).out; };
        QVERIFY2(shown().contains("split 80/10/10 by seed 0") &&
                     shown().contains("measured by accuracy, f1; F1 is that of the class \"place\""),
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

    void columnsOfAnotherFileAreFoundByTheirNames()
    {
        QDir(m_folder->path()).mkpath(QStringLiteral("parts"));
        QByteArray train = "text,label,urgent\n", dev = "urgent,text,label\n", test = "id,text\n";
        for (int i = 0; i < 40; ++i) {
            const QByteArray number = QByteArray::number(i), label = i % 2 ? "good" : "bad", urgent = i < 30 ? "0" : "1";
            train += "a text " + number + "," + label + "," + urgent + "\n";
            dev += urgent + ",another text " + number + "," + label + "\n";
            test += number + ",a third text " + number + "\n";
        }
        write(QStringLiteral("parts/train.csv"), train);
        write(QStringLiteral("parts/dev.csv"), dev);
        write(QStringLiteral("parts/test.csv"), test);
        const auto check = [&](const QStringList &add) {
            const Result added = awb(QStringList{"datasets", "add"} + add + QStringList{"--name", "parts"});
            QVERIFY2(added.status == 0, added.err.constData());
            const QByteArray checked = awb({"datasets", "check", "parts"}).out;
            QVERIFY2(checked.contains("dev: 40 rows (bad 20, good 20)") && checked.contains("test: 40 rows (unlabelled)"),
                     checked.constData());
        };
        check({path("parts")});
        check({path("parts/train.csv"), "--dev", path("parts/dev.csv"), "--test", path("parts/test.csv")});
        check({path("parts/train.csv"), "--dev", path("parts/dev.csv"), "--test", path("parts/test.csv"), "--text", "text",
               "--label", "label"});
        write(QStringLiteral("parts/other.csv"), "urgent,message,label\n1,hello,good\n");
        const Result other = awb({"datasets", "add", path("parts/train.csv"), "--dev", path("parts/other.csv")});
        QCOMPARE(other.status, 1);
        QVERIFY2(other.err.contains("other.csv are not those of"), other.err.constData());
    }

    void whatIsDroppedOrReplacedIsThere()
    {
        const QStringList add{"datasets", "add", questionsFile(), "--name", "questions"};
        const Result typo = awb(add + QStringList{"--drop", "palce"});
        QCOMPARE(typo.status, 1);
        QVERIFY2(typo.err.contains("No row has the label \"palce\"; there are: person, place."), typo.err.constData());
        const Result first = awb(add), again = awb(add + QStringList{"--json"});
        QVERIFY(first.err.isEmpty());
        QVERIFY2(again.err.contains("takes the place of the data set"), again.err.constData());
        QVERIFY(again.json()["replaced"].toBool());
    }

    void aRandomCheckpointWithAWrongVocabularyLeavesNothing()
    {
        const QStringList random{"checkpoints", "random", path("made"), "--shape", "bert-tiny", "--vocabulary"};
        const Result wrong = awb(random + QStringList{questionsFile()});
        QCOMPARE(wrong.status, 1);
        QVERIFY2(wrong.err.contains("questions.csv"), wrong.err.constData());
        QVERIFY(!QDir(path("made")).exists());
    }

    void aDamagedCheckpointIsOneSentenceAndNotRegistered_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArrayList>("says"); // what is wrong, and what to do
        const auto row = [](const char *name, const char *file, const QByteArray &content, const QByteArrayList &says = {}) {
            QTest::newRow(name) << file << content << says;
        };
        const QByteArray length(QByteArray::fromHex("ffffffffffffff7f"));
        row("cut off", "model.safetensors", {}, {"is damaged", "fetch it again"});
        row("a header longer than the file", "model.safetensors", length + QByteArray("{}"),
            {"is damaged", "fetch it again"});
        const auto weights = [](const std::string &header) {
            return QByteArray::fromStdString(safetensors(header, std::string(16, '\0')));
        };
        row("offsets beyond the file", "model.safetensors",
            weights(R"({"w":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}})"), {"tensor w", "fetch it again"});
        row("overlapping offsets", "model.safetensors",
            weights(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
                    R"("b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})"),
            {"tensor b overlaps", "fetch it again"});
        const QByteArray pooler = R"({"pooler.dense.bias":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})";
        row("a shape that does not fit the configuration", "model.safetensors", weights(pooler.toStdString()),
            {"pooler.dense.bias in the shape (4)", "config.json"});
        row("no zip archive", "pytorch_model.bin", "not an archive at all");
        const std::string call = "\x80\x02" + pickled::global("os", "system") + pickled::tuple(pickled::text("true")) + "R.";
        row("a pickle that names a function", "pytorch_model.bin", QByteArray::fromStdString(torchZip(call)),
            {"names the function os.system"});
        row("a config of another model", "config.json", R"({"model_type": "gpt2"})");
        row("a config that is no JSON", "config.json", "{");
        row("an empty vocabulary", "vocab.txt", {});
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
        QVERIFY2(result.err.contains(path("damaged").toUtf8()), result.err.constData());
        QFETCH(QByteArrayList, says);
        for (const QByteArray &part : QByteArrayList{file.toUtf8()} + says)
            QVERIFY2(result.err.contains(part), result.err.constData());
        QCOMPARE(awb({"checkpoints", "list", "--json"}).json()["checkpoints"].toArray().size(), 0);
    }
};

QTEST_GUILESS_MAIN(TestLibraryCommands)
#include "tst_library_commands.moc"
