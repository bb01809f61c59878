#pragma once

#include <atomic>
#include <cstdint>

#include <QThreadPool>
#include <QWidget>

#include "core/study/result_table.h"

class QComboBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace awb {

class LabBridge;

/// Table 1 or 2 of a study, with scores on dev or on test; a selected run is marked in its cell. Scores on test that are
/// missing are computed in the background when asked for.
class StudyTable : public QWidget {
    Q_OBJECT

public:
    explicit StudyTable(LabBridge &bridge, QWidget *parent = nullptr);
    ~StudyTable() override; ///< stops the scoring and waits for it

    void showTable(const StudyResults &results, int number, bool published);
    const ResultTable &table() const { return m_table; }
    void selectRun(std::int64_t run);

signals:
    void runSelected(std::int64_t run);
    void partChanged(); ///< dev or test: wants to be shown again
    void scoring(int done, int of);

private:
    void fill(); ///< keeps the current cell and what is scrolled to
    void fillCells();
    void mark();
    void chooseCell();
    void refreshTest();
    void scoreOrStop();
    void changeEvent(QEvent *event) override;

    LabBridge &m_bridge;
    Study m_study;
    ResultTable m_table;
    std::int64_t m_selected = 0;
    QComboBox *m_part;
    QTableWidget *m_grid;
    QLabel *m_caption, *m_test;
    QPushButton *m_score;
    bool m_busy = false;
    QString m_outcome; ///< sentences of the last scoring on test
    std::atomic<bool> m_stop = false;
    QThreadPool m_pool; ///< last: joined first
};

} // namespace awb
