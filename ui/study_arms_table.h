#pragma once

#include <vector>

#include <QTableWidget>

#include "core/study/study.h"

namespace awb {

/// The methods of a study, a row each, with the values that they are swept over as lists of numbers: "1, 8, 64". An empty
/// cell stands for the method's own value.
class StudyArmsTable : public QTableWidget {
    Q_OBJECT

public:
    explicit StudyArmsTable(QWidget *parent = nullptr);

    /// `initStd`: what an arm without one has.
    void setArms(const std::vector<StudyArm> &arms, double initStd);
    void setInitStd(double initStd);
    /// Throws Error naming the cell that is no list of numbers.
    std::vector<StudyArm> arms() const;
    void addArm(const StudyArm &arm);
    void removeChosen();

signals:
    void changed();

private:
    StudyArm arm(int row) const;
    void enableCells(int row);

    double m_initStd = Recipe().initStd;
};

} // namespace awb
