#include "ui/setup_panel.h"

#include <algorithm>

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>

#include "core/error.h"
#include "core/model/checkpoint.h"
#include "core/methods/parameters.h"
#include "core/methods/train_command.h"
#include "ui/dialogs.h"
#include "ui/lab_bridge.h"
#include "ui/setup_panel_ui.h"
#include "ui/wording.h"

namespace awb {

SetupPanel::SetupPanel(LabBridge &bridge, DeviceChoices devices, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_ui(std::make_unique<Ui>())
{
    build(devices);
    connectAll();
    takeMethod();
    readStore();
}

SetupPanel::~SetupPanel() = default;

void SetupPanel::connectAll()
{
    Ui &ui = *m_ui;
    connect(ui.dataset, &QComboBox::currentIndexChanged, this, [this] {
        refresh();
        emit selectionChanged();
    });
    connect(ui.checkpoint, &QComboBox::currentIndexChanged, this, [this] {
        readShape();
        refresh();
        emit selectionChanged();
    });
    connect(ui.method, &QComboBox::currentIndexChanged, this, [this] {
        takeMethod();
        refresh();
    });
    connect(ui.bottleneck, &BottleneckSlider::valueChanged, this, &SetupPanel::refresh);
    connect(ui.topLayers, &TopLayersField::changed, this, &SetupPanel::refresh);
    connect(ui.recipe, &RecipeForm::changed, this, &SetupPanel::refresh);
    connect(ui.stack, &ModelStack::sitesChanged, this, [this] {
        m_ui->sites = m_ui->stack->sites();
        refresh();
    });
    connect(ui.stack, &ModelStack::currentMoved, this, [this](const QRect &site) {
        const QPoint middle = site.center();
        m_ui->stackScroll->ensureVisible(middle.x(), middle.y(), site.width(), site.height());
        const QPoint inPanel = m_ui->stack->mapTo(m_ui->scroll->widget(), middle);
        m_ui->scroll->ensureVisible(inPanel.x(), inPanel.y(), 0, site.height());
    });
    connect(ui.all, &QToolButton::clicked, ui.stack, [this] { m_ui->stack->setAll(true); });
    connect(ui.none, &QToolButton::clicked, ui.stack, [this] { m_ui->stack->setAll(false); });
    connect(ui.topHalf, &QToolButton::clicked, ui.stack, &ModelStack::setTopHalf);
    connect(ui.bottomHalf, &QToolButton::clicked, ui.stack, &ModelStack::setBottomHalf);
    connect(ui.add, &QPushButton::clicked, this, &SetupPanel::enqueue);
    connect(ui.copy, &QPushButton::clicked, this, &SetupPanel::copyCommand);
    connect(&m_bridge, &LabBridge::changed, this, &SetupPanel::readStore);
}

void SetupPanel::readStore()
{
    Ui &ui = *m_ui;
    try {
        ui.datasets = m_bridge.store().datasets();
        ui.checkpoints = m_bridge.store().checkpoints();
    } catch (const Error &error) {
        ui.shapeProblem = QString::fromUtf8(error.what());
    }
    QStringList datasets, checkpoints;
    for (const Manifest &manifest : ui.datasets)
        datasets << wording::text(manifest.name);
    for (const CheckpointEntry &entry : ui.checkpoints)
        checkpoints << wording::text(entry.name);
    const bool otherDataset = refill(*ui.dataset, datasets);
    const bool otherCheckpoint = refill(*ui.checkpoint, checkpoints);
    readShape();
    refresh();
    if (otherDataset || otherCheckpoint)
        emit selectionChanged();
}

void SetupPanel::readShape()
{
    Ui &ui = *m_ui;
    ModelShape shape;
    ui.shapeProblem.clear();
    for (const CheckpointEntry &entry : ui.checkpoints) {
        if (wording::text(entry.name) != checkpoint())
            continue;
        try {
            shape = awb::readShape(m_bridge.store().resolve(entry.folder));
        } catch (const Error &error) {
            ui.shapeProblem = QString::fromUtf8(error.what());
        }
    }
    if (shape == ui.shape)
        return;
    // Toggles of a model with as many layers are kept.
    if (shape.layers > 0 && int(ui.sites.size()) != shape.layers)
        ui.sites.assign(shape.layers, {});
    ui.shape = shape;
    ui.topLayers->setLayers(shape.layers);
    if (shape.positions > 0)
        ui.recipe->setLongest(shape.positions);
}

void SetupPanel::takeMethod()
{
    const MethodEntry &entry = methodEntry(m_ui->method->currentData().toString().toStdString());
    m_ui->method->setToolTip(wording::text(entry.description));
    m_ui->activation = entry.method.activation;
    m_ui->recipe->setSuggestedRate(entry.learningRate);
}

Method SetupPanel::method() const
{
    Method method = methodEntry(m_ui->method->currentData().toString().toStdString()).method;
    if (method.bottleneck > 0) {
        method.bottleneck = m_ui->bottleneck->value();
        method.activation = m_ui->activation;
        method.sites = storedSites(m_ui->sites);
    }
    if (const int layers = m_ui->shape.layers; method.topLayers >= 0 && layers > 0)
        method = topLayersMethod(method, std::min(m_ui->topLayers->count(), layers), m_ui->topLayers->pooler(), layers);
    return method;
}

int SetupPanel::outputs() const
{
    for (const Manifest &manifest : m_ui->datasets)
        if (wording::text(manifest.name) == dataset())
            return manifest.task == Task::Regression ? 1 : std::max<int>(2, manifest.classes.size());
    return 2;
}

QString SetupPanel::problem() const
{
    const Ui &ui = *m_ui;
    if (ui.datasets.empty())
        return tr("There is no data set yet: add one on the page Library, or get the sample library there.");
    if (dataset().isEmpty())
        return tr("Choose a data set.");
    if (ui.checkpoints.empty())
        return tr("There is no checkpoint yet: add one on the page Library, or get the sample library there.");
    if (checkpoint().isEmpty())
        return tr("Choose a checkpoint.");
    if (!ui.shapeProblem.isEmpty())
        return ui.shapeProblem;
    if (ui.shape.layers == 0)
        return tr("The checkpoint could not be read.");
    if (method().bottleneck > 0 && ui.stack->sitesOn() == 0)
        return tr("No adapter is on: click a site of the model, or press All.");
    return ui.recipe->problem();
}

void SetupPanel::refresh()
{
    Ui &ui = *m_ui;
    if (ui.filling)
        return;
    const Method now = method();
    Method drawn = now;
    drawn.sites = ui.sites; // kept by the picture while a method without adapters is chosen
    ui.stack->setModel(ui.shape, drawn, outputs());
    ui.stackScroll->setFixedHeight(std::min(ui.stack->sizeHint().height(), 420));
    const bool adapters = now.bottleneck > 0;
    const bool topLayers = now.topLayers >= 0;
    ui.bottleneck->setEnabled(adapters);
    ui.bottleneck->setVisible(!topLayers);
    ui.topLayers->setVisible(topLayers);
    for (QToolButton *button : {ui.all, ui.none, ui.topHalf, ui.bottomHalf})
        button->setEnabled(adapters && ui.shape.layers > 0);
    ui.sitesLabel->setText(ui.shape.layers == 0 ? QString()
                           : !adapters          ? tr("No adapters")
                                                : tr("%1 of %2 on").arg(ui.stack->sitesOn()).arg(2 * ui.shape.layers));
    showCount(now, outputs());

    const QString wrong = problem();
    const int runs = int(std::max<std::size_t>(1, ui.recipe->seeds().size()));
    ui.add->setText(runs == 1 ? tr("Add 1 run to the queue") : tr("Add %1 runs to the queue").arg(runs));
    ui.add->setEnabled(wrong.isEmpty());
    ui.copy->setEnabled(wrong.isEmpty());
    ui.add->setToolTip(wrong.isEmpty() ? tr("One run for each seed.") : wrong);
    ui.copy->setToolTip(wrong.isEmpty() ? tr("Puts the same runs on the clipboard as lines for the command line.") : wrong);
    ui.note->setText(wrong.isEmpty()
                         ? QStringList{wording::text(describe(now, ui.shape.layers)), ui.recipe->remark(now.bottleneck)}
                               .join(u'\n')
                               .trimmed()
                         : wrong);
}

void SetupPanel::showCount(const Method &method, int outputs)
{
    if (m_ui->shape.layers == 0)
        return m_ui->figures->clear();
    m_ui->figures->show(countParameters(m_ui->shape, method, outputs));
}

std::vector<TrainSpec> SetupPanel::specs() const
{
    std::vector<TrainSpec> specs;
    if (!problem().isEmpty())
        return specs;
    TrainSpec spec;
    spec.checkpoint = checkpoint().toStdString();
    spec.dataset = dataset().toStdString();
    spec.method = method();
    spec.recipe = m_ui->recipe->recipe();
    for (const std::uint64_t seed : m_ui->recipe->seeds()) {
        spec.seed = seed;
        specs.push_back(spec);
    }
    return specs;
}

void SetupPanel::setSpec(const TrainSpec &spec)
{
    Ui &ui = *m_ui;
    ui.filling = true;
    setDataset(wording::text(spec.dataset));
    setCheckpoint(wording::text(spec.checkpoint));
    if (const int index = ui.method->findData(wording::text(spec.method.name)); index >= 0)
        ui.method->setCurrentIndex(index);
    if (spec.method.bottleneck > 0) {
        ui.bottleneck->setValue(spec.method.bottleneck);
        ui.activation = spec.method.activation;
        ui.sites = spec.method.sites;
        ui.sites.resize(std::max<int>(ui.shape.layers, ui.shape.layers ? 0 : ui.sites.size()));
    }
    if (spec.method.topLayers >= 0)
        ui.topLayers->set(spec.method.topLayers, trainsPooler(spec.method));
    ui.recipe->setRecipe(spec.recipe);
    ui.recipe->setSeeds({spec.seed});
    ui.filling = false;
    refresh();
}

void SetupPanel::setDataset(const QString &name)
{
    m_ui->dataset->setCurrentIndex(m_ui->dataset->findText(name));
}

void SetupPanel::setCheckpoint(const QString &name)
{
    m_ui->checkpoint->setCurrentIndex(m_ui->checkpoint->findText(name));
}

void SetupPanel::suggest(const QString &checkpoint, const QString &dataset)
{
    if (m_ui->checkpoint->findText(checkpoint) >= 0)
        setCheckpoint(checkpoint);
    if (m_ui->dataset->findText(dataset) >= 0)
        setDataset(dataset);
}

QString SetupPanel::dataset() const
{
    return m_ui->dataset->currentText();
}

QString SetupPanel::checkpoint() const
{
    return m_ui->checkpoint->currentText();
}

void SetupPanel::enqueue()
{
    const std::vector<TrainSpec> runs = specs();
    if (runs.empty())
        return;
    try {
        const std::vector<std::int64_t> ids = m_bridge.store().enqueue(runs);
        m_bridge.wake();
        emit enqueued(ids.front());
    } catch (const Error &error) {
        dialogs::functions().error(this, tr("The runs were not added"), QString::fromUtf8(error.what()));
    }
}

void SetupPanel::copyCommand()
{
    QStringList lines;
    for (const TrainSpec &spec : specs())
        lines << wording::text(trainCommand(spec));
    if (!lines.isEmpty())
        QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

} // namespace awb
