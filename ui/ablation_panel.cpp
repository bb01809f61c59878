#include "ui/ablation_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "core/error.h"
#include "core/model/checkpoint.h"
#include "core/store/ablate.h"
#include "core/study/published.h"
#include "ui/ablation_plot.h"
#include "ui/ablation_worker.h"
#include "ui/adapter_drop_plot.h"
#include "ui/adapter_toggles.h"
#include "ui/figure_export.h"
#include "ui/lab_bridge.h"
#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

AblationPanel::AblationPanel(LabBridge &bridge, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_worker(new AblationWorker(bridge.store().home(), this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(makeBar());
    makePages();
    layout->addWidget(m_pages, 1);
    layout->addLayout(makeFooter());
    connect(&bridge, &LabBridge::changed, this, &AblationPanel::refresh);
    connect(m_view, &QComboBox::currentIndexChanged, this, &AblationPanel::refreshPage);
    connect(m_published, &QComboBox::currentIndexChanged, this, [this](int index) { m_map->setPublished(index - 1); });
    connect(m_export, &QPushButton::clicked, this, &AblationPanel::exportChart);
    connect(m_compute, &QPushButton::clicked, this, &AblationPanel::computeOrCancel);
    connect(m_worker, &AblationWorker::mapProgress, this,
            [this](std::int64_t, double share) { m_progress->setValue(qRound(100 * share)); });
    connect(m_worker, &AblationWorker::mapEnded, this, [this](std::int64_t run, const QString &error) {
        if (!error.isEmpty())
            m_failures[run] = error;
        refresh();
    });
    refresh();
}

QLayout *AblationPanel::makeBar()
{
    m_view = new QComboBox(this);
    m_view->setObjectName(QStringLiteral("ablationView"));
    m_view->addItems({tr("Heat map"), tr("Lowest layers dropped"), tr("Switch adapters")});
    m_published = new QComboBox(this);
    m_published->setObjectName(QStringLiteral("publishedMap"));
    m_published->setToolTip(text(publishedSource()));
    m_published->addItem(tr("none"));
    for (const PublishedAblation &map : publishedAblations())
        m_published->addItem(tr("%1, %2").arg(text(map.task), text(map.backbone)));
    m_export = new QPushButton(tr("Export…"), this);
    m_export->setObjectName(QStringLiteral("exportAblationButton"));
    m_export->setToolTip(exportHint());
    auto *viewLabel = new QLabel(tr("Sho&w"), this);
    viewLabel->setBuddy(m_view);
    m_publishedLabel = new QLabel(tr("&Published map"), this);
    m_publishedLabel->setBuddy(m_published);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 6, 8, 0);
    for (QComboBox *combo : {m_view, m_published}) {
        combo->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        combo->setMinimumWidth(80); // long names are cut with dots where there is no room
        bar->addWidget(combo == m_view ? viewLabel : m_publishedLabel);
        bar->addWidget(combo);
    }
    bar->addStretch();
    bar->addWidget(m_export);
    return bar;
}

void AblationPanel::makePages()
{
    m_map = new AblationPlot;
    m_drop = new AdapterDropPlot;
    m_toggles = new AdapterToggles(*m_worker);
    m_message = makeMessage(QStringLiteral("ablationMessage"), {});
    m_pages = new QStackedWidget(this);
    for (QWidget *page : std::initializer_list<QWidget *>{m_map, m_drop, m_toggles, m_message})
        m_pages->addWidget(page);
}

QLayout *AblationPanel::makeFooter()
{
    m_state = new QLabel(this);
    m_state->setObjectName(QStringLiteral("ablationState"));
    m_state->setTextFormat(Qt::PlainText);
    m_state->setWordWrap(true);
    m_progress = new QProgressBar(this);
    m_progress->setObjectName(QStringLiteral("ablationProgress"));
    m_progress->setAccessibleName(tr("Progress of the ablation map"));
    m_progress->setMaximumWidth(160);
    m_compute = new QPushButton(this);
    m_compute->setObjectName(QStringLiteral("computeAblationButton"));
    auto *footer = new QHBoxLayout;
    footer->setContentsMargins(8, 0, 8, 6);
    footer->addWidget(m_state, 1);
    footer->addWidget(m_progress);
    footer->addWidget(m_compute);
    return footer;
}

QStringList AblationPanel::views() const
{
    return {tr("Ablation: heat map"), tr("Ablation: lowest layers dropped"), tr("Ablation: switch adapters")};
}

void AblationPanel::showView(int index)
{
    m_view->setCurrentIndex(index);
}

void AblationPanel::selectRun(std::int64_t run)
{
    if (run == m_run)
        return;
    m_run = run;
    refresh();
}

void AblationPanel::refresh()
{
    Store &store = m_bridge.store();
    const auto run = store.run(m_run);
    m_problem = m_run == 0 ? tr("Choose a run in the table of runs to see which of its adapters matter.")
                           : text(whyNoAblation(store, m_run));
    const auto map = run ? store.ablation(m_run) : std::nullopt;
    m_hasMap = map.has_value();
    m_map->setMap(map, run.value_or(Run()));
    m_drop->setMap(map, run.value_or(Run()));
    refreshRun();
    refreshPage();
}

void AblationPanel::refreshRun()
{
    if (!m_problem.isEmpty())
        return;
    try {
        Store &store = m_bridge.store();
        const Run run = store.run(m_run).value();
        const Manifest task = store.dataset(run.spec.dataset);
        const int outputs = task.task == Task::Regression ? 1 : int(task.classes.size());
        m_toggles->setRun(run, readShape(store.resolve(store.checkpoint(run.spec.checkpoint).folder)), outputs);
    } catch (const Error &error) {
        m_problem = QString::fromUtf8(error.what());
    }
}

AblationPanel::View AblationPanel::view() const
{
    return View(m_view->currentIndex());
}

QString AblationPanel::message() const
{
    if (view() == Toggles || !m_problem.isEmpty())
        return m_hasMap && view() != Toggles ? QString() : m_problem;
    if (m_hasMap)
        return {};
    if (const auto failure = m_failures.find(m_run); failure != m_failures.end())
        return failure->second;
    if (m_worker->mapRun() == m_run)
        return tr("The adapters of each span of layers are taken out in turn. You can go on working meanwhile.");
    return tr("Which adapters does run %1 need? The map shows what the dev score loses without those of each span of "
              "layers, as in Figure 6 of the paper. Nothing is trained for it, and it is kept.")
        .arg(m_run);
}

void AblationPanel::refreshPage()
{
    const QString words = message();
    m_message->setText(words);
    m_pages->setCurrentIndex(words.isEmpty() ? int(view()) : m_pages->indexOf(m_message));
    m_published->setVisible(view() == Map);
    m_publishedLabel->setVisible(view() == Map);
    m_export->setVisible(view() != Toggles);
    m_export->setEnabled(m_hasMap);
    refreshFooter();
}

void AblationPanel::refreshFooter()
{
    const bool computing = m_worker->mapRun() != 0, ours = m_worker->mapRun() == m_run;
    m_progress->setVisible(computing);
    m_compute->setVisible(computing || (!m_hasMap && m_problem.isEmpty() && view() != Toggles));
    m_compute->setText(computing ? tr("Ca&ncel") : tr("Comp&ute"));
    if (computing)
        m_state->setText(ours ? tr("Computing the map …") : tr("Computing the map of run %1 …").arg(m_worker->mapRun()));
    else if (m_hasMap && view() == Map)
        m_state->setText(tr("Change of the dev score without the adapters of a span of layers; nothing is trained again."));
    else if (m_hasMap && view() == Drop) {
        const auto map = m_bridge.store().ablation(m_run);
        m_state->setText(map ? AdapterDropPlot::timesNote(*map) : QString());
    } else
        m_state->clear();
}

void AblationPanel::computeOrCancel()
{
    if (m_worker->mapRun() != 0)
        return m_worker->stopMap();
    m_failures.erase(m_run);
    m_progress->setValue(0);
    m_worker->computeMap(m_run);
    refreshPage();
}

void AblationPanel::exportChart()
{
    const bool map = view() == Map;
    const QString suggested =
        QStringLiteral("run-%1-%2.pdf").arg(m_run).arg(map ? QStringLiteral("ablation") : QStringLiteral("adapterdrop"));
    askAndExportFigure(*this, tr("Export chart"), suggested, [&](const QString &file, int dpi) {
        if (map)
            m_map->exportTo(file, dpi);
        else
            m_drop->exportTo(file, dpi);
    });
}

} // namespace awb
