#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <sys/signalfd.h>
#include <unistd.h>

#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QIcon>
#include <QMessageBox>
#include <QProcess>
#include <QSocketNotifier>

#include "core/error.h"
#include "core/store/machine_precision.h"
#include "core/store/run_training.h"
#include "core/train/devices.h"
#include "ui/dialogs.h"
#include "ui/lab_bridge.h"
#include "ui/main_window.h"
#include "version.h"

namespace {

awb::DeviceChoices deviceChoices(awb::Store &store)
{
    awb::DeviceChoices choices;
    for (const awb::DeviceInfo &device : awb::devices())
        choices.push_back({QString::fromStdString(device.name), QString::fromStdString(device.description),
                           awb::machinePrecision(store, device.name)});
    return choices;
}

/// The border of the window: an error that a slot did not expect is said, and the window lives on.
class Application : public QApplication {
public:
    Application(int &argumentCount, char **arguments) : QApplication(argumentCount, arguments)
    {
        std::setlocale(LC_NUMERIC, "C"); // Qt has set the desktop's, by which C's functions would write a comma into files
    }

    bool notify(QObject *receiver, QEvent *event) override
    {
        try {
            return QApplication::notify(receiver, event);
        } catch (const std::exception &error) {
            const QString sentence = QString::fromUtf8(error.what());
            if (sentence != m_said) { // a timer fails again and again
                m_said = sentence;
                awb::dialogs::functions().error(activeWindow(), QObject::tr("Adapter Workbench"), sentence);
            }
            return false;
        }
    }

private:
    QString m_said;
};

/// Closes the window as a person does on Ctrl-C, at the end of the session and with the terminal, so that runs keep what
/// they have computed. To be made before any thread. A second signal ends the program as usual; what is ignored already, as
/// `nohup` does, stays so.
class PoliteEnd {
public:
    PoliteEnd()
    {
        sigemptyset(&m_signals);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
            struct sigaction now {};
            ::sigaction(signal, nullptr, &now);
            if (now.sa_handler != SIG_IGN)
                sigaddset(&m_signals, signal);
        }
        ::pthread_sigmask(SIG_BLOCK, &m_signals, nullptr);
        m_descriptor = ::signalfd(-1, &m_signals, SFD_CLOEXEC | SFD_NONBLOCK);
    }
    ~PoliteEnd() { ::close(m_descriptor); }
    PoliteEnd(const PoliteEnd &) = delete;
    PoliteEnd &operator=(const PoliteEnd &) = delete;

    void connectTo(QObject &owner)
    {
        auto *notifier = new QSocketNotifier(m_descriptor, QSocketNotifier::Read, &owner);
        QObject::connect(notifier, &QSocketNotifier::activated, &owner, [this, notifier] {
            notifier->setEnabled(false);
            signalfd_siginfo read;
            while (::read(m_descriptor, &read, sizeof read) > 0) {
            }
            release();
            QApplication::exit(0); // without questions
        });
    }

    /// From here on a signal ends the program.
    void release() { ::pthread_sigmask(SIG_UNBLOCK, &m_signals, nullptr); }

private:
    sigset_t m_signals;
    int m_descriptor = -1;
};

const QString homeOption = QStringLiteral("home");

void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(QObject::tr("Experiments with adapters on BERT-like Transformers."));
    parser.addOption({homeOption, QObject::tr("Folder of the library."), QStringLiteral("folder")});
    parser.addHelpOption();
    parser.addVersionOption();
}

/// Works the library's queue in a process of its own, which ends with the queue. What it says is in the runs.
void workOn(const QString &program, const std::filesystem::path &home)
{
    QProcess process;
    process.setProgram(program);
    process.setArguments({QStringLiteral("--home"), QString::fromStdString(home.string()), QStringLiteral("work")});
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(QProcess::nullDevice());
    process.setStandardErrorFile(QProcess::nullDevice());
    if (!process.startDetached())
        throw awb::Error("The runs do not go on in the background: " + program.toStdString() + " could not be started (" +
                         process.errorString().toStdString() + "). They go on when the window is opened again.");
}

} // namespace

int main(int argc, char **argv)
{
    // LibTorch's OpenMP threads would spin between two products and starve the window on a small machine; they shall sleep
    // soon. The variable is read when the library loads, before main, so the program starts itself once more.
    if (!std::getenv("GOMP_SPINCOUNT")) {
        ::setenv("GOMP_SPINCOUNT", "1000", 1);
        ::execv("/proc/self/exe", argv);
    }

    if (std::any_of(argv + 1, argv + argc, [](std::string_view word) {
            return word == "--help" || word == "-h" || word == "--version" || word == "-v";
        })) { // which need no display
        QCoreApplication application(argc, argv);
        QCoreApplication::setApplicationName(QStringLiteral("adapter-workbench"));
        QCoreApplication::setApplicationVersion(QString::fromLatin1(awb::version));
        QCommandLineParser parser;
        addOptions(parser);
        parser.process(application); // ends the program
    }
    PoliteEnd politeEnd;
    Application application(argc, argv);
    politeEnd.connectTo(application);
    QApplication::setOrganizationName(QStringLiteral("adapter-workbench"));
    QApplication::setApplicationName(QStringLiteral("adapter-workbench"));
    QApplication::setApplicationDisplayName(QObject::tr("Adapter Workbench"));
    QApplication::setApplicationVersion(QString::fromLatin1(awb::version));
    QApplication::setDesktopFileName(QStringLiteral("adapter-workbench"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/adapter-workbench.svg")));

    QCommandLineParser parser;
    addOptions(parser);
    parser.process(application);

    try {
        const std::filesystem::path folder = parser.isSet(homeOption)
                                                 ? std::filesystem::path(parser.value(homeOption).toStdString())
                                                 : awb::Store::defaultHome();
        const QString worker = QCoreApplication::applicationDirPath() + QStringLiteral("/awb");
        int status = 0;
        bool goesOn = false;
        {
            awb::LabBridge bridge(folder, awb::trainingFunction());
            awb::MainWindow window(bridge, deviceChoices(bridge.store()));
            window.setBackgroundOffered(QFileInfo(worker).isExecutable());
            window.show();
            status = QApplication::exec();
            politeEnd.release();
            window.setBackgroundOffered(false);
            window.close(); // which is open still after a signal
            goesOn = window.goesOnInBackground();
        }
        if (goesOn) // now that the window's worker has kept what it had
            workOn(worker, folder);
        return status;
    } catch (const std::exception &error) {
        QMessageBox::critical(nullptr, QObject::tr("Adapter Workbench"), QString::fromUtf8(error.what()));
        return 1;
    }
}
