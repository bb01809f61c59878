#include "ui/import_labels.h"

#include <algorithm>

#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QVBoxLayout>

#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

ImportLabels::ImportLabels(QWidget *parent) : QWidget(parent), m_table(new QTableWidget)
{
    setUpTable(*m_table, "importLabels", tr("Labels of the file and the classes they become"));
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                             QAbstractItemView::AnyKeyPressed | QAbstractItemView::SelectedClicked);
    editWithEnter(*m_table);
    m_table->horizontalHeader()->setStretchLastSection(true);
    auto *hint = new QLabel(tr("Give two labels the same class to merge them; leave the class empty to drop its rows."));
    hint->setWordWrap(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 6, 0, 0);
    layout->addWidget(hint);
    layout->addWidget(m_table, 1);
    connect(m_table, &QTableWidget::itemChanged, this, &ImportLabels::itemChanged);
}

void ImportLabels::fill(const std::vector<std::pair<std::string, std::size_t>> &labels,
                        const std::map<std::string, std::string> &merge)
{
    QList<QStringList> rows;
    for (const auto &[raw, count] : labels) {
        const auto merged = merge.find(raw);
        rows << QStringList{raw.empty() ? tr("(blank)") : text(raw), wording::count(qint64(count)),
                            text(merged == merge.end() ? raw : merged->second)};
    }
    m_filling = true;
    if (labels == m_labels) { // keeps an editor that is open on another row
        for (int row = 0; row < m_table->rowCount(); ++row)
            m_table->item(row, 2)->setText(rows[row][2]);
        m_filling = false;
        return;
    }
    m_labels = labels;
    fillTable(*m_table, {tr("Label"), tr("Rows"), tr("Class")}, rows, {1});
    for (int row = 0; row < m_table->rowCount(); ++row)
        for (const int column : {0, 1})
            m_table->item(row, column)->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
    m_table->setColumnWidth(0, std::clamp(m_table->columnWidth(0) + 12, 120, 260));
    m_filling = false;
}

void ImportLabels::itemChanged(QTableWidgetItem *item)
{
    if (!m_filling && item->column() == 2 && item->row() < int(m_labels.size()))
        emit edited(m_labels[std::size_t(item->row())].first, item->text().trimmed().toStdString());
}

} // namespace awb
