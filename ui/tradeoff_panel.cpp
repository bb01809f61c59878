#include "ui/tradeoff_panel.h"

#include <algorithm>

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QStyle>
#include <QVBoxLayout>

#include "core/store/study_queue.h"
#include "core/study/costs.h"
#include "ui/cost_text.h"
#include "ui/figure_export.h"
#include "ui/lab_bridge.h"
#include "ui/study_words.h"
#include "ui/tradeoff_published.h"
#include "ui/wording.h"

namespace awb {
namespace {

/// Fills a combo box with names and keeps the choice where it is still there.
void fill(QComboBox &combo, const QStringList &names)
{
    if (names.size() == combo.count()) {
        bool same = true;
        for (int i = 0; i < names.size(); ++i)
            same &= combo.itemText(i) == names[i];
        if (same)
            return;
    }
    const QSignalBlocker blocker(combo);
    const QString chosen = combo.currentText();
    combo.clear();
    combo.addItems(names);
    combo.setCurrentIndex(std::max(0, combo.findText(chosen)));
}

} // namespace

TradeoffPanel::TradeoffPanel(LabBridge &bridge, QWidget *parent) : QWidget(parent), m_bridge(bridge)
{
    m_pages = new QStackedWidget(this);
    m_pages->addWidget(makeWelcome());
    m_pages->addWidget(makeChartPage());
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_pages);
    connect(&bridge, &LabBridge::changed, this, &TradeoffPanel::refresh);
    refresh();
}

QWidget *TradeoffPanel::makeWelcome()
{
    auto *page = new QWidget(this);
    page->setObjectName(QStringLiteral("welcomePage"));
    auto *title = new QLabel(tr("See how few parameters are enough"), page);
    QFont font = title->font();
    font.setPointSizeF(font.pointSizeF() * 1.7);
    font.setBold(true);
    title->setFont(font);
    auto *text =
        new QLabel(tr("Adapters tune a frozen Transformer through small bottleneck layers. The quick study trains five "
                      "ways of tuning on the sample library – adapters of three sizes, the head alone, and the whole "
                      "model – and draws the score of each against its trainable parameters. It takes a few "
                      "minutes on two cores and runs in the background."),
                   page);
    text->setWordWrap(true);
    m_quickStudy = new QPushButton(tr("Run the &quick study"), page);
    m_quickStudy->setObjectName(QStringLiteral("quickStudyButton"));
    m_quickStudy->setDefault(true);
    m_quickStudy->setMinimumHeight(38);
    m_samples = new QPushButton(tr("Only get the sam&ple library"), page);
    m_samples->setObjectName(QStringLiteral("welcomeSamplesButton"));
    m_samples->setMinimumHeight(38);
    for (QPushButton *button : {m_quickStudy, m_samples})
        button->setMinimumWidth(button->sizeHint().width() + 32);
    m_busy = new QLabel(page);
    m_busy->setObjectName(QStringLiteral("welcomeBusyLabel"));
    m_busy->setWordWrap(true);
    auto *own =
        new QLabel(tr("Or bring your own: add a BERT checkpoint and a data set in the library on the left, choose a method "
                      "in the set-up, and add runs to the queue."),
                   page);
    own->setWordWrap(true);
    own->setForegroundRole(QPalette::PlaceholderText);

    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_quickStudy);
    buttons->addWidget(m_samples);
    buttons->addStretch();
    auto *column = new QVBoxLayout;
    column->setSpacing(14);
    column->addStretch(2);
    column->addWidget(title);
    column->addWidget(text);
    column->addLayout(buttons);
    column->addWidget(m_busy);
    column->addWidget(own);
    column->addStretch(3);
    auto *row = new QHBoxLayout(page);
    row->addStretch(1);
    row->addLayout(column, 6);
    row->addStretch(1);
    connect(m_quickStudy, &QPushButton::clicked, this, &TradeoffPanel::quickStudyRequested);
    connect(m_samples, &QPushButton::clicked, this, &TradeoffPanel::samplesRequested);
    return page;
}

