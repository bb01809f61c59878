#include "ui/import_dialog.h"

#include <limits>

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QSpinBox>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>

#include "core/data/dataset_rules.h"
#include "ui/background.h"
#include "ui/dialogs.h"
#include "ui/import_check.h"
#include "ui/import_labels.h"
#include "ui/import_preview.h"
#include "ui/setup_widgets.h"
#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

struct ImportDialog::Ui {
    explicit Ui(ImportDialog &owner) : dialog(owner) {}

    void build();
    QWidget *buildForm();
    QLayout *buildRules();
    QWidget *buildTables();
    template <class Widget>
    Widget *named(const char *name);
    void setFrom(const Manifest &manifest);
    Manifest fromControls() const;
    void taskChosen();
    void enableFormat();
    void changed();
    /// A column that vanishes with a wrong delimiter is there again with the right one: the manifest keeps the choice.
    void columnChosen(const QComboBox &box, int DataFile::*column);
    void check();
    void take(const ImportCheck &result);
    void fillColumns();
    void fillLabels();
    void labelEdited(const std::string &raw, const std::string &name);
    void showSentence();

    ImportDialog &dialog;
    Manifest manifest; ///< what the controls started from; keeps what they do not show
    ImportCheck latest;
    QLineEdit *name = nullptr, *labelUntil = nullptr, *split = nullptr, *metrics = nullptr;
    QSpinBox *splitSeed = nullptr;
    QComboBox *kind = nullptr, *delimiter = nullptr, *textA = nullptr, *textB = nullptr, *label = nullptr, *task = nullptr;
    QCheckBox *quoting = nullptr, *header = nullptr;
    ImportPreview *preview = nullptr;
    ImportLabels *labels = nullptr;
    QLabel *sentence = nullptr;
    QPushButton *accept = nullptr;
    QTimer delay; ///< a burst of changes is checked once
    int generation = 0;
    bool filling = false, upToDate = false;
    std::function<bool(const Manifest &)> keep;
};

template <class Widget>
Widget *ImportDialog::Ui::named(const char *objectName)
{
    auto *widget = new Widget;
    widget->setObjectName(QLatin1String(objectName));
    return widget;
}

QLayout *ImportDialog::Ui::buildRules()
{
    split = named<QLineEdit>("importSplit");
    split->setPlaceholderText(tr("dev has its own file"));
    split->setToolTip(tr("Per cent of the rows for train, dev and test. Rows with the same text stay in one part."));
    splitSeed = named<QSpinBox>("importSplitSeed");
    splitSeed->setRange(0, std::numeric_limits<int>::max());
    splitSeed->setAccessibleName(tr("Seed of the split"));
    splitSeed->setToolTip(tr("Another seed draws other rows"));
    auto *seedLabel = new QLabel(tr("s&eed"));
    seedLabel->setBuddy(splitSeed);
    metrics = named<QLineEdit>("importMetrics");
    metrics->setToolTip(tr("What is measured, the task's own first, joined by commas: accuracy, f1, matthews; of a score "
                           "pearson, spearman"));
    auto *row = new QHBoxLayout;
    row->addWidget(split, 1);
    row->addWidget(seedLabel);
    row->addWidget(splitSeed);
    return row;
}

QWidget *ImportDialog::Ui::buildForm()
{
    name = named<QLineEdit>("importName");
    kind = named<QComboBox>("importKind");
    kind->addItem(tr("Delimited text"), int(TableFormat::Kind::Delimited));
    kind->addItem(tr("JSON Lines"), int(TableFormat::Kind::JsonLines));
    kind->addItem(tr("Orange table"), int(TableFormat::Kind::OrangeTab));
    kind->addItem(tr("Label, space, text"), int(TableFormat::Kind::LabelText));
    delimiter = named<QComboBox>("importDelimiter");
    for (const auto &[words, sign] :
         {std::pair{tr("Tab"), '\t'}, {tr("Comma"), ','}, {tr("Semicolon"), ';'}, {tr("Bar |"), '|'}})
        delimiter->addItem(words, int(sign));
    quoting = named<QCheckBox>("importQuoting");
    quoting->setText(tr("&Quotes enclose fields"));
    header = named<QCheckBox>("importHeader");
    header->setText(tr("First row &names the columns"));
    textA = named<QComboBox>("importText");
    textB = named<QComboBox>("importSecondText");
    label = named<QComboBox>("importLabel");
    labelUntil = named<QLineEdit>("importLabelUntil");
    labelUntil->setMaxLength(1);
    labelUntil->setPlaceholderText(tr("whole label"));
    labelUntil->setToolTip(tr("A label ends before this character: with “:”, “DESC:def” is “DESC”"));
    task = named<QComboBox>("importTask");
    task->addItem(tr("Classes"), int(Task::Classification));
    task->addItem(tr("Score (a number)"), int(Task::Regression));
    for (QComboBox *box : {kind, delimiter, task, textA, textB, label})
        box->setMinimumContentsLength(12), box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);

    auto *form = new QWidget;
    auto *layout = new QFormLayout(form);
    layout->setContentsMargins(0, 0, 6, 0);
    layout->addRow(tr("Na&me"), name);
    layout->addRow(tr("&Format"), kind);
    layout->addRow(tr("&Delimiter"), delimiter);
    layout->addRow(QString(), quoting);
    layout->addRow(QString(), header);
    layout->addRow(tr("&Text"), textA);
    layout->addRow(tr("&Second text"), textB);
    layout->addRow(tr("&Label"), label);
    layout->addRow(tr("Label &up to"), labelUntil);
    layout->addRow(tr("Tas&k"), task);
    QLayout *rules = buildRules();
    auto *splitLabel = new QLabel(tr("S&plit"));
    splitLabel->setBuddy(split);
    layout->addRow(splitLabel, rules);
    layout->addRow(tr("Met&rics"), metrics);
    return new UprightScrollArea(form, "importForm");
}

