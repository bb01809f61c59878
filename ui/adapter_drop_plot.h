#pragma once

#include <optional>

#include "core/study/ablation.h"
#include "ui/chart_widget.h"

class QCPAxis;
class QCPGraph;

namespace awb {

/// AdapterDrop: score and time of an example against the number of lowest layers whose adapters are dropped. A function of
/// the map handed in. Point n of the cursor: n layers.
class AdapterDropPlot : public ChartWidget {
    Q_OBJECT

public:
    explicit AdapterDropPlot(QWidget *parent = nullptr);
    void setMap(const std::optional<AblationMap> &map, const Run &run);
    /// How the times were taken.
    static QString timesNote(const AblationMap &map);

protected:
    bool isEmpty() const override;
    QString nothingToExport() const override;
    std::string numbers() const override;
    void draw(bool print) override;
    void fitRanges() override;
    void drawCursor() override;
    int pointAt(const QPointF &position) const override;
    QPointF placeOf(int point) const override;
    QString toolTipOf(int point) const override;
    QString spoken(int point) const override;
    QString summary() const override;
    int firstPoint() const override;
    int neighbour(int key) const override;

private:
    QCPGraph *addGraph(QCPAxis *y, const char *name, const QString &title);

    std::optional<AblationMap> m_map;
    Run m_run;
    QCPGraph *m_score, *m_time, *m_ring;
};

} // namespace awb
