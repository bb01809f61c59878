#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/study/ablation.h"
#include "ui/chart_widget.h"
#include "ui/heat_map.h"

class QCPItemRect;
class QCPLayoutGrid;

namespace awb {

/// Figure 6: what the score loses when the adapters of a span of layers are removed, beside a map of the paper. A function
/// of what is handed in. The cursor goes over the cells.
class AblationPlot : public ChartWidget {
    Q_OBJECT

public:
    explicit AblationPlot(QWidget *parent = nullptr);
    ~AblationPlot() override;

    void setMap(const std::optional<AblationMap> &map, const Run &run);
    void setPublished(int index); ///< of publishedAblations(); -1: none
    const HeatMap &own() const { return *m_own; }
    const HeatMap *published() const { return m_published.get(); }

protected:
    bool isEmpty() const override;
    QString nothingToExport() const override;
    std::string numbers() const override;
    void draw(bool print) override;
    void fitRanges() override;
    void fitTo(QSize size) override;
    QSize exportSize() const override;
    void drawCursor() override;
    int pointAt(const QPointF &position) const override;
    QPointF placeOf(int point) const override;
    QString toolTipOf(int point) const override;
    QString spoken(int point) const override;
    QString summary() const override;
    int firstPoint() const override;
    int neighbour(int key) const override;

private:
    struct Cell {
        bool published = false;
        int first = 0, last = 0;
    };
    void listCells();
    int cellNumber(const Cell &cell) const; ///< -1: there is none
    const HeatMap &mapOf(const Cell &cell) const { return cell.published ? *m_published : *m_own; }
    QString wordsOf(const Cell &cell) const;

    std::optional<AblationMap> m_map;
    Run m_run;
    int m_publishedIndex = -1;
    QCPLayoutGrid *m_maps;
    std::unique_ptr<HeatMap> m_own, m_published;
    QCPItemRect *m_frame; ///< around the cursor's cell
    std::vector<Cell> m_cells;
    plot_style::Theme m_theme; ///< of the last draw
};

} // namespace awb
