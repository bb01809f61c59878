#pragma once

#include <utility>
#include <vector>

#include <qcustomplot.h>

class QLabel;

/// Ticks, ranges and legends that the charts share.
namespace awb::chart_axes {

/// Powers of ten while two of them are in view; closer in also 2 and 5 of each decade, then all digits.
class DecadeTicker : public QCPAxisTickerLog {
protected:
    QVector<double> createTickVector(double tickStep, const QCPRange &range) override;
    QVector<double> createSubTickVector(int subTickCount, const QVector<double> &ticks) override;
};

/// Steps of 1, 2 or 5 times a power of ten, all labels with the same decimals.
class EvenTicker : public QCPAxisTicker {
public:
    void setLimits(QCPRange limits) { m_limits = limits; } ///< no tick lies beyond them
    void setWhole() { m_leastStep = 1; }                   ///< whole numbers only

protected:
    double getTickStep(const QCPRange &range) override;
    QVector<double> createTickVector(double tickStep, const QCPRange &range) override;
    QString getTickLabel(double tick, const QLocale &locale, QChar formatChar, int precision) override;

private:
    QCPRange m_limits{-QCPRange::maxRange, QCPRange::maxRange};
    double m_leastStep = 0;
    int m_decimals = 0;
};

/// Makes `axis` logarithmic: scale and ticks, which QCustomPlot keeps apart, and powers as superscripts.
void makeLogarithmic(QCPAxis &axis);
/// Makes `axis` linear, with even ticks.
void makeLinear(QCPAxis &axis);

/// Takes the ticks that no score can have off an axis with even ticks; the points at its limits have free space all the
/// same.
void limitTicks(QCPAxis &axis, const std::pair<double, double> &limits);

/// Labels these values and no others, after makeLogarithmic() or makeLinear().
void setTicks(QCPAxis &axis, const std::vector<double> &values);

/// A range that holds low..high, at least `minimumSpan` wide, with free space of `padding` of its width on both sides.
QCPRange padded(double low, double high, double minimumSpan, double padding = 0.08);
/// The same on a log axis (0 < low): at least two powers of ten inside, so that the axis can be read, and none at its right
/// edge.
QCPRange paddedDecades(double low, double high);

/// Puts a title and the legend above the axis rect, where they cover nothing. For a new plot.
void addHeading(QCustomPlot &plot);
/// One that is too long for the plot's width stands in two lines, broken at " · " or after a comma; what is longer still
/// ends in dots.
void setTitle(QCustomPlot &plot, const QString &title);
/// The whole of it, however it is drawn.
QString titleOf(const QCustomPlot &plot);
/// The same where it is not drawn in one piece and `place`, in pixels of the plot, lies on it; else empty.
QString brokenTitleAt(const QCustomPlot &plot, QPoint place);
/// Breaks the title anew. Call after the title, its font or the width changed, unless fitTo() is called.
void fitTitle(QCustomPlot &plot, int width);
/// Breaks the title, and the legend into as many columns as fit, hides this where it would leave no room for the curves, and
/// takes as many ticks as can be told apart. Call after the legend's items, the fonts or the size changed.
void fitTo(QCustomPlot &plot, QSize size);
/// Whether fitTo() found no room for a legend that has something to say.
bool hidesLegend(const QCustomPlot &plot);
/// For paper: shows such a legend all the same, and a long one in smaller letters; returns the height that the plot needs
/// more so that its axes keep theirs.
int showWholeLegend(QCustomPlot &plot, QSize size);
/// Only the ticks.
void fitTicks(QCustomPlot &plot, QSize size);

/// For a new plot: takes away the name of the y axis where a layout has left the axis shorter than that.
void dropLongName(QCustomPlot &plot);

/// Keeps zooming by wheel within sense: at least a ratio of 3 on `x` while it is logarithmic, a millionth of what it may
/// show while it is linear, 10 parts in a million of a unit on `y`.
void limitZoom(QCPAxis &x, QCPAxis &y);

/// The label that stands in a chart's place while it has nothing to draw.
QLabel *emptyState(QWidget *parent);

} // namespace awb::chart_axes
