#pragma once

#include <vector>

#include <QWidget>

#include "core/types.h"
#include "ui/device_choice.h"

class QCheckBox;
class QComboBox;
class QFormLayout;

namespace awb {

class NumberField;

/// What all runs of a study share beside epochs and precision. An empty line stands for the value that it shows in grey.
class StudyRecipe : public QWidget {
    Q_OBJECT

public:
    explicit StudyRecipe(const DeviceChoices &devices, QWidget *parent = nullptr);

    void setRecipe(const Recipe &recipe);
    /// `recipe` with what is shown here. Throws Error naming the line that is no number in range.
    Recipe recipe(Recipe recipe) const;

signals:
    void changed();

private:
    struct Line {
        QString label; ///< without its mnemonic
        NumberField *field;
        double Recipe::*real; ///< the one of these two that it holds
        int Recipe::*whole;
    };
    void addLine(QFormLayout &form, const QString &label, const char *name, const QString &meaning, double Recipe::*real,
                 int Recipe::*whole, double least, double most, const QString &usual);
    QCheckBox *check(const char *name, const QString &words, const QString &meaning);

    std::vector<Line> m_lines;
    QCheckBox *m_biasCorrection, *m_partialBatch, *m_plainPath;
    QComboBox *m_device;
};

} // namespace awb
