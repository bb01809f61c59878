#pragma once

#include <cstdint>
#include <vector>

#include <QAbstractTableModel>

#include "core/types.h"

namespace awb {

/// Queue and history as a table, newest run first. Updated run by run, never reset, so that selection and scroll position
/// survive. DisplayRole holds words, SortRole the numbers behind them.
class RunsModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        Id,
        State,
        Dataset,
        Checkpoint,
        MethodName,
        LearningRate,
        Epochs,
        Seed,
        Score,
        Trainable,
        ProgressBar,
        Duration,
        Finished,
        ColumnCount
    };
    enum Role {
        SortRole = Qt::UserRole, ///< number or text to sort by
        StateRole,               ///< int(RunState)
        ShareRole,               ///< progress 0..1; negative: nothing to show
        SearchRole               ///< all words of the row, lower case
    };

    explicit RunsModel(QObject *parent = nullptr);

    /// Makes the table equal to `runs` with as few changes as possible. Linear but for sorting by id.
    void update(std::vector<Run> runs);
    /// Live values of the run that is computed here; they stay until the store is ahead of them.
    void setProgress(const Progress &now);

    const Run *run(std::int64_t id) const; ///< null: not in the table
    const Run &at(int row) const { return m_runs[std::size_t(row)]; }
    int rowOf(std::int64_t id) const;  ///< -1: not in the table
    int places(std::int64_t id) const; ///< 1: next in the queue; 0: not queued
    std::int64_t running() const;      ///< id of a running run; 0: none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void removeMissing(const std::vector<Run> &runs);
    void insertNew(const std::vector<Run> &runs);
    void changeExisting(std::vector<Run> &runs);
    QVariant sortKey(const Run &run, int column) const;
    QString display(const Run &run, int column) const;
    QString toolTip(const Run &run, int column) const;

    std::vector<Run> m_runs; ///< by id, descending
};

/// "Queued", "Running" ...
QString stateName(RunState state);
/// "2 min 5 s left" of a running run; empty when nothing is known yet.
QString timeLeft(const Run &run);

} // namespace awb
