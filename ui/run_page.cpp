#include "ui/run_page.h"

#include <algorithm>

#include <QScrollBar>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "core/store/store.h"
#include "ui/background.h"
#include "ui/lab_bridge.h"
#include "ui/run_words.h"

namespace awb {

RunPage::RunPage(LabBridge &bridge, QWidget *parent) : QWidget(parent), m_bridge(bridge), m_text(new QTextBrowser(this))
{
    m_text->setObjectName(QStringLiteral("runText"));
    m_text->setAccessibleName(tr("About the chosen runs"));
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->document()->setDocumentMargin(12);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_text);
    connect(&bridge, &LabBridge::changed, this, &RunPage::refresh);
}

void RunPage::showRuns(std::vector<std::int64_t> runs)
{
    std::sort(runs.begin(), runs.end());
    if (runs == m_runs)
        return;
    m_runs = std::move(runs);
    m_facts.clear();
    m_predictions.clear();
    refresh();
}

void RunPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    refresh();
}

void RunPage::refresh()
{
    if (!isVisible())
        return;
    std::vector<run_words::RunFacts> facts;
    for (const std::int64_t id : m_runs.size() > 2 ? std::vector<std::int64_t>() : m_runs)
        if (const auto run = m_bridge.store().run(id))
            facts.push_back(run_words::factsOf(*run, m_bridge.store().measurements(id)));
    const QString html =
        m_runs.size() > 2 ? tr("<p>%1 runs are selected. Choose one to see its settings, results and provenance, or two "
                               "to see them side by side.</p>")
                                .arg(m_runs.size())
        : facts.empty() ? tr("<p>Choose a run in the table to see its settings, results and provenance, or two "
                             "runs (with Ctrl) to see them side by side.</p>")
                        : run_words::facts(facts);
    if (facts.size() != m_runs.size()) // one was deleted, or there are too many
        m_predictions.clear();
    if (html == m_facts)
        return; // so that the page does not move under the reader
    m_facts = html;
    m_text->setHtml(m_facts + m_predictions);
    if (!facts.empty() && m_predictions.isEmpty())
        readPredictions();
}

void RunPage::readPredictions()
{
    inBackground(
        this,
        [home = m_bridge.store().home(), ids = m_runs] {
            const Store store(home);
            std::vector<Run> runs;
            for (const std::int64_t id : ids)
                if (const auto run = store.run(id))
                    runs.push_back(*run);
            return runs.size() == ids.size() ? run_words::predictions(runs, devOutcome(store, runs)) : QString();
        },
        [this, ids = m_runs](const Outcome<QString> &outcome) {
            if (ids != m_runs)
                return; // another choice was made meanwhile
            const QString html =
                outcome.error.isEmpty() ? outcome.value : QStringLiteral("<p>%1</p>").arg(outcome.error.toHtmlEscaped());
            m_predictions = outcome.error.isEmpty() ? html : QString(); // a run that is not done yet may have them later
            const int place = m_text->verticalScrollBar()->value();
            m_text->setHtml(m_facts + html);
            m_text->verticalScrollBar()->setValue(place);
        });
}

} // namespace awb
