#pragma once

#include <QStyledItemDelegate>

namespace awb {

/// A bar for a share of a whole (0..1 in ShareRole) with the item's words beside it.
class ShareDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    static constexpr int ShareRole = Qt::UserRole + 100;

    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

    /// Paints `cell` as a bar of `share` in `fill` with the cell's text to its right; at most `widest` pixels.
    static void paintBar(QPainter &painter, const QStyleOptionViewItem &cell, double share, const QColor &fill,
                         int widest = 56);
};

} // namespace awb
