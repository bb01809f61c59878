#include "ui/view_parts.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QTableWidget>
#include <QVBoxLayout>

#include "ui/glyphs.h"

namespace awb {

namespace {

QLabel *makeLabel(const QString &objectName)
{
    auto *label = new QLabel;
    label->setObjectName(objectName);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

ViewHeader::ViewHeader(const char *prefix, QWidget *parent) : QWidget(parent)
{
    m_title = makeLabel(QLatin1String(prefix) + QLatin1String("Title"));
    QFont bold = m_title->font();
    bold.setBold(true);
    bold.setPointSizeF(bold.pointSizeF() * 1.25);
    m_title->setFont(bold);
    m_sentence = makeLabel(QLatin1String(prefix) + QLatin1String("Sentence"));
    m_notes = makeLabel(QLatin1String(prefix) + QLatin1String("Notes"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(9, 9, 9, 6);
    layout->setSpacing(3);
    layout->addWidget(m_title);
    layout->addWidget(m_sentence);
    layout->addWidget(m_notes);
}

void ViewHeader::setTitle(const QString &title)
{
    m_title->setText(title);
}

void ViewHeader::setSentence(const QString &sentence)
{
    m_sentence->setText(sentence);
}

void ViewHeader::setNotes(const QStringList &sentences)
{
    m_notes->setText(sentences.join(QLatin1Char('\n')));
    m_notes->setVisible(!sentences.isEmpty());
}

QLabel *makeMessage(const QString &objectName, const QString &sentence)
{
    QLabel *label = makeLabel(objectName);
    label->setAlignment(Qt::AlignCenter);
    label->setMargin(24);
    label->setText(sentence);
    return label;
}

void setUpTable(QTableView &table, const char *objectName, const QString &accessibleName)
{
    table.setObjectName(QLatin1String(objectName));
    table.setAccessibleName(accessibleName);
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.setSelectionMode(QAbstractItemView::SingleSelection);
    table.setEditTriggers(QAbstractItemView::NoEditTriggers);
    table.setAlternatingRowColors(true);
    table.setShowGrid(false);
    table.setWordWrap(false);
    table.setTabKeyNavigation(false);
    table.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table.verticalHeader()->hide();
    table.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.verticalHeader()->setDefaultSectionSize(table.fontMetrics().height() + 9);
    table.horizontalHeader()->setHighlightSections(false);
}

namespace {

class EnterKey : public QObject {
public:
    using QObject::QObject;
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() != QEvent::KeyPress)
            return false;
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key != Qt::Key_Return && key != Qt::Key_Enter)
            return false;
        auto &table = *static_cast<QAbstractItemView *>(watched);
        if (table.currentIndex().flags() & Qt::ItemIsEditable)
            table.edit(table.currentIndex());
        return true;
    }
};

} // namespace

void editWithEnter(QAbstractItemView &table)
{
    table.installEventFilter(new EnterKey(&table));
}

QTableView *makeTable(const char *objectName, const QString &accessibleName)
{
    auto *table = new QTableView;
    setUpTable(*table, objectName, accessibleName);
    return table;
}

void fillTable(QTableWidget &table, const QStringList &columns, const QList<QStringList> &rows, const QList<int> &numbers)
{
    table.clear();
    table.setColumnCount(int(columns.size()));
    table.setRowCount(int(rows.size()));
    for (int column = 0; column < columns.size(); ++column) {
        const auto alignment = Qt::AlignVCenter | (numbers.contains(column) ? Qt::AlignRight : Qt::AlignLeft);
        auto *head = new QTableWidgetItem(columns[column]);
        head->setTextAlignment(alignment);
        table.setHorizontalHeaderItem(column, head);
        for (int row = 0; row < rows.size(); ++row) {
            auto *item = new QTableWidgetItem(rows[row].value(column));
            item->setTextAlignment(alignment);
            table.setItem(row, column, item);
        }
    }
    table.resizeColumnsToContents();
    // A last column that takes the rest of the width keeps to that.
    const int own = int(columns.size()) - (table.horizontalHeader()->stretchLastSection() ? 1 : 0);
    for (int column = 0; column < own; ++column)
        table.setColumnWidth(column, table.columnWidth(column) + 12);
}

QWidget *padded(QWidget *inner)
{
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->addWidget(inner);
    return page;
}

void colorSentence(QLabel &label, QPalette colors, bool good)
{
    if (!good)
        colors.setColor(QPalette::WindowText, glyphs::stateColor(RunState::Failed, glyphs::isDark(colors)));
    label.setPalette(colors);
}

} // namespace awb
