#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <QAbstractTableModel>

#include "core/model/checkpoint.h"

namespace awb {

/// Tensors of a checkpoint. Mean and standard deviation are computed on a worker, one tensor at a time, when a row is first
/// shown (the latest asked for comes first).
class TensorModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Shape, Type, Elements, Mean, Std, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    /// Another checkpoint: the one moment when the model is reset.
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);
    const TensorView &tensor(int row) const { return m_checkpoint->tensors()[std::size_t(row)]; }
    /// Null while not computed; then computation is asked for.
    const TensorStatistics *statistics(int row) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

signals:
    void computed(int row);
    void failed(const QString &sentence); ///< the checkpoint cannot be read any more

private:
    void computeNext();
    QString display(int row, int column) const;

    std::shared_ptr<const Checkpoint> m_checkpoint;
    std::vector<std::optional<TensorStatistics>> m_statistics;
    mutable std::vector<int> m_wanted; ///< rows shown but not computed, latest last
    bool m_computing = false;
    int m_generation = 0; ///< results for an earlier checkpoint are dropped
};

/// "384 × 1,536"
QString shapeText(const std::vector<std::int64_t> &shape);

} // namespace awb
