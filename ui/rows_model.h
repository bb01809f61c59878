#pragma once

#include <memory>
#include <vector>

#include <QAbstractTableModel>

#include "core/data/dataset.h"

namespace awb {

/// Rows of one part of a data set, read from it when shown and handed to the view in pages of 200.
class RowsModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Number, TextA, TextB, Label, ColumnCount };
    static constexpr int pageSize = 200;

    using QAbstractTableModel::QAbstractTableModel;

    /// `part`: "train", "dev" or "test".
    void setPart(std::shared_ptr<const Dataset> dataset, const QString &part);
    /// Next row after `from` (wrapping around) that contains `words` in a text or the label, whatever the case; -1: none.
    /// Fetches the pages up to it.
    int findNext(const QString &words, int from);
    int total() const { return m_rows ? int(m_rows->size()) : 0; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void showUpTo(int count);
    QString display(int row, int column) const;

    std::shared_ptr<const Dataset> m_dataset;
    const std::vector<Example> *m_rows = nullptr; ///< a part of m_dataset
    int m_shown = 0;
};

} // namespace awb
