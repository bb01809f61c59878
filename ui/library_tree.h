#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <QTreeWidget>

#include "core/store/store.h"

namespace awb {

/// Checkpoints and data sets with a few facts of each. What a checkpoint's config.json says is read on a worker.
class LibraryTree : public QTreeWidget {
    Q_OBJECT

public:
    enum Kind { CheckpointItem = QTreeWidgetItem::UserType + 1, DatasetItem };

    explicit LibraryTree(QWidget *parent = nullptr);

    /// False when nothing differs from what is shown. Keeps the selection.
    bool setEntries(std::vector<CheckpointEntry> checkpoints, std::vector<Manifest> datasets,
                    const std::function<std::filesystem::path(const std::string &)> &resolve);
    bool isEmpty() const { return m_checkpoints.empty() && m_datasets.empty(); }
    void select(int kind, const QString &name);
    int currentKind() const; ///< Kind, or 0: none
    QString currentName() const;

protected:
    void changeEvent(QEvent *event) override; // theme

private:
    void fill();
    void readFacts();
    void showTheme();

    std::vector<CheckpointEntry> m_checkpoints;
    std::vector<std::filesystem::path> m_folders; ///< of m_checkpoints
    std::vector<Manifest> m_datasets;
    std::map<std::string, QString> m_facts; ///< of checkpoints, by folder
};

} // namespace awb
