#pragma once

#include <clocale>
#include <cstdlib>

#include <QApplication>

namespace awb {

/// What drawing needs of Qt. No window is opened: a figure is the same with and without a display.
class OffscreenApplication {
public:
    OffscreenApplication()
    {
        (void)m_application;
        std::setlocale(LC_NUMERIC, "C"); // Qt has set the user's, by which C's functions would write a comma into files
    }

private:
    static int prepare()
    {
        ::setenv("QT_QPA_PLATFORM", "offscreen", 1);
        // What Qt misses of a desktop does not matter to a file; errors of the export are exceptions.
        qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &) {});
        return 1;
    }

    char m_name[4] = "awb";
    char *m_arguments[2] = {m_name, nullptr};
    int m_count = prepare();
    QApplication m_application{m_count, m_arguments};
};

} // namespace awb
