#include <QImage>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>
#include <qcustomplot.h>

#include "core/study/tradeoff.h"
#include "tests/tradeoff_fixture.h"

using namespace awb;
using namespace awb::test;

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
        QVERIFY(!pgf.contains("red,30;green,30;blue,32"));       // nothing of the window's dark look
        const QByteArray vermillion = "red,213;green,94;blue,0"; // adapters
        QVERIFY(pgf.contains(vermillion));
        for (const QByteArray &line : pgf.split('\n'))
            QVERIFY2(line.size() < 2000, line.left(80).constData());
        QVERIFY(pgf.size() < 100000);
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

    // ---- axes
};

QTEST_MAIN(TestChartExport)
#include "tst_chart_export.moc"
