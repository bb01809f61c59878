#include "ui/share_delegate.h"

#include <QApplication>
#include <QPainter>

#include "core/types.h"
#include "ui/glyphs.h"

namespace awb {

namespace {

constexpr int shortestBar = 56, longestBar = 200;
constexpr int barHeight = 7;
constexpr int margin = 6;

} // namespace

void ShareDelegate::paintBar(QPainter &painter, const QStyleOptionViewItem &option, double share, const QColor &fill,
                             int widest)
{
    QStyleOptionViewItem cell = option;
    const QString words = cell.text;
    cell.text.clear();
    const QStyle *style = cell.widget ? cell.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, &painter, cell.widget);

    const bool selected = cell.state & QStyle::State_Selected;
    const QColor ink = cell.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
    QColor groove = ink;
    groove.setAlphaF(0.18F);
    // Bars above each other are as long, whatever their words; one pixel more, or rounding cuts the words.
    const int wordsWidth =
        1 + qMax(cell.fontMetrics.horizontalAdvance(words), cell.fontMetrics.horizontalAdvance(QStringLiteral("88.8 %")));
    const int barWidth = qBound(shortestBar, cell.rect.width() - wordsWidth - 3 * margin, widest);
    const QRectF bar(cell.rect.left() + margin, cell.rect.center().y() - barHeight / 2.0 + 0.5, barWidth, barHeight);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(groove);
    painter.drawRoundedRect(bar, barHeight / 2.0, barHeight / 2.0);
    if (share > 0) {
        painter.setBrush(selected ? ink : fill);
        painter.drawRoundedRect(QRectF(bar.topLeft(), QSizeF(qMax(double(barHeight), share * barWidth), barHeight)),
                                barHeight / 2.0, barHeight / 2.0);
    }
    painter.setPen(ink);
    const QRect rest = cell.rect.adjusted(barWidth + 2 * margin, 0, -margin, 0);
    painter.drawText(rest, Qt::AlignVCenter | Qt::AlignLeft,
                     cell.fontMetrics.elidedText(words, Qt::ElideRight, rest.width()));
    painter.restore();
}

void ShareDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    paintBar(*painter, cell, index.data(ShareRole).toDouble(),
             glyphs::stateColor(RunState::Running, glyphs::isDark(cell.palette)), longestBar);
}

QSize ShareDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    return QStyledItemDelegate::sizeHint(option, index) + QSize(shortestBar + 2 * margin, 0);
}

} // namespace awb
