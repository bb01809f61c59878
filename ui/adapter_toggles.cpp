#include "ui/adapter_toggles.h"

#include <cmath>

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "core/methods/parameters.h"
#include "ui/ablation_worker.h"
#include "ui/chart_text.h"
#include "ui/model_stack.h"
#include "ui/run_words.h"
#include "ui/setup_widgets.h"

namespace awb {

namespace {

QString countText(const std::vector<LayerSites> &sites)
{
    int on = 0;
    for (const LayerSites &layer : sites)
        on += int(layer.attention) + int(layer.feedForward);
    return QString::number(on);
}

} // namespace

AdapterToggles::AdapterToggles(AblationWorker &worker, QWidget *parent) : QWidget(parent), m_worker(worker)
{
    m_stack = new ModelStack;
    m_stack->setObjectName(QStringLiteral("ablationStack"));
    m_stack->setAccessibleName(tr("Adapters of the trained run"));
    auto *scroll = new UprightScrollArea(m_stack, "ablationStackScroll");
    m_title = new QLabel(this);
    m_title->setObjectName(QStringLiteral("liveTitle"));
    m_score = new QLabel(this);
    m_score->setObjectName(QStringLiteral("liveScore"));
    QFont large = m_score->font();
    large.setPointSizeF(2.2 * large.pointSizeF());
    large.setBold(true);
    m_score->setFont(large);
    m_change = new QLabel(this);
    m_change->setObjectName(QStringLiteral("liveChange"));
    m_note = new QLabel(this);
    m_note->setObjectName(QStringLiteral("liveNote"));
    m_note->setForegroundRole(QPalette::PlaceholderText);
    for (QLabel *label : {m_title, m_score, m_change, m_note})
        label->setWordWrap(true);
    m_on = new QPushButton(tr("&All on"), this);
    m_on->setObjectName(QStringLiteral("allAdaptersOnButton"));
    m_off = new QPushButton(tr("All off"), this);
    m_off->setObjectName(QStringLiteral("allAdaptersOffButton"));

    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_on);
    buttons->addWidget(m_off);
    buttons->addStretch();
    auto *side = new QVBoxLayout;
    side->setContentsMargins(8, 8, 8, 8);
    side->addWidget(m_title);
    side->addWidget(m_score);
    side->addWidget(m_change);
    side->addLayout(buttons);
    side->addWidget(m_note);
    side->addStretch();
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll, 3);
    layout->addLayout(side, 2);

    connect(m_stack, &ModelStack::sitesChanged, this, &AdapterToggles::take);
    connect(m_stack, &ModelStack::currentMoved, scroll, [scroll](const QRect &site) {
        scroll->ensureVisible(site.center().x(), site.center().y(), 0, 2 * site.height());
    });
    connect(m_on, &QPushButton::clicked, this, [this] { setSites(m_exists); });
    connect(m_off, &QPushButton::clicked, this, [this] {
        setSites(std::vector<LayerSites>(m_exists.size(), LayerSites{false, false}));
    });
    connect(&worker, &AblationWorker::scored, this, &AdapterToggles::answered);
}

void AdapterToggles::setRun(const Run &run, const ModelShape &shape, int classes)
{
    if (run.id == m_run.id && shape == m_shape)
        return;
    m_run = run;
    m_shape = shape;
    m_classes = classes;
    m_exists.clear();
    for (int i = 0; i < shape.layers; ++i)
        m_exists.push_back(sitesOf(run.spec.method, i));
    m_asked.reset();
    m_title->setText(run_words::title(run, shape.layers));
    for (QLabel *label : {m_score, m_change, m_note}) // of the run before
        label->clear();
    setSites(m_exists);
}

void AdapterToggles::setSites(const std::vector<LayerSites> &sites)
{
    m_sites = sites;
    m_sites.resize(m_exists.size());
    for (std::size_t i = 0; i < m_sites.size(); ++i)
        m_sites[i] = {m_sites[i].attention && m_exists[i].attention, m_sites[i].feedForward && m_exists[i].feedForward};
    Method shown = m_run.spec.method;
    shown.sites = m_sites;
    const QSignalBlocker quiet(m_stack);
    m_stack->setModel(m_shape, shown, m_classes);
    ask();
}

void AdapterToggles::take()
{
    const std::vector<LayerSites> wanted = m_stack->sites();
    setSites(wanted);
    if (m_sites != wanted)
        m_note->setText(tr("The run has no adapter at that place."));
}

void AdapterToggles::ask()
{
    if (!isVisible() || m_exists.empty() || m_asked == m_sites)
        return;
    m_asked = m_sites;
    m_note->setText(tr("Computing …"));
    for (QLabel *label : {m_score, m_change}) // still the score of the switches before
        label->setEnabled(false);
    m_worker.score(m_run.id, m_sites);
}

void AdapterToggles::answered(std::int64_t run, double score, double seconds, const QString &error)
{
    if (run != m_run.id)
        return;
    for (QLabel *label : {m_score, m_change})
        label->setEnabled(true);
    if (!error.isEmpty()) {
        m_asked.reset();
        m_score->clear();
        m_change->clear();
        m_note->setText(error);
        return;
    }
    const std::string &metric = m_run.metric;
    m_score->setText(std::isfinite(score) ? chart_text::score(metric, score) : tr("not a number"));
    const QString on =
        tr("%1 with %2 of %3 adapters on").arg(chart_text::metricTitle(metric), countText(m_sites), countText(m_exists));
    m_change->setText(m_run.score && m_sites != m_exists
                          ? on + tr(", change %1").arg(chart_text::difference(metric, score - *m_run.score))
                          : on);
    m_note->setText(tr("Click an adapter to switch it. The score took %1 s: what lies below the lowest change is not "
                       "computed again.")
                        .arg(seconds, 0, 'f', 2));
}

void AdapterToggles::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    ask();
}

} // namespace awb
