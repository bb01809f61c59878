#include "ui/study_dialog.h"

#include <algorithm>

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QTabWidget>
#include <QVBoxLayout>

#include "core/error.h"
#include "core/files.h"
#include "core/methods/train_command.h"
#include "core/recipe_limits.h"
#include "core/spec_json.h"
#include "core/store/study_queue.h"
#include "ui/dialogs.h"
#include "ui/lab_bridge.h"
#include "ui/study_arms_table.h"
#include "ui/study_recipe.h"
#include "ui/study_words.h"
#include "ui/task_sizes.h"
#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

namespace {

template <class Widget>
Widget *named(const char *name)
{
    auto *widget = new Widget;
    widget->setObjectName(QLatin1String(name));
    return widget;
}

QString fileFilter()
{
    return StudyDialog::tr("Studies (*.json)");
}

std::vector<std::uint64_t> seedsOf(const QString &words)
{
    const QString seeds = words.trimmed();
    return seeds.isEmpty() ? std::vector<std::uint64_t>() : parseSeeds(seeds.toStdString());
}

} // namespace

StudyDialog::StudyDialog(LabBridge &bridge, const Study &start, const DeviceChoices &devices, QWidget *parent)
    : QDialog(parent), m_bridge(bridge), m_start(start), m_known(start), m_recipe(new StudyRecipe(devices))
{
    setObjectName(QStringLiteral("studyDialog"));
    setWindowTitle(tr("Edit a study"));
    m_summary = named<QLabel>("studySummary");
    m_summary->setWordWrap(true);
    m_summary->setMinimumHeight(2 * fontMetrics().lineSpacing());
    m_buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
    connect(m_buttons->addButton(tr("&Open file…"), QDialogButtonBox::ActionRole), &QPushButton::clicked, this,
            &StudyDialog::openFile);
    connect(m_buttons->addButton(tr("Save as &file…"), QDialogButtonBox::ActionRole), &QPushButton::clicked, this,
            &StudyDialog::saveFile);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto *tabs = named<QTabWidget>("studyTabs");
    tabs->setAccessibleName(tr("Parts of the study"));
    tabs->addTab(makeMethods(), tr("Tasks and &methods"));
    tabs->addTab(m_recipe, tr("Trainin&g"));
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(makeTop());
    layout->addWidget(tabs, 1);
    layout->addWidget(makeBottom());
    layout->addWidget(m_summary);
    layout->addWidget(m_buttons);
    resize(780, 560); // on the smallest screens too
    setStudy(start);
    for (QLineEdit *line : {m_name, m_title, m_seeds})
        connect(line, &QLineEdit::textChanged, this, &StudyDialog::refresh);
    for (QComboBox *combo : {m_checkpoint, m_precision, m_epochChoice, m_seedChoice, m_counting})
        connect(combo, &QComboBox::currentIndexChanged, this, &StudyDialog::refresh);
    connect(m_epochs, &QSpinBox::valueChanged, this, &StudyDialog::refresh);
    connect(m_tasks, &QListWidget::itemChanged, this, &StudyDialog::refresh);
    connect(m_arms, &StudyArmsTable::changed, this, &StudyDialog::refresh);
    connect(m_recipe, &StudyRecipe::changed, this, &StudyDialog::refresh);
    connect(&TaskSizesReader::of(bridge), &TaskSizesReader::changed, this, &StudyDialog::refresh);
    refresh();
}

QWidget *StudyDialog::makeTop()
{
    m_name = named<QLineEdit>("studyName");
    m_name->setToolTip(tr("Its runs carry this name, and the command line knows it by it."));
    m_title = named<QLineEdit>("studyTitle");
    m_checkpoint = named<QComboBox>("studyCheckpoint");
    for (const CheckpointEntry &entry : m_bridge.store().checkpoints())
        m_checkpoint->addItem(text(entry.name));
    auto *top = new QWidget;
    auto *form = new QFormLayout(top);
    form->setContentsMargins(0, 0, 0, 0);
    form->addRow(tr("&Name"), m_name);
    form->addRow(tr("&Title"), m_title);
    form->addRow(tr("Chec&kpoint"), m_checkpoint);
    return top;
}

QWidget *StudyDialog::makeMethods()
{
    m_tasks = named<QListWidget>("studyTasks");
    m_tasks->setAccessibleName(tr("Tasks of the study"));
    m_tasks->viewport()->setBackgroundRole(QPalette::Window); // on which an empty check box is seen in a dark theme too
    m_arms = new StudyArmsTable;
    auto *add = named<QPushButton>("addArmButton"), *remove = named<QPushButton>("removeArmButton");
    add->setText(tr("&Add method"));
    remove->setText(tr("&Remove method"));
    connect(add, &QPushButton::clicked, m_arms, [this] {
        StudyArm arm;
        arm.method = "adapter";
        arm.sizes = {64};
        m_arms->addArm(arm);
    });
    connect(remove, &QPushButton::clicked, m_arms, &StudyArmsTable::removeChosen);

    auto *tasks = new QGroupBox(tr("Tasks"));
    (new QVBoxLayout(tasks))->addWidget(m_tasks);
    auto *methods = new QGroupBox(tr("Methods"));
    auto *column = new QVBoxLayout(methods);
    auto *row = new QHBoxLayout;
    row->addWidget(add);
    row->addWidget(remove);
    row->addStretch(1);
    column->addWidget(m_arms, 1);
    column->addLayout(row);
    auto *both = new QWidget;
    auto *layout = new QHBoxLayout(both);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->addWidget(tasks, 2);
    layout->addWidget(methods, 5);
    return both;
}

