#pragma once

#include <cstdint>
#include <vector>

#include "ui/chart_widget.h"
#include "ui/study_chart.h"

namespace awb {

namespace plot_style {
struct Theme;
}

/// Draws a StudyChart: lines with bands or error bars. A function of the chart handed in. Choosing a point
/// selects its run.
class SeriesPlot : public ChartWidget {
    Q_OBJECT

public:
    explicit SeriesPlot(QWidget *parent = nullptr);
    /// `name`: of the plot, followed by "Plot"; `accessibleName`: what it is.
    SeriesPlot(const QString &name, const QString &accessibleName, QWidget *parent = nullptr);

    /// Keeps zoom only when the user zoomed, and the cursor on its point.
    void setChart(const StudyChart &chart);
    /// Rings the points that stand for this run; 0: none.
    void setSelectedRun(std::int64_t run);
    const StudyChart &chart() const { return m_chart; }

signals:
    void runSelected(std::int64_t run); ///< the user chose a point

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
    bool choose(int point) override;

private:
    struct Place {
        QString series;
        double x = 0;
        std::int64_t run = 0;
    };
    Place cursorPlace() const;             ///< of nothing: no series
    int pointOf(const Place &place) const; ///< -1: no such series any more
    void drawMarks();
    void labelY(QSize size);
    void setCaption(const plot_style::Theme &theme, QSize size, bool print);

    StudyChart m_chart;
    std::vector<const SeriesPoint *> m_points; ///< of m_chart, by x: what mouse and keyboard reach
    std::int64_t m_selected = 0;
};

} // namespace awb
