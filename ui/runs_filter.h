#pragma once

#include <QList>
#include <QRegularExpression>
#include <QSortFilterProxyModel>

namespace awb {

/// Filter line, state filter and sorting. Equal keys: queued runs in the order of the queue, all others newest first.
class RunsFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setWords(const QString &text); ///< each word must occur in the row
    void setState(int state);           ///< int(RunState); -1: all

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;

private:
    QList<QRegularExpression> m_words;
    int m_state = -1;
};

} // namespace awb
