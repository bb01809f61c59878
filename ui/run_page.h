#pragma once

#include <cstdint>
#include <vector>

#include <QWidget>

class QTextBrowser;

namespace awb {

class LabBridge;

/// The page about the chosen run: settings, results, provenance with hashes, confusion matrix. Of two chosen runs: what
/// differs, side by side, and the examples of dev on which they disagree.
class RunPage : public QWidget {
    Q_OBJECT

public:
    explicit RunPage(LabBridge &bridge, QWidget *parent = nullptr);

    void showRuns(std::vector<std::int64_t> runs);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void refresh(); ///< only while one can see it
    void readPredictions();

    LabBridge &m_bridge;
    QTextBrowser *m_text;
    std::vector<std::int64_t> m_runs; ///< ascending
    QString m_facts;                  ///< HTML, as read from the store
    QString m_predictions;            ///< HTML, as read in the background for exactly m_runs
};

} // namespace awb
