#include <algorithm>

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

/// The window as a user starts it: a process of its own.
class TestProgram : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theWindowIsThereSoon()
    {
        QTemporaryDir home; // the first start of all: no library, no settings, no precision chosen
        auto environment = QProcessEnvironment::systemEnvironment();
        for (const char *name : {"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"})
            environment.insert(QString::fromLatin1(name), home.path());
        environment.insert(QStringLiteral("AWB_HOME"), home.filePath(QStringLiteral("library")));
        environment.insert(QStringLiteral("QT_LOGGING_RULES"), QStringLiteral("awb.start.debug=true"));
        environment.insert(QStringLiteral("QT_FORCE_STDERR_LOGGING"), QStringLiteral("1"));
        qint64 best = 100000;
        for (int i = 0; i < 3; ++i) { // the least disturbed one counts: other programs may share the cores
            QProcess program;
            program.setProcessEnvironment(environment);
            program.setProcessChannelMode(QProcess::MergedChannels);
            QElapsedTimer timer;
            timer.start();
            program.start(QStringLiteral(AWB_WINDOW), QStringList());
            QByteArray said;
            while (!said.contains("The window is painted.") && timer.elapsed() < 20000 && program.waitForReadyRead(20000))
                said += program.readAll();
            best = std::min(best, timer.elapsed());
            QVERIFY2(said.contains("The window is painted."), said.constData());
            program.terminate();
            QVERIFY(program.waitForFinished(20000));
        }
        qInfo("The window is painted %lld ms after the start.", static_cast<long long>(best));
#ifndef __SANITIZE_ADDRESS__
        QVERIFY2(best < 1500, qPrintable(QString::number(best) + QStringLiteral(" ms")));
#endif
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "tst_program.moc"