QWidget *StudyDialog::makeBottom()
{
    m_seeds = named<QLineEdit>("studySeeds");
    m_seeds->setToolTip(tr("Every setting is computed once with each of them; bars show the standard error of the mean."));
    m_epochs = named<QSpinBox>("studyEpochs");
    m_epochs->setRange(recipe_limits::epochs.least, recipe_limits::epochs.most);
    m_precision = named<QComboBox>("studyPrecision");
    for (const Precision precision : {Precision::Float32, Precision::BFloat16})
        m_precision->addItem(text(toString(precision)), int(precision));
    m_epochChoice = named<QComboBox>("studyEpochChoice");
    m_epochChoice->addItem(tr("after the last epoch"), int(Selection::Epoch::Last));
    m_epochChoice->addItem(tr("after the best epoch"), int(Selection::Epoch::Best));
    m_seedChoice = named<QComboBox>("studySeedChoice");
    m_seedChoice->addItem(tr("mean over seeds"), int(Selection::Seeds::Mean));
    m_seedChoice->addItem(tr("best seed"), int(Selection::Seeds::Best));
    m_counting = named<QComboBox>("studyCounting");
    study_words::addCountingRules(*m_counting);
    auto *bottom = new QWidget;
    auto *layout = new QHBoxLayout(bottom);
    layout->setContentsMargins(0, 0, 0, 0);
    auto *left = new QFormLayout, *right = new QFormLayout;
    left->addRow(tr("&Seeds"), m_seeds);
    left->addRow(tr("&Epochs"), m_epochs);
    left->addRow(tr("&Precision"), m_precision);
    right->addRow(tr("S&core on dev"), m_epochChoice);
    right->addRow(tr("O&ver seeds"), m_seedChoice);
    right->addRow(tr("Co&unting"), m_counting);
    layout->addLayout(left, 1);
    layout->addSpacing(16);
    layout->addLayout(right, 1);
    return bottom;
}

void StudyDialog::setStudy(const Study &study)
{
    m_start = study;
    const QSignalBlocker quiet(m_tasks);
    m_name->setText(text(ownName(study)));
    m_title->setText(text(study.title));
    if (m_checkpoint->findText(text(study.checkpoint)) < 0 && !study.checkpoint.empty())
        m_checkpoint->addItem(text(study.checkpoint)); // refused below with the store's own sentence
    m_checkpoint->setCurrentText(text(study.checkpoint));
    std::vector<std::string> tasks = study.datasets;
    for (const Manifest &manifest : m_bridge.store().datasets())
        if (std::find(tasks.begin(), tasks.end(), manifest.name) == tasks.end())
            tasks.push_back(manifest.name);
    m_tasks->clear();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        auto *item = new QListWidgetItem(text(tasks[i]), m_tasks);
        item->setToolTip(item->text()); // which a narrow list cuts
        item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
        item->setCheckState(i < study.datasets.size() ? Qt::Checked : Qt::Unchecked);
    }
    m_recipe->setRecipe(study.recipe);
    m_arms->setArms(study.arms, study.recipe.initStd);
    m_seeds->setText(text(formatSeeds(study.seeds)));
    m_epochs->setValue(study.recipe.epochs);
    m_precision->setCurrentIndex(m_precision->findData(int(study.recipe.precision)));
    m_epochChoice->setCurrentIndex(m_epochChoice->findData(int(study.selection.epoch)));
    m_seedChoice->setCurrentIndex(m_seedChoice->findData(int(study.selection.seeds)));
    m_counting->setCurrentIndex(m_counting->findData(int(study.counting)));
}

/// Its own name, unless it belongs to a study that comes with the program: then one that nobody has.
std::string StudyDialog::ownName(const Study &study) const
{
    std::string name = study.name;
    for (int i = 1; presetStudy(name) || (i > 1 && m_bridge.store().study(name)); ++i)
        name = study.name + "-own" + (i == 1 ? "" : "-" + std::to_string(i));
    return name;
}

