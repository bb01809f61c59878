#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/methods/counting.h"
#include "core/study/published.h"
#include "core/study/tradeoff.h"
#include "core/types.h"
#include "ui/chart_widget.h"
#include "ui/tradeoff_drawing.h"

class QCPItemText;

namespace awb {

/// Score against what it costs (trained parameters on a log axis, or another axis), one colour and marker per method, mean
/// and s.e.m. over seeds, full fine-tuning as reference line. A function of the runs handed in; asks nobody else. Choosing a
/// point selects its best run.
class TradeoffPlot : public ChartWidget {
    Q_OBJECT

public:
    explicit TradeoffPlot(QWidget *parent = nullptr);

    /// `runs`: finished runs of one data set and checkpoint; `title` e.g. "cola · all-MiniLM-L6-v2".
    /// `rule`: which of their scores the points show. Keeps zoom only when the user zoomed.
    void setRuns(const std::vector<Run> &runs, const QString &title, const ScoreRule &rule = {});
    /// What x holds. Points that have not recorded it are left out, and the axis says how many.
    void setAxis(CostAxis axis);
    void setSeedsShown(bool shown);
    /// What counts as trained parameters; the axis says it.
    void setCounting(CountingRule counting);
    /// Points of the paper beside ours, where x holds trained parameters and they are of one metric; nullptr: none.
    void setPublished(const PublishedFigure *figure);
    /// Marks the point that holds this run; 0: none.
    void setSelectedRun(std::int64_t run);
    const std::vector<Point> &points() const { return m_points; }

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
    void collect(); ///< what is drawn, from m_points
    void styleAxis();
    QString whyEmpty() const;
    QStringList caption() const; ///< rules that the numbers follow
    void drawMarks();
    const PublishedFigure *drawnFigure() const;         ///< nullptr: no published points are drawn
    const PublishedPoint *publishedAt(int point) const; ///< they are counted after ours; nullptr: one of ours
    int count() const;                                  ///< points drawn
    double xOf(int point) const;
    double yOf(int point) const;
    int selectedPoint() const;
    int pointOf(const Run &run) const; ///< -1: it is in none

    QCPItemText *m_referenceLabel = nullptr;
    std::vector<Run> m_runs;
    std::vector<Point> m_points;
    std::vector<tradeoff_drawing::ChartPoint> m_chart; ///< of m_points those that the axis has, each with a run of it
    CostAxis m_axis = CostAxis::Parameters;
    CountingRule m_counting = CountingRule::Trained;
    bool m_seeds = false;
    ScoreRule m_rule;
    QString m_title;
    std::int64_t m_selected = 0;
    const PublishedFigure *m_published = nullptr;
};

} // namespace awb
