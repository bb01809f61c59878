#include <QtTest>

#include "core/data/dataset.h"
#include "core/data/recognise.h"
#include "core/error.h"
#include "tests/data_folder.h"

using namespace awb;
using Strings = std::vector<std::string>;

/// Known layouts are recognised, and unknown ones guessed, from small files as their authors lay them out.
class TestLayouts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<DataFolder>(); }

    void colaHasNoHeaderButItsTestFileHas();
    void singleSentencesOfSst2();
    void mrpcTakesTheLabelledTestFile();
    void stsbIsAScore();
    void qqpSkipsShortLines();
    void mnliHasMatchedAndMismatchedDevFiles();
    void inferenceTasksAreToldApartByTheirLabels();
    void aFileOnItsOwnIsRecognisedToo();
    void sentencesSubjectivityAndTrec();
    void messagesByTheirLabels();
    void orangeTables();
    void orangeTextColumnWithoutAMark();
    void crowdflowerTables_data();
    void crowdflowerTables();
    void unknownLayoutsAreNotRecognised();
    void unknownTablesAreGuessed_data();
    void unknownTablesAreGuessed();
    void foldersWithPartsAreGuessed();
    void scoresMayHaveDecimalCommasAndGaps();

private:
    std::string write(const std::string &name, const std::string &content) { return m_folder->write(name, content); }
    Manifest recognised(const std::string &relative)
    {
        const auto manifest = recognise(m_folder->path() / relative, "mine");
        return manifest ? *manifest : Manifest{};
    }

    std::unique_ptr<DataFolder> m_folder;
};

void TestLayouts::colaHasNoHeaderButItsTestFileHas()
{
    write("some/train.tsv", "gj04\t1\t\tOur friends won't buy this.\ngj04\t0\t*\tThey drank the \"pub.\n");
    write("some/dev.tsv", "gj04\t1\t\tThe sailors rode the breeze.\ngj04\t0\t?*\tThe weights made it.");
    write("some/test.tsv", "index\tsentence\n0\tBill whistled past the house.\n");
    write("some/cola_public_README.txt", "terms");
    const auto manifest = recognised("some");
    QCOMPARE(manifest.layout, std::string("GLUE CoLA"));
    QCOMPARE(manifest.name, std::string("mine"));
    QCOMPARE(manifest.metrics, (Strings{"matthews", "accuracy"}));
    QVERIFY(QString::fromStdString(manifest.licence).endsWith("cola_public_README.txt"));
    QCOMPARE(manifest.sha256.size(), std::size_t(3 * 64 + 2));
    auto renamed = manifest;
    renamed.merge = {{"0", "wrong"}, {"1", "right"}};
    completeManifest(renamed);
    QCOMPARE(renamed.classes, (Strings{"right", "wrong"}));
    QCOMPARE(renamed.metrics, manifest.metrics);
    renamed.task = Task::Regression;
    completeManifest(renamed);
    QCOMPARE(renamed.metrics, (Strings{"pearson", "spearman"}));
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.train[1].a, std::string("They drank the \"pub."));
    QCOMPARE(dataset.train[1].label, 0);
    QCOMPARE(dataset.dev.size(), std::size_t(2));
    QCOMPARE(dataset.test.at(0).a, std::string("Bill whistled past the house."));
    QCOMPARE(dataset.test[0].label, -1);
}

void TestLayouts::singleSentencesOfSst2()
{
    write("SST-2/train.tsv",
          "sentence\tlabel\nhide new secretions \t0\ncontains no wit \t0\nthat loves its characters \t1\n");
    write("SST-2/dev.tsv", "sentence\tlabel\nunflinchingly bleak \t0\n");
    write("SST-2/test.tsv", "index\tsentence\n0\tuneasy mishmash of styles .\n");
    const auto manifest = recognised("SST-2");
    QCOMPARE(manifest.layout, std::string("GLUE SST-2"));
    QCOMPARE(manifest.metrics, (Strings{"accuracy"}));
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.train[2].label, 1);
    QCOMPARE(dataset.test.at(0).a, std::string("uneasy mishmash of styles ."));
}

