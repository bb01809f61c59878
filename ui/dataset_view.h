#pragma once

#include <memory>

#include "ui/browser_view.h"

namespace awb {

class LabBridge;

/// Browser of one data set: rows of each part (read page by page), class balance, token-length histogram with the share
/// truncated at the chosen length, duplicates, conflicting labels, rows shared between train and dev. Loads on a worker.
class DatasetView : public BrowserView {
    Q_OBJECT

public:
    explicit DatasetView(LabBridge &bridge, QWidget *parent = nullptr);
    ~DatasetView() override;

    void show(const QString &dataset, const QString &checkpointForLengths);
    using QWidget::show;

private:
    struct Ui;
    LabBridge &m_bridge;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
