#include "ui/recipe_form.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QSpinBox>
#include <QStyle>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/error.h"
#include "core/spec_json.h"
#include "core/methods/train_command.h"
#include "ui/number_field.h"

namespace awb {

RecipeForm::RecipeForm(const DeviceChoices &devices, QWidget *parent) : QWidget(parent), m_devices(devices)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_grid = new QGridLayout;
    layout->addLayout(m_grid);
    addMain();

    m_moreButton = new QToolButton;
    m_moreButton->setObjectName(QStringLiteral("moreButton"));
    m_moreButton->setCheckable(true);
    m_moreButton->setAutoRaise(true);
    m_moreButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_moreButton->setArrowType(Qt::RightArrow);
    layout->addWidget(m_moreButton);
    m_more = new QWidget;
    m_more->setObjectName(QStringLiteral("moreSettings"));
    m_more->hide();
    layout->addWidget(m_more);
    addMore();
    connect(m_moreButton, &QToolButton::toggled, this, [this](bool open) {
        m_more->setVisible(open);
        m_moreButton->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
        if (open) // when it has its place
            QTimer::singleShot(0, this, [this] {
                for (QWidget *parent = parentWidget(); parent; parent = parent->parentWidget())
                    if (auto *area = qobject_cast<QScrollArea *>(parent))
                        area->ensureWidgetVisible(m_more);
            });
    });
    refresh();
}

NumberField *RecipeForm::numberField(const char *name, const recipe_limits::Range<double> &limits, double value)
{
    auto *field = new NumberField(limits.least, limits.most);
    field->setObjectName(QLatin1String(name));
    field->setValue(value);
    connect(field, &QLineEdit::textChanged, this, &RecipeForm::refresh);
    return field;
}

QSpinBox *RecipeForm::spin(const char *name, const recipe_limits::Range<int> &limits, int value)
{
    auto *box = new QSpinBox;
    box->setObjectName(QLatin1String(name));
    box->setRange(limits.least, limits.most);
    box->setValue(value);
    connect(box, &QSpinBox::valueChanged, this, &RecipeForm::refresh);
    return box;
}

void RecipeForm::addMain()
{
    const Recipe standard;
    m_rate = numberField("learningRateEdit", recipe_limits::learningRate, standard.learningRate);
    m_rate->setToolTip(tr("Peak learning rate, reached at the end of warm-up; 1e-3 and 0.001 are the same."));
    m_suggest = new QToolButton;
    m_suggest->setObjectName(QStringLiteral("suggestButton"));
    m_suggest->setAutoRaise(true);
    m_suggest->setToolTip(tr("Take the learning rate that usually suits this method."));
    connect(m_suggest, &QToolButton::clicked, this, [this] { m_rate->setValue(m_suggestedRate); });
    m_epochs = spin("epochsSpin", recipe_limits::epochs, standard.epochs);
    m_epochs->setToolTip(tr("How often training goes through the data set."));
    m_batch = spin("batchSpin", recipe_limits::batch, standard.batch);
    m_batch->setToolTip(tr("Examples per step. The paper uses 32."));
    m_maxLength = spin("maxLengthSpin", recipe_limits::maxLength, standard.maxLength);
    m_maxLength->setToolTip(
        tr("Tokens per example, special tokens included; longer texts are cut. 128 is the default of the paper's code."));
    m_seeds = new QLineEdit(QStringLiteral("0"));
    m_seeds->setObjectName(QStringLiteral("seedsEdit"));
    m_seeds->setToolTip(tr("One run for each seed: 0, 0-2 or 0,1,5. The seed sets data order, initialisation and dropout."));
    connect(m_seeds, &QLineEdit::textChanged, this, &RecipeForm::refresh);
    m_precision = new QComboBox;
    m_precision->setObjectName(QStringLiteral("precisionCombo"));
    for (const Precision precision : {Precision::Float32, Precision::BFloat16})
        m_precision->addItem(QString::fromStdString(toString(precision)), int(precision));
    m_device = new QComboBox;
    m_device->setObjectName(QStringLiteral("deviceCombo"));
    m_device->setToolTip(tr("Where the run is computed."));
    m_device->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    for (const DeviceChoice &device : m_devices)
        m_device->addItem(device.text, device.name);
    connect(m_device, &QComboBox::currentIndexChanged, this, &RecipeForm::describePrecision);
    describePrecision();
    for (QComboBox *combo : {m_precision, m_device}) {
        combo->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        connect(combo, &QComboBox::currentIndexChanged, this, &RecipeForm::refresh);
    }

    const auto add = [this](int row, int column, const QString &text, QWidget *field, int columns = 1) {
        auto *label = new QLabel(text);
        label->setBuddy(field);
        m_grid->addWidget(label, row, 2 * column);
        m_grid->addWidget(field, row, 2 * column + 1, 1, columns);
    };
    add(0, 0, tr("&Learning rate"), m_rate);
    m_grid->addWidget(m_suggest, 0, 2, 1, 2, Qt::AlignLeft);
    add(1, 0, tr("Ep&ochs"), m_epochs);
    add(1, 1, tr("Batch"), m_batch);
    add(2, 0, tr("Max. length"), m_maxLength);
    add(2, 1, tr("Precision"), m_precision);
    add(3, 0, tr("S&eeds"), m_seeds, 3);
    add(4, 0, tr("Device"), m_device, 3);
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnStretch(3, 1);
    m_grid->setContentsMargins(0, 0, 0, 0);
}

