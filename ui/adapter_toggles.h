#pragma once

#include <optional>
#include <vector>

#include <QWidget>

#include "core/types.h"

class QLabel;
class QPushButton;

namespace awb {

class AblationWorker;
class ModelStack;

/// A trained run's model with its adapters as toggles, and the dev score that follows them.
class AdapterToggles : public QWidget {
    Q_OBJECT

public:
    explicit AdapterToggles(AblationWorker &worker, QWidget *parent = nullptr);

    /// `classes`: of the task; for the size of the head in tooltips.
    void setRun(const Run &run, const ModelShape &shape, int classes);
    void setSites(const std::vector<LayerSites> &sites); ///< those without an adapter stay off

protected:
    void showEvent(QShowEvent *event) override;

private:
    void take(); ///< what the stack shows
    void ask();  ///< for the score, while it is seen
    void answered(std::int64_t run, double score, double seconds, const QString &error);

    AblationWorker &m_worker;
    ModelStack *m_stack;
    QLabel *m_title, *m_score, *m_change, *m_note;
    QPushButton *m_on, *m_off;
    Run m_run;
    ModelShape m_shape;
    std::vector<LayerSites> m_exists, m_sites;
    int m_classes = 2;
    std::optional<std::vector<LayerSites>> m_asked; ///< answered, or under way
};

} // namespace awb
