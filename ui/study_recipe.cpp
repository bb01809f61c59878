#include "ui/study_recipe.h"

#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>

#include "core/error.h"
#include "core/recipe_limits.h"
#include "ui/number_field.h"

namespace awb {

StudyRecipe::StudyRecipe(const DeviceChoices &devices, QWidget *parent) : QWidget(parent)
{
    auto *left = new QFormLayout, *right = new QFormLayout;
    const auto real = [&](QFormLayout *form, const QString &label, const char *name, double Recipe::*value,
                          const recipe_limits::Range<double> &limits, const QString &meaning, const QString &usual = {}) {
        addLine(*form, label, name, meaning, value, nullptr, limits.least, limits.most, usual);
    };
    const auto whole = [&](QFormLayout *form, const QString &label, const char *name, int Recipe::*value,
                           const recipe_limits::Range<int> &limits, const QString &meaning, const QString &usual = {}) {
        addLine(*form, label, name, meaning, nullptr, value, limits.least, limits.most, usual);
    };
    whole(left, tr("&Batch"), "studyBatch", &Recipe::batch, recipe_limits::batch,
          tr("Examples per step. The paper uses 32."));
    whole(left, tr("Max. &length"), "studyMaxLength", &Recipe::maxLength, recipe_limits::maxLength,
          tr("Tokens per example, special tokens included; longer texts are cut."));
    real(left, tr("&Warm-up share"), "studyWarmup", &Recipe::warmup, recipe_limits::warmup,
         tr("Share of all steps in which the learning rate rises from 0 to its peak."));
    real(left, tr("&Initialisation σ"), "studyInitStd", &Recipe::initStd, recipe_limits::initStd,
         tr("Standard deviation that adapters start from, where the methods name none."));
    real(left, tr("Weight deca&y"), "studyWeightDecay", &Recipe::weightDecay, recipe_limits::weightDecay,
         tr("Decoupled decay of trained weights; LayerNorms and biases are not decayed."));
    real(left, tr("Gr&adient clipping"), "studyClip", &Recipe::clip, recipe_limits::clip,
         tr("Largest global norm of the gradient; 0 switches clipping off."));
    real(right, tr("D&ropout"), "studyDropout", &Recipe::dropout, recipe_limits::dropout,
         tr("Hidden and attention dropout; empty: the checkpoint's own."), tr("of the checkpoint"));
    m_biasCorrection = check("studyBiasCorrection", tr("in Adam"),
                             tr("Adam's correction of its first steps; BERT's optimizer has none. Without it short runs of "
                                "large adapters can fail."));
    right->addRow(tr("Bias correction"), m_biasCorrection);
    m_partialBatch = check("studyPartialBatch", tr("train on it"),
                           tr("Train on the last batch of an epoch even when it is not full. The paper drops it."));
    right->addRow(tr("Last, smaller batch"), m_partialBatch);
    m_device = new QComboBox;
    m_device->setObjectName(QStringLiteral("studyDevice"));
    m_device->setToolTip(tr("Where the runs are computed."));
    for (const DeviceChoice &device : devices)
        m_device->addItem(device.text, device.name);
    m_device->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_device->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_device, &QComboBox::currentIndexChanged, this, &StudyRecipe::changed);
    right->addRow(tr("&Device"), m_device);
    whole(right, tr("CPU t&hreads"), "studyThreads", &Recipe::threads, recipe_limits::threads,
          tr("Processor cores that a run may use. Runs with a number of their own are computed one at a time."),
          tr("all cores"));
    m_plainPath =
        check("studyPlainPath", tr("LibTorch's autograd"), tr("Compute on the plain path even where the fast path serves."));
    right->addRow(tr("Plain path"), m_plainPath);

    auto *layout = new QHBoxLayout(this);
    layout->addLayout(left, 1);
    layout->addSpacing(16);
    layout->addLayout(right, 1);
}

void StudyRecipe::addLine(QFormLayout &form, const QString &label, const char *name, const QString &meaning,
                          double Recipe::*real, int Recipe::*whole, double least, double most, const QString &usual)
{
    const Recipe standard;
    auto *field = new NumberField(least, most);
    field->setObjectName(QLatin1String(name));
    field->setToolTip(meaning);
    field->setPlaceholderText(!usual.isEmpty() ? usual : NumberField::textOf(real ? standard.*real : standard.*whole));
    connect(field, &QLineEdit::textChanged, this, &StudyRecipe::changed);
    form.addRow(label, field);
    m_lines.push_back({QString(label).remove(QLatin1Char('&')), field, real, whole});
}

QCheckBox *StudyRecipe::check(const char *name, const QString &words, const QString &meaning)
{
    auto *box = new QCheckBox(words);
    box->setObjectName(QLatin1String(name));
    box->setToolTip(meaning);
    connect(box, &QCheckBox::toggled, this, &StudyRecipe::changed);
    return box;
}

void StudyRecipe::setRecipe(const Recipe &recipe)
{
    const Recipe standard;
    for (const Line &line : m_lines) {
        const double value = line.real ? recipe.*line.real : recipe.*line.whole;
        if (value == (line.real ? standard.*line.real : standard.*line.whole))
            line.field->clear();
        else
            line.field->setValue(value);
    }
    m_biasCorrection->setChecked(recipe.biasCorrection);
    m_partialBatch->setChecked(recipe.partialBatch);
    m_plainPath->setChecked(recipe.plainPath);
    const QString device = QString::fromStdString(recipe.device);
    if (m_device->findData(device) < 0)
        m_device->addItem(recipe.device == standard.device ? device : tr("%1 (not here)").arg(device), device);
    m_device->setCurrentIndex(m_device->findData(device));
}

Recipe StudyRecipe::recipe(Recipe recipe) const
{
    const Recipe standard;
    for (const Line &line : m_lines) {
        const bool empty = line.field->text().trimmed().isEmpty();
        const auto value = line.field->value();
        if (!empty && (!value || (line.whole && *value != std::floor(*value)))) {
            const NumberField &field = *line.field;
            const QString range =
                tr("from %1 to %2").arg(NumberField::textOf(field.minimum()), NumberField::textOf(field.maximum()));
            throw Error(tr("%1: “%2” is no %3 %4.")
                            .arg(line.label, field.text().trimmed(), line.whole ? tr("whole number") : tr("number"), range)
                            .toStdString());
        }
        if (line.real)
            recipe.*line.real = empty ? standard.*line.real : *value;
        else
            recipe.*line.whole = empty ? standard.*line.whole : int(*value);
    }
    recipe.biasCorrection = m_biasCorrection->isChecked();
    recipe.partialBatch = m_partialBatch->isChecked();
    recipe.plainPath = m_plainPath->isChecked();
    recipe.device = m_device->currentData().toString().toStdString();
    return recipe;
}

} // namespace awb
