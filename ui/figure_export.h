#pragma once

#include <functional>
#include <string>

#include <QSize>
#include <QString>

class QCustomPlot;
class QWidget;

namespace awb {

/// Writes a plot to FILE.pdf, .svg, .png or .pgf (TikZ, to be \input into LaTeX) by the file's ending, always in the light
/// print style, and puts the plot's own look back; to FILE.csv its numbers `csv`. `size` in points, which a PNG
/// has `dpi` / 72 pixels of and says so; 0: 216. A PGF figure is as wide as a column, 8.5 cm. `restyle(true)` must draw
/// the plot in print colours, `restyle(false)` in those of the window. Written beside the file and renamed, so an error
/// keeps the old file. Throws Error naming the file.
void exportPlot(QCustomPlot &plot, const QString &file, const std::string &csv,
                const std::function<void(bool print)> &restyle, QSize size = {640, 420}, int dpi = 0);

/// Asks for a file of `filter` and hands it to `write`, whose Error is shown. `title`: of both dialogs.
void askAndExport(QWidget &parent, const QString &title, const QString &suggested, const QString &filter,
                  const std::function<void(const QString &file)> &write);

/// The same for a figure; `dpi`: of a PNG, 0: as exportPlot() has it. The dialog's filters offer what there is.
void askAndExportFigure(QWidget &parent, const QString &title, const QString &suggested,
                        const std::function<void(const QString &file, int dpi)> &write);

QString exportHint(); ///< "The chart as PDF, SVG ...", for the tooltip of a button

} // namespace awb
