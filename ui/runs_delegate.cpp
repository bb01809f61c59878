#include "ui/runs_delegate.h"

#include <QApplication>
#include <QPainter>

#include "ui/glyphs.h"
#include "ui/runs_model.h"

namespace awb
{

namespace
{

constexpr int barWidth = 56;
constexpr int barHeight = 7;
constexpr int margin = 6;

RunState stateOf(const QModelIndex &index)
{
    return RunState(index.data(RunsModel::StateRole).toInt());
}

} // namespace

void RunsDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    if (index.column() != RunsModel::State)
        return;
    const bool selected = option->state & QStyle::State_Selected;
    const QColor color = selected ? option->palette.color(QPalette::HighlightedText)
                                  : glyphs::stateColor(stateOf(index), glyphs::isDark(option->palette));
    option->icon = glyphs::icon(glyphs::stateGlyph(stateOf(index)), color);
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->decorationSize = QSize(16, 16);
}

void RunsDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const double share = index.data(RunsModel::ShareRole).toDouble();
    if (index.column() != RunsModel::ProgressBar || share < 0) {
        QStyledItemDelegate::paint(painter, option, index);
        return;
    }
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QString words = cell.text;
    cell.text.clear();
    const QStyle *style = cell.widget ? cell.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);

    const bool selected = cell.state & QStyle::State_Selected;
    const QColor ink = cell.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
    const QColor fill = selected ? ink : glyphs::stateColor(stateOf(index), glyphs::isDark(cell.palette));
    QColor groove = ink;
    groove.setAlphaF(0.18F);
    const QRectF bar(cell.rect.left() + margin, cell.rect.center().y() - barHeight / 2.0 + 0.5, barWidth, barHeight);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(groove);
    painter->drawRoundedRect(bar, barHeight / 2.0, barHeight / 2.0);
    if (share > 0) {
        painter->setBrush(fill);
        painter->drawRoundedRect(QRectF(bar.topLeft(), QSizeF(qMax(double(barHeight), share * barWidth), barHeight)),
                                 barHeight / 2.0, barHeight / 2.0);
    }
    painter->setPen(ink);
    const QRect rest = cell.rect.adjusted(barWidth + 2 * margin, 0, -margin, 0);
    painter->drawText(rest, Qt::AlignVCenter | Qt::AlignLeft,
                      cell.fontMetrics.elidedText(words, Qt::ElideRight, rest.width()));
    painter->restore();
}

} // namespace awb
