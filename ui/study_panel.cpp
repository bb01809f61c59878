#include "ui/study_panel.h"

#include <algorithm>

#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "core/error.h"
#include "core/files.h"
#include "core/store/study_queue.h"
#include "ui/dialogs.h"
#include "ui/figure_export.h"
#include "ui/lab_bridge.h"
#include "ui/library_exchange.h"
#include "ui/series_plot.h"
#include "ui/study_charts.h"
#include "ui/study_commands.h"
#include "ui/study_dialog.h"
#include "ui/study_table.h"
#include "ui/study_words.h"
#include "ui/task_sizes.h"
#include "ui/wording.h"

namespace awb {

namespace {

using wording::text;

enum Shown { OverTasks, Initialisation, LearningRate, TableOne, TableTwo };

void addLabelled(QHBoxLayout &row, const QString &words, QComboBox &combo, const char *name)
{
    auto *label = new QLabel(words);
    label->setBuddy(&combo);
    combo.setObjectName(QLatin1String(name));
    combo.setSizeAdjustPolicy(QComboBox::AdjustToContents);
    combo.setMinimumWidth(80); // long names are cut with dots where there is no room
    row.addWidget(label);
    row.addWidget(&combo, 1);
}

} // namespace

StudyPanel::StudyPanel(LabBridge &bridge, DeviceChoices devices, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_devices(std::move(devices))
{
    m_chart = new SeriesPlot;
    m_table = new StudyTable(bridge);
    m_pages = new QStackedWidget(this);
    m_pages->addWidget(m_chart);
    m_pages->addWidget(m_table);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(makeBar());
    layout->addWidget(m_pages, 1);
    layout->addLayout(makeFooter());
    connect(&bridge, &LabBridge::changed, this, &StudyPanel::refresh);
    connect(&TaskSizesReader::of(bridge), &TaskSizesReader::changed, this, &StudyPanel::refreshState);
    connect(m_study, &QComboBox::currentIndexChanged, this, [this] {
        takeRules();
        refreshState();
        refreshChart();
    });
    for (QComboBox *combo : {m_figure, m_counting, m_publishedBy})
        connect(combo, &QComboBox::currentIndexChanged, this, &StudyPanel::refreshChart);
    for (QCheckBox *box : {m_published, m_tasks})
        connect(box, &QCheckBox::toggled, this, &StudyPanel::refreshChart);
    connect(m_edit, &QPushButton::clicked, this, &StudyPanel::edit);
    connect(m_queue, &QPushButton::clicked, this, &StudyPanel::queueMissing);
    connect(m_cancel, &QPushButton::clicked, this, &StudyPanel::cancelRest);
    connect(m_export, &QPushButton::clicked, this, &StudyPanel::exportChart);
    connect(m_chart, &SeriesPlot::runSelected, this, &StudyPanel::runSelected);
    connect(m_table, &StudyTable::runSelected, this, &StudyPanel::runSelected);
    connect(m_table, &StudyTable::partChanged, this, &StudyPanel::refreshChart);
    refresh();
}

QLayout *StudyPanel::makeBar()
{
    m_study = new QComboBox(this);
    m_figure = new QComboBox(this);
    m_figure->addItem(tr("Figure 1: over tasks"));
    m_figure->addItem(tr("Initialisation"));
    m_figure->addItem(tr("Learning rate"));
    m_figure->addItem(tr("Table 1: adapters"));
    m_figure->addItem(tr("Table 2: top layers, adapters"));
    m_counting = new QComboBox(this);
    study_words::addCountingRules(*m_counting);
    m_published = new QCheckBox(tr("&Published"), this);
    m_published->setObjectName(QStringLiteral("publishedCheck"));
    m_published->setToolTip(text(publishedSource()));
    m_published->setChecked(true);
    m_publishedBy = new QComboBox(this);
    m_publishedBy->setObjectName(QStringLiteral("publishedByCombo"));
    m_publishedBy->setAccessibleName(tr("Published points of"));
    for (const char *name : {"1", "3-right"}) {
        const PublishedFigure &figure = *publishedFigure(name);
        m_publishedBy->addItem(text(figure.backbone));
        m_publishedBy->setItemData(m_publishedBy->count() - 1,
                                   tr("Figure %1: %2").arg(text(figure.figure.substr(0, 1)), text(figure.task)),
                                   Qt::ToolTipRole);
    }
    m_publishedBy->setToolTip(tr("Which of the paper's points Figure 1 shows beside ours"));
    m_tasks = new QCheckBox(tr("Si&ngle tasks"), this);
    m_tasks->setObjectName(QStringLiteral("tasksCheck"));
    m_export = new QPushButton(tr("E&xport…"), this);
    m_export->setObjectName(QStringLiteral("exportStudyChartButton"));
    m_export->setToolTip(exportHint());

    m_edit = new QPushButton(tr("Ed&it…"), this);
    m_edit->setObjectName(QStringLiteral("editStudyButton"));
    m_edit->setToolTip(
        tr("Tasks, methods, sizes, learning rates, epochs and seeds; a study that comes with the program is copied."));

    auto *first = new QHBoxLayout;
    addLabelled(*first, tr("St&udy"), *m_study, "studyCombo");
    first->addWidget(m_edit);
    addLabelled(*first, tr("Ch&art"), *m_figure, "studyFigureCombo");
    first->addWidget(m_export);
    auto *second = new QHBoxLayout;
    addLabelled(*second, tr("Countin&g"), *m_counting, "countingCombo");
    second->addWidget(m_published);
    second->addWidget(m_publishedBy);
    second->addWidget(m_tasks);
    second->addStretch(1);
    auto *bar = new QVBoxLayout;
    bar->setContentsMargins(8, 6, 8, 0);
    bar->addLayout(first);
    bar->addLayout(second);
    return bar;
}

QLayout *StudyPanel::makeFooter()
{
    m_state = new QLabel(this);
    m_state->setTextFormat(Qt::PlainText); // a title may hold anything
    m_state->setObjectName(QStringLiteral("studyState"));
    m_state->setWordWrap(true);
    m_queue = new QPushButton(tr("&Queue"), this);
    m_queue->setObjectName(QStringLiteral("queueStudyButton"));
    m_cancel = new QPushButton(tr("Cancel the rest"), this);
    m_cancel->setObjectName(QStringLiteral("cancelStudyButton"));
    m_cancel->setToolTip(tr("Cancel what waits or is being computed; what is finished stays."));
    auto *footer = new QHBoxLayout;
    footer->setContentsMargins(8, 0, 8, 6);
    footer->addWidget(m_state, 1);
    footer->addWidget(m_cancel);
    footer->addWidget(m_queue);
    return footer;
}

void StudyPanel::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (m_stale)
        refresh();
}

void StudyPanel::refresh()
{
    refreshStudies();
    // A worker says so with every curve that it stores; with thousands of runs the rest is work that nobody sees.
    m_stale = !isVisible();
    if (m_stale)
        return;
    refreshState();
    refreshChart();
}

void StudyPanel::refreshStudies()
{
    std::vector<Study> all = m_bridge.store().studies();
    for (const Study &preset : presetStudies())
        if (std::none_of(all.begin(), all.end(), [&](const Study &stored) { return stored.name == preset.name; }))
            all.push_back(preset);
    QStringList names;
    for (const Study &one : all)
        names << text(one.name);
    QStringList there;
    for (int i = 0; i < m_study->count(); ++i)
        there << m_study->itemText(i);
    if (names == there)
        return;
    const QSignalBlocker quiet(m_study);
    const QString chosen = m_study->currentText();
    m_study->clear();
    for (const Study &one : all) {
        m_study->addItem(text(one.name));
        m_study->setItemData(m_study->count() - 1, text(one.title), Qt::ToolTipRole);
    }
    m_study->setCurrentIndex(std::max(0, m_study->findText(chosen)));
    if (m_study->currentText() != chosen) // which was deleted
        takeRules();
}

std::optional<Study> StudyPanel::study() const
{
    return knownStudy(m_bridge.store(), m_study->currentText().toStdString());
}

void StudyPanel::takeRules()
{
    const auto now = study();
    if (!now)
        return;
    const QSignalBlocker quiet(m_counting), quietToo(m_publishedBy);
    m_counting->setCurrentIndex(m_counting->findData(int(now->counting)));
    m_publishedBy->setCurrentText(text(publishedFigure(study_words::publishedFor(*now))->backbone));
}

void StudyPanel::refreshState()
{
    const auto now = study();
    if (!now)
        return;
    m_state->setToolTip({});
    QStringList differences;
    for (const std::string &difference : differencesFromPaper(*now))
        differences << text(difference);
    if (!differences.isEmpty())
        m_state->setToolTip(tr("Different from the paper:") + QLatin1Char('\n') + differences.join(QLatin1Char('\n')));
    try {
        TaskSizesReader &sizes = TaskSizesReader::of(m_bridge);
        const StudyState state = studyState(m_bridge.store(), *now, sizes.sizes());
        sizes.read(state.expected.unsized);
        const int missing = int(state.missing.size());
        const int ahead = int(state.specs.size()) - state.done;
        m_cancel->setVisible(state.ahead > 0);
        QString words = tr("%1: %2 of %3 runs done")
                            .arg(text(now->title), QString::number(state.done), QString::number(state.specs.size()));
        if (ahead > 0)
            words += QStringLiteral(", ") + study_words::timeText(state.expected);
        m_state->setText(words + QLatin1Char('.'));
        m_queue->setText(missing == 0   ? tr("Nothing to queue")
                         : missing == 1 ? tr("&Queue 1 run")
                                        : tr("&Queue %1 runs").arg(missing));
        m_queue->setEnabled(missing > 0);
        m_queue->setToolTip(missing > 0 ? tr("Only what is missing is computed.") : tr("Nothing is missing."));
    } catch (const Error &error) {
        m_state->setText(QString::fromUtf8(error.what()));
        m_cancel->setVisible(!unfinishedRuns(m_bridge.store(), now->name).empty());
        m_queue->setText(tr("&Queue %1 runs").arg(numberOfRuns(*now)));
        m_queue->setEnabled(false);
        m_queue->setToolTip(m_state->text());
    }
}

void StudyPanel::refreshChart()
{
    const auto now = study();
    if (!now)
        return;
    const int figure = m_figure->currentIndex();
    m_counting->setEnabled(figure == OverTasks || isTable());
    m_tasks->setEnabled(figure == OverTasks);
    m_publishedBy->setEnabled(figure == OverTasks && m_published->isChecked());
    m_pages->setCurrentIndex(isTable());
    if (isTable())
        return showTable(figure == TableOne ? 1 : 2);
    const StudyResults results = studyResults(m_bridge.store(), *now);
    const study_charts::Options options{CountingRule(m_counting->currentData().toInt()), m_published->isChecked(),
                                        m_tasks->isChecked(), m_publishedBy->currentText().toStdString()};
    m_chart->setChart(figure == OverTasks        ? study_charts::figure1Chart(results, options)
                      : figure == Initialisation ? study_charts::initialisationChart(results, options)
                                                 : study_charts::learningRateChart(results, options));
    m_export->setEnabled(!m_chart->chart().empty());
}

bool StudyPanel::isTable() const
{
    return m_figure->currentIndex() >= TableOne;
}

void StudyPanel::showTable(int number)
{
    Study now = study().value();
    now.counting = CountingRule(m_counting->currentData().toInt());
    m_table->showTable(studyResults(m_bridge.store(), now), number, m_published->isChecked());
    m_export->setEnabled(!m_table->table().methods.empty());
}

void StudyPanel::exportTable()
{
    const QString suggested =
        m_study->currentText() +
        (m_figure->currentIndex() == TableOne ? QStringLiteral("-table1") : QStringLiteral("-table2")) +
        QStringLiteral(".tex");
    askAndExport(*this, tr("Export table"), suggested, tr("Tables (*.tex *.md *.csv)"), [this](const QString &file) {
        const QString ending = QLatin1Char('.') + QFileInfo(file).suffix().toLower();
        writeFileAtomically(file.toStdString(), tableText(m_table->table(), ending.toStdString()));
    });
}

void StudyPanel::showStudy(const QString &name)
{
    m_study->setCurrentIndex(m_study->findText(name));
}

QStringList StudyPanel::figures() const
{
    QStringList titles;
    for (int i = 0; i < m_figure->count(); ++i)
        titles << m_figure->itemText(i);
    return titles;
}

void StudyPanel::showFigure(int index)
{
    m_figure->setCurrentIndex(index);
}

void StudyPanel::selectRun(std::int64_t run)
{
    m_chart->setSelectedRun(run);
    m_table->selectRun(run);
}

void StudyPanel::edit()
{
    const auto now = study();
    if (!now)
        return;
    auto *dialog = new StudyDialog(m_bridge, *now, m_devices, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &StudyDialog::saved, this, [this](const QString &name) {
        refreshStudies();
        showStudy(name);
        takeRules();
        refresh();
    });
    dialog->open();
}

void StudyPanel::queueMissing()
{
    const auto now = study();
    if (!now)
        return;
    try {
        requireComputable(m_bridge.store(), *now);
        const auto ids = queueStudy(m_bridge.store(), *now);
        m_bridge.wake();
        if (!ids.empty())
            emit queued(ids.front());
    } catch (const Error &error) {
        dialogs::functions().error(this, tr("The study was not queued"), QString::fromUtf8(error.what()));
    }
}

void StudyPanel::cancelRest()
{
    if (const auto now = study())
        study_commands::cancelRest(*this, m_bridge, *now);
}

void StudyPanel::deleteStudy()
{
    if (const auto now = study())
        study_commands::remove(*this, m_bridge, *now);
}

void StudyPanel::exportArchive()
{
    if (const auto now = study())
        library_exchange::exportStudy(*this, m_bridge, *now);
}

void StudyPanel::exportChart()
{
    if (isTable())
        return exportTable();
    static const char *const names[] = {"figure1", "init", "lr"};
    const QString suggested =
        m_study->currentText() + QLatin1Char('-') + QLatin1String(names[m_figure->currentIndex()]) + QStringLiteral(".pdf");
    askAndExportFigure(*this, tr("Export chart"), suggested,
                       [this](const QString &file, int dpi) { m_chart->exportTo(file, dpi); });
}

} // namespace awb
