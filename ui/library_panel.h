#pragma once

#include <memory>

#include <QWidget>

namespace awb {

class LabBridge;

/// Checkpoints and data sets of the library as a tree; adding (folder, file, import dialog), removing with confirmation,
/// and the button that fetches the sample library. Empty: says what to do next.
class LibraryPanel : public QWidget {
    Q_OBJECT

public:
    explicit LibraryPanel(LabBridge &bridge, QWidget *parent = nullptr);
    ~LibraryPanel() override;

public slots:
    void fetchSamples();     ///< in the background; emits samplesReady or shows the error
    void addCheckpoint();    ///< a folder
    void addDataset();       ///< a file: recognised, or through the import dialog
    void addDatasetFolder(); ///< a folder with train, dev and test files: recognised, or through the import dialog

signals:
    void checkpointChosen(const QString &name);
    void datasetChosen(const QString &name);
    void samplesReady();
    void samplesFailed();                        ///< the error has been shown
    void fetchProgress(const QString &sentence); ///< of a running fetch

protected:
    void changeEvent(QEvent *event) override; // theme

private:
    struct Ui;
    LabBridge &m_bridge;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
