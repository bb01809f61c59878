#include "ui/runs_panel.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QStackedWidget>
#include <QStyle>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/glyphs.h"
#include "ui/lab_bridge.h"
#include "ui/runs_commands.h"
#include "ui/runs_delegate.h"
#include "ui/runs_filter.h"
#include "ui/runs_model.h"
#include "ui/runs_reader.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

struct RunsPanel::Ui {
    Ui(RunsPanel &owner, LabBridge &lab) : panel(owner), bridge(lab), reader(lab.store().home()) {}

    void build();
    void buildTable();
    void buildLabels();
    void connectAll();
    void show();
    void showSummary();
    void showTheme();
    void applyWanted();
    void tellSelection();
    bool isOnlySelected(std::int64_t run) const;

    RunsPanel &panel;
    LabBridge &bridge;
    RunsReader reader;
    RunsModel *model = nullptr;
    RunsFilter *filter = nullptr;
    QTableView *table = nullptr;
    RunsCommands *commands = nullptr;
    QLineEdit *words = nullptr;
    QComboBox *state = nullptr;
    QToolBar *tools = nullptr;
    QStackedWidget *pages = nullptr;
    QLabel *empty = nullptr, *errorLine = nullptr, *summary = nullptr;
    std::int64_t wanted = 0; ///< run to select as soon as the table has it
    std::int64_t told = 0;   ///< run selected last
    bool loaded = false;
};

void RunsPanel::Ui::buildTable()
{
    model = new RunsModel(&panel);
    filter = new RunsFilter(&panel);
    filter->setSourceModel(model);
    filter->setDynamicSortFilter(true);
    table = new QTableView(&panel);
    table->setObjectName(QStringLiteral("runsTable"));
    table->setAccessibleName(tr("Runs"));
    table->setModel(filter);
    table->setItemDelegate(new RunsDelegate(table));
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setSortingEnabled(true);
    table->sortByColumn(RunsModel::State, Qt::AscendingOrder);
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 9);
    table->horizontalHeader()->setSectionsMovable(true);
    table->horizontalHeader()->setHighlightSections(false);
    // A typical content of each column; the column is as wide as that or as its title.
    const QString typical[RunsModel::ColumnCount] = {QStringLiteral("10000"),
                                                     stateName(RunState::Cancelled) + QStringLiteral("WW"),
                                                     QStringLiteral("election-tweets-2016"),
                                                     QStringLiteral("all-MiniLM-L6-v2"),
                                                     QStringLiteral("adapters, m = 64, layers 3-5"),
                                                     QStringLiteral("2.5e-4"),
                                                     QStringLiteral("20"),
                                                     QStringLiteral("0"),
                                                     QStringLiteral("Accuracy 83.73 %"),
                                                     QStringLiteral("22,713,216"),
                                                     QStringLiteral("WWWWWW50 % · 12 min 34 s left"),
                                                     QStringLiteral("12 min 34 s"),
                                                     QStringLiteral("25 Nov 2026, 12:34")};
    const QFontMetrics metrics = table->fontMetrics();
    for (int column = 0; column < RunsModel::ColumnCount; ++column) {
        const QString title = model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        const int sortSign = column == RunsModel::State ? 16 : 0;
        const int room = column == RunsModel::Score ? 10 : 0; // at its right (RunsDelegate)
        table->setColumnWidth(
            column,
            14 + room + std::max(metrics.horizontalAdvance(typical[column]), metrics.horizontalAdvance(title) + sortSign));
    }
    // What one looks for first stands first, so that it is seen in a narrow dock too.
    const int first[] = {RunsModel::Id,         RunsModel::State,       RunsModel::Score,    RunsModel::Dataset,
                         RunsModel::MethodName, RunsModel::ProgressBar, RunsModel::Trainable};
    for (int place = 0; place < int(std::size(first)); ++place)
        table->horizontalHeader()->moveSection(table->horizontalHeader()->visualIndex(first[place]), place);
    // However narrow the dock: which run, its state and its score.
    int least = 2 * table->frameWidth() + table->style()->pixelMetric(QStyle::PM_ScrollBarExtent);
    for (const int column : {RunsModel::Id, RunsModel::State, RunsModel::Score})
        least += table->columnWidth(column);
    table->setMinimumWidth(least);
    table->setContextMenuPolicy(Qt::ActionsContextMenu);
}

