#include "ui/figure_export.h"

#include <utility>

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>
#include <QImage>
#include <QMainWindow>
#include <QPageLayout>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QScopeGuard>
#include <QStatusBar>
#include <QSvgGenerator>
#include <qcustomplot.h>

#include "core/error.h"
#include "core/files.h"
#include "ui/chart_axes.h"
#include "ui/dialogs.h"
#include "ui/pgf_device.h"

namespace awb {

namespace {

QString tr(const char *words)
{
    return QCoreApplication::translate("figure_export", words);
}

/// The figure's lines and letters stay lines and letters.
void paintVectors(QCustomPlot &plot, QPaintDevice &device, QSize size)
{
    QCPPainter painter(&device);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setWindow(0, 0, size.width(), size.height());
    plot.toPainter(&painter, size.width(), size.height());
    painter.end();
}

QByteArray pdf(QCustomPlot &plot, QSize size)
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setCreator(QStringLiteral("Adapter Workbench"));
    writer.setTitle(plot.accessibleName());
    writer.setResolution(1200); // fine enough that letters keep their spacing
    writer.setPageSize(QPageSize(QSizeF(size), QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF(0, 0, 0, 0));
    paintVectors(plot, writer, size);
    return buffer.data();
}

QByteArray svg(QCustomPlot &plot, QSize size)
{
    QBuffer buffer;
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(size);
    generator.setViewBox(QRect(QPoint(0, 0), size));
    generator.setResolution(72);
    generator.setTitle(plot.accessibleName());
    paintVectors(plot, generator, size);
    return buffer.data();
}

/// As wide as a column of a journal; the print style's letters are 7 pt high there.
QByteArray pgf(QCustomPlot &plot, QSize size)
{
    constexpr double columnWidth = 241; // big points, 8.5 cm
    plot.setViewport(QRect(QPoint(0, 0), size));
    plot.plotLayout()->update(QCPLayoutElement::upPreparation);
    plot.plotLayout()->update(QCPLayoutElement::upMargins);
    plot.plotLayout()->update(QCPLayoutElement::upLayout);
    std::vector<double> centres{size.width() / 2.0};
    for (const QCPAxisRect *rect : plot.axisRects())
        centres.push_back(rect->rect().center().x() + 0.5);
    PgfDevice device(size, columnWidth, centres);
    paintVectors(plot, device, size);
    return device.content();
}

QByteArray png(QCustomPlot &plot, QSize size, int dpi)
{
    const double scale = dpi / 72.0;
    QImage image = plot.toPixmap(size.width(), size.height(), scale).toImage();
    image.setDevicePixelRatio(1);
    const int dotsPerMetre = qRound(dpi / 0.0254); // the same size on paper as the PDF
    image.setDotsPerMeterX(dotsPerMetre);
    image.setDotsPerMeterY(dotsPerMetre);
    QBuffer buffer;
    image.save(&buffer, "PNG");
    return buffer.data();
}

void requireFolder(const QString &file)
{
    const QFileInfo info(file);
    if (!info.absoluteDir().exists())
        throw Error(tr("Cannot write %1: the folder %2 does not exist.").arg(file, info.absolutePath()).toStdString());
}

/// A name without an ending gets the first one of the chosen filter. Empty: there is a file of that name, which the user
/// wants to keep.
QString withEnding(QWidget &parent, const QString &title, const QString &file, const QString &filter)
{
    if (file.isEmpty() || !QFileInfo(file).suffix().isEmpty())
        return file;
    const QString ending = QRegularExpression(QStringLiteral("\\*(\\.\\w+)")).match(filter).captured(1);
    const QString whole = file + (ending.isEmpty() ? QStringLiteral(".pdf") : ending);
    const bool keeps =
        QFileInfo::exists(whole) &&
        !dialogs::functions().confirm(&parent, title, tr("%1 is there already. Replace it?").arg(whole), tr("Replace"));
    return keeps ? QString() : whole;
}

/// `file` empty: the user thought better of it.
void writeOrSay(QWidget &parent, const QString &title, const QString &file,
                const std::function<void(const QString &file)> &write)
{
    if (file.isEmpty())
        return;
    try {
        write(file);
        if (auto *window = qobject_cast<QMainWindow *>(parent.window()))
            window->statusBar()->showMessage(tr("Written: %1").arg(file), 5000); // milliseconds
    } catch (const Error &error) {
        dialogs::functions().error(&parent, title, QString::fromUtf8(error.what()));
    }
}

} // namespace

void exportPlot(QCustomPlot &plot, const QString &file, const std::string &csv,
                const std::function<void(bool print)> &restyle, QSize size, int dpi)
{
    const QString ending = QFileInfo(file).suffix().toLower();
    if (!QStringList{QStringLiteral("pdf"), QStringLiteral("svg"), QStringLiteral("png"), QStringLiteral("pgf"),
                     QStringLiteral("csv")}
             .contains(ending))
        throw Error(
            tr("Cannot export the figure to %1: its name must end in .pdf, .svg, .png or .pgf, or in .csv for the numbers.")
                .arg(file)
                .toStdString());
    requireFolder(file);
    if (ending == QStringLiteral("csv"))
        return writeFileAtomically(file.toStdString(), csv);
    QByteArray content;
    {
        plot.deselectAll();
        restyle(true);
        size.rheight() += chart_axes::showWholeLegend(plot, size); // on paper no tooltip tells the lines apart
        const auto back = qScopeGuard([&] { restyle(false); });
        content = ending == QStringLiteral("pdf")   ? pdf(plot, size)
                  : ending == QStringLiteral("svg") ? svg(plot, size)
                  : ending == QStringLiteral("pgf") ? pgf(plot, size)
                                                    : png(plot, size, dpi > 0 ? dpi : 216);
    }
    if (content.isEmpty())
        throw Error(tr("Cannot draw the figure for %1: there is not enough memory.").arg(file).toStdString());
    writeFileAtomically(file.toStdString(), std::string_view(content.constData(), content.size()));
}

void askAndExport(QWidget &parent, const QString &title, const QString &suggested, const QString &filter,
                  const std::function<void(const QString &file)> &write)
{
    writeOrSay(parent, title, dialogs::functions().saveFile(&parent, title, suggested, filter, nullptr), write);
}

void askAndExportFigure(QWidget &parent, const QString &title, const QString &suggested,
                        const std::function<void(const QString &file, int dpi)> &write)
{
    const std::pair<QString, int> filters[] = {{tr("Figures (*.pdf *.svg *.png *.pgf)"), 0},
                                               {tr("PNG, 300 dpi (*.png)"), 300},
                                               {tr("PNG, 600 dpi (*.png)"), 600},
                                               {tr("Numbers (*.csv)"), 0}};
    QStringList offered;
    for (const auto &[filter, dpi] : filters)
        offered << filter;
    QString chosen;
    const QString file =
        dialogs::functions().saveFile(&parent, title, suggested, offered.join(QStringLiteral(";;")), &chosen);
    const auto found = offered.indexOf(chosen);
    const int dpi = found < 0 ? 0 : filters[found].second;
    writeOrSay(parent, title, withEnding(parent, title, file, chosen), [&](const QString &name) { write(name, dpi); });
}

QString exportHint()
{
    return tr("The chart as PDF, SVG, PNG or PGF (TikZ, for LaTeX), or its numbers as CSV");
}

} // namespace awb
