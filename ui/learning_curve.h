#pragma once

#include <cstdint>
#include <vector>

#include <QWidget>

#include "core/types.h"

class QCustomPlot;

namespace awb {

/// Loss, dev score and learning rate of one run against steps; grows live.
class LearningCurve : public QWidget
{
    Q_OBJECT

public:
    explicit LearningCurve(QWidget *parent = nullptr);

    /// Shows a run from its stored measurements. `title` names it.
    void setRun(const Run &run, const std::vector<Measurement> &measurements, const QString &title);
    /// Appends a live value when it belongs to the run shown. Queued replot; at most 2,000 points are drawn.
    void append(const Progress &now);
    std::int64_t run() const { return m_run; }
    QCustomPlot &plot() { return *m_plot; }
    /// .pdf .svg .png or .csv. Throws Error.
    void exportTo(const QString &file);

protected:
    void changeEvent(QEvent *event) override;

private:
    void draw(bool print);

    QCustomPlot *m_plot;
    std::int64_t m_run = 0;
    QString m_title;
    std::vector<Measurement> m_measurements;
};

} // namespace awb