void TestLayouts::mrpcTakesTheLabelledTestFile()
{
    const std::string header = "\xEF\xBB\xBFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n";
    write("MRPC/train.tsv", header + "1\t1\t2\tHe \"said so.\tHe said it.\n0\t3\t4\t\"Prices fell.\tPrices rose.\n");
    write("MRPC/dev.tsv", header + "1\t5\t6\tA storm came.\tThere was a storm.\n");
    write("MRPC/dev_ids.tsv", "5\t6\n");
    write("MRPC/test.tsv", "index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t7\t8\tx\ty\n");
    write("MRPC/msr_paraphrase_test.txt", header + "0\t7\t8\tx one\ty one\n1\t9\t10\tx\ty\n");
    write("MRPC/MSR-LICENCE.html", "terms");
    const auto manifest = recognised("MRPC");
    QCOMPARE(manifest.layout, std::string("GLUE MRPC"));
    QCOMPARE(manifest.metrics, (Strings{"f1", "accuracy"}));
    QVERIFY(QString::fromStdString(manifest.licence).endsWith("MSR-LICENCE.html"));
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.train[1].a, std::string("\"Prices fell."));
    QCOMPARE(dataset.train[1].b, std::string("Prices rose."));
    QCOMPARE(dataset.test.size(), std::size_t(2));
    QCOMPARE(dataset.test[1].label, 1);
}

void TestLayouts::stsbIsAScore()
{
    const std::string header = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2";
    const std::string row =
        "0\tmain-captions\tMSRvid\t2012test\t1\tnone\tnone\tA plane is taking off.\tAn air plane takes off.";
    write("sts/train.tsv", header + "\tscore\n" + row + "\t5.000\n" + row + "\t3.8\n");
    write("sts/dev.tsv", header + "\tscore\n" + row + "\t0\n");
    write("sts/test.tsv", header + "\n" + row + "\n");
    const auto manifest = recognised("sts");
    QCOMPARE(manifest.layout, std::string("GLUE STS-B"));
    QCOMPARE(manifest.task, Task::Regression);
    QCOMPARE(manifest.metrics, (Strings{"spearman", "pearson"}));
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.train[1].score, 3.8f);
    QCOMPARE(dataset.test.at(0).b, std::string("An air plane takes off."));
}

void TestLayouts::qqpSkipsShortLines()
{
    write("QQP/train.tsv", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tHow old?\tWhat "
                           "age?\t1\n4\t5\t6\tbroken line\n7\t8\t9\tWho?\tWhere?\t0\n");
    write("QQP/test.tsv", "id\tquestion1\tquestion2\n0\tWhen?\tAt what time?\n");
    const auto manifest = recognised("QQP");
    QCOMPARE(manifest.layout, std::string("GLUE QQP"));
    QCOMPARE(manifest.metrics, (Strings{"f1", "accuracy"}));
    QCOMPARE(manifest.test->textA, 1);
    QCOMPARE(manifest.test->textB, 2);
    auto whole = manifest;
    whole.split = {0, 0, 0};
    QCOMPARE(loadDataset(whole).train.size(), std::size_t(2));
}