/// Says which precision is the faster one on the chosen device.
void RecipeForm::describePrecision()
{
    const QString meaning = tr("Numbers that the frozen model computes in; what is trained is always kept in float32.");
    const auto device = std::size_t(std::max(0, m_device->currentIndex()));
    m_precision->setToolTip(
        device < m_devices.size()
            ? tr("%1 Faster on this device: %2.").arg(meaning, QString::fromStdString(toString(m_devices[device].fastest)))
            : meaning);
}

void RecipeForm::addMore()
{
    const Recipe standard;
    m_warmup = numberField("warmupEdit", recipe_limits::warmup, standard.warmup);
    m_weightDecay = numberField("weightDecayEdit", recipe_limits::weightDecay, standard.weightDecay);
    m_clip = numberField("clipEdit", recipe_limits::clip, standard.clip);
    m_initStd = numberField("initStdEdit", recipe_limits::initStd, standard.initStd);
    m_dropout = numberField("dropoutEdit", recipe_limits::dropout, 0);
    m_dropout->clear();
    m_dropout->setPlaceholderText(tr("of the checkpoint"));
    m_biasCorrection = new QCheckBox(tr("in Adam"));
    m_biasCorrection->setObjectName(QStringLiteral("biasCorrectionCheck"));
    m_partialBatch = new QCheckBox(tr("train on it"));
    m_partialBatch->setObjectName(QStringLiteral("partialBatchCheck"));
    m_plainPath = new QCheckBox(tr("always"));
    m_plainPath->setObjectName(QStringLiteral("plainPathCheck"));
    for (QCheckBox *box : {m_biasCorrection, m_partialBatch, m_plainPath})
        connect(box, &QCheckBox::toggled, this, &RecipeForm::refresh);
    m_threads = spin("threadsSpin", recipe_limits::threads, standard.threads);
    m_threads->setSpecialValueText(tr("all cores"));

    auto *form = new QFormLayout(m_more);
    form->setContentsMargins(12, 0, 0, 0);
    addMoreRow(*form, tr("Warm-up share"), m_warmup,
               tr("Share of all steps in which the learning rate rises from 0 to its peak."), tr("0.1"),
               [standard](const Recipe &r) { return r.warmup != standard.warmup; });
    addMoreRow(*form, tr("Weight decay"), m_weightDecay,
               tr("Decoupled decay of trained weights; LayerNorms and biases are not decayed."), tr("0.01"),
               [standard](const Recipe &r) { return r.weightDecay != standard.weightDecay; });
    addMoreRow(*form, tr("Gradient clipping"), m_clip, tr("Largest global norm of the gradient; 0 switches clipping off."),
               tr("1"), [standard](const Recipe &r) { return r.clip != standard.clip; });
    addMoreRow(*form, tr("Initialisation σ"), m_initStd,
               tr("Standard deviation of the truncated normal distribution that the adapters start from."),
               tr("0.01 (its released code: 0.001)"), [standard](const Recipe &r) { return r.initStd != standard.initStd; });
    addMoreRow(*form, tr("Dropout"), m_dropout,
               tr("Hidden and attention dropout; leave empty to take the checkpoint's own."),
               tr("0.1, as BERT's checkpoints say"), [](const Recipe &r) { return r.dropout >= 0 && r.dropout != 0.1; });
    addMoreRow(*form, tr("Bias correction"), m_biasCorrection,
               tr("Adam's correction of its first steps; BERT's optimizer has none. Without it those steps are up to 6.6 "
                  "times as large "
                  "as the learning rate says, and a short run can fail at a rate that is safe with it."),
               tr("off"), [](const Recipe &r) { return r.biasCorrection; });
    addMoreRow(*form, tr("Last, smaller batch"), m_partialBatch,
               tr("Train on the last batch of an epoch even when it is not full."), tr("dropped"),
               [](const Recipe &r) { return r.partialBatch; });
    addMoreRow(*form, tr("Plain path"), m_plainPath, tr("Compute with LibTorch's autograd even where the fast path serves."),
               {}, {});
    addMoreRow(*form, tr("CPU threads"), m_threads, tr("Processor cores that a run may use."), {}, {});
}

