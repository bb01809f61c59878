#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <QWidget>

class QTableWidget;
class QTableWidgetItem;

namespace awb {

/// The labels of a file with their counts, and the class that each becomes: the same class merges, an empty one drops.
class ImportLabels : public QWidget {
    Q_OBJECT

public:
    explicit ImportLabels(QWidget *parent = nullptr);

    void fill(const std::vector<std::pair<std::string, std::size_t>> &labels,
              const std::map<std::string, std::string> &merge);

signals:
    void edited(const std::string &rawLabel, const std::string &className);

private:
    void itemChanged(QTableWidgetItem *item);

    QTableWidget *m_table;
    std::vector<std::pair<std::string, std::size_t>> m_labels;
    bool m_filling = false;
};

} // namespace awb
