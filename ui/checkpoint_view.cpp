#include "ui/checkpoint_view.h"

#include <algorithm>

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>
#include <QVBoxLayout>

#include "core/files.h"
#include "core/model/checkpoint.h"
#include "core/store/store.h"
#include "ui/bar_chart.h"
#include "ui/lab_bridge.h"
#include "ui/share_delegate.h"
#include "ui/tensor_model.h"
#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

namespace {

/// All that the view shows at once, read on a worker.
struct Facts {
    std::shared_ptr<const Checkpoint> checkpoint;
    std::vector<PartSize> parts;
    std::vector<std::pair<QString, QString>> licences; ///< file name, text
};

Facts readFacts(const std::filesystem::path &folder)
{
    Facts facts;
    facts.checkpoint = std::make_shared<const Checkpoint>(Checkpoint::open(folder));
    facts.parts = partSizes(*facts.checkpoint);
    for (const auto &file : facts.checkpoint->licenceFiles())
        facts.licences.emplace_back(text(file.filename().string()), text(readFile(file)));
    return facts;
}

QString keyOf(const CheckpointEntry &entry)
{
    return text(entry.name + '\n' + entry.folder + '\n' + entry.sha256);
}

QString activationName(const std::string &activation)
{
    if (activation == "gelu")
        return CheckpointView::tr("exact GELU");
    if (activation == "gelu_new")
        return CheckpointView::tr("tanh GELU");
    return activation == "relu" ? CheckpointView::tr("ReLU") : text(activation);
}

QString architecture(const ModelShape &shape)
{
    return CheckpointView::tr("BERT, %1 layers, hidden %2, %3 heads, feed-forward %4, vocabulary %5, %6")
        .arg(wording::count(shape.layers), wording::count(shape.hidden), wording::count(shape.heads),
             wording::count(shape.feedForward), wording::count(shape.vocabulary), activationName(shape.activation));
}

QString namesOf(const std::vector<std::string> &names)
{
    QStringList first;
    for (std::size_t i = 0; i < names.size() && i < 4; ++i)
        first << text(names[i]);
    const QString list = first.join(QStringLiteral(", "));
    return names.size() > 4 ? CheckpointView::tr("%1 and %2 more").arg(list).arg(names.size() - 4) : list;
}

QString completeness(const Checkpoint &checkpoint)
{
    QStringList sentences;
    if (!checkpoint.missing().empty())
        sentences << CheckpointView::tr("Missing: %1; the checkpoint cannot be used until they are there.")
                         .arg(namesOf(checkpoint.missing()));
    if (!checkpoint.missing().empty() &&
        checkpoint.missing().front().starts_with("pooler.")) // the last part: all else is there
        sentences << CheckpointView::tr(
            "Load it with transformers' BertModel and save it again, or take the checkpoint that "
            "it came from.");
    if (!checkpoint.unexpected().empty())
        sentences << CheckpointView::tr("Unexpected and not used: %1.").arg(namesOf(checkpoint.unexpected()));
    return sentences.isEmpty() ? CheckpointView::tr("Complete: nothing missing, nothing unexpected.")
                               : sentences.join(QLatin1Char(' '));
}

} // namespace

struct CheckpointView::Ui {
    explicit Ui(CheckpointView &owner) : view(owner) {}

    void build();
    QWidget *buildTensors();
    QWidget *buildLicence();
    void fill(const QString &name, const Facts &facts);
    void fillParts(const Facts &facts);
    void showTensor();

    CheckpointView &view;
    QTableWidget *parts = nullptr;
    TensorModel *model = nullptr;
    QSortFilterProxyModel *filter = nullptr;
    QTableView *tensors = nullptr;
    BarChart *histogram = nullptr;
    QLabel *histogramText = nullptr;
    QComboBox *licenceFile = nullptr;
    QPlainTextEdit *licence = nullptr;
    std::vector<std::pair<QString, QString>> licences;
};