void TestLayouts::mnliHasMatchedAndMismatchedDevFiles()
{
    const std::string header = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_"
                               "parse\tsentence2_parse\tsentence1\tsentence2";
    const auto row = [](const std::string &premise) { return "0\t1\t1n\ttravel\tp\tp\tp\tp\t" + premise + "\tSo it is."; };
    write("MNLI/train.tsv", header + "\tlabel1\tgold_label\n" + row("t1") + "\tneutral\tneutral\n" + row("t2") +
                                "\tentailment\tentailment\n" + row("t3") + "\tcontradiction\tcontradiction\n");
    const std::string devHeader = header + "\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n";
    write("MNLI/dev_matched.tsv",
          devHeader + row("matched") + "\ta\ta\ta\ta\ta\tneutral\n" + row("undecided") + "\ta\ta\ta\ta\ta\t-\n");
    write("MNLI/dev_mismatched.tsv", devHeader + row("mismatched") + "\ta\ta\ta\ta\ta\tcontradiction\n");
    write("MNLI/test_matched.tsv", header + "\n" + row("unlabelled") + "\n");
    const auto manifest = recognised("MNLI");
    QCOMPARE(manifest.layout, std::string("GLUE MNLI (matched dev, mismatched dev as test)"));
    QCOMPARE(manifest.classes, (Strings{"contradiction", "entailment", "neutral"}));
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.train[0].label, 2);
    QCOMPARE(dataset.dev.size(), std::size_t(1)); // "-" has no gold label
    QCOMPARE(dataset.dev[0].a, std::string("matched"));
    QCOMPARE(dataset.test.at(0).a, std::string("mismatched"));
}

void TestLayouts::inferenceTasksAreToldApartByTheirLabels()
{
    write("one/train.tsv", "index\tsentence1\tsentence2\tlabel\n0\tNo weapons found.\tWeapons found.\tnot_entailment\n1\tIt "
                           "rained.\tRain fell.\tentailment\n");
    write("two/train.tsv",
          "index\tsentence1\tsentence2\tlabel\n0\tI stuck a pin through it.\tIt had a hole.\t1\n1\tHe ate.\tShe ate.\t0\n");
    write("two/dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\tx\ty\t1\n");
    write("three/train.tsv", "Index\tQuestion\tSentence\tLabel\n0\tWhen was it?\tIt was in 1900.\tentailment\n1\tWho?\tIn "
                             "Rome.\tnot_entailment\n");
    const auto rte = recognised("one");
    QCOMPARE(rte.layout, std::string("GLUE RTE"));
    QCOMPARE(rte.classes, (Strings{"entailment", "not_entailment"}));
    QCOMPARE(recognised("two").layout, std::string("GLUE WNLI"));
    QCOMPARE(recognised("two").classes, (Strings{"0", "1"}));
    QCOMPARE(recognised("three").layout, std::string("GLUE QNLI"));
    QCOMPARE(recognised("three").train.textB, 2);
}

void TestLayouts::aFileOnItsOwnIsRecognisedToo()
{
    write("CoLA/train.tsv", "gj04\t1\t\tOne.\ngj04\t0\t*\tTwo.\n");
    const auto dev = write("CoLA/dev.tsv", "gj04\t1\t\tThree.\ngj04\t0\t*\tFour.\n");
    QCOMPARE(recognised("CoLA/train.tsv").dev->path, dev);
    const auto alone = recognised("CoLA/dev.tsv");
    QCOMPARE(alone.layout, std::string("GLUE CoLA"));
    QCOMPARE(alone.train.path, dev);
    QVERIFY(!alone.dev);
}

void TestLayouts::sentencesSubjectivityAndTrec()
{
    write("sst/stsa.binary.train", "1 a stirring , funny film\n0 one long string of cliches .\n");
    write("sst/stsa.binary.dev", "0 dull\n");
    write("sst/stsa.binary.test", "1 fine\n");
    const auto sentences = recognised("sst");
    QCOMPARE(sentences.layout, std::string("SST-2 sentences"));
    QCOMPARE(loadDataset(sentences).train[0].label, 1);
    QCOMPARE(loadDataset(sentences).test.at(0).a, std::string("fine"));

    write("subj/subj.all", "1 the story begins \n0 a slow caf\xE9 film \n");
    QCOMPARE(recognised("subj").layout, std::string("Subj"));
    QVERIFY(!recognised("subj").dev);

    write("questions/TREC.train", "DESC:manner How did it develop ?\nENTY:cremat What films ?\nNUM:date When ?\n");
    write("questions/TREC.test", "NUM:dist How far ?\n");
    const auto trec = recognised("questions");
    QCOMPARE(trec.classes, (Strings{"DESC", "ENTY", "NUM"}));
    QCOMPARE(trec.layout, std::string("TREC (six coarse classes, official test as dev)"));
    QVERIFY(!trec.test);
    const Dataset dataset = loadDataset(trec);
    QCOMPARE(dataset.train.size(), std::size_t(3));
    QCOMPARE(dataset.dev.at(0).label, 2);
}