void RecipeForm::addMoreRow(QFormLayout &form, const QString &label, QWidget *field, const QString &meaning,
                            const QString &paper, std::function<bool(const Recipe &)> differs)
{
    const QString inPaper = paper.isEmpty() ? QString() : tr("In the paper: %1.").arg(paper);
    field->setToolTip(meaning + (paper.isEmpty() ? QString() : QStringLiteral("\n") + inPaper));
    auto *mark = new QLabel;
    const int size = fontMetrics().height();
    mark->setPixmap(style()->standardIcon(QStyle::SP_MessageBoxWarning).pixmap(size, size));
    mark->setObjectName(field->objectName() + QStringLiteral("Mark"));
    mark->setAccessibleName(tr("Differs from the paper"));
    mark->setToolTip(tr("Differs from the paper.") + QStringLiteral(" ") + inPaper);
    QSizePolicy policy = mark->sizePolicy();
    policy.setRetainSizeWhenHidden(true);
    mark->setSizePolicy(policy);
    mark->hide();
    auto *row = new QHBoxLayout;
    row->addWidget(field, 1);
    row->addWidget(mark);
    auto *title = new QLabel(label);
    title->setBuddy(field);
    title->setToolTip(field->toolTip());
    form.addRow(title, row);
    if (differs)
        m_marks.push_back({mark, std::move(differs)});
}

Recipe RecipeForm::recipe() const
{
    Recipe recipe;
    recipe.learningRate = m_rate->value().value_or(recipe.learningRate);
    recipe.epochs = m_epochs->value();
    recipe.batch = m_batch->value();
    recipe.maxLength = m_maxLength->value();
    recipe.warmup = m_warmup->value().value_or(recipe.warmup);
    recipe.initStd = m_initStd->value().value_or(recipe.initStd);
    recipe.weightDecay = m_weightDecay->value().value_or(recipe.weightDecay);
    recipe.clip = m_clip->value().value_or(recipe.clip);
    recipe.dropout = m_dropout->value().value_or(recipe.dropout);
    recipe.biasCorrection = m_biasCorrection->isChecked();
    recipe.partialBatch = m_partialBatch->isChecked();
    recipe.plainPath = m_plainPath->isChecked();
    recipe.precision = Precision(m_precision->currentData().toInt());
    if (m_device->currentIndex() >= 0)
        recipe.device = m_device->currentData().toString().toStdString();
    recipe.threads = m_threads->value();
    return recipe;
}

