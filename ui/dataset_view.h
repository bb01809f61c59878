#pragma once

#include <filesystem>
#include <memory>

#include "core/data/dataset.h"
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
    void setCheckpoint(const QString &checkpointForLengths); ///< of the data set shown
    using QWidget::show;

private:
    struct Ui;
    void lookAgain() override;
    QString keyOf(const Manifest &manifest) const;
    void read(const Manifest &manifest);
    std::filesystem::path tokenizerFolder() const; ///< empty: the library has no such checkpoint

    LabBridge &m_bridge;
    QString m_dataset, m_checkpoint; ///< names of what is looked at
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