void RunsPanel::Ui::build()
{
    panel.setObjectName(QStringLiteral("runsPanel"));
    buildTable();
    buildLabels();
    tools = new QToolBar(&panel);
    tools->setObjectName(QStringLiteral("runsTools"));
    tools->setIconSize(QSize(16, 16));
    commands = new RunsCommands(bridge, *model, *filter, *table, *tools);
    words = new QLineEdit(&panel);
    words->setObjectName(QStringLiteral("runsFilter"));
    words->setAccessibleName(tr("Filter runs"));
    words->setPlaceholderText(tr("Filter: data set, method, state …"));
    words->setClearButtonEnabled(true);
    words->setMinimumWidth(110);
    state = new QComboBox(&panel);
    state->setObjectName(QStringLiteral("runsState"));
    state->setAccessibleName(tr("State of runs shown"));
    state->addItem(tr("All states"), -1);
    for (const RunState s :
         {RunState::Running, RunState::Queued, RunState::Paused, RunState::Done, RunState::Failed, RunState::Cancelled})
        state->addItem(stateName(s), int(s));
    pages = new QStackedWidget(&panel);
    pages->addWidget(empty);
    pages->addWidget(table);

    auto *bar = new QHBoxLayout;
    bar->addWidget(words, 1);
    bar->addWidget(state);
    bar->addWidget(tools, 2);
    auto *layout = new QVBoxLayout(&panel);
    layout->setContentsMargins(6, 6, 6, 6);
    layout->setSpacing(4);
    layout->addLayout(bar);
    layout->addWidget(pages, 1);
    layout->addWidget(errorLine);
    layout->addWidget(summary);
    QWidget::setTabOrder(words, state);
    QWidget::setTabOrder(state, table);
    connectAll();
}

void RunsPanel::Ui::connectAll()
{
    QObject::connect(words, &QLineEdit::textChanged, &panel, [this](const QString &typed) {
        filter->setWords(typed);
        show();
    });
    QObject::connect(state, &QComboBox::currentIndexChanged, &panel, [this] {
        filter->setState(state->currentData().toInt());
        show();
    });
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentRowChanged, &panel, [this] {
        tellSelection();
        show();
    });
    QObject::connect(table->selectionModel(), &QItemSelectionModel::selectionChanged, &panel, [this] {
        tellSelection();
        show();
    });
    QObject::connect(commands, &RunsCommands::settingsReused, &panel, &RunsPanel::settingsReused);
    QObject::connect(commands, &RunsCommands::queued, &panel, [this](std::int64_t run) {
        panel.selectRun(run);
        emit panel.runSelected(run);
    });
    QObject::connect(&bridge, &LabBridge::changed, &reader, &RunsReader::request);
    QObject::connect(&bridge, &LabBridge::progress, &panel, [this](const Progress &now) { model->setProgress(now); });
    QObject::connect(&reader, &RunsReader::ready, &panel, [this] {
        model->update(reader.takeRuns());
        loaded = true;
        applyWanted();
        show();
    });
    QObject::connect(&reader, &RunsReader::failed, &panel, [this](const QString &sentence) {
        errorLine->setText(sentence);
        errorLine->show();
    });
}

void RunsPanel::Ui::buildLabels()
{
    empty = new QLabel(&panel);
    empty->setObjectName(QStringLiteral("runsEmpty"));
    empty->setAlignment(Qt::AlignCenter);
    empty->setWordWrap(true);
    empty->setMargin(24);
    errorLine = new QLabel(&panel);
    errorLine->setObjectName(QStringLiteral("runsError"));
    errorLine->setWordWrap(true);
    errorLine->setTextFormat(Qt::PlainText);
    errorLine->setTextInteractionFlags(Qt::TextSelectableByMouse);
    errorLine->hide();
    summary = new QLabel(&panel);
    summary->setObjectName(QStringLiteral("runsSummary"));
}

void RunsPanel::Ui::applyWanted()
{
    const int row = wanted ? model->rowOf(wanted) : -1;
    if (row < 0)
        return;
    QModelIndex index = filter->mapFromSource(model->index(row, 0));
    if (!index.isValid()) { // hidden by the filter: what was asked for goes first
        words->clear();
        state->setCurrentIndex(0);
        index = filter->mapFromSource(model->index(row, 0));
    }
    wanted = 0;
    table->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    table->scrollTo(index);
}