void RecipeForm::setRecipe(const Recipe &recipe)
{
    m_rate->setValue(recipe.learningRate);
    m_epochs->setValue(recipe.epochs);
    m_batch->setValue(recipe.batch);
    m_maxLength->setValue(recipe.maxLength);
    m_warmup->setValue(recipe.warmup);
    m_initStd->setValue(recipe.initStd);
    m_weightDecay->setValue(recipe.weightDecay);
    m_clip->setValue(recipe.clip);
    if (recipe.dropout < 0)
        m_dropout->clear();
    else
        m_dropout->setValue(recipe.dropout);
    m_biasCorrection->setChecked(recipe.biasCorrection);
    m_partialBatch->setChecked(recipe.partialBatch);
    m_plainPath->setChecked(recipe.plainPath);
    m_precision->setCurrentIndex(m_precision->findData(int(recipe.precision)));
    m_threads->setValue(recipe.threads);
    const QString device = QString::fromStdString(recipe.device);
    if (m_device->findData(device) < 0)
        m_device->addItem(tr("%1 (not here)").arg(device), device);
    m_device->setCurrentIndex(m_device->findData(device));
}

std::vector<std::uint64_t> RecipeForm::seeds() const
{
    try {
        return parseSeeds(m_seeds->text().toStdString());
    } catch (const Error &) {
        return {}; // problem() says why
    }
}

void RecipeForm::setSeeds(const std::vector<std::uint64_t> &seeds)
{
    m_seeds->setText(QString::fromStdString(formatSeeds(seeds)));
}

void RecipeForm::setSuggestedRate(double rate)
{
    const bool untouched = m_rate->value() == m_suggestedRate;
    m_suggestedRate = rate;
    m_suggest->setText(tr("suggested: %1").arg(NumberField::textOf(rate)));
    if (untouched)
        m_rate->setValue(rate);
    refresh();
}

void RecipeForm::setLongest(int tokens)
{
    m_maxLength->setMaximum(tokens);
}

QString RecipeForm::remark(int bottleneck) const
{
    const Recipe now = recipe();
    const auto device = std::size_t(std::max(0, m_device->currentIndex()));
    QStringList remarks;
    if (device < m_devices.size() && m_devices[device].fastest == Precision::Float32 && now.precision == Precision::BFloat16)
        remarks << tr("bfloat16 is slower than float32 on this device.");
    // Measured with MiniLM in runs of a few hundred steps: at a rate of 1e-3 bottleneck 64 learns and 256 does not, at 2e-3
    // neither.
    constexpr double safe = 0.012;
    if (!now.biasCorrection && now.learningRate * std::sqrt(bottleneck) > safe)
        remarks << tr(
            "A short run can fail at this rate and bottleneck: take a smaller rate, or bias correction under More.");
    return remarks.join(u' ');
}

QString RecipeForm::problem() const
{
    const auto number = [](const NumberField *field, const QString &name, const QString &example) {
        return field->value()
                   ? QString()
                   : tr("%1 must be a number from %2 to %3, such as %4.")
                         .arg(name, NumberField::textOf(field->minimum()), NumberField::textOf(field->maximum()), example);
    };
    const QString wrong[] = {
        m_rate->value() ? QString() : tr("The learning rate must be a number above 0 and up to 10, such as 1e-3."),
        number(m_warmup, tr("The warm-up share"), QStringLiteral("0.1")),
        number(m_weightDecay, tr("The weight decay"), QStringLiteral("0.01")),
        number(m_clip, tr("The gradient clipping"), QStringLiteral("1")),
        number(m_initStd, tr("The initialisation std"), QStringLiteral("0.01")),
        m_dropout->text().trimmed().isEmpty() ? QString() : number(m_dropout, tr("The dropout"), QStringLiteral("0.1")),
    };
    for (const QString &sentence : wrong)
        if (!sentence.isEmpty())
            return sentence;
    try {
        parseSeeds(m_seeds->text().toStdString());
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    if (m_device->currentIndex() >= int(m_devices.size()))
        return tr("The device %1 is not in this machine: choose another one.").arg(m_device->currentData().toString());
    return {};
}

void RecipeForm::refresh()
{
    // Signals of the first fields arrive while the last ones are not there yet.
    if (!m_moreButton || m_marks.size() < 7)
        return;
    const Recipe now = recipe();
    int differing = 0;
    for (const Mark &mark : m_marks) {
        const bool differs = mark.differs(now);
        mark.label->setVisible(differs);
        differing += differs;
    }
    m_moreButton->setText(differing == 0 ? tr("More") : tr("More (%1 unlike the paper)").arg(differing));
    m_suggest->setVisible(m_rate->value() != m_suggestedRate);
    emit changed();
}

} // namespace awb
