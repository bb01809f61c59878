#include "ui/chart_widget.h"

#include <QApplication>
#include <QClipboard>
#include <QGridLayout>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QTextDocument>
#include <QTextDocumentFragment>
#include <QToolTip>
#include <qcustomplot.h>

#include "core/error.h"
#include "ui/chart_axes.h"
#include "ui/figure_export.h"

namespace awb {

ChartWidget::ChartWidget(const QString &name, const QString &accessibleName, QWidget *parent)
    : QWidget(parent), m_plot(new QCustomPlot(this)), m_empty(chart_axes::emptyState(this))
{
    m_plot->setObjectName(name + QStringLiteral("Plot"));
    m_plot->setAccessibleName(accessibleName);
    m_plot->setFocusPolicy(Qt::StrongFocus);
    m_plot->setMouseTracking(true);
    m_plot->setMinimumSize(130, 110);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->installEventFilter(this);
    setFocusProxy(m_plot);
    m_empty->setObjectName(name + QStringLiteral("Empty"));
    auto *layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot, 0, 0);
    layout->addWidget(m_empty, 0, 0);
}

void ChartWidget::exportTo(const QString &file, int dpi)
{
    if (isEmpty())
        throw Error(tr("Cannot export %1: %2.").arg(file, nothingToExport()).toStdString());
    exportPlot(
        *m_plot, file, numbers(), [this](bool print) { draw(print); }, exportSize(), dpi);
}

void ChartWidget::redraw(const QString &whyEmpty)
{
    draw(false);
    m_empty->setText(whyEmpty);
    m_plot->setVisible(!isEmpty());
    m_empty->setVisible(isEmpty());
    tell();
}

void ChartWidget::fitTo(QSize size)
{
    chart_axes::fitTo(*m_plot, size);
}

QSize ChartWidget::sizeFor(bool print) const
{
    return print ? exportSize() : m_plot->size();
}

QSize ChartWidget::exportSize() const
{
    return {640, 420};
}

bool ChartWidget::choose(int)
{
    return false;
}

void ChartWidget::replotSoon()
{
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void ChartWidget::showAll()
{
    m_zoomed = false;
    fitRanges();
    replotSoon();
}

void ChartWidget::zoom(double factor)
{
    m_zoomed = true;
    const Qt::Orientations ways = m_plot->axisRect()->rangeZoom();
    if (ways & Qt::Horizontal)
        m_plot->xAxis->scaleRange(factor);
    if (ways & Qt::Vertical)
        m_plot->yAxis->scaleRange(factor);
    replotSoon();
}

void ChartWidget::moveCursorTo(int point)
{
    if (point == m_cursor)
        return;
    m_cursor = point;
    drawCursor();
    replotSoon();
    tell();
    if (point < 0)
        QToolTip::hideText();
    else
        QToolTip::showText(m_plot->mapToGlobal(placeOf(point).toPoint()) + QPoint(8, 4), toolTipOf(point), m_plot);
}

void ChartWidget::tell()
{
    m_plot->setAccessibleDescription(m_cursor < 0 ? summary() : spoken(m_cursor) + QStringLiteral(". ") + summary());
}

void ChartWidget::copyToolTip() const
{
    QString text = toolTipOf(m_cursor);
    if (Qt::mightBeRichText(text)) // a heading above rows of two cells
        text = QTextDocumentFragment::fromHtml(text.replace(QLatin1String("</td><td>"), QLatin1String(": "))).toPlainText();
    QGuiApplication::clipboard()->setText(text.trimmed());
}

bool ChartWidget::keyPressed(const QKeyEvent &event)
{
    if (event.matches(QKeySequence::Copy) && m_cursor >= 0) {
        copyToolTip();
        return true;
    }
    switch (event.key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        return m_cursor >= 0 && choose(m_cursor);
    case Qt::Key_Escape: {
        const bool had = m_cursor >= 0;
        moveCursorTo(-1);
        return had;
    }
    case Qt::Key_Plus:
    case Qt::Key_Minus:
        zoom(event.key() == Qt::Key_Plus ? 0.8 : 1.25);
        return true;
    case Qt::Key_0:
        showAll();
        return true;
    default:
        break;
    }
    const int point = neighbour(event.key());
    if (point >= 0)
        moveCursorTo(point);
    return point >= 0;
}

bool ChartWidget::isClick(const QMouseEvent &event) const
{
    return (event.position().toPoint() - m_pressed).manhattanLength() < QApplication::startDragDistance();
}

void ChartWidget::mouseMoved(const QMouseEvent &event)
{
    if (!(event.buttons() & Qt::LeftButton))
        moveCursorTo(pointAt(event.position()));
    else if (!isClick(event))
        m_zoomed = true;
}

bool ChartWidget::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_plot || isEmpty())
        return QWidget::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::MouseMove:
        mouseMoved(*static_cast<QMouseEvent *>(event));
        break;
    case QEvent::MouseButtonPress:
        m_pressed = static_cast<QMouseEvent *>(event)->position().toPoint();
        break;
    case QEvent::MouseButtonRelease: {
        const auto &mouse = *static_cast<QMouseEvent *>(event);
        const int point = isClick(mouse) && mouse.button() == Qt::LeftButton ? pointAt(mouse.position()) : -1;
        if (point >= 0)
            choose(point);
        break;
    }
    case QEvent::MouseButtonDblClick:
        showAll();
        break;
    case QEvent::Wheel:
        m_zoomed = true;
        break;
    case QEvent::ToolTip: {
        const auto &help = *static_cast<QHelpEvent *>(event);
        const QString title = chart_axes::brokenTitleAt(*m_plot, help.pos());
        if (title.isEmpty())
            break;
        QToolTip::showText(help.globalPos(), QStringLiteral("<qt>%1</qt>").arg(title.toHtmlEscaped()), m_plot);
        return true;
    }
    case QEvent::Leave:
    case QEvent::FocusOut:
        moveCursorTo(-1);
        break;
    case QEvent::FocusIn:
        if (static_cast<QFocusEvent *>(event)->reason() == Qt::TabFocusReason && m_cursor < 0)
            moveCursorTo(firstPoint());
        break;
    case QEvent::KeyPress:
        return keyPressed(*static_cast<QKeyEvent *>(event));
    case QEvent::Resize:
        fitTo(static_cast<QResizeEvent *>(event)->size());
        break;
    case QEvent::Show:
        m_plot->setBufferDevicePixelRatio(m_plot->devicePixelRatioF());
        break;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

void ChartWidget::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        draw(false);
}

} // namespace awb
