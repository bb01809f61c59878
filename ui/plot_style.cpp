#include "ui/plot_style.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QApplication>
#include <QPalette>
#include <qcustomplot.h>

namespace awb::plot_style {

namespace {

struct MethodStyle {
    const char *method;
    const char *light, *dark; ///< of Okabe and Ito or near them, so that any two differ for colour-blind readers too
    QCPScatterStyle::ScatterShape shape;
};

constexpr std::array<MethodStyle, 7> methodStyles = {{
    {"adapter", "#D55E00", "#E8742A", QCPScatterStyle::ssCircle},
    {"full", "#000000", "#FFFFFF", QCPScatterStyle::ssDiamond},
    {"head", "#B0589A", "#CC79A7", QCPScatterStyle::ssTriangleInverted},
    {"layer-norm", "#009E73", "#1FBF93", QCPScatterStyle::ssTriangle},
    {"bitfit", "#5511CC", "#7766FF", QCPScatterStyle::ssPlus},
    {"top-k", "#0072B2", "#56B4E9", QCPScatterStyle::ssSquare},
    {"adapter-frozen", "#6B5B00", "#E69F00", QCPScatterStyle::ssStar},
}};

constexpr MethodStyle otherMethod = {"", "#606060", "#787878", QCPScatterStyle::ssCross};

const MethodStyle &styleOf(const std::string &method)
{
    for (const MethodStyle &style : methodStyles)
        if (method == style.method)
            return style;
    return otherMethod;
}

QColor mixed(const QColor &a, const QColor &b, double shareOfB)
{
    const auto channel = [&](int x, int y) { return qRound(x + (y - x) * shareOfB); };
    return QColor(channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue()));
}

void applyToAxis(QCPAxis &axis, const Theme &theme)
{
    const QPen pen(theme.axis, theme.scale);
    axis.setBasePen(pen);
    axis.setTickPen(pen);
    axis.setSubTickPen(pen);
    axis.setTickLengthOut(qRound(4 * theme.scale));
    axis.setTickLengthIn(0);
    axis.setSubTickLengthOut(qRound(2 * theme.scale));
    axis.setSubTickLengthIn(0);
    axis.setTickLabelPadding(qRound(3 * theme.scale));
    axis.setLabelPadding(qRound(4 * theme.scale));
    axis.setTickLabelColor(theme.text);
    axis.setLabelColor(theme.text);
    axis.setTickLabelFont(theme.font);
    axis.setLabelFont(theme.font);
    axis.grid()->setPen(QPen(theme.grid, theme.scale));
    axis.grid()->setZeroLinePen(Qt::NoPen);
    axis.grid()->setSubGridVisible(false);
}

void applyToLegend(QCPLegend &legend, const Theme &theme)
{
    const int em = QFontMetrics(theme.font).height();
    legend.setBrush(Qt::NoBrush);
    legend.setBorderPen(Qt::NoPen);
    legend.setFont(theme.font);
    legend.setTextColor(theme.text);
    legend.setIconSize(qRound(1.1 * em), em + 3); // a text as high as its row would lose its descenders
    legend.setIconTextPadding(em / 3);
    for (int i = 0; i < legend.itemCount(); ++i) {
        if (QCPAbstractLegendItem *item = legend.item(i)) { // wrapping leaves empty cells
            item->setFont(theme.font);
            item->setTextColor(theme.text);
        }
    }
}

} // namespace

Theme themeOf(const QPalette &palette)
{
    Theme theme;
    theme.background = palette.color(QPalette::Base);
    theme.text = palette.color(QPalette::Text);
    theme.axis = mixed(theme.text, theme.background, 0.35);
    theme.grid = mixed(theme.text, theme.background, 0.88);
    theme.highlight = palette.color(QPalette::Highlight);
    theme.dark = theme.background.lightnessF() < theme.text.lightnessF();
    theme.font = QApplication::font();
    return theme;
}

Theme printTheme()
{
    Theme theme;
    theme.background = Qt::white;
    theme.text = Qt::black;
    theme.axis = QColor(0x40, 0x40, 0x40);
    theme.grid = QColor(0xE4, 0xE4, 0xE4);
    theme.highlight = Qt::black;
    theme.font.setFamilies({QStringLiteral("Arial"), QStringLiteral("Liberation Sans"), QStringLiteral("DejaVu Sans")});
    theme.font.setPixelSize(19);
    theme.scale = 1.6;
    return theme;
}

