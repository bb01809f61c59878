#pragma once

#include <csignal>
#include <functional>
#include <memory>

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "tests/real_files.h"

namespace awb::test {

/// The `awb` command as a user calls it: a process with arguments, output and an exit status. Each test has a folder of its
/// own.
class CommandLine {
protected:
    struct Result {
        int status = -1;
        QByteArray out, err;
        QJsonObject json() const
        {
            QJsonParseError error;
            const auto document = QJsonDocument::fromJson(out, &error); // anything beside the one object is an error
            return error.error == QJsonParseError::NoError ? document.object() : QJsonObject();
        }
    };

    std::unique_ptr<QTemporaryDir> m_folder;

    QString path(const QString &name) const { return m_folder->filePath(name); }
    QString home() const { return path(QStringLiteral("library")); }

    static QProcessEnvironment environment(const QString &home)
    {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("AWB_HOME"), home);
        for (const char *display : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
            environment.remove(QString::fromLatin1(display));
        return environment;
    }

    /// What a terminal's shell gives a program, whatever started this one.
    static void takeSignals()
    {
        for (const int signal : {SIGINT, SIGTERM, SIGHUP})
            std::signal(signal, SIG_DFL);
    }

    /// `before`: done in the child before it becomes the program.
    Result awb(const QStringList &arguments, const std::function<void()> &before = {}) const
    {
        QProcess process;
        if (before)
            process.setChildProcessModifier(before);
        process.setProcessEnvironment(environment(home()));
        process.setProgram(QStringLiteral(AWB_PROGRAM));
        process.setArguments(arguments);
        process.start();
        Result result;
        if (!process.waitForFinished(120000) || process.exitStatus() != QProcess::NormalExit)
            return result;
        result.status = process.exitCode();
        result.out = process.readAllStandardOutput();
        result.err = process.readAllStandardError();
        return result;
    }

    QByteArray read(const QString &name) const
    {
        QFile file(path(name));
        return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
    }

    QString write(const QString &name, const QByteArray &content) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("%s cannot be written", qPrintable(file.fileName()));
        return file.fileName();
    }

    /// config.json of the sample checkpoint's architecture.
    QString miniLmFolder() const
    {
        QDir(m_folder->path()).mkpath(QStringLiteral("minilm"));
        write(QStringLiteral("minilm/config.json"),
              R"({"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
                  "intermediate_size": 1536, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2,
                  "hidden_act": "gelu", "layer_norm_eps": 1e-12})");
        return path(QStringLiteral("minilm"));
    }

    /// Questions about places and about people, one of each per row pair.
    QString questionsFile(int rows = 120) const
    {
        static const char *const places[] = {"Paris", "Kyoto", "Lima", "Oslo", "Accra", "Quito", "Riga", "Hanoi"};
        QByteArray text = "text,kind\n";
        for (int i = 0; i < rows / 2; ++i) {
            const QByteArray place = QByteArray(places[i % 8]) + " " + QByteArray::number(i);
            text += "\"Where, then, is " + place + "?\",place\n";
            text += "Who lives in " + place + " now?,person\n";
        }
        return write(QStringLiteral("questions.csv"), text);
    }

    void addTinyLibrary() const
    {
        const auto checkpoint = QString::fromStdString(testData("checkpoints/bare").string());
        QCOMPARE(awb({"checkpoints", "add", checkpoint, "--name", "tiny"}).status, 0);
        QCOMPARE(awb({"datasets", "add", questionsFile(), "--name", "questions"}).status, 0);
    }
};

} // namespace awb::test
