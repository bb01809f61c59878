#include "ui/rows_model.h"

#include <algorithm>

#include "ui/wording.h"

namespace awb {

using wording::text;

void RowsModel::setPart(std::shared_ptr<const Dataset> dataset, const QString &part)
{
    beginResetModel();
    m_dataset = std::move(dataset);
    m_rows = nullptr;
    if (m_dataset)
        m_rows = part == QLatin1String("dev")    ? &m_dataset->dev
                 : part == QLatin1String("test") ? &m_dataset->test
                                                 : &m_dataset->train;
    m_shown = std::min(total(), pageSize);
    endResetModel();
}

int RowsModel::findNext(const QString &words, int from)
{
    for (int step = 1; step <= total(); ++step) {
        const int row = (from + step) % total();
        const Example &example = (*m_rows)[std::size_t(row)];
        if (text(example.a).contains(words, Qt::CaseInsensitive) || text(example.b).contains(words, Qt::CaseInsensitive) ||
            display(row, Label).contains(words, Qt::CaseInsensitive)) {
            showUpTo((row / pageSize + 1) * pageSize);
            return row;
        }
    }
    return -1;
}

void RowsModel::showUpTo(int count)
{
    count = std::min(count, total());
    if (count <= m_shown)
        return;
    beginInsertRows({}, m_shown, count - 1);
    m_shown = count;
    endInsertRows();
}

int RowsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_shown;
}

int RowsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

bool RowsModel::canFetchMore(const QModelIndex &parent) const
{
    return !parent.isValid() && m_shown < total();
}

void RowsModel::fetchMore(const QModelIndex &parent)
{
    if (!parent.isValid())
        showUpTo(m_shown + pageSize);
}

QString RowsModel::display(int row, int column) const
{
    const Example &example = (*m_rows)[std::size_t(row)];
    switch (column) {
    case Number:
        return wording::count(row + 1);
    case TextA:
        return text(example.a);
    case TextB:
        return text(example.b);
    default:
        break;
    }
    const Manifest &manifest = m_dataset->manifest;
    if (manifest.task == Task::Regression)
        return wording::figure(double(example.score));
    if (example.label < 0 || example.label >= int(manifest.classes.size()))
        return tr("unlabelled");
    return text(manifest.classes[std::size_t(example.label)]);
}

QVariant RowsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    if (role == Qt::DisplayRole) // one line a row; the whole text is in the tool tip
        return display(index.row(), index.column()).simplified();
    if (role == Qt::ToolTipRole && (index.column() == TextA || index.column() == TextB))
        return QStringLiteral("<qt>%1</qt>").arg(display(index.row(), index.column()).left(2000).toHtmlEscaped());
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (index.column() == Number ? Qt::AlignRight : Qt::AlignLeft));
    return {};
}

QVariant RowsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    static const char *const names[ColumnCount] = {QT_TR_NOOP("#"), QT_TR_NOOP("Text"), QT_TR_NOOP("Second text"),
                                                   QT_TR_NOOP("Label")};
    if (role == Qt::DisplayRole)
        return section == Label && m_dataset && m_dataset->manifest.task == Task::Regression ? tr("Score")
                                                                                             : tr(names[section]);
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (section == Number ? Qt::AlignRight : Qt::AlignLeft));
    return {};
}

} // namespace awb
