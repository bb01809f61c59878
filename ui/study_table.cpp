#include "ui/study_table.h"

#include <algorithm>

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QTableWidget>
#include <QVBoxLayout>

#include "core/error.h"
#include "core/store/test_scores.h"
#include "ui/background.h"
#include "ui/lab_bridge.h"
#include "ui/wording.h"

namespace awb {

namespace {

using wording::text;

constexpr int taskColumns = 2; ///< task and metric; the methods follow

/// A heading in lines that do not widen its column.
QString heading(const std::string &title)
{
    QString words = text(title);
    const auto breakAt = [&words](QLatin1String mark, int keep) {
        if (const auto at = words.indexOf(mark); at >= 0)
            words.replace(at + keep, mark.size() - keep, QLatin1Char('\n'));
    };
    breakAt(QLatin1String(", "), 1);
    breakAt(QLatin1String(" ("), 0);
    return words.replace(QLatin1String("published\n"), QLatin1String("published\n("));
}

QString cellWords(const TableCell &cell)
{
    QStringList lines;
    if (cell.size > 0)
        lines << StudyTable::tr("Chosen on dev: size %1").arg(cell.size);
    if (!cell.runs.empty()) {
        QStringList numbers;
        for (const std::int64_t run : cell.runs)
            numbers << QString::number(run);
        lines << (numbers.size() == 1 ? StudyTable::tr("Run %1") : StudyTable::tr("Runs %1"))
                     .arg(numbers.join(QLatin1String(", ")));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace

StudyTable::StudyTable(LabBridge &bridge, QWidget *parent) : QWidget(parent), m_bridge(bridge)
{
    m_part = new QComboBox(this);
    m_part->setObjectName(QStringLiteral("tablePart"));
    m_part->addItems({tr("Dev"), tr("Test")});
    m_part->setToolTip(tr("Sizes and rates are chosen on dev either way; test is looked at for the chosen runs alone."));
    auto *label = new QLabel(tr("Scores o&n"), this);
    label->setBuddy(m_part);
    m_test = new QLabel(this);
    m_test->setObjectName(QStringLiteral("testState"));
    m_test->setWordWrap(true);
    m_score = new QPushButton(this);
    m_score->setObjectName(QStringLiteral("scoreOnTestButton"));
    m_grid = new QTableWidget(this);
    m_grid->setObjectName(QStringLiteral("studyTable"));
    m_grid->setAccessibleName(tr("Table of the study"));
    m_grid->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_grid->setSelectionMode(QAbstractItemView::SingleSelection);
    m_grid->setTabKeyNavigation(false);
    m_grid->setFrameShape(QFrame::NoFrame);
    m_grid->verticalHeader()->hide();
    m_grid->horizontalHeader()->setHighlightSections(false);
    m_grid->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_grid->horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_caption = new QLabel(this);
    m_caption->setObjectName(QStringLiteral("tableCaption"));
    m_caption->setTextFormat(Qt::PlainText);
    m_caption->setWordWrap(true);
    m_caption->setTextInteractionFlags(Qt::TextSelectableByMouse);

    auto *bar = new QHBoxLayout;
    bar->addWidget(label);
    bar->addWidget(m_part);
    bar->addWidget(m_test, 1);
    bar->addWidget(m_score);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->addLayout(bar);
    layout->addWidget(m_grid, 1);
    layout->addWidget(m_caption);
    m_pool.setMaxThreadCount(1);
    m_pool.setExpiryTimeout(-1); // LibTorch's threads belong to the one that calls it
    refreshTest();
    connect(m_part, &QComboBox::currentIndexChanged, this, &StudyTable::partChanged);
    connect(m_score, &QPushButton::clicked, this, &StudyTable::scoreOrStop);
    connect(m_grid, &QTableWidget::currentCellChanged, this, &StudyTable::chooseCell);
    // The current cell again, after another run was chosen elsewhere.
    connect(m_grid, &QTableWidget::cellClicked, this, &StudyTable::chooseCell);
    connect(m_grid, &QTableWidget::cellActivated, this, &StudyTable::chooseCell);
    connect(this, &StudyTable::scoring, this,
            [this](int done, int of) { m_test->setText(tr("Scoring on test: %1 of %2 runs").arg(done + 1).arg(of)); });
}

StudyTable::~StudyTable()
{
    m_stop = true;
}

void StudyTable::showTable(const StudyResults &results, int number, bool published)
{
    if (results.study.name != m_study.name)
        m_outcome.clear();
    m_study = results.study;
    m_table = resultTable(results, number, m_part->currentIndex() == 0 ? Part::Dev : Part::Test);
    if (!published)
        std::erase_if(m_table.methods, [](const TableMethod &method) { return method.published; });
    fill();
    refreshTest();
}

void StudyTable::fill()
{
    const QSignalBlocker quiet(m_grid);
    const bool nothing = m_table.methods.empty();
    m_grid->setVisible(!nothing);
    m_caption->setText(nothing ? tr("No run of this table's methods has finished yet.")
                               : text(m_table.caption) + QLatin1Char('.'));
    // With a task or a method more the current cell may stand elsewhere.
    const auto title = [this](int column) { return m_grid->horizontalHeaderItem(column)->text(); };
    const auto task = [this](int row) { return m_grid->item(row, 0)->text(); };
    const QTableWidgetItem *current = m_grid->currentItem();
    const QString currentTitle = current ? title(current->column()) : QString();
    const QString currentTask = current ? task(current->row()) : QString();
    const int across = m_grid->horizontalScrollBar()->value(), down = m_grid->verticalScrollBar()->value();
    fillCells();
    mark();
    if (!current)
        return;
    int row = m_grid->rowCount() - 1, column = m_grid->columnCount() - 1;
    while (row >= 0 && task(row) != currentTask)
        --row;
    while (column >= 0 && title(column) != currentTitle)
        --column;
    if (row != m_grid->currentRow() || column != m_grid->currentColumn())
        m_grid->setCurrentCell(row, column);
    m_grid->horizontalScrollBar()->setValue(across);
    m_grid->verticalScrollBar()->setValue(down);
}

void StudyTable::fillCells()
{
    const auto rows = tableGrid(m_table);
    m_grid->setRowCount(int(rows.size()) - 1);
    m_grid->setColumnCount(int(rows.front().size()));
    for (int column = 0; column < m_grid->columnCount(); ++column) {
        const TableMethod *method = column < taskColumns ? nullptr : &m_table.methods[std::size_t(column - taskColumns)];
        auto *head = new QTableWidgetItem(heading(rows[0][std::size_t(column)]));
        head->setToolTip(text(rows[0][std::size_t(column)]));
        if (!method)
            head->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        m_grid->setHorizontalHeaderItem(column, head);
        for (int row = 0; row < m_grid->rowCount(); ++row) {
            auto *item = new QTableWidgetItem(text(rows[std::size_t(row) + 1][std::size_t(column)]));
            item->setTextAlignment(method ? Qt::AlignRight | Qt::AlignVCenter : Qt::AlignLeft | Qt::AlignVCenter);
            if (method && method->published)
                item->setForeground(palette().placeholderText());
            if (row >= int(m_table.tasks.size()))
                item->setBackground(palette().alternateBase());
            else if (method)
                item->setToolTip(cellWords(method->cells[std::size_t(row)]));
            m_grid->setItem(row, column, item);
        }
    }
}

void StudyTable::mark()
{
    const QSignalBlocker quiet(m_grid);
    QColor behind = palette().highlight().color();
    behind.setAlphaF(0.35F);
    for (int row = 0; row < int(m_table.tasks.size()); ++row)
        for (int column = taskColumns; column < m_grid->columnCount(); ++column) {
            const auto &runs = m_table.methods[std::size_t(column - taskColumns)].cells[std::size_t(row)].runs;
            const bool marked = m_selected != 0 && std::find(runs.begin(), runs.end(), m_selected) != runs.end();
            QTableWidgetItem *item = m_grid->item(row, column);
            QFont font = m_grid->font();
            font.setBold(marked);
            item->setFont(font);
            item->setBackground(marked ? QBrush(behind) : QBrush());
            item->setData(Qt::AccessibleDescriptionRole, marked ? tr("holds the selected run") : QString());
        }
}

void StudyTable::selectRun(std::int64_t run)
{
    m_selected = run;
    mark();
}

void StudyTable::chooseCell()
{
    const int row = m_grid->currentRow(), column = m_grid->currentColumn() - taskColumns;
    if (row < 0 || row >= int(m_table.tasks.size()) || column < 0)
        return;
    const auto &runs = m_table.methods[std::size_t(column)].cells[std::size_t(row)].runs;
    if (runs.empty() || std::find(runs.begin(), runs.end(), m_selected) != runs.end())
        return;
    selectRun(runs.front());
    emit runSelected(runs.front());
}

void StudyTable::refreshTest()
{
    const auto missing = int(m_table.unscored.size());
    m_score->setVisible(m_busy || missing > 0);
    m_score->setText(m_busy         ? tr("S&top")
                     : missing == 1 ? tr("Score 1 run on &test")
                                    : tr("Score %1 runs on &test").arg(missing));
    if (m_busy)
        return;
    const bool onTest = m_part->currentIndex() != 0;
    m_test->setText(!onTest                ? QString()
                    : !m_outcome.isEmpty() ? m_outcome
                    : missing > 0          ? tr("What dev chose has not been scored on test yet.")
                                           : QString());
}

void StudyTable::scoreOrStop()
{
    if (m_busy) {
        m_stop = true;
        return;
    }
    m_busy = true;
    m_stop = false;
    refreshTest();
    const auto work = [this, home = m_bridge.store().home(), study = m_study] {
        giveWay();
        Store store(home);
        try {
            return scoreChosenOnTest(
                store, study, [this](int done, int of) { emit scoring(done, of); }, [this] { return m_stop.load(); });
        } catch (const Stopped &) {
            return TestReport();
        }
    };
    inBackground(
        this, work,
        [this, name = m_study.name](const Outcome<TestReport> &outcome) {
            m_busy = false;
            QStringList sentences{outcome.error};
            for (const std::string &note : outcome.value.notes)
                sentences << text(note);
            sentences.removeAll(QString());
            m_outcome = name == m_study.name ? sentences.join(QLatin1Char(' ')) : QString();
            emit m_bridge.changed();
            refreshTest();
        },
        &m_pool);
}

void StudyTable::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_grid->rowCount() > 0)
        fill();
}

} // namespace awb