QWidget *CheckpointView::Ui::buildTensors()
{
    auto *words = new QLineEdit;
    words->setObjectName(QStringLiteral("tensorFilter"));
    words->setAccessibleName(tr("Filter tensors by name"));
    words->setPlaceholderText(tr("Filter tensors by name …"));
    words->setClearButtonEnabled(true);
    model = new TensorModel(&view);
    filter = new QSortFilterProxyModel(&view);
    filter->setSourceModel(model);
    filter->setFilterCaseSensitivity(Qt::CaseInsensitive);
    tensors = makeTable("tensorTable", tr("Tensors of the checkpoint"));
    tensors->setModel(filter);
    histogram = new BarChart(QStringLiteral("tensorHistogram"), tr("Histogram of the selected tensor"));
    histogram->setAxes(tr("Value"), tr("Elements"));
    histogramText = new QLabel(tr("Select a tensor to see how its values are spread."));
    histogramText->setObjectName(QStringLiteral("tensorStatistics"));
    histogramText->setWordWrap(true);

    auto *left = new QWidget;
    auto *leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(0, 0, 0, 0);
    leftLayout->addWidget(words);
    leftLayout->addWidget(tensors);
    auto *right = new QWidget;
    auto *rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->addWidget(histogramText);
    rightLayout->addWidget(histogram, 1);
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(left);
    splitter->addWidget(right);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({550, 450}); // shares of the height

    QObject::connect(words, &QLineEdit::textChanged, filter, &QSortFilterProxyModel::setFilterFixedString);
    QObject::connect(tensors->selectionModel(), &QItemSelectionModel::currentRowChanged, &view, [this] { showTensor(); });
    QObject::connect(model, &TensorModel::computed, &view, [this](int row) {
        if (filter->mapToSource(tensors->currentIndex()).row() == row)
            showTensor();
    });
    QObject::connect(model, &TensorModel::failed, &view, [this](const QString &sentence) { view.fail(sentence); });
    return padded(splitter);
}

QWidget *CheckpointView::Ui::buildLicence()
{
    licenceFile = new QComboBox;
    licenceFile->setObjectName(QStringLiteral("licenceFile"));
    licenceFile->setAccessibleName(tr("Licence file"));
    licence = new QPlainTextEdit;
    licence->setObjectName(QStringLiteral("licenceText"));
    licence->setAccessibleName(tr("Text of the licence file"));
    licence->setReadOnly(true);
    licence->setTabChangesFocus(true);
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->addWidget(licenceFile);
    layout->addWidget(licence, 1);
    QObject::connect(licenceFile, &QComboBox::currentIndexChanged, &view, [this](int index) {
        if (index >= 0 && index < int(licences.size()))
            licence->setPlainText(licences[std::size_t(index)].second);
    });
    return page;
}

void CheckpointView::Ui::build()
{
    parts = new QTableWidget;
    setUpTable(*parts, "checkpointParts", tr("Parts of the model"));
    parts->horizontalHeader()->setStretchLastSection(true);
    parts->setItemDelegateForColumn(3, new ShareDelegate(parts));
    view.addPage(padded(parts), tr("Parts"));
    view.addPage(buildTensors(), tr("Tensors"));
    view.addPage(buildLicence(), tr("Licence"));
}

void CheckpointView::Ui::fillParts(const Facts &facts)
{
    qint64 total = 0;
    for (const PartSize &part : facts.parts)
        total += part.parameters;
    QList<QStringList> rows;
    for (const PartSize &part : facts.parts)
        rows << QStringList{text(part.part), wording::count(part.parameters), wording::bytes(part.bytes),
                            wording::percent(total ? double(part.parameters) / double(total) : 0)};
    fillTable(*parts, {tr("Part"), tr("Parameters"), tr("Size"), tr("Share")}, rows, {1, 2});
    for (int row = 0; row < parts->rowCount(); ++row)
        parts->item(row, 3)->setData(ShareDelegate::ShareRole,
                                     total ? double(facts.parts[std::size_t(row)].parameters) / double(total) : 0.0);
}

