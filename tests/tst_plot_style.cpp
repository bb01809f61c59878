#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <QPalette>
#include <QPixmap>
#include <QTest>
#include <qcustomplot.h>

#include "core/methods/methods.h"
#include "gui_helpers.h"
#include "ui/plot_style.h"

using namespace awb;

namespace {

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;

struct Eye {
    const char *name;
    Matrix sees; ///< of linear sRGB; Machado, Oliveira and Fernandes 2009, severity 1
};

const std::vector<Eye> eyes = {
    {"all colours", {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}},
    {"protanopia", {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}}},
    {"deuteranopia", {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}}},
    {"tritanopia", {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}}},
};

Vector times(const Matrix &matrix, const Vector &v)
{
    Vector result{};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            result[i] += matrix[i][j] * v[j];
    return result;
}

Vector linear(const QColor &color)
{
    const auto one = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return {one(color.redF()), one(color.greenF()), one(color.blueF())};
}

double luminance(const QColor &color)
{
    const Vector c = linear(color);
    return 0.2126729 * c[0] + 0.7151522 * c[1] + 0.0721750 * c[2];
}

/// CIE L*a*b* of what an eye sees, white point D65.
Vector lab(const QColor &color, const Eye &eye)
{
    Vector seen = times(eye.sees, linear(color));
    for (double &c : seen)
        c = std::clamp(c, 0.0, 1.0);
    const Matrix toXyz = {
        {{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}};
    const Vector xyz = times(toXyz, seen);
    const auto f = [](double t) { return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116; };
    const double x = f(xyz[0] / 0.95047), y = f(xyz[1]), z = f(xyz[2] / 1.08883);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double distance(const Vector &a, const Vector &b)
{
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

} // namespace

class TestPlotStyle : public QObject {
    Q_OBJECT

private slots:
    void everyMarkerIsSeen()
    {
        for (const plot_style::Theme &theme : {plot_style::printTheme(), plot_style::themeOf(test::darkPalette())}) {
            std::vector<std::string> methods = {"a method of the user"};
            for (const MethodEntry &entry : methodTable())
                methods.push_back(entry.method.name);
            for (const std::string &method : methods) {
                QPixmap picture(40, 40);
                picture.fill(theme.background);
                QCPPainter painter(&picture);
                const QCPScatterStyle marker = plot_style::methodMarker(method, theme);
                marker.applyTo(&painter, QPen());
                marker.drawShape(&painter, 20, 20);
                painter.end();
                const QImage image = picture.toImage();
                int seen = 0;
                for (int y = 0; y < 40; ++y)
                    for (int x = 0; x < 40; ++x)
                        seen += image.pixelColor(x, y) == plot_style::methodColor(method, theme);
                QVERIFY2(seen > 5, method.c_str());
            }
        }
    }

    void methodsAreToldApart_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light and print") << false;
        QTest::newRow("dark") << true;
    }
    void methodsAreToldApart()
    {
        QFETCH(bool, dark);
        const plot_style::Theme theme = dark ? plot_style::themeOf(test::darkPalette()) : plot_style::printTheme();
        std::vector<std::string> methods = {"a method of the user"};
        for (const MethodEntry &entry : methodTable())
            methods.push_back(entry.method.name);
        for (std::size_t i = 0; i < methods.size(); ++i) {
            const QColor color = plot_style::methodColor(methods[i], theme);
            const double a = luminance(color) + 0.05, b = luminance(theme.background) + 0.05;
            QVERIFY2(std::max(a, b) / std::min(a, b) >= 3, methods[i].c_str()); // WCAG 2.1, graphical objects
            for (std::size_t j = 0; j < i; ++j) {
                const QColor other = plot_style::methodColor(methods[j], theme);
                for (const Eye &eye : eyes) {
                    const double apart = distance(lab(color, eye), lab(other, eye));
                    // Ten is four times what is just noticed side by side.
                    QVERIFY2(apart >= 10, qPrintable(QStringLiteral("%1: %2 and %3 are %4 apart")
                                                         .arg(QLatin1String(eye.name), QString::fromStdString(methods[i]),
                                                              QString::fromStdString(methods[j]))
                                                         .arg(apart)));
                }
            }
        }
    }

    void linesOfOneMethodAreToldApart_data() { methodsAreToldApart_data(); }
    void linesOfOneMethodAreToldApart()
    {
        QFETCH(bool, dark);
        const plot_style::Theme theme = dark ? plot_style::themeOf(test::darkPalette()) : plot_style::printTheme();
        const Eye &eye = eyes.front();
        for (const MethodEntry &entry : methodTable()) {
            const QColor color = plot_style::methodColor(entry.method.name, theme);
            for (int i = 0; i < 4; ++i) {
                const Vector one = lab(plot_style::shade(color, i, theme), eye);
                QVERIFY2(distance(one, lab(theme.background, eye)) >= 20, entry.method.name.c_str());
                for (int j = 0; j < i; ++j) {
                    const double apart = distance(one, lab(plot_style::shade(color, j, theme), eye));
                    QVERIFY2(apart >= 5, qPrintable(QStringLiteral("%1: shades %2 and %3 are %4 apart")
                                                        .arg(QString::fromStdString(entry.method.name))
                                                        .arg(i)
                                                        .arg(j)
                                                        .arg(apart)));
                }
            }
        }
    }
};

QTEST_MAIN(TestPlotStyle)
#include "tst_plot_style.moc"