void TestLayouts::messagesByTheirLabels()
{
    write("sms/SMSSpamCollection",
          "ham\tGo until \"jurong\nspam\t\"Free entry\nspam\tCall now\nham\tSee you\nspam\tWin\nham\tOk");
    write("sms/readme", "terms");
    const auto manifest = recognised("sms");
    QCOMPARE(manifest.layout, std::string("SMS spam"));
    QCOMPARE(manifest.classes, (Strings{"ham", "spam"}));
    QVERIFY(QString::fromStdString(manifest.licence).endsWith("readme"));
    QCOMPARE(loadDataset(manifest).train.size() + 2, std::size_t(6));
}

void TestLayouts::orangeTables()
{
    const std::string header = "Category\tText\nd\tstring\nclass\t\n\n";
    write("news/r8-train.tab", header + "earn\tprofits rose\nacq\tbought a bank\nearn\tloss\nacq\tsold\n");
    write("news/r8-test.tab", header + "acq\ttook over\n");
    write("news/r8-train.tab.metadata", "language: en\n");
    for (const std::string path : {"news", "news/r8-train.tab"}) {
        const auto manifest = recognised(path);
        QCOMPARE(manifest.layout, std::string("Orange table"));
        QCOMPARE(manifest.classes, (Strings{"acq", "earn"}));
        QVERIFY(!manifest.dev); // split off train
        const Dataset dataset = loadDataset(manifest);
        QCOMPARE(dataset.test.size(), std::size_t(1));
        QCOMPARE(dataset.dev.size(), std::size_t(1));
    }
}

void TestLayouts::orangeTextColumnWithoutAMark()
{
    write("a.tab", "Title\tAuthor\tBody\nstring\tdiscrete\tstring\nmeta\tclass\tmeta title=True\nA long title of a "
                   "tale\tGrimm\tshort\nB\tAndersen\tb\n");
    QCOMPARE(recognised("a.tab").train.textA, 2);
    write("b.tab",
          "Title\tAuthor\tBody\ns\td\ts\n\tclass\t\nA tale\tGrimm\tOnce upon a time there was\nB\t?\tb\nC\tAndersen\tc\n");
    QCOMPARE(recognised("b.tab").train.textA, 2);
    QCOMPARE(recognised("b.tab").classes, (Strings{"Andersen", "Grimm"})); // "?" is an unknown value
    write("c.tab", "Title\tScore\nstring\tcontinuous\n\tclass\nA tale\t1.0\nB\t2.5\n");
    QCOMPARE(recognised("c.tab").task, Task::Regression);
    write("d.tab", "Title\tBody\nstring\tstring\n\tinclude=True\nA tale\tOnce\n");
    QVERIFY(recognised("d.tab").layout.empty()); // nothing to learn
}

void TestLayouts::crowdflowerTables_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("layout");
    QTest::addColumn<QString>("classes");
    QTest::addColumn<int>("rows");
    QTest::newRow("global warming")
        << QByteArray("tweet,existence,existence.confidence\r\n\"Warm, "
                      "again\",Yes,1\r\ncold,N,0.8\r\nsnow,No,1\r\nhot,Y,1\r\nwhat,NA,1\r\nhm,N/A,1\r\nno label,,\r\n")
        << "Crowdflower global warming"
        << "No Yes" << 4;
    QTest::newRow("disasters") << QByteArray("_unit_id,choose_one,choose_one:confidence,choose_one_gold,keyword,location,"
                                             "text,tweetid\n1,Relevant,1,\"Relevant\nNot Relevant\",,,Fire!,5\n"
                                             "2,Not Relevant,1,,,,Lovely day,6\n3,Can't Decide,1,,,,Blaze,7\n")
                               << "Crowdflower disasters"
                               << "Not Relevant Relevant" << 2;
    QTest::newRow("airline") << QByteArray("_unit_id,airline_sentiment,negativereason,text\n1,neutral,,What?\n2,negative,"
                                           "Late,\"Late\nagain\"\n3,positive,,Thanks\n")
                             << "Crowdflower airline"
                             << "negative neutral positive" << 3;
    QTest::newRow("corporate")
        << QByteArray("_unit_id,category,category_gold,screenname,text\n1,Information,,A,News\n2,Action,,B,Buy\n")
        << "Crowdflower corporate messaging"
        << "Action Information" << 2;
}

