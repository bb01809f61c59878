#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <QWidget>

#include "core/recipe_limits.h"
#include "core/types.h"
#include "ui/device_choice.h"

class QCheckBox;
class QComboBox;
class QFormLayout;
class QGridLayout;
class QLabel;
class QLineEdit;
class QSpinBox;
class QToolButton;

namespace awb {

class NumberField;

/// The settings of training: learning rate, epochs, batch, length, seeds, precision and device; under "More" those that
/// the paper fixes, each with a mark when it differs from the paper.
class RecipeForm : public QWidget {
    Q_OBJECT

public:
    explicit RecipeForm(const DeviceChoices &devices, QWidget *parent = nullptr);

    /// What is not valid keeps its default; ask problem() first.
    Recipe recipe() const;
    void setRecipe(const Recipe &recipe);
    std::vector<std::uint64_t> seeds() const; ///< empty when they are not valid
    void setSeeds(const std::vector<std::uint64_t> &seeds);
    /// Of the method; taken over unless the user chose another rate than the last suggestion.
    void setSuggestedRate(double rate);
    void setLongest(int tokens); ///< what the model can read
    /// What to correct, as a sentence; empty: nothing.
    QString problem() const;
    /// What is allowed and yet unwise here with adapters of that bottleneck (0: none), in sentences; empty: nothing.
    QString remark(int bottleneck) const;

signals:
    void changed();

private:
    void addMain();
    void addMore();
    void addMoreRow(QFormLayout &form, const QString &label, QWidget *field, const QString &meaning, const QString &paper,
                    std::function<bool(const Recipe &)> differs);
    NumberField *numberField(const char *name, const recipe_limits::Range<double> &limits, double value);
    QSpinBox *spin(const char *name, const recipe_limits::Range<int> &limits, int value);
    void refresh();
    void describePrecision();

    NumberField *m_rate, *m_warmup, *m_initStd, *m_weightDecay, *m_clip, *m_dropout;
    QSpinBox *m_epochs, *m_batch, *m_maxLength, *m_threads;
    QLineEdit *m_seeds;
    QComboBox *m_precision, *m_device;
    QCheckBox *m_biasCorrection, *m_partialBatch, *m_plainPath;
    QToolButton *m_suggest = nullptr, *m_moreButton = nullptr;
    QWidget *m_more;
    QGridLayout *m_grid;
    double m_suggestedRate = 1e-3;
    DeviceChoices m_devices;

    struct Mark {
        QLabel *label;
        std::function<bool(const Recipe &)> differs;
    };
    std::vector<Mark> m_marks;
};

} // namespace awb
