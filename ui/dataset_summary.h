#pragma once

#include <QWidget>

#include "ui/dataset_facts.h"

class QTableWidget;

namespace awb {

class BarChart;

/// Parts of a data set as a table, and how its classes (or scores) are spread, as chart and table.
class DatasetSummary : public QWidget {
    Q_OBJECT

public:
    explicit DatasetSummary(QWidget *parent = nullptr);

    void fill(const DatasetFacts &facts);

private:
    void fillParts(const DatasetFacts &facts);
    void fillBalance(const DatasetFacts &facts);
    void fillScores(const DatasetFacts &facts);

    QTableWidget *m_parts, *m_classes;
    BarChart *m_balance;
};

} // namespace awb