void TestLayouts::crowdflowerTables()
{
    QFETCH(QByteArray, content);
    QFETCH(QString, layout);
    QFETCH(QString, classes);
    QFETCH(int, rows);
    write("table.csv", content.toStdString());
    auto manifest = recognised("table.csv");
    QCOMPARE(QString::fromStdString(manifest.layout), layout);
    QString joined;
    for (const auto &name : manifest.classes)
        joined += (joined.isEmpty() ? "" : " ") + QString::fromStdString(name);
    QCOMPARE(joined, classes);
    manifest.split = {0, 0, 0};
    QCOMPARE(int(loadDataset(manifest).train.size()), rows);
}

void TestLayouts::unknownLayoutsAreNotRecognised()
{
    write("other/train.tsv", "sentence\tlabel\nfine\tpos\npoor\tneg\n"); // SST-2's header, other labels
    QVERIFY(!recognise(m_folder->path() / "other", "other"));
    write("two/a.csv", "tweet,existence,existence.confidence\na,Yes,1\nb,No,1\n");
    write("two/b.csv", "tweet,existence,existence.confidence\nc,Yes,1\nd,No,1\n");
    QVERIFY(!recognise(m_folder->path() / "two", "two")); // which of them?
    write("empty/train.tsv", "");
    write("empty/picture.png", std::string("\x89PNG\0\0\0\0", 8));
    QVERIFY(!recognise(m_folder->path() / "empty", "empty"));
    QVERIFY_EXCEPTION_THROWN(recognise(m_folder->path() / "nowhere", "x"), Error);
}

void TestLayouts::unknownTablesAreGuessed_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<int>("textA");
    QTest::addColumn<int>("textB");
    QTest::addColumn<int>("label");
    QTest::newRow("names")
        << "a.csv"
        << QByteArray("id,title,text,sentiment\n1,One,\"A fine, long day\",pos\n2,Two,A poor day,neg\n3,Three,Rain,neg\n")
        << 2 << -1 << 3;
    QTest::newRow("pair")
        << "a.csv"
        << QByteArray("premise,hypothesis,gold_label\nIt rains,It is wet,entailment\nIt rains,It is dry,contradiction\n")
        << 0 << 1 << 2;
    QTest::newRow("no names") << "a.tsv"
                              << QByteArray("7\tpositive\tAn evening of wonder and song\n8\tnegative\tNothing works in this "
                                            "one\n9\tnegative\tLong, and dull as well\n4\tpositive\tA joy\n")
                              << 2 << -1 << 1;
    QTest::newRow("json") << "a.jsonl"
                          << QByteArray("{\"idx\": 4, \"sentence\": \"Well done\", \"label\": 1}\n{\"idx\": 5, "
                                        "\"sentence\": \"Not good\", \"label\": 0}\n")
                          << 1 << -1 << 2;
    QTest::newRow("tabs, one row too wide") << "a.tsv"
                                            << QByteArray("good\ta fine film\nbad\tnot a film\nbad\tno film\t?\n"
                                                          "good\tthe best of all\ngood\tall well\nbad\tall ill\n")
                                            << 1 << -1 << 0;
    QTest::newRow("label text") << "a.all" << QByteArray("1 a good film\n0 a bad film , really\n1 a fine film\n0 no\n") << 1
                                << -1 << 0;
}

