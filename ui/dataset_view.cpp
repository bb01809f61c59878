#include "ui/dataset_view.h"

#include <algorithm>

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "core/data/dataset_rules.h"
#include "core/store/store.h"
#include "ui/bar_chart.h"
#include "ui/dataset_facts.h"
#include "ui/dataset_summary.h"
#include "ui/lab_bridge.h"
#include "ui/rows_model.h"
#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

using wording::count;
using wording::text;

struct DatasetView::Ui {
    explicit Ui(DatasetView &owner) : view(owner) {}

    void build();
    QWidget *buildLengths();
    QWidget *buildRows();
    void fill(const QString &name, DatasetFacts read);
    void fillLengths();
    void showPart();
    void findNext();
    const PartSummary *lengthsPart() const;

    DatasetView &view;
    DatasetSummary *summary = nullptr;
    BarChart *lengths = nullptr;
    QSpinBox *maxLength = nullptr;
    QComboBox *lengthsOf = nullptr, *part = nullptr;
    QLabel *truncation = nullptr, *found = nullptr;
    QLineEdit *search = nullptr;
    RowsModel *model = nullptr;
    QTableView *rows = nullptr;
    DatasetFacts facts;
};

QWidget *DatasetView::Ui::buildLengths()
{
    maxLength = new QSpinBox;
    maxLength->setObjectName(QStringLiteral("maximumLength"));
    maxLength->setRange(4, 4096);
    maxLength->setValue(128);
    maxLength->setSuffix(tr(" tokens"));
    auto *lengthLabel = new QLabel(tr("Ma&ximum length"));
    lengthLabel->setBuddy(maxLength);
    lengthsOf = new QComboBox;
    lengthsOf->setObjectName(QStringLiteral("lengthsPart"));
    auto *partLabel = new QLabel(tr("Leng&ths of"));
    partLabel->setBuddy(lengthsOf);
    truncation = new QLabel;
    truncation->setObjectName(QStringLiteral("truncation"));
    truncation->setWordWrap(true);
    lengths = new BarChart(QStringLiteral("lengthHistogram"), tr("Histogram of token lengths"));
    lengths->setAxes(tr("Tokens, special tokens included"), tr("Examples"));
    auto *bar = new QHBoxLayout;
    for (QWidget *widget : {static_cast<QWidget *>(partLabel), static_cast<QWidget *>(lengthsOf),
                            static_cast<QWidget *>(lengthLabel), static_cast<QWidget *>(maxLength)})
        bar->addWidget(widget);
    bar->addStretch(1);
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->addLayout(bar);
    layout->addWidget(truncation);
    layout->addWidget(lengths, 1);
    QObject::connect(maxLength, &QSpinBox::valueChanged, &view, [this] { fillLengths(); });
    QObject::connect(lengthsOf, &QComboBox::currentIndexChanged, &view, [this] { fillLengths(); });
    return page;
}

QWidget *DatasetView::Ui::buildRows()
{
    part = new QComboBox;
    part->setObjectName(QStringLiteral("rowsPart"));
    auto *partLabel = new QLabel(tr("&Part"));
    partLabel->setBuddy(part);
    search = new QLineEdit;
    search->setObjectName(QStringLiteral("rowsSearch"));
    search->setAccessibleName(tr("Find text in the rows"));
    search->setPlaceholderText(tr("Find text, Enter for the next …"));
    search->setClearButtonEnabled(true);
    auto *next = new QPushButton(tr("&Next"));
    next->setObjectName(QStringLiteral("rowsNext"));
    found = new QLabel;
    found->setObjectName(QStringLiteral("rowsFound"));
    model = new RowsModel(&view);
    rows = makeTable("rowsTable", tr("Rows of the data set"));
    rows->setModel(model);
    auto *bar = new QHBoxLayout;
    bar->addWidget(partLabel);
    bar->addWidget(part);
    bar->addWidget(search, 1);
    bar->addWidget(next);
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->addLayout(bar);
    layout->addWidget(rows, 1);
    layout->addWidget(found);
    QObject::connect(part, &QComboBox::currentIndexChanged, &view, [this] { showPart(); });
    QObject::connect(search, &QLineEdit::returnPressed, &view, [this] { findNext(); });
    QObject::connect(next, &QPushButton::clicked, &view, [this] { findNext(); });
    return page;
}

void DatasetView::Ui::build()
{
    summary = new DatasetSummary;
    view.addPage(summary, tr("Summary"));
    view.addPage(buildLengths(), tr("Lengths"));
    view.addPage(buildRows(), tr("Rows"));
}

/// Length that 99 of 100 examples do not exceed.
static int lengthOfMost(const PartSummary &part)
{
    std::size_t seen = 0, length = 0;
    while (length < part.lengths.size() && (seen += std::size_t(part.lengths[length])) * 100 < part.rows * 99)
        ++length;
    return int(length);
}

const PartSummary *DatasetView::Ui::lengthsPart() const
{
    const int index = lengthsOf->currentIndex();
    return index >= 0 && index < int(facts.parts.size()) ? &facts.parts[std::size_t(index)] : nullptr;
}