Study StudyDialog::study() const
{
    Study study = m_start;
    study.name = m_name->text().trimmed().toStdString();
    study.title = m_title->text().trimmed().toStdString();
    study.checkpoint = m_checkpoint->currentText().toStdString();
    study.datasets.clear();
    for (int i = 0; i < m_tasks->count(); ++i)
        if (m_tasks->item(i)->checkState() == Qt::Checked)
            study.datasets.push_back(m_tasks->item(i)->text().toStdString());
    study.arms = m_arms->arms();
    study.seeds = seedsOf(m_seeds->text());
    study.recipe = m_recipe->recipe(study.recipe);
    study.recipe.epochs = m_epochs->value();
    study.recipe.precision = Precision(m_precision->currentData().toInt());
    study.selection = {Selection::Epoch(m_epochChoice->currentData().toInt()),
                       Selection::Seeds(m_seedChoice->currentData().toInt())};
    study.counting = CountingRule(m_counting->currentData().toInt());
    if (presetStudy(m_start.name) && m_start.name != quickStudyName && study.paper.empty())
        study.paper = m_start.name;
    if (presetStudy(study.name))
        throw Error(
            tr("%1 is a study that comes with the program: choose another name.").arg(text(study.name)).toStdString());
    if (study.name != m_start.name && m_bridge.store().study(study.name))
        throw Error(tr("There is a study %1 already: choose another name.").arg(text(study.name)).toStdString());
    if (study.datasets.empty())
        throw Error(tr("Choose at least one task.").toStdString());
    const Study whole = studyFromJson(toJson(study)); // what a file must hold, this must too
    requireLimits(whole);
    return whole;
}

void StudyDialog::say(const QString &words, bool good)
{
    m_summary->setText(words);
    colorSentence(*m_summary, palette(), good);
    m_buttons->button(QDialogButtonBox::Save)->setEnabled(good);
}

void StudyDialog::refresh()
{
    m_summary->setToolTip({});
    try {
        const Study now = study();
        m_arms->setInitStd(now.recipe.initStd);
        TaskSizesReader &sizes = TaskSizesReader::of(m_bridge);
        const StudyState state = studyState(m_bridge.store(), now, sizes.sizes());
        sizes.read(state.expected.unsized);
        QStringList differences;
        for (const std::string &difference : differencesFromPaper(now))
            differences << text(difference);
        QString words =
            state.specs.size() == 1 ? tr("1 run") : tr("%1 runs").arg(wording::count(qint64(state.specs.size())));
        if (state.done > 0)
            words += tr(", %1 of them done").arg(state.done);
        words += QStringLiteral(", ") + study_words::timeText(state.expected) + QLatin1Char('.');
        if (!differences.isEmpty()) {
            words += tr(" Different from the paper: %1").arg(differences.front());
            if (differences.size() > 1)
                words += tr(" … and %1 more.").arg(differences.size() - 1);
            m_summary->setToolTip(differences.join(QLatin1Char('\n')));
        }
        say(words, true);
    } catch (const Error &error) {
        say(QString::fromUtf8(error.what()), false);
    }
}

void StudyDialog::accept()
{
    try {
        const Study now = study();
        const bool unseen = m_bridge.store().study(now.name) != m_known;
        if (unseen && replacesAnother(m_bridge.store(), now) &&
            !dialogs::functions().confirm(this, tr("Replace a study"),
                                          tr("The library has a study %1 with other settings. Replace it? Its finished runs "
                                             "stay, and what the new one asks for as well is not computed again.")
                                              .arg(text(now.name)),
                                          tr("Replace")))
            return;
        const auto dropped = noLongerAsked(m_bridge.store(), now);
        const auto learnt =
            std::ranges::count_if(dropped, [](const Run &run) { return run.state == RunState::Paused || run.step > 0; });
        if (learnt > 0 &&
            !dialogs::functions().confirm(
                this, tr("Cancel runs"),
                learnt == 1 ? tr("One of the runs that wait has learnt something and is no longer asked for. It is "
                                 "cancelled, and what it has learnt is given up.")
                            : tr("%1 of the runs that wait have learnt something and are no longer asked for. They "
                                 "are cancelled, and what they have learnt is given up.")
                                  .arg(learnt),
                tr("Save and cancel them")))
            return;
        replaceStudy(m_bridge.store(), now);
        m_bridge.wake();
        m_start = now; // so that its name is no other study's
        m_known = now;
        QDialog::accept();
        emit saved(text(now.name));
    } catch (const std::exception &error) {
        dialogs::functions().error(this, tr("The study was not saved"), QString::fromUtf8(error.what()));
    }
}

void StudyDialog::openFile()
{
    const QString file = dialogs::functions().openFile(this, tr("Open a study"), fileFilter());
    if (file.isEmpty())
        return;
    try {
        setStudy(studyFromJson(readFile(file.toStdString())));
        m_known.reset();
    } catch (const Error &error) {
        dialogs::functions().error(this, tr("The study was not opened"), QString::fromUtf8(error.what()));
    }
    refresh();
}

void StudyDialog::saveFile()
{
    const QString file = dialogs::functions().saveFile(this, tr("Save the study"), m_name->text() + QStringLiteral(".json"),
                                                       fileFilter(), nullptr);
    if (file.isEmpty())
        return;
    try {
        writeFileAtomically(file.toStdString(), toJson(study()));
    } catch (const Error &error) {
        dialogs::functions().error(this, tr("The study was not saved"), QString::fromUtf8(error.what()));
    }
}

} // namespace awb
