#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <QWidget>

#include "core/types.h"
#include "ui/curve_data.h"

class QCPAxisRect;
class QCPGraph;
class QCPItemText;
class QCustomPlot;
class QLabel;
class QMouseEvent;

namespace awb {

/// Loss, dev score and learning rate of one run against steps; grows live. Wheel and drag zoom the steps, a double click
/// shows all.
class LearningCurve : public QWidget {
    Q_OBJECT

public:
    explicit LearningCurve(QWidget *parent = nullptr);

    /// Shows a run from its stored measurements. `title` names it. Live values of the same running run that are newer than
    /// what is stored stay.
    void setRun(const Run &run, const std::vector<Measurement> &measurements, const QString &title);
    /// Appends a live value when it belongs to the run shown. Queued replot; at most 2,000 points are drawn.
    void append(const Progress &now);
    std::int64_t run() const { return m_run; }
    QCustomPlot &plot() { return *m_plot; }
    /// .pdf .svg .png or .csv. Throws Error, also when there is nothing to draw.
    void exportTo(const QString &file);

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void buildPlot();
    void draw(bool print);
    void fill(int most);
    void fitRanges();
    void nameScoreAxis(int height);
    void showEmptyState();
    void tell();
    void showTooltip(const QMouseEvent &event);

    QCustomPlot *m_plot;
    QLabel *m_empty;
    QCPAxisRect *m_strip = nullptr; ///< learning rate, below the main one
    QCPGraph *m_rawLoss = nullptr, *m_loss = nullptr, *m_score = nullptr, *m_rate = nullptr;
    QCPItemText *m_rateLabel = nullptr;
    curve_data::Curve m_lossCurve, m_scoreCurve, m_rateCurve; ///< as drawn: thinned, scores in the axis' unit
    std::int64_t m_run = 0;
    RunState m_state = RunState::Queued;
    std::string m_metric;
    int m_steps = 0; ///< of the whole run
    QString m_title;
    std::vector<Measurement> m_measurements;
    bool m_zoomed = false;
};

} // namespace awb
