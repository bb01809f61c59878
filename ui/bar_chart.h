#pragma once

#include <optional>
#include <string>
#include <vector>

#include <QStringList>
#include <QWidget>

class QCustomPlot;
class QCPBars;
class QMouseEvent;

namespace awb {

/// Bars of a histogram, or groups of bars by category. The figure under the mouse, or under the arrow keys, is told in a
/// tool tip; its context menu exports it; the accessible description is a sentence that the owner gives.
class BarChart : public QWidget {
    Q_OBJECT

public:
    struct Series {
        QString name;
        std::vector<double> values;
        QStringList words; ///< what the tool tip says of each bar; empty: its value
    };

    BarChart(const QString &objectName, const QString &accessibleName, QWidget *parent = nullptr);

    void setAxes(const QString &x, const QString &y);
    /// Bar i covers first + i * width .. first + (i + 1) * width; `decimals` of the bounds in tool tips (0: whole numbers).
    void setHistogram(double first, double width, const std::vector<Series> &series, int decimals);
    /// The last bar of the histogram holds all up to `end`, which lies beyond it.
    void setLastEnd(double end) { m_lastEnd = end; }
    /// One group per category, one bar per series in it.
    void setGroups(const QStringList &categories, const std::vector<Series> &series);
    /// A dashed line across the bars at x.
    void setMarker(double x);
    void setSummary(const QString &sentence);
    void clear();
    /// .pdf .svg .png (of `dpi`, as exportPlot() has it), or the bars' numbers as .csv. Throws Error.
    void exportTo(const QString &file, int dpi = 0);
    QCustomPlot &plot() { return *m_plot; }

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void addSeries(const std::vector<Series> &series);
    void showLegend(bool visible);
    void style(bool print = false);
    int nameCategories(QSize size);
    void fit(QSize size); ///< of the plot: ticks, and the name of the axis where there is room
    std::string toCsv() const;
    void tell(int bar, const QPoint &where);
    QString barText(int bar) const;

    QCustomPlot *m_plot;
    std::vector<Series> m_series;
    QString m_countLabel;
    QStringList m_categories;    ///< empty: a histogram
    double endOf(int bar) const; ///< of a histogram

    double m_first = 0, m_width = 1, m_marker = 0;
    std::optional<double> m_lastEnd;
    int m_decimals = 0, m_cursor = -1;
    bool m_hasMarker = false;
};

} // namespace awb
