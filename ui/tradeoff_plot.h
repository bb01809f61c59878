#pragma once

#include <cstdint>
#include <vector>

#include <QPoint>
#include <QWidget>

#include "core/types.h"
#include "ui/tradeoff_drawing.h"

class QCPItemText;
class QCustomPlot;
class QKeyEvent;
class QLabel;
class QMouseEvent;

namespace awb {

/// Score against trainable parameters (log x), one colour and marker per method, mean and s.e.m. over seeds, full
/// fine-tuning as reference line. A function of the runs handed in; asks nobody else.
///
/// Mouse: hover tells, click selects, wheel and drag zoom, double click shows all. Keyboard: arrows, Home and End move a
/// cursor over the points, Enter selects, Escape lets go, + and - zoom, 0 shows all.
class TradeoffPlot : public QWidget {
    Q_OBJECT

public:
    explicit TradeoffPlot(QWidget *parent = nullptr);

    /// `runs`: finished runs of one data set and checkpoint; `title` e.g. "cola · all-MiniLM-L6-v2".
    /// Keeps zoom only when the user zoomed. Of runs with several metrics only those with the newest run's are drawn.
    void setRuns(const std::vector<Run> &runs, const QString &title);
    /// Marks the point that holds this run; 0: none.
    void setSelectedRun(std::int64_t run);
    const std::vector<Point> &points() const { return m_points; }
    QCustomPlot &plot() { return *m_plot; }
    /// .pdf .svg .png or .csv. Throws Error, also when there is no point to draw.
    void exportTo(const QString &file);

signals:
    void runSelected(std::int64_t run); ///< the user clicked a point (or moved to it by arrow key and pressed Enter)

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void draw(bool print);
    void drawMarks();
    void showAll();
    void zoom(double factor);
    void moveCursorTo(int point);
    void select(int point);
    void tell();
    int pointAt(const QPointF &position) const;
    int selectedPoint() const;
    int neighbour(int key) const; ///< where an arrow key, Home or End leads from the cursor; needs a point
    bool keyPressed(const QKeyEvent &event);
    void mouseMoved(const QMouseEvent &event);

    QCustomPlot *m_plot;
    QLabel *m_empty;
    QCPItemText *m_referenceLabel = nullptr;
    std::vector<Run> m_runs;
    std::vector<Point> m_points;
    std::vector<tradeoff_drawing::ChartPoint> m_chart; ///< m_points, each with a run of it
    QString m_title;
    std::int64_t m_selected = 0;
    int m_cursor = -1; ///< point under mouse or keyboard cursor
    bool m_zoomed = false;
    QPoint m_pressed; ///< where the left button went down; a release nearby is a click
};

} // namespace awb
