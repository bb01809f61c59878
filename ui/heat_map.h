#pragma once

#include <vector>

#include <QRectF>
#include <QString>

#include "ui/plot_style.h"

class QCPAxisRect;
class QCPColorMap;
class QCPColorScale;
class QCPItemText;
class QCPLayoutGrid;
class QCPTextElement;
class QCustomPlot;

namespace awb {

/// Changes of a score by the span of layers whose adapters are removed.
struct HeatValues {
    QString title, scaleTitle;
    std::vector<std::vector<double>> changes; ///< [first][last - first], as they are written; NaN: not a number
    int decimals = 1;

    bool operator==(const HeatValues &) const = default;
};

/// One heat map of a plot: first removed layer downwards, last removed layer to the right, a colour bar at its right. Losses
/// are blue, gains orange, both legible to the colour-blind; cells that are large enough have their number written in.
class HeatMap {
public:
    /// Takes two columns of `grid` from `column` on. `rect`: where to draw; null: a new one.
    HeatMap(QCustomPlot &plot, QCPLayoutGrid &grid, int column, QCPAxisRect *rect);
    ~HeatMap(); ///< takes what it added from the plot, but for a rect that was handed in
    HeatMap(const HeatMap &) = delete;
    HeatMap &operator=(const HeatMap &) = delete;

    void setValues(const HeatValues &values);
    const HeatValues &values() const { return m_values; }
    void draw(const plot_style::Theme &theme);
    /// Writes the numbers as large as the cells allow, or not at all. Call when the plot is laid out.
    void fitNumbers(const plot_style::Theme &theme);
    void
    fitTo(QSize size); ///< labels and ticks, to the part of the plot that is the map's; call when fonts or values changed

    int layers() const { return int(m_values.changes.size()); }
    double change(int first, int last) const { return m_values.changes[std::size_t(first)][std::size_t(last - first)]; }
    /// False where no cell is; else its span.
    bool cellAt(const QPointF &position, int &first, int &last) const;
    QRectF cellRect(int first, int last) const; ///< in pixels
    QColor colorOf(double change, const plot_style::Theme &theme) const;

private:
    void makeAxes();
    void makeNumbers();

    QCustomPlot &m_plot;
    QCPLayoutGrid &m_grid;
    bool m_ownsRect;
    QCPAxisRect *m_rect;
    QCPColorMap *m_map;
    QCPColorScale *m_scale;
    QCPTextElement *m_title;
    std::vector<QCPItemText *> m_numbers; ///< in the order of changes
    HeatValues m_values;
    double m_low = -1, m_high = 0; ///< of the colour bar
};

} // namespace awb