QWidget *ImportDialog::Ui::buildTables()
{
    preview = new ImportPreview;
    labels = new ImportLabels;
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(preview);
    splitter->addWidget(labels);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    return splitter;
}

void ImportDialog::Ui::build()
{
    dialog.setObjectName(QStringLiteral("importDialog"));
    sentence = named<QLabel>("importSentence");
    sentence->setWordWrap(true);
    sentence->setTextFormat(Qt::PlainText);
    auto *buttons = named<QDialogButtonBox>("importButtons");
    accept = buttons->addButton(tr("&Import"), QDialogButtonBox::AcceptRole);
    accept->setObjectName(QStringLiteral("importAccept"));
    accept->setDefault(true);
    buttons->addButton(QDialogButtonBox::Cancel);
    auto *middle = new QHBoxLayout;
    middle->addWidget(buildForm());
    middle->addWidget(buildTables(), 1);
    auto *layout = new QVBoxLayout(&dialog);
    layout->addLayout(middle, 1);
    layout->addWidget(sentence);
    layout->addWidget(buttons);
    const QSize frame(20, 40); // about what a window has around it
    dialog.resize(QSize(900, 580).boundedTo(dialog.screen()->availableSize() - frame));

    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    for (QComboBox *box : {kind, delimiter})
        QObject::connect(box, &QComboBox::currentIndexChanged, &dialog, [this] { changed(); });
    for (const auto &[box, column] :
         {std::pair{textA, &DataFile::textA}, {textB, &DataFile::textB}, {label, &DataFile::label}})
        QObject::connect(box, &QComboBox::currentIndexChanged, &dialog,
                         [this, box = box, column = column] { columnChosen(*box, column); });
    for (QCheckBox *box : {quoting, header})
        QObject::connect(box, &QCheckBox::toggled, &dialog, [this] { changed(); });
    QObject::connect(name, &QLineEdit::textChanged, &dialog, [this] { showSentence(); });
    QObject::connect(task, &QComboBox::currentIndexChanged, &dialog, [this] { taskChosen(); });
    for (QLineEdit *edit : {labelUntil, split, metrics})
        QObject::connect(edit, &QLineEdit::textChanged, &dialog, [this] { changed(); });
    QObject::connect(splitSeed, &QSpinBox::valueChanged, &dialog, [this] { changed(); });
    QObject::connect(labels, &ImportLabels::edited, &dialog,
                     [this](const std::string &raw, const std::string &to) { labelEdited(raw, to); });
    delay.setSingleShot(true);
    delay.setInterval(120);
    QObject::connect(&delay, &QTimer::timeout, &dialog, [this] { check(); });
}

void ImportDialog::Ui::setFrom(const Manifest &start)
{
    manifest = start;
    filling = true;
    dialog.setWindowTitle(tr("Import %1").arg(QFileInfo(text(start.train.path)).fileName()));
    const TableFormat &format = start.train.format;
    name->setText(text(start.name));
    kind->setCurrentIndex(kind->findData(int(format.kind)));
    if (delimiter->findData(int(format.delimiter)) < 0)
        delimiter->addItem(QString(QLatin1Char(format.delimiter)), int(format.delimiter));
    delimiter->setCurrentIndex(delimiter->findData(int(format.delimiter)));
    quoting->setChecked(format.quoting);
    header->setChecked(format.header);
    labelUntil->setText(start.train.labelUntil ? QString(QLatin1Char(start.train.labelUntil)) : QString());
    task->setCurrentIndex(task->findData(int(start.task)));
    split->setText(start.dev ? QString() : text(splitText(start)));
    splitSeed->setValue(int(start.split.seed));
    for (QWidget *widget : {static_cast<QWidget *>(split), static_cast<QWidget *>(splitSeed)})
        widget->setEnabled(!start.dev);
    metrics->setText(text(metricsText(start)));
    filling = false;
    sentence->setText(tr("Reading the file …"));
    check();
}