void apply(QCustomPlot &plot, const Theme &theme)
{
    plot.setBackground(QBrush(theme.background));
    for (QCPAxisRect *rect : plot.axisRects())
        for (QCPAxis *axis : rect->axes())
            applyToAxis(*axis, theme);
    for (QCPLayoutElement *element : plot.plotLayout()->elements(true)) {
        if (auto *legend = qobject_cast<QCPLegend *>(element))
            applyToLegend(*legend, theme);
        if (auto *bar = qobject_cast<QCPColorScale *>(element))
            applyToAxis(*bar->axis(), theme);
        if (auto *text = qobject_cast<QCPTextElement *>(element)) {
            text->setTextColor(theme.text);
            text->setFont(theme.font);
        }
    }
    for (int i = 0; i < plot.itemCount(); ++i) {
        if (auto *text = qobject_cast<QCPItemText *>(plot.item(i))) {
            text->setColor(theme.text);
            text->setFont(theme.font);
        }
    }
}

QColor methodColor(const std::string &method, const Theme &theme)
{
    const MethodStyle &style = styleOf(method);
    return QColor(QLatin1String(theme.dark ? style.dark : style.light));
}

QCPScatterStyle methodMarker(const std::string &method, const Theme &theme, double size)
{
    const QColor color = methodColor(method, theme);
    const MethodStyle &style = styleOf(method);
    const bool strokes = style.shape == QCPScatterStyle::ssStar || style.shape == QCPScatterStyle::ssCross ||
                         style.shape == QCPScatterStyle::ssPlus;
    // A rim in the background's colour keeps markers apart where they overlap.
    const QPen pen = strokes ? QPen(color, 1.6 * theme.scale) : QPen(theme.background, theme.scale);
    // Of shapes of one width a disc and a square look largest.
    const bool pointed = style.shape == QCPScatterStyle::ssDiamond || style.shape == QCPScatterStyle::ssTriangle ||
                         style.shape == QCPScatterStyle::ssTriangleInverted;
    const double seen = pointed ? 1.3 * size : size;
    return QCPScatterStyle(style.shape, pen, QBrush(color), seen * theme.scale);
}

QCPScatterStyle publishedMarker(const std::string &method, const Theme &theme)
{
    QCPScatterStyle style = methodMarker(method, theme, 7);
    style.setBrush(theme.background);
    style.setPen(QPen(methodColor(method, theme), 1.4 * theme.scale));
    return style;
}

QPen publishedPen(const QColor &color, const Theme &theme)
{
    QColor faint = color;
    faint.setAlphaF(0.6F);
    QPen pen(faint, theme.scale);
    pen.setDashPattern({5, 4});
    return pen;
}

QColor shade(const QColor &color, int number, const Theme &theme)
{
    if (theme.dark ? color.lightness() > 235 : color.lightness() < 20) { // black and white have shades one way only
        const auto towardsBackground = [&](double share) {
            const auto mixed = [&](int from, int to) { return int(std::lround(from + share * (to - from))); };
            const QColor &ground = theme.background;
            return QColor(mixed(color.red(), ground.red()), mixed(color.green(), ground.green()),
                          mixed(color.blue(), ground.blue()));
        };
        constexpr double shares[] = {0, 0.4, 0.6, 0.2};
        return towardsBackground(shares[std::clamp(number, 0, 3)]);
    }
    // In turn towards the text and towards the background: of four shades in one direction the last would vanish.
    switch (number) {
    case 1:
        return theme.dark ? color.lighter(135) : color.darker(165);
    case 2:
        return theme.dark ? color.darker(150) : color.lighter(140);
    case 3:
        return theme.dark ? color.lighter(175) : color.darker(280);
    default:
        return color;
    }
}

QColor lossColor(const Theme &theme)
{
    return QColor(QLatin1String(theme.dark ? "#56B4E9" : "#0072B2"));
}

QColor scoreColor(const Theme &theme)
{
    return QColor(QLatin1String(theme.dark ? "#E8742A" : "#D55E00"));
}

QCPScatterStyle scoreMarker(const Theme &theme)
{
    return QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.background, theme.scale), scoreColor(theme),
                           8 * theme.scale);
}

} // namespace awb::plot_style