void DatasetView::Ui::fillLengths()
{
    const PartSummary *p = lengthsPart();
    if (!p || p->lengths.empty()) {
        lengths->clear();
        truncation->setText(facts.lengthsNote);
        return;
    }
    // The last bar holds all that are longer, so that one long text does not press all others together.
    const int longest = int(p->maxLength()), end = std::min(longest, std::max(2 * maxLength->value(), lengthOfMost(*p)));
    const int width = std::max(1, (end + 79) / 80);
    BarChart::Series bars{tr("examples"), std::vector<double>(std::size_t(end / width + 1)), {}};
    for (std::size_t n = 0; n < p->lengths.size(); ++n)
        if (p->lengths[n] > 0)
            bars.values[std::min(n / std::size_t(width), bars.values.size() - 1)] += double(p->lengths[n]);
    const QString sentence = describeTruncation(facts.parts, maxLength->value());
    truncation->setText(sentence);
    const int last = int(bars.values.size() - 1) * width;
    lengths->setHistogram(-0.5, width, {bars}, 0);
    lengths->setAxes(
        longest > end
            ? tr("Tokens, special ones included; the last bar: %1 to %2").arg(wording::count(last), wording::count(longest))
            : tr("Tokens, special tokens included"),
        tr("Examples"));
    if (longest > end)
        lengths->setLastEnd(longest + 0.5);
    lengths->setMarker(maxLength->value() + 0.5);
    lengths->setSummary(sentence);
}

void DatasetView::Ui::showPart()
{
    model->setPart(facts.dataset, part->currentData().toString());
    rows->scrollToTop();
    rows->setColumnHidden(RowsModel::TextB, facts.dataset->manifest.train.textB < 0);
    const int digit = rows->fontMetrics().averageCharWidth();
    rows->setColumnWidth(RowsModel::Number, 9 * digit);
    rows->setColumnWidth(RowsModel::Label, 20 * digit);
    rows->horizontalHeader()->setStretchLastSection(false);
    rows->horizontalHeader()->setSectionResizeMode(RowsModel::TextA, QHeaderView::Stretch);
    rows->horizontalHeader()->setSectionResizeMode(RowsModel::TextB, QHeaderView::Stretch);
    found->setText(tr("%1 rows").arg(count(model->total())));
}

void DatasetView::Ui::findNext()
{
    if (search->text().isEmpty() || model->total() == 0)
        return;
    const int row = model->findNext(search->text(), rows->currentIndex().isValid() ? rows->currentIndex().row() : -1);
    if (row < 0) {
        found->setText(tr("No row contains “%1”.").arg(search->text()));
        return;
    }
    rows->setCurrentIndex(model->index(row, RowsModel::TextA));
    rows->scrollTo(model->index(row, RowsModel::TextA), QAbstractItemView::PositionAtCenter);
    found->setText(tr("Row %1 of %2").arg(count(row + 1), count(model->total())));
}

void DatasetView::Ui::fill(const QString &name, DatasetFacts read)
{
    facts = std::move(read);
    const Manifest &manifest = facts.dataset->manifest;
    view.m_header->setTitle(name);
    view.m_header->setSentence(describeDataset(manifest));
    QStringList notes;
    if (!manifest.dev)
        notes << tr("No official dev part: split %1 by seed %2 and by distinct text, so that duplicates do not leak.")
                     .arg(text(splitText(manifest)))
                     .arg(manifest.split.seed);
    for (const std::string &note : facts.dataset->notes)
        notes << text(note);
    view.m_header->setNotes(notes);
    summary->fill(facts);
    const QSignalBlocker quietLengths(lengthsOf), quietPart(part);
    for (QComboBox *box : {lengthsOf, part}) {
        const QString chosen = box->currentText();
        box->clear();
        for (const PartSummary &p : facts.parts)
            box->addItem(text(p.part), text(p.part));
        box->setCurrentIndex(std::max(0, box->findText(chosen)));
    }
    fillLengths();
    showPart();
}

DatasetView::DatasetView(LabBridge &bridge, QWidget *parent)
    : BrowserView(bridge, "dataset", tr("Choose a data set in the library to look inside."), parent), m_bridge(bridge),
      m_ui(std::make_unique<Ui>(*this))
{
    m_ui->build();
}

DatasetView::~DatasetView() = default;

void DatasetView::show(const QString &dataset, const QString &checkpointForLengths)
{
    m_dataset = dataset;
    m_checkpoint = checkpointForLengths;
    try {
        read(m_bridge.store().dataset(dataset.toStdString()));
    } catch (const std::exception &failure) {
        fail(QString::fromUtf8(failure.what()));
    }
}

void DatasetView::setCheckpoint(const QString &checkpointForLengths)
{
    m_checkpoint = checkpointForLengths;
    lookAgainWhenSeen();
}

void DatasetView::lookAgain()
{
    const std::vector<Manifest> all = m_bridge.store().datasets();
    const auto entry =
        std::find_if(all.begin(), all.end(), [this](const Manifest &one) { return text(one.name) == m_dataset; });
    if (entry == all.end())
        invite();
    else if (!isWanted(keyOf(*entry)))
        read(*entry);
}

std::filesystem::path DatasetView::tokenizerFolder() const
{
    for (const CheckpointEntry &entry : m_bridge.store().checkpoints())
        if (text(entry.name) == m_checkpoint)
            return m_bridge.store().resolve(entry.folder);
    return {};
}

QString DatasetView::keyOf(const Manifest &manifest) const
{
    return text(toJson(manifest) + '\n' + tokenizerFolder().string());
}

void DatasetView::read(const Manifest &manifest)
{
    load(
        m_dataset, keyOf(manifest), [manifest, folder = tokenizerFolder()] { return readDatasetFacts(manifest, folder); },
        [this](DatasetFacts facts) { m_ui->fill(m_dataset, std::move(facts)); });
}

} // namespace awb
