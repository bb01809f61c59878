#include "ui/runs_delegate.h"

#include "ui/glyphs.h"
#include "ui/runs_model.h"
#include "ui/share_delegate.h"

namespace awb {

namespace {

RunState stateOf(const QModelIndex &index)
{
    return RunState(index.data(RunsModel::StateRole).toInt());
}

} // namespace

void RunsDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    if (index.column() == RunsModel::Score) {
        option->textElideMode = Qt::ElideLeft; // the number stands at the end: it is the last to go
        // Room at the right, as the next column begins at its left.
        option->features |= QStyleOptionViewItem::HasDecoration;
        option->decorationPosition = QStyleOptionViewItem::Right;
        option->decorationSize = QSize(4, 1);
    }
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
    ShareDelegate::paintBar(*painter, cell, share, glyphs::stateColor(stateOf(index), glyphs::isDark(cell.palette)));
}

} // namespace awb
