#include "ui/tensor_model.h"

#include <algorithm>

#include "ui/background.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

QString shapeText(const std::vector<std::int64_t> &shape)
{
    QStringList sizes;
    for (const std::int64_t size : shape)
        sizes << wording::count(size);
    return sizes.isEmpty() ? TensorModel::tr("scalar") : sizes.join(QStringLiteral(" × "));
}

void TensorModel::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint)
{
    beginResetModel();
    m_checkpoint = std::move(checkpoint);
    m_statistics.assign(m_checkpoint ? m_checkpoint->tensors().size() : 0, std::nullopt);
    m_wanted.clear();
    m_computing = false;
    ++m_generation;
    endResetModel();
}

const TensorStatistics *TensorModel::statistics(int row) const
{
    const auto &known = m_statistics[std::size_t(row)];
    if (known)
        return &*known;
    std::erase(m_wanted, row);
    m_wanted.push_back(row);
    // data() is asked for while the view paints; the worker starts after that.
    QMetaObject::invokeMethod(const_cast<TensorModel *>(this), &TensorModel::computeNext, Qt::QueuedConnection);
    return nullptr;
}

void TensorModel::computeNext()
{
    if (m_computing || m_wanted.empty())
        return;
    const int row = m_wanted.back();
    m_wanted.pop_back();
    m_computing = true;
    const auto work = [checkpoint = m_checkpoint, row] {
        const TensorStatistics statistics = awb::statistics(checkpoint->tensors()[std::size_t(row)]);
        checkpoint->requireUnchanged();
        return statistics;
    };
    const auto then = [this, row, generation = m_generation](Outcome<TensorStatistics> outcome) {
        if (generation != m_generation)
            return;
        m_computing = false;
        if (!outcome.error.isEmpty()) {
            emit failed(outcome.error);
            return;
        }
        m_statistics[std::size_t(row)] = outcome.value;
        emit dataChanged(index(row, Mean), index(row, Std));
        emit computed(row);
        computeNext();
    };
    inBackground(this, work, then);
}

int TensorModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_statistics.size());
}

int TensorModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString TensorModel::display(int row, int column) const
{
    const TensorView &view = tensor(row);
    switch (column) {
    case Name:
        return text(view.name);
    case Shape:
        return shapeText(view.shape);
    case Type:
        return text(toString(view.type));
    case Elements:
        return wording::count(view.elements());
    default: {
        const TensorStatistics *known = statistics(row);
        return known ? wording::figure(column == Mean ? known->mean : known->std) : QStringLiteral("…");
    }
    }
}

QVariant TensorModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    if (role == Qt::DisplayRole)
        return display(index.row(), index.column());
    if (role == Qt::ToolTipRole && index.column() == Name)
        return display(index.row(), Name);
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (index.column() >= Elements ? Qt::AlignRight : Qt::AlignLeft));
    return {};
}

QVariant TensorModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    static const char *const names[ColumnCount] = {QT_TR_NOOP("Tensor"),   QT_TR_NOOP("Shape"), QT_TR_NOOP("Type"),
                                                   QT_TR_NOOP("Elements"), QT_TR_NOOP("Mean"),  QT_TR_NOOP("Std dev")};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (section >= Elements ? Qt::AlignRight : Qt::AlignLeft));
    return {};
}

} // namespace awb
