#include "ui/import_preview.h"

#include <algorithm>

#include <QHeaderView>
#include <QScrollBar>

#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

ImportPreview::ImportPreview(QWidget *parent) : QTableWidget(parent)
{
    setUpTable(*this, "importPreview", tr("First rows of the file"));
}

void ImportPreview::fill(const ImportCheck &check, const DataFile &file)
{
    QStringList columns;
    for (std::size_t i = 0; i < check.columns.size(); ++i) {
        const int column = int(i);
        const QString role = column == file.textA   ? tr("text")
                             : column == file.textB ? tr("second text")
                             : column == file.label ? tr("label")
                                                    : QString();
        columns << (role.isEmpty() ? text(check.columns[i]) : QStringLiteral("%1 (%2)").arg(text(check.columns[i]), role));
    }
    QList<QStringList> rows;
    for (const auto &fields : check.preview) {
        rows << QStringList();
        for (const std::string &field : fields)
            rows.last() << text(field).left(300).simplified();
    }
    fillTable(*this, columns, rows, {});
    // What is imported stands first, however many columns the file has.
    QFont bold = font();
    bold.setBold(true);
    QHeaderView *head = horizontalHeader();
    for (int column = 0; column < columns.size(); ++column) {
        head->moveSection(head->visualIndex(column), column);
        setColumnWidth(column, std::min(columnWidth(column) + 8, column == file.textA ? 420 : 180));
    }
    for (const int column : {file.label, file.textB, file.textA}) {
        if (column < 0 || column >= columns.size())
            continue;
        head->moveSection(head->visualIndex(column), 0);
        horizontalHeaderItem(column)->setFont(bold);
    }
    horizontalScrollBar()->setValue(0);
}

} // namespace awb