QWidget *TradeoffPanel::makeChartPage()
{
    auto *page = new QWidget(this);
    m_chart = new TradeoffPlot(page);
    m_chart->setObjectName(QStringLiteral("tradeoffPlot"));
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(makeBar());
    layout->addWidget(m_chart, 1);
    connect(m_dataset, &QComboBox::currentTextChanged, this, &TradeoffPanel::refresh);
    connect(m_checkpoint, &QComboBox::currentTextChanged, this, &TradeoffPanel::refresh);
    connect(m_study, &QComboBox::currentIndexChanged, this, &TradeoffPanel::refresh);
    connect(m_axis, &QComboBox::currentIndexChanged, this, [this] {
        const auto axis = CostAxis(m_axis->currentData().toInt());
        m_counting->setEnabled(axis == CostAxis::Parameters);
        m_published->setEnabled(axis == CostAxis::Parameters);
        m_chart->setAxis(axis);
    });
    connect(m_counting, &QComboBox::currentIndexChanged, this,
            [this] { m_chart->setCounting(CountingRule(m_counting->currentData().toInt())); });
    connect(m_published, &QComboBox::currentIndexChanged, this, [this] {
        m_chart->setPublished(tradeoff_published::figureOf(m_published->currentData().toString().toStdString()));
    });
    connect(m_seeds, &QCheckBox::toggled, m_chart, &TradeoffPlot::setSeedsShown);
    connect(m_export, &QPushButton::clicked, this, &TradeoffPanel::exportChart);
    connect(m_chart, &TradeoffPlot::runSelected, this, &TradeoffPanel::runSelected);
    return page;
}

QLayout *TradeoffPanel::makeBar()
{
    m_dataset = new QComboBox(this);
    m_dataset->setObjectName(QStringLiteral("chartDataset"));
    m_checkpoint = new QComboBox(this);
    m_checkpoint->setObjectName(QStringLiteral("chartCheckpoint"));
    m_study = new QComboBox(this);
    m_study->setObjectName(QStringLiteral("chartStudy"));
    m_study->addItem(tr("All runs"));
    m_study->setToolTip(tr("Only the runs of a study, with the scores that it selects"));
    m_axis = new QComboBox(this);
    m_axis->setObjectName(QStringLiteral("chartAxis"));
    for (const CostAxis axis : costAxes())
        m_axis->addItem(cost_text::title(axis), int(axis));
    m_axis->setToolTip(tr("What the chart sets the score against"));
    m_counting = new QComboBox(this);
    m_counting->setObjectName(QStringLiteral("chartCounting"));
    study_words::addCountingRules(*m_counting);
    m_counting->setCurrentIndex(m_counting->findData(int(CountingRule::Trained)));
    m_published = new QComboBox(this);
    m_published->setObjectName(QStringLiteral("chartPublished"));
    m_published->setAccessibleName(tr("Published points"));
    m_published->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_published->setMinimumWidth(64);
    m_published->addItem(tr("None published"));
    for (const PublishedFigure *figure : tradeoff_published::figures())
        m_published->addItem(tr("Published: %1").arg(wording::text(figure->task)), wording::text(figure->task));
    m_published->setToolTip(tr("Points of the paper's Figure 4 beside ours"));
    m_seeds = new QCheckBox(tr("Seeds"), this);
    m_seeds->setObjectName(QStringLiteral("chartSeeds"));
    m_seeds->setToolTip(tr("Every run of the points that are means over seeds"));
    m_export = new QPushButton(tr("E&xport…"), this);
    m_export->setObjectName(QStringLiteral("exportChartButton"));
    m_export->setToolTip(exportHint());

    auto *first = new QHBoxLayout, *second = new QHBoxLayout;
    const auto labelled = [this](QHBoxLayout *row, const QString &text, QComboBox *combo) {
        auto *label = new QLabel(text, this);
        label->setBuddy(combo);
        combo->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        combo->setMinimumWidth(64); // long names are cut with dots where there is no room
        row->addWidget(label);
        row->addWidget(combo);
    };
    labelled(first, tr("D&ata set"), m_dataset);
    labelled(first, tr("Checkpoi&nt"), m_checkpoint);
    first->addWidget(m_published);
    first->addStretch();
    first->addWidget(m_export);
    labelled(second, tr("St&udy"), m_study);
    labelled(second, tr("A&gainst"), m_axis);
    labelled(second, tr("Coun&ting"), m_counting);
    second->addWidget(m_seeds);
    second->addStretch();
    auto *bar = new QVBoxLayout;
    bar->setContentsMargins(8, 6, 8, 0);
    bar->addLayout(first);
    bar->addLayout(second);
    return bar;
}