void CheckpointView::Ui::fill(const QString &name, const Facts &facts)
{
    const Checkpoint &checkpoint = *facts.checkpoint;
    qint64 parameters = 0, bytes = 0;
    for (const PartSize &part : facts.parts) {
        parameters += part.parameters;
        bytes += part.bytes;
    }
    view.m_header->setTitle(name);
    view.m_header->setSentence(architecture(checkpoint.shape()));
    view.m_header->setNotes({tr("%1 parameters in %2 tensors, %3; texts of up to %4 tokens.")
                                 .arg(wording::count(parameters), wording::count(qint64(checkpoint.tensors().size())),
                                      wording::bytes(bytes), wording::count(checkpoint.shape().positions)),
                             completeness(checkpoint)});
    fillParts(facts);
    model->setCheckpoint(facts.checkpoint);
    const int digit = tensors->fontMetrics().averageCharWidth();
    for (const auto &[column, width] : {std::pair{TensorModel::Shape, 15},
                                        {TensorModel::Type, 10},
                                        {TensorModel::Elements, 13},
                                        {TensorModel::Mean, 16},
                                        {TensorModel::Std, 16}})
        tensors->setColumnWidth(column, width * digit);
    tensors->horizontalHeader()->setSectionResizeMode(TensorModel::Name, QHeaderView::Stretch);
    histogram->clear();
    histogramText->setText(tr("Select a tensor to see how its values are spread."));
    licences = facts.licences;
    licenceFile->clear();
    for (const auto &[file, words] : licences)
        licenceFile->addItem(file);
    licenceFile->setVisible(!licences.empty());
    if (licences.empty())
        licence->setPlainText(tr("No licence file in the folder of this checkpoint."));
}

void CheckpointView::Ui::showTensor()
{
    const QModelIndex current = filter->mapToSource(tensors->currentIndex());
    if (!current.isValid())
        return;
    const TensorView &tensor = model->tensor(current.row());
    const TensorStatistics *known = model->statistics(current.row());
    if (!known) {
        histogramText->setText(tr("Computing %1 …").arg(text(tensor.name)));
        return;
    }
    QString words = tr("%1: mean %2, standard deviation %3, from %4 to %5.")
                        .arg(text(tensor.name), wording::figure(known->mean), wording::figure(known->std),
                             wording::figure(known->minimum), wording::figure(known->maximum));
    if (known->notFinite > 0)
        words += QLatin1Char(' ') + tr("%1 elements are not finite and left out.").arg(wording::count(known->notFinite));
    histogramText->setText(words);
    const double span = known->maximum - known->minimum;
    // A constant tensor has one bar, of any width.
    const double width = span > 0 ? span / double(known->histogram.size()) : 1e-3;
    BarChart::Series series{tr("elements"), {}, {}};
    series.values.assign(known->histogram.begin(), known->histogram.end());
    histogram->setHistogram(known->minimum, width, {series}, 3);
    histogram->setSummary(words);
}

CheckpointView::CheckpointView(LabBridge &bridge, QWidget *parent)
    : BrowserView(bridge, "checkpoint", tr("Choose a checkpoint in the library to look inside."), parent), m_bridge(bridge),
      m_ui(std::make_unique<Ui>(*this))
{
    m_ui->build();
}

CheckpointView::~CheckpointView() = default;

void CheckpointView::show(const QString &checkpoint)
{
    m_checkpoint = checkpoint;
    try {
        read(m_bridge.store().checkpoint(checkpoint.toStdString()));
    } catch (const std::exception &failure) {
        fail(QString::fromUtf8(failure.what()));
    }
}

void CheckpointView::lookAgain()
{
    const std::vector<CheckpointEntry> all = m_bridge.store().checkpoints();
    const auto entry =
        std::find_if(all.begin(), all.end(), [this](const CheckpointEntry &one) { return text(one.name) == m_checkpoint; });
    if (entry == all.end())
        invite();
    else if (!isWanted(keyOf(*entry)))
        read(*entry);
}

void CheckpointView::read(const CheckpointEntry &entry)
{
    load(
        m_checkpoint, keyOf(entry), [folder = m_bridge.store().resolve(entry.folder)] { return readFacts(folder); },
        [this](const Facts &facts) { m_ui->fill(m_checkpoint, facts); });
}

} // namespace awb