void TestLayouts::unknownTablesAreGuessed()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, content);
    QFETCH(int, textA);
    QFETCH(int, textB);
    QFETCH(int, label);
    const auto manifest = guessManifest(write(name.toStdString(), content.toStdString()), "guess");
    QCOMPARE(manifest.train.textA, textA);
    QCOMPARE(manifest.train.textB, textB);
    QCOMPARE(manifest.train.label, label);
    QCOMPARE(manifest.classes.size(), std::size_t(2));
    QCOMPARE(manifest.layout, std::string("custom"));
    auto whole = manifest;
    whole.split = {0, 0, 0};
    QVERIFY(loadDataset(whole).train.size() >= 2);
    const Table table(manifest.train.path, manifest.train.format);
    QCOMPARE(distinctValues(table, label, 1).size(), std::size_t(1));
}

void TestLayouts::foldersWithPartsAreGuessed()
{
    write("mine/train.csv", "text,label\nfine,pos\npoor,neg\n");
    write("mine/validation.csv", "label,text\npos,well\n");
    write("mine/test.csv", "text\nunlabelled\n");
    const auto manifest = guessManifest(m_folder->path() / "mine", "mine");
    const Dataset dataset = loadDataset(manifest);
    QCOMPARE(dataset.dev.at(0).a, std::string("well"));
    QCOMPARE(dataset.dev[0].label, 1);
    QCOMPARE(dataset.test.at(0).label, -1);
    write("apart/train.csv", "text,label\nfine,pos\npoor,neg\n");
    write("apart/Dev.tsv", "label\ttext\npos\twell, well\n"); // another delimiter, another order
    const Dataset apart = loadDataset(guessManifest(m_folder->path() / "apart", "apart"));
    QCOMPARE(apart.dev.at(0).a, std::string("well, well"));
    QCOMPARE(apart.train.size(), std::size_t(2));
    write("strange/train.csv", "text,label\nfine,pos\npoor,neg\nwell,pos\nbad,neg\nso,pos\nlate,neg\nnew,pos\nold,neg\n"
                               "one,pos\ntwo,neg\n");
    write("strange/dev.csv", "headline,kind\nwell,pos\n");
    const Dataset strange = loadDataset(guessManifest(m_folder->path() / "strange", "strange"));
    QVERIFY(!strange.manifest.dev);
    QCOMPARE(strange.notes.back(),
             std::string("The file dev.csv beside it is not used: the development examples are split off."));
    write("many/a.csv", "text,label\nfine,pos\n");
    write("many/b.csv", "text,label\nfine,pos\n");
    QVERIFY_EXCEPTION_THROWN(guessManifest(m_folder->path() / "many", "x"), Error);
}

void TestLayouts::scoresMayHaveDecimalCommasAndGaps()
{
    QByteArray semicolons = "text;score\n", commas = "text,score\n";
    for (int i = 0; i < 20; ++i) {
        semicolons += "example " + QByteArray::number(i) + ";" + QByteArray::number(i / 4) + "," +
                      QByteArray::number(25 * (i % 4)) + "\n";
        commas +=
            "example " + QByteArray::number(i) + "," + (i % 7 == 3 ? QByteArray("NA") : QByteArray::number(i / 4.0)) + "\n";
    }
    write("semicolons.csv", semicolons.toStdString());
    write("commas.csv", commas.toStdString());
    for (const char *name : {"semicolons.csv", "commas.csv"}) {
        Manifest manifest = guessManifest(m_folder->path() / name, "scores");
        QCOMPARE(manifest.task, Task::Regression);
        manifest.split = {0, 0, 0};
        const Dataset dataset = loadDataset(manifest);
        for (const Example &example : dataset.train)
            QCOMPARE(double(example.score), std::stoi(example.a.substr(8)) / 4.0);
        QCOMPARE(dataset.train.size(), std::size_t(name[0] == 's' ? 20 : 17));
        if (name[0] == 'c')
            QCOMPARE(dataset.notes.back(), std::string("commas.csv: 3 rows left out, the label is dropped."));
    }
}

QTEST_GUILESS_MAIN(TestLayouts)
#include "tst_layouts.moc"