void RunsPanel::Ui::tellSelection()
{
    const std::int64_t now = panel.selectedRun();
    if (now != std::exchange(told, now) && now != 0)
        emit panel.runSelected(now);
    std::vector<std::int64_t> ids;
    for (const Run *run : commands->selected())
        ids.push_back(run->id);
    if (!ids.empty())
        emit panel.runsSelected(ids);
}

bool RunsPanel::Ui::isOnlySelected(std::int64_t run) const
{
    const auto runs = commands->selected();
    return runs.size() == 1 && runs.front()->id == run;
}

void RunsPanel::Ui::show()
{
    commands->enable(reader.queuePaused());
    const Run *run = commands->current();
    const bool toSay = run && !run->error.empty();
    if (toSay)
        errorLine->setText((run->state == RunState::Failed ? tr("Run %1 failed: %2") : tr("Run %1: %2"))
                               .arg(run->id)
                               .arg(text(run->error)));
    errorLine->setVisible(toSay);
    showSummary();
}

void RunsPanel::Ui::showSummary()
{
    int counts[6] = {};
    for (int row = 0; row < model->rowCount(); ++row)
        ++counts[int(model->at(row).state)];
    QStringList parts{model->rowCount() == 1 ? tr("1 run") : tr("%1 runs").arg(wording::count(model->rowCount()))};
    for (const RunState s : {RunState::Running, RunState::Queued, RunState::Paused, RunState::Failed}) {
        if (counts[int(s)] > 0)
            parts << QStringLiteral("%1 %2").arg(wording::count(counts[int(s)]), stateName(s).toLower());
    }
    if (filter->rowCount() != model->rowCount())
        parts << tr("%1 shown").arg(wording::count(filter->rowCount()));
    if (reader.queuePaused())
        parts << tr("the queue is paused, Ctrl+Shift+P lets it go on");
    summary->setText(parts.join(QStringLiteral(" · ")));
    summary->setVisible(model->rowCount() > 0);
    if (model->rowCount() == 0)
        empty->setText(loaded ? tr("No runs yet.\n\nChoose a data set, a checkpoint and a method in the set-up and press "
                                   "“Add 1 run to the queue”. "
                                   "Runs appear here while they wait, train and when they are done.")
                              : tr("Reading the runs …"));
    else
        empty->setText(tr("No run matches the filter."));
    pages->setCurrentWidget(filter->rowCount() > 0 ? static_cast<QWidget *>(table) : empty);
}

void RunsPanel::Ui::showTheme()
{
    commands->showIcons(panel.palette());
    if (auto *more = tools->findChild<QToolButton *>(QStringLiteral("qt_toolbar_ext_button")))
        more->setIcon(glyphs::icon(glyphs::Glyph::More, panel.palette())); // the style's own is black in every theme
    QPalette failed = panel.palette();
    failed.setColor(QPalette::WindowText, glyphs::stateColor(RunState::Failed, glyphs::isDark(panel.palette())));
    errorLine->setPalette(failed);
    show();
}

RunsPanel::RunsPanel(LabBridge &bridge, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_ui(std::make_unique<Ui>(*this, bridge))
{
    m_ui->build();
    m_ui->showTheme();
    m_ui->reader.request();
}

RunsPanel::~RunsPanel() = default;

QList<QAction *> RunsPanel::commands() const
{
    return m_ui->table->actions();
}

std::int64_t RunsPanel::selectedRun() const
{
    const Run *run = m_ui->commands->current();
    return run ? run->id : 0;
}

QByteArray RunsPanel::columns() const
{
    return QByteArray::number(RunsModel::ColumnCount) + ' ' + m_ui->table->horizontalHeader()->saveState();
}

void RunsPanel::restoreColumns(const QByteArray &saved)
{
    const QByteArray mark = QByteArray::number(RunsModel::ColumnCount) + ' ';
    QHeaderView &header = *m_ui->table->horizontalHeader();
    if (saved.startsWith(mark) && header.restoreState(saved.mid(mark.size())))
        m_ui->table->sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder());
}

void RunsPanel::selectRun(std::int64_t run)
{
    if (m_ui->isOnlySelected(run))
        return;
    m_ui->wanted = run;
    m_ui->applyWanted();
    if (m_ui->wanted)
        m_ui->reader.request();
}

void RunsPanel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_ui && m_ui->commands)
        m_ui->showTheme();
}

} // namespace awb
