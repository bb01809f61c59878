#pragma once

#include <string>

#include <QColor>
#include <QFont>

class QCustomPlot;
class QPalette;
class QCPScatterStyle;

/// The only place that knows how charts look: the colour-blind-safe Okabe-Ito palette, one colour and marker per method,
/// fonts, grid, and the light print style that every export uses.
namespace awb::plot_style {

struct Theme {
    QColor background, text, axis, grid, highlight;
    bool dark = false;
    QFont font;
    double scale = 1; ///< of line widths and markers
};

/// The window's look: colours of the palette, font of the program.
Theme themeOf(const QPalette &palette);
/// Black on white. Sizes are for a figure 640 units wide, so that its text is 7 pt high when a journal prints it in a
/// column of 8.5 cm.
Theme printTheme();

/// Colours axes, labels, ticks, grid, legend and background of every axis rect. Call at start and on PaletteChange.
void apply(QCustomPlot &plot, const Theme &theme);

/// Adapters vermillion with discs, top layers blue with squares, as in the paper; LayerNorm green; full black/white.
QColor methodColor(const std::string &method, const Theme &theme);
QCPScatterStyle methodMarker(const std::string &method, const Theme &theme, double size = 9);

/// Published points and their lines: hollow and dashed, beside ours in the same colour.
QCPScatterStyle publishedMarker(const std::string &method, const Theme &theme);
QPen publishedPen(const QColor &color, const Theme &theme);

/// How many lines of one colour shade() tells apart.
inline constexpr int shades = 4;
/// The colour itself (0) or one of three shades of it (1, 2, 3), to tell lines of one method apart.
QColor shade(const QColor &color, int number, const Theme &theme);

/// Learning curves: blue for the loss, vermillion for the score.
QColor lossColor(const Theme &theme);
QColor scoreColor(const Theme &theme);
QCPScatterStyle scoreMarker(const Theme &theme);

} // namespace awb::plot_style