Manifest ImportDialog::Ui::fromControls() const
{
    Manifest now = manifest;
    now.name = name->text().trimmed().toStdString();
    now.train.format.kind = TableFormat::Kind(kind->currentData().toInt());
    now.train.format.delimiter = char(delimiter->currentData().toInt());
    now.train.format.quoting = quoting->isChecked();
    now.train.format.header = header->isChecked();
    now.train.labelUntil = labelUntil->text().isEmpty() ? char(0) : labelUntil->text().at(0).toLatin1();
    now.task = Task(task->currentData().toInt());
    followTrain(now, manifest.train);
    return now;
}

void ImportDialog::Ui::taskChosen()
{
    if (filling)
        return;
    Manifest usual;
    usual.task = Task(task->currentData().toInt());
    completeMetrics(usual);
    metrics->setText(text(metricsText(usual)));
    changed();
}

void ImportDialog::Ui::enableFormat()
{
    const bool delimited = TableFormat::Kind(kind->currentData().toInt()) == TableFormat::Kind::Delimited;
    for (QWidget *widget :
         {static_cast<QWidget *>(delimiter), static_cast<QWidget *>(quoting), static_cast<QWidget *>(header)})
        widget->setEnabled(delimited);
}

void ImportDialog::Ui::changed()
{
    if (filling)
        return;
    enableFormat();
    upToDate = false;
    accept->setEnabled(false);
    delay.start();
}

void ImportDialog::Ui::columnChosen(const QComboBox &box, int DataFile::*column)
{
    if (filling)
        return;
    const DataFile before = manifest.train;
    manifest.train.*column = box.currentData().toInt();
    followTrain(manifest, before);
    if (column == &DataFile::label)
        manifest.merge.clear(); // another column has other labels
    changed();
}

void ImportDialog::Ui::check()
{
    upToDate = false;
    accept->setEnabled(false);
    inBackground(
        &dialog,
        [now = fromControls(), typed = TypedRules{split->text().toStdString(), std::uint64_t(splitSeed->value()),
                                                  metrics->text().toStdString()}] { return checkImport(now, typed); },
        [this, mine = ++generation](Outcome<ImportCheck> outcome) {
            if (mine == generation)
                take(outcome.value);
        });
}

void ImportDialog::Ui::take(const ImportCheck &result)
{
    latest = result;
    upToDate = true;
    filling = true;
    fillColumns();
    preview->fill(latest, fromControls().train);
    fillLabels();
    filling = false;
    enableFormat();
    showSentence();
    emit dialog.checked();
}

void ImportDialog::Ui::fillColumns()
{
    const Manifest now = fromControls();
    const std::pair<QComboBox *, int> boxes[] = {
        {textA, now.train.textA}, {textB, now.train.textB}, {label, now.train.label}};
    for (const auto &[box, column] : boxes) {
        box->clear();
        if (box != textA)
            box->addItem(box == textB ? tr("none") : tr("choose …"), -1);
        for (std::size_t i = 0; i < latest.columns.size(); ++i)
            box->addItem(text(latest.columns[i]), int(i));
        box->setCurrentIndex(std::max(0, box->findData(column)));
    }
}

void ImportDialog::Ui::fillLabels()
{
    labels->setVisible(fromControls().task == Task::Classification);
    labels->fill(latest.labels, manifest.merge);
}

void ImportDialog::Ui::labelEdited(const std::string &raw, const std::string &name)
{
    if (name == raw)
        manifest.merge.erase(raw);
    else
        manifest.merge[raw] = name;
    changed();
}

void ImportDialog::Ui::showSentence()
{
    const bool unnamed = name->text().trimmed().isEmpty();
    const bool bad = unnamed || !latest.error.isEmpty();
    QString words = unnamed                  ? tr("Give the data set a name.")
                    : latest.error.isEmpty() ? describeImport(latest)
                                             : latest.error;
    if (!bad && !latest.note.isEmpty())
        words += QLatin1Char('\n') + latest.note.trimmed();
    sentence->setText(words);
    colorSentence(*sentence, dialog.palette(), !bad);
    accept->setEnabled(upToDate && !bad);
}

ImportDialog::ImportDialog(const Manifest &guess, QWidget *parent) : QDialog(parent), m_ui(std::make_unique<Ui>(*this))
{
    m_ui->build();
    m_ui->setFrom(guess);
}

void ImportDialog::setEditing()
{
    setWindowTitle(tr("How %1 is read").arg(text(m_ui->manifest.name)));
    m_ui->accept->setText(tr("&Save"));
}

ImportDialog::~ImportDialog() = default;

Manifest ImportDialog::manifest() const
{
    Manifest result = m_ui->latest.manifest;
    result.name = m_ui->name->text().trimmed().toStdString();
    return result;
}

void ImportDialog::setKeep(std::function<bool(const Manifest &)> keep)
{
    m_ui->keep = std::move(keep);
}

void ImportDialog::accept()
{
    try {
        if (!m_ui->keep || m_ui->keep(manifest()))
            QDialog::accept();
    } catch (const std::exception &failure) {
        dialogs::functions().error(this, tr("The data set was not added"), QString::fromUtf8(failure.what()));
    }
}

} // namespace awb
