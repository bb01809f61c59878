#include <csignal>

#include <sys/resource.h>

#include <QImage>
#include <QProcess>
#include <QPushButton>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>
#include <qcustomplot.h>

#include "core/study/tradeoff.h"
#include "tests/study_fixture.h"
#include "tests/tradeoff_fixture.h"
#include "ui/study_panel.h"

using namespace awb;
using namespace awb::test;

namespace {

/// As long as it lives, no file grows beyond so many bytes.
class SmallDisk {
public:
    explicit SmallDisk(rlim_t bytes)
    {
        m_signal = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit = {bytes, m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SmallDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, m_signal);
    }

private:
    rlimit m_before = {};
    void (*m_signal)(int) = nullptr;
};

} // namespace

class TestChartExport : public QObject {
    Q_OBJECT

private slots:
    void figuresAreValidFilesInPrintColours()
    {
        Shown shown;
        shown.chart.setPalette(darkPalette());
        QTemporaryDir folder;
        const auto file = [&](const char *name) { return folder.filePath(QLatin1String(name)); };
        for (const char *name : {"chart.pdf", "chart.svg", "chart.png"})
            shown.chart.exportTo(file(name));
        const QByteArray pdf = contentOf(file("chart.pdf"));
        QVERIFY(pdf.startsWith("%PDF-") && pdf.contains("%%EOF"));
        QVERIFY(pdf.contains("/FontFile"));        // letters travel with the figure
        QVERIFY(!pdf.contains("/Subtype /Image")); // and lines are lines
        QVERIFY(pdf.contains("/MediaBox [0 0 640") || pdf.contains("/MediaBox [0 0 639"));

        const QByteArray svg = contentOf(file("chart.svg"));
        QVERIFY(svg.size() < 100000);
        QXmlStreamReader xml(svg);
        QStringList texts;
        while (!xml.atEnd())
            if (xml.readNext() == QXmlStreamReader::Characters && !xml.isWhitespace())
                texts.append(xml.text().toString().simplified());
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        QVERIFY(texts.contains(QStringLiteral("Trained parameters")));

        const QImage png(file("chart.png"));
        QCOMPARE(png.size(), QSize(1920, 1500));
        QCOMPARE(png.dotsPerMeterX(), qRound(216 / 0.0254));
        QCOMPARE(png.pixelColor(3, 3), QColor(Qt::white));
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 3); // nothing temporary is left
    }

    void pgfIsTikzThatTakesTheDocumentsFont()
    {
        Shown shown;
        shown.chart.setPalette(darkPalette());
        QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("chart.pgf"));
        shown.chart.exportTo(file);
        const QByteArray pgf = contentOf(file);
        QVERIFY(pgf.startsWith("%") && pgf.left(200).contains("\\usepackage{tikz}"));
        QCOMPARE(pgf.count("\\begin{tikzpicture}"), 1);
        QVERIFY(pgf.endsWith("\\end{tikzpicture}\n"));
        QCOMPARE(pgf.count("\\begin{scope}"), pgf.count("\\end{scope}"));
        QCOMPARE(pgf.count('{'), pgf.count('}'));
        QVERIFY(pgf.contains("{Trained parameters}"));
        QVERIFY(pgf.contains("{Accuracy on dev (\\%)}")); // letters that TeX takes for commands are quoted
        QVERIFY(pgf.contains("rotate=90"));               // the axis label
        QVERIFY(pgf.contains("{tweets $\\cdot$ minilm}"));
        QVERIFY(!pgf.contains("red,30;green,31;blue,34"));       // nothing of the window's dark look
        const QByteArray vermillion = "red,213;green,94;blue,0"; // adapters
        QVERIFY(pgf.contains(vermillion));
        for (const QByteArray &line : pgf.split('\n'))
            QVERIFY2(line.size() < 2000, line.left(80).constData());
        QVERIFY(pgf.size() < 100000);
        shown.chart.setRuns(someRuns(), QString::fromUtf8("a|b 😀"));
        shown.chart.exportTo(file);
        QVERIFY(contentOf(file).contains("a\\textbar{}b 😀"));
    }

    void latexReadsThePgf()
    {
        const QString latex = QStandardPaths::findExecutable(QStringLiteral("pdflatex"));
        if (latex.isEmpty())
            QSKIP("needs pdflatex");
        Shown shown;
        shown.chart.setCounting(CountingRule::ShareOfModel);
        QTemporaryDir folder;
        shown.chart.exportTo(folder.filePath(QStringLiteral("chart.pgf")));
        QFile paper(folder.filePath(QStringLiteral("paper.tex")));
        QVERIFY(paper.open(QIODevice::WriteOnly));
        paper.write("\\documentclass{article}\\usepackage{tikz}\\begin{document}\\input{chart.pgf}\\end{document}");
        paper.close();
        QProcess process;
        process.setWorkingDirectory(folder.path());
        process.start(latex, {"-interaction=nonstopmode", "-halt-on-error", "paper.tex"});
        QVERIFY(process.waitForFinished(60000));
        const QByteArray said = process.readAllStandardOutput();
        QVERIFY2(process.exitCode() == 0, said.right(800).constData());
        QVERIFY2(!said.contains("Overfull"), "wider than the text");
        QVERIFY2(!said.contains("not available"), "a font in a size that LaTeX does not have");
        QVERIFY(QFile(folder.filePath(QStringLiteral("paper.pdf"))).size() > 5000);
    }

    void theWindowsLookIsBackAfterAnExport()
    {
        Shown shown;
        shown.chart.setPalette(darkPalette());
        shown.chart.setSelectedRun(2);
        const QImage before = shown.chart.grab().toImage();
        QTemporaryDir folder;
        for (const char *name : {"a.pdf", "a.svg", "a.png", "a.pgf"})
            shown.chart.exportTo(folder.filePath(QLatin1String(name)));
        QVERIFY(graph(shown.chart.plot(), "selection"));
        QCOMPARE(shown.chart.grab().toImage(), before);
    }

    void csvHoldsThePointsDrawn()
    {
        Shown shown;
        QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("points.csv"));
        shown.chart.exportTo(file);
        QCOMPARE(contentOf(file).toStdString(), toCsv(tradeoffPoints(someRuns()), someRuns()));
    }

    void aPngHasTheResolutionAskedFor()
    {
        Shown shown;
        QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("a.png"));
        shown.chart.exportTo(file, 300);
        const QImage fine(file);
        QCOMPARE(fine.size(), QSize(2667, 2083)); // the size on paper stays
        QCOMPARE(fine.dotsPerMeterX(), qRound(300 / 0.0254));
        QCOMPARE(fine.dotsPerMeterY(), qRound(300 / 0.0254));
        const QByteArray content = contentOf(file);
        const qsizetype chunk = content.indexOf("pHYs"); // dots per metre, twice four bytes, and the unit: 1, metre
        QVERIFY(chunk > 0);
        QCOMPARE(content.mid(chunk + 4, 9).toHex(), QByteArray("00002e2300002e2301"));
    }

    void exportErrorsAreSentencesThatNameTheFile()
    {
        Shown shown;
        QTemporaryDir folder;
        const QString missing = folder.filePath(QStringLiteral("not/there/a.pdf"));
        QString sentence = sentenceOf([&] { shown.chart.exportTo(missing); });
        QVERIFY2(sentence.contains(missing) && sentence.contains(QStringLiteral("does not exist")), qPrintable(sentence));
        sentence = sentenceOf([&] { shown.chart.exportTo(folder.filePath(QStringLiteral("not/there/a.csv"))); });
        QVERIFY2(sentence.contains(QStringLiteral("does not exist")), qPrintable(sentence));
        sentence = sentenceOf([&] { shown.chart.exportTo(folder.filePath(QStringLiteral("a.docx"))); });
        QVERIFY2(sentence.contains(QStringLiteral("a.docx")) && sentence.contains(QStringLiteral(".pdf")),
                 qPrintable(sentence));
        // A folder in the file's place can be replaced by nobody, not even by root.
        const QString taken = folder.filePath(QStringLiteral("taken.png"));
        QVERIFY(QDir().mkdir(taken));
        sentence = sentenceOf([&] { shown.chart.exportTo(taken); });
        QVERIFY2(sentence.contains(taken), qPrintable(sentence));
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 0);
        TradeoffPlot empty;
        sentence = sentenceOf([&] { empty.exportTo(folder.filePath(QStringLiteral("a.pdf"))); });
        QVERIFY2(sentence.contains(QStringLiteral("no finished runs")), qPrintable(sentence));
    }

    void theCommandLineWritesTheSameNumbers()
    {
        StudyLibrary library;
        library.finishAll();
        StudyPanel panel(*library.bridge);
        panel.show();
        panel.showStudy(QStringLiteral("mine"));
        AnsweredDialogs dialogs;
        for (const auto &[index, name] : {std::pair(0, "figure1"), std::pair(2, "lr"), std::pair(3, "table1")}) {
            panel.showFigure(index);
            dialogs.file = library.home.filePath(QStringLiteral("window.csv"));
            QTest::mouseClick(panel.findChild<QPushButton *>(QStringLiteral("exportStudyChartButton")), Qt::LeftButton);
            const QString other = library.home.filePath(QStringLiteral("awb.csv"));
            QProcess process;
            process.start(QStringLiteral(AWB_PROGRAM),
                          {"--home", library.home.path(), "figure", QLatin1String(name), "--study", "mine", "--out", other});
            QVERIFY(process.waitForFinished(60000));
            QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
            QVERIFY2(contentOf(other).count('\n') > 3, name);
            QCOMPARE(contentOf(dialogs.file), contentOf(other));
        }
        QVERIFY(dialogs.errors.isEmpty());
    }

    void aFullDiskLeavesTheOldFileAndIsSaid_data()
    {
        QTest::addColumn<int>("figure");
        QTest::addColumn<QString>("name");
        for (const char *ending : {"pdf", "svg", "png", "pgf", "csv"})
            QTest::newRow(ending) << 0 << QStringLiteral("figure1.") + QLatin1String(ending);
        for (const char *ending : {"tex", "md", "csv"})
            QTest::addRow("table as %s", ending) << 3 << QStringLiteral("table1.") + QLatin1String(ending);
    }

    void aFullDiskLeavesTheOldFileAndIsSaid()
    {
        QFETCH(int, figure);
        QFETCH(QString, name);
        static StudyLibrary library;
        if (library.store().runs().empty())
            library.finishAll();
        StudyPanel panel(*library.bridge);
        panel.show();
        panel.showStudy(QStringLiteral("mine"));
        panel.showFigure(figure);
        QTemporaryDir folder;
        AnsweredDialogs dialogs;
        dialogs.file = folder.filePath(name);
        writeText(dialogs.file, "what was there");
        auto *button = panel.findChild<QPushButton *>(QStringLiteral("exportStudyChartButton"));
        {
            const SmallDisk full(200); // bytes: in the middle of each of these files
            QTest::mouseClick(button, Qt::LeftButton);
        }
        QCOMPARE(dialogs.errors.size(), 1);
        QVERIFY2(dialogs.errors.front().startsWith(QStringLiteral("Cannot write ") + dialogs.file + QStringLiteral(": ")),
                 qPrintable(dialogs.errors.front()));
        QCOMPARE(contentOf(dialogs.file), QByteArray("what was there"));
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden), QStringList(name));
        QTest::mouseClick(button, Qt::LeftButton); // there is room again
        QCOMPARE(dialogs.errors.size(), 1);
        QVERIFY(contentOf(dialogs.file).size() > 200);
    }
};

QTEST_MAIN(TestChartExport)
#include "tst_chart_export.moc"
