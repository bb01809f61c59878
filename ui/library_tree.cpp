#include "ui/library_tree.h"

#include <algorithm>

#include <QEvent>
#include <QHeaderView>

#include "core/model/checkpoint.h"
#include "ui/background.h"
#include "ui/glyphs.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

namespace {

QString checkpointFacts(const std::filesystem::path &folder)
{
    try {
        const ModelShape shape = readShape(folder);
        return LibraryTree::tr("%1 layers × %2").arg(shape.layers).arg(wording::count(shape.hidden));
    } catch (const std::exception &) {
        return LibraryTree::tr("cannot be read");
    }
}

QString datasetFacts(const Manifest &manifest)
{
    const QString task = manifest.task == Task::Regression ? LibraryTree::tr("score")
                                                           : LibraryTree::tr("%1 classes").arg(manifest.classes.size());
    return manifest.train.textB >= 0 ? LibraryTree::tr("%1, pairs").arg(task) : task;
}

} // namespace

LibraryTree::LibraryTree(QWidget *parent) : QTreeWidget(parent)
{
    setObjectName(QStringLiteral("libraryTree"));
    setAccessibleName(tr("Library"));
    setColumnCount(2);
    setHeaderHidden(true);
    setRootIsDecorated(false);
    setIndentation(14);
    setUniformRowHeights(true);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(0, QHeaderView::Stretch);
    header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    setContextMenuPolicy(Qt::ActionsContextMenu);
}

bool LibraryTree::setEntries(std::vector<CheckpointEntry> checkpoints, std::vector<Manifest> datasets,
                             const std::function<std::filesystem::path(const std::string &)> &resolve)
{
    const bool same = std::equal(checkpoints.begin(), checkpoints.end(), m_checkpoints.begin(), m_checkpoints.end(),
                                 [](const auto &a, const auto &b) { return a.name == b.name && a.folder == b.folder; }) &&
                      datasets == m_datasets;
    if (same && topLevelItemCount() > 0)
        return false;
    m_checkpoints = std::move(checkpoints);
    m_datasets = std::move(datasets);
    m_folders.clear();
    for (const CheckpointEntry &entry : m_checkpoints)
        m_folders.push_back(resolve(entry.folder));
    fill();
    readFacts();
    return true;
}

void LibraryTree::fill()
{
    const int kind = currentKind();
    const QString name = currentName();
    {
        const QSignalBlocker quiet(this);
        clear();
        const auto group = [this](const QString &title) {
            auto *item = new QTreeWidgetItem(this, {title, QString()});
            item->setFlags(Qt::ItemIsEnabled);
            QFont bold = font();
            bold.setBold(true);
            item->setFont(0, bold);
            return item;
        };
        QTreeWidgetItem *first = group(tr("Checkpoints"));
        for (std::size_t i = 0; i < m_checkpoints.size(); ++i) {
            auto *item =
                new QTreeWidgetItem(first, {text(m_checkpoints[i].name), m_facts[m_checkpoints[i].folder]}, CheckpointItem);
            item->setToolTip(0, text(m_folders[i].string()));
        }
        QTreeWidgetItem *second = group(tr("Data sets"));
        for (const Manifest &manifest : m_datasets) {
            auto *item = new QTreeWidgetItem(second, {text(manifest.name), datasetFacts(manifest)}, DatasetItem);
            item->setToolTip(0, QStringLiteral("%1\n%2").arg(text(manifest.layout), text(manifest.train.path)));
        }
        expandAll();
        select(kind, name);
        showTheme();
    }
    if (currentName() != name)
        emit currentItemChanged(currentItem(), nullptr);
}

void LibraryTree::select(int kind, const QString &name)
{
    for (int g = 0; g < topLevelItemCount(); ++g) {
        for (int i = 0; i < topLevelItem(g)->childCount(); ++i) {
            QTreeWidgetItem *item = topLevelItem(g)->child(i);
            if (item->type() == kind && item->text(0) == name)
                setCurrentItem(item);
        }
    }
}

int LibraryTree::currentKind() const
{
    const QTreeWidgetItem *item = currentItem();
    return item && item->type() >= CheckpointItem ? item->type() : 0;
}

QString LibraryTree::currentName() const
{
    return currentKind() ? currentItem()->text(0) : QString();
}

void LibraryTree::readFacts()
{
    const auto work = [checkpoints = m_checkpoints, folders = m_folders] {
        std::map<std::string, QString> read;
        for (std::size_t i = 0; i < folders.size(); ++i)
            read[checkpoints[i].folder] = checkpointFacts(folders[i]);
        return read;
    };
    inBackground(this, work, [this](const Outcome<std::map<std::string, QString>> &outcome) {
        for (const auto &[folder, words] : outcome.value)
            m_facts[folder] = words;
        const QTreeWidgetItem *group = topLevelItem(0);
        for (int i = 0; group && i < group->childCount(); ++i)
            group->child(i)->setText(1, m_facts[m_checkpoints[std::size_t(i)].folder]);
    });
}

void LibraryTree::showTheme()
{
    QColor faint = palette().color(QPalette::Text);
    faint.setAlphaF(0.65F);
    const QSize rowSize(0, fontMetrics().height() + 8);
    for (int g = 0; g < topLevelItemCount(); ++g) {
        topLevelItem(g)->setSizeHint(0, rowSize);
        for (int i = 0; i < topLevelItem(g)->childCount(); ++i) {
            QTreeWidgetItem *item = topLevelItem(g)->child(i);
            item->setSizeHint(0, rowSize);
            item->setIcon(
                0, glyphs::icon(item->type() == CheckpointItem ? glyphs::Glyph::Layers : glyphs::Glyph::Rows, palette()));
            item->setForeground(1, faint);
            item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
        }
    }
}

void LibraryTree::changeEvent(QEvent *event)
{
    QTreeWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showTheme();
}

} // namespace awb