void TradeoffPanel::refreshChoices()
{
    QStringList datasets, checkpoints;
    for (const Manifest &manifest : m_bridge.store().datasets())
        datasets << QString::fromStdString(manifest.name);
    for (const CheckpointEntry &entry : m_bridge.store().checkpoints())
        checkpoints << QString::fromStdString(entry.name);
    // Runs stay when their data set or checkpoint goes, and those of an imported study may come without.
    const auto addTo = [](QStringList &names, const std::string &name) {
        if (!names.contains(QString::fromStdString(name)))
            names << QString::fromStdString(name);
    };
    for (const auto &[dataset, checkpoint] : m_bridge.store().tasksOfRuns()) {
        addTo(datasets, dataset);
        addTo(checkpoints, checkpoint);
    }
    for (const Study &study : m_bridge.store().studies()) {
        addTo(checkpoints, study.checkpoint);
        for (const std::string &dataset : study.datasets)
            addTo(datasets, dataset);
    }
    fill(*m_dataset, datasets);
    fill(*m_checkpoint, checkpoints);
    QStringList studies{tr("All runs")};
    for (const Study &study : m_bridge.store().studies())
        if (study.checkpoint == m_checkpoint->currentText().toStdString() &&
            std::ranges::find(study.datasets, m_dataset->currentText().toStdString()) != study.datasets.end())
            addTo(studies, study.name);
    fill(*m_study, studies);
}

void TradeoffPanel::refresh()
{
    refreshChoices();
    m_pages->setCurrentIndex(m_bridge.store().runIds().empty() ? 0 : 1);
    const QString dataset = m_dataset->currentText(), checkpoint = m_checkpoint->currentText();
    const auto [runs, rule, counting] =
        taskResults(m_bridge.store(), study(), dataset.toStdString(), checkpoint.toStdString());
    const std::pair counted(study(), counting);
    if (std::exchange(m_counted, counted) != counted &&
        !counted.first.empty()) // as in its other charts; then a choice by hand stays
        m_counting->setCurrentIndex(m_counting->findData(int(counting)));
    m_chart->setRuns(runs, dataset.isEmpty() ? QString() : QString(dataset % QStringLiteral(" · ") % checkpoint), rule);
    m_chart->setSelectedRun(m_selected);
    for (QComboBox *combo : {m_dataset, m_checkpoint}) // narrow boxes cut long names
        combo->setToolTip(combo->currentText());
}

/// The chosen study's name; empty: all runs.
std::string TradeoffPanel::study() const
{
    return m_study->currentIndex() > 0 ? m_study->currentText().toStdString() : std::string();
}

bool TradeoffPanel::studyHolds(const Run &run) const
{
    if (run.study != study() || run.state != RunState::Done)
        return run.study == study();
    const auto results = taskResults(m_bridge.store(), study(), run.spec.dataset, run.spec.checkpoint);
    return std::ranges::find(results.runs, run.id, &Run::id) != results.runs.end();
}

void TradeoffPanel::show(const QString &dataset, const QString &checkpoint)
{
    {
        const QSignalBlocker first(*m_dataset), second(*m_checkpoint);
        m_dataset->setCurrentText(dataset);
        m_checkpoint->setCurrentText(checkpoint);
    }
    refresh();
}

void TradeoffPanel::selectRun(std::int64_t run)
{
    m_selected = run;
    const auto found = m_bridge.store().run(run);
    if (found && m_study->currentIndex() > 0 && !studyHolds(*found))
        m_study->setCurrentIndex(0); // where the run has its point
    if (found)
        show(QString::fromStdString(found->spec.dataset), QString::fromStdString(found->spec.checkpoint));
    else
        m_chart->setSelectedRun(run);
}

void TradeoffPanel::exportChart()
{
    const CostAxis axis = CostAxis(m_axis->currentData().toInt());
    const QString against =
        axis == CostAxis::Parameters ? QString() : QString(QLatin1Char('-') % QString::fromStdString(toString(axis)));
    const QString suggested = m_dataset->currentText() % QStringLiteral("-tradeoff") % against % QStringLiteral(".pdf");
    askAndExportFigure(*this, tr("Export chart"), suggested,
                       [this](const QString &file, int dpi) { m_chart->exportTo(file, dpi); });
}

void TradeoffPanel::setBusyText(const QString &sentence)
{
    m_busy->setText(sentence);
    m_quickStudy->setEnabled(sentence.isEmpty());
    m_samples->setEnabled(sentence.isEmpty());
}

} // namespace awb
