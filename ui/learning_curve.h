#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/types.h"
#include "ui/chart_widget.h"
#include "ui/curve_data.h"

class QCPAxisRect;
class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;

namespace awb {

/// Loss, dev score and learning rate of one run against steps; grows live. Zoom is along the steps only.
class LearningCurve : public ChartWidget {
    Q_OBJECT

public:
    explicit LearningCurve(QWidget *parent = nullptr);

    /// Shows a run from its stored measurements. `title` names it. Live values of the same running run that are newer than
    /// what is stored stay.
    void setRun(const Run &run, const std::vector<Measurement> &measurements, const QString &title);
    /// Appends a live value when it belongs to the run shown. Queued replot; at most 2,000 points are drawn.
    void append(const Progress &now);
    /// Forgets the steps of runs that are not computed any more.
    void keepOnly(const std::vector<std::int64_t> &running);
    std::int64_t run() const { return m_run; }

protected:
    bool isEmpty() const override;
    QString nothingToExport() const override;
    std::string numbers() const override;
    void draw(bool print) override;
    void fitRanges() override;
    void fitTo(QSize size) override;
    void drawCursor() override;
    int pointAt(const QPointF &position) const override;
    QPointF placeOf(int point) const override;
    QString toolTipOf(int point) const override;
    QString spoken(int point) const override;
    QString summary() const override;
    int firstPoint() const override;
    int neighbour(int key) const override;

private:
    void buildPlot();
    void fill(int most);
    QString whyEmpty() const;

    QCPAxisRect *m_strip = nullptr; ///< learning rate, below the main one
    QCPGraph *m_rawLoss = nullptr, *m_loss = nullptr, *m_score = nullptr, *m_rate = nullptr;
    QCPItemText *m_rateLabel = nullptr;
    std::array<QCPItemStraightLine *, 2> m_cursorLines{};     ///< through both rects
    curve_data::Curve m_lossCurve, m_scoreCurve, m_rateCurve; ///< as drawn: thinned, scores in the axis' unit
    std::int64_t m_run = 0;
    RunState m_state = RunState::Queued;
    std::string m_metric;
    int m_steps = 0;       ///< of the whole run
    double m_peakRate = 1; ///< learning rate that was asked for
    QString m_title;
    std::vector<Measurement> m_measurements;
    std::map<std::int64_t, std::vector<Measurement>> m_live; ///< steps of running runs that the store does not have yet
};

} // namespace awb
