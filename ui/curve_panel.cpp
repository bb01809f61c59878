#include "ui/curve_panel.h"

#include <algorithm>
#include <utility>

#include <QComboBox>
#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "core/methods/methods.h"
#include "ui/curve_overlay.h"
#include "ui/figure_export.h"
#include "ui/lab_bridge.h"
#include "ui/learning_curve.h"
#include "ui/series_plot.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

namespace {

constexpr std::size_t mostRuns = 50; // more lines cannot be told apart, and their curves take long to read

} // namespace

CurvePanel::CurvePanel(LabBridge &bridge, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_pages(new QStackedWidget(this)), m_curve(new LearningCurve),
      m_overlay(new SeriesPlot(QStringLiteral("overlay"), tr("Learning curves of several runs"))), m_quantity(new QComboBox),
      m_note(new QLabel)
{
    m_quantity->setObjectName(QStringLiteral("curveQuantity"));
    m_quantity->setAccessibleName(tr("What the curves show"));
    m_quantity->addItem(tr("Score on dev"), int(curve_overlay::Quantity::Score));
    m_quantity->addItem(tr("Loss"), int(curve_overlay::Quantity::Loss));
    m_note->setObjectName(QStringLiteral("curveNote"));
    auto *several = new QWidget(this);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 0);
    bar->addWidget(m_quantity);
    bar->addWidget(m_note, 1);
    auto *column = new QVBoxLayout(several);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(bar);
    column->addWidget(m_overlay, 1);
    m_pages->addWidget(m_curve);
    m_pages->addWidget(several);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_pages);
    connect(m_quantity, &QComboBox::currentIndexChanged, this, [this] {
        m_quantityChosen = true;
        showOverlay();
    });
    connect(&bridge, &LabBridge::progress, m_curve, &LearningCurve::append);
    connect(&bridge, &LabBridge::changed, this, &CurvePanel::refresh);
}

void CurvePanel::showRun(std::int64_t id)
{
    const auto run = m_bridge.store().run(id);
    if (!run)
        return;
    m_runs = {id};
    m_left.clear();
    m_pages->setCurrentIndex(0);
    m_curve->setRun(*run, m_bridge.store().measurements(id), tr("Run %1 · %2").arg(id).arg(text(run->spec.dataset)));
    // The dock's title has room for all of it, and is cut with dots where it has not.
    emit titleChanged(tr("Learning curve: %1, seed %2")
                          .arg(text(describe(run->spec.method, int(run->spec.method.sites.size()))))
                          .arg(run->spec.seed));
}

void CurvePanel::showRuns(std::vector<std::int64_t> runs)
{
    if (runs.size() == 1)
        return showRun(runs.front());
    if (runs.empty())
        return;
    std::sort(runs.rbegin(), runs.rend());
    std::vector<std::int64_t> waiting = m_bridge.store().runIds(RunState::Queued);
    std::sort(waiting.begin(), waiting.end());
    std::ranges::stable_partition(runs, [&](std::int64_t id) { return !std::ranges::binary_search(waiting, id); });
    m_finished.clear();
    const auto end = runs.begin() + std::ptrdiff_t(std::min(runs.size(), mostRuns));
    m_left.assign(end, runs.end());
    m_runs.assign(runs.begin(), end);
    m_pages->setCurrentIndex(1);
    showOverlay();
}

void CurvePanel::suggestQuantity(const curve_overlay::Measurements &measurements)
{
    if (m_quantityChosen)
        return;
    // After one epoch there is one score, which makes no curve.
    const bool scored = std::any_of(measurements.begin(), measurements.end(), [](const auto &run) {
        return std::ranges::count(run.second, "dev.loss", &Measurement::name) > 1;
    });
    const QSignalBlocker quiet(m_quantity);
    m_quantity->setCurrentIndex(
        m_quantity->findData(int(scored ? curve_overlay::Quantity::Score : curve_overlay::Quantity::Loss)));
}

void CurvePanel::showOverlay()
{
    std::vector<Run> runs;
    curve_overlay::Measurements measurements;
    m_settled = true;
    for (const std::int64_t id : m_runs) {
        const auto run = m_bridge.store().run(id);
        if (!run)
            continue;
        runs.push_back(*run);
        const bool finished = run->state == RunState::Done;
        const auto known = m_finished.find(id);
        measurements[id] = finished && known != m_finished.end() ? known->second : m_bridge.store().measurements(id);
        if (finished)
            m_finished[id] = measurements[id];
        m_settled &= finished;
    }
    suggestQuantity(measurements);
    const auto quantity = curve_overlay::Quantity(m_quantity->currentData().toInt());
    m_overlay->setChart(curve_overlay::chart(runs, measurements, quantity, {}));
    m_note->setText(m_left.empty() ? tr("%1 runs").arg(m_runs.size())
                                   : tr("the newest %1 of %2 runs").arg(m_runs.size()).arg(m_runs.size() + m_left.size()));
    emit titleChanged(tr("Learning curves of %1 runs").arg(m_runs.size()));
}

void CurvePanel::forgetDeleted()
{
    const auto gone = [this](std::int64_t id) { return !m_bridge.store().run(id); };
    if (std::none_of(m_runs.begin(), m_runs.end(), gone))
        return;
    std::vector<std::int64_t> there = std::exchange(m_runs, {});
    there.insert(there.end(), m_left.begin(), m_left.end());
    std::erase_if(there, gone);
    if (!there.empty())
        return showRuns(std::move(there));
    m_left.clear();
    m_pages->setCurrentIndex(0);
    m_curve->setRun(Run(), {}, {});
    emit titleChanged(tr("Learning curve"));
}

void CurvePanel::refresh()
{
    forgetDeleted();
    const auto running = m_bridge.store().runIds(RunState::Running);
    m_curve->keepOnly(running);
    if (overlaid()) {
        if (!m_settled)
            showOverlay();
        return;
    }
    // Nothing chosen yet: show the run that is being computed.
    if (m_curve->run() == 0 && !running.empty())
        showRun(running.front());
    else
        showRun(m_curve->run());
}

void CurvePanel::exportChart()
{
    ChartWidget &chart = overlaid() ? static_cast<ChartWidget &>(*m_overlay) : *m_curve;
    askAndExportFigure(*this, tr("Export learning curve"),
                       overlaid() ? QStringLiteral("learning-curves.pdf")
                                  : QStringLiteral("run-%1-curve.pdf").arg(m_curve->run()),
                       [&chart](const QString &file, int dpi) { chart.exportTo(file, dpi); });
}

} // namespace awb
