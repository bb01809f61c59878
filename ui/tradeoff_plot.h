#pragma once

#include <cstdint>
#include <vector>

#include <QWidget>

#include "core/types.h"

class QCustomPlot;

namespace awb {

/// Score against trainable parameters (log x), one colour and marker per method, mean and s.e.m. over seeds, full
/// fine-tuning as reference line. A function of the runs handed in; asks nobody else.
class TradeoffPlot : public QWidget
{
    Q_OBJECT

public:
    explicit TradeoffPlot(QWidget *parent = nullptr);

    /// `runs`: finished runs of one data set and checkpoint; `title` e.g. "cola · all-MiniLM-L6-v2".
    /// Keeps zoom only when the user zoomed.
    void setRuns(const std::vector<Run> &runs, const QString &title);
    /// Marks the point that holds this run; 0: none.
    void setSelectedRun(std::int64_t run);
    const std::vector<Point> &points() const { return m_points; }
    QCustomPlot &plot() { return *m_plot; }
    /// .pdf .svg .png or .csv. Throws Error.
    void exportTo(const QString &file);

signals:
    void runSelected(std::int64_t run); ///< the user clicked a point (or moved to it by arrow key and pressed Enter)

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void draw(bool print);

    QCustomPlot *m_plot;
    std::vector<Point> m_points;
    QString m_title;
    std::int64_t m_selected = 0;
    int m_cursor = -1; ///< point under mouse or keyboard cursor
};

} // namespace awb
