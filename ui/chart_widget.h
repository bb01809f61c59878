#pragma once

#include <string>

#include <QPoint>
#include <QWidget>

class QCustomPlot;
class QKeyEvent;
class QLabel;
class QMouseEvent;

namespace awb {

/// What the big charts share: a plot, the sentence that stands in its place while there is nothing to draw, a look that
/// follows theme and size, zoom, export, and a cursor over the points drawn that mouse and keyboard move.
///
/// Mouse: hover tells, click chooses, wheel and drag zoom, double click shows all. Keyboard: arrows, page keys, Home and End
/// move the cursor, Enter chooses, Escape lets go, Ctrl+C copies what is told of the point, + and - zoom, 0 shows all.
class ChartWidget : public QWidget {
    Q_OBJECT

public:
    QCustomPlot &plot() { return *m_plot; }
    /// .pdf .svg .png (of `dpi`; 0: 216) .pgf or .csv. Throws Error, also when there is nothing to draw.
    void exportTo(const QString &file, int dpi = 0);

protected:
    /// The plot is called NAMEPlot, the sentence NAMEEmpty.
    ChartWidget(const QString &name, const QString &accessibleName, QWidget *parent);

    virtual bool isEmpty() const = 0;
    virtual QString nothingToExport() const = 0; ///< why, as the end of a sentence
    virtual std::string numbers() const = 0;     ///< what is drawn, as CSV
    virtual void draw(bool print) = 0;           ///< everything, in the window's look or in that of print
    virtual void fitRanges() = 0;                ///< of the axes, to all that is drawn
    virtual void fitTo(QSize size);              ///< legend and ticks, to the size of the plot
    virtual QSize exportSize() const;            ///< of a figure, in points
    virtual void drawCursor() = 0;
    virtual int pointAt(const QPointF &position) const = 0; ///< -1: none
    virtual QPointF placeOf(int point) const = 0;           ///< pixels in the plot
    virtual QString toolTipOf(int point) const = 0;
    virtual QString spoken(int point) const = 0; ///< a line for screen readers
    virtual QString summary() const = 0;         ///< of the whole chart, for screen readers
    virtual int firstPoint() const = 0;          ///< of a cursor that comes by Tab
    /// Where a key leads from the cursor; -1: it is not a key of this chart.
    virtual int neighbour(int key) const = 0;
    /// The user clicked a point, or moved to it and pressed Enter; false: there is nothing to choose.
    virtual bool choose(int point);

    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

    /// Draws for the window, tells screen readers, and shows the plot or the sentence in its place.
    void redraw(const QString &whyEmpty);
    void moveCursorTo(int point);
    void tell();
    void replotSoon();
    QSize sizeFor(bool print) const;

    QCustomPlot *m_plot;
    int m_cursor = -1; ///< point under mouse or keyboard cursor; -1: none
    bool m_zoomed = false;

private:
    void zoom(double factor);
    void showAll();
    bool keyPressed(const QKeyEvent &event);
    void copyToolTip() const;
    void mouseMoved(const QMouseEvent &event);
    bool isClick(const QMouseEvent &event) const;

    QLabel *m_empty;
    QPoint m_pressed; ///< where the left button went down; a release nearby is a click
};

} // namespace awb
