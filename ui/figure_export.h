#pragma once

#include <functional>
#include <string>

#include <QSize>
#include <QString>
#include <QStringList>

class QCustomPlot;

namespace awb {

/// Writes a plot to FILE.pdf, .svg or .png by the file's ending, always in the light print style, and puts the plot's own
/// look back. `size` in points (PDF, SVG) or pixels before `scale` (PNG). `restyle(true)` must draw the plot in print
/// colours, `restyle(false)` in those of the window. Written beside the file and renamed, so an error keeps the old file.
/// Throws Error naming the file.
void exportPlot(QCustomPlot &plot, const QString &file, const std::function<void(bool print)> &restyle,
                QSize size = {640, 420}, double scale = 3.0);

/// Writes a figure's numbers to FILE.csv, as carefully as the figure. Throws Error naming the file.
void exportNumbers(const QString &file, const std::string &csv);

/// "Figures (*.pdf *.svg *.png);;Numbers (*.csv)"
QString figureFilter();

} // namespace awb
