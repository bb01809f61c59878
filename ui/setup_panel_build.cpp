#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/setup_panel_ui.h"
#include "ui/wording.h"

namespace awb {

void SetupPanel::build(const DeviceChoices &devices)
{
    Ui &ui = *m_ui;
    auto *content = new QWidget;
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(10, 10, 10, 10);
    layout->setSpacing(8);
    layout->addLayout(buildChoices());
    ui.figures = new Figures;
    layout->addWidget(ui.figures);
    layout->addLayout(buildSites());
    ui.stack = new ModelStack;
    ui.stackScroll = new UprightScrollArea(ui.stack, "stackScroll");
    layout->addWidget(ui.stackScroll);
    ui.recipe = new RecipeForm(devices);
    layout->addWidget(ui.recipe);
    layout->addStretch(1);
    ui.scroll = new UprightScrollArea(content, "setupScroll");

    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(ui.scroll, 1);
    outer->addWidget(newLine());
    outer->addLayout(buildFooter());
}

QLayout *SetupPanel::buildChoices()
{
    Ui &ui = *m_ui;
    auto *choices = new QFormLayout;
    choices->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    ui.dataset = newCombo(*choices, "datasetCombo", tr("&Data set"), tr("What the model learns from and is measured on."));
    ui.checkpoint = newCombo(*choices, "checkpointCombo", tr("Chec&kpoint"), tr("The pre-trained model that is adapted."));
    ui.method = newCombo(*choices, "methodCombo", tr("&Method"), {});
    for (const MethodEntry &entry : methodTable()) {
        ui.method->addItem(wording::text(entry.title), wording::text(entry.method.name));
        ui.method->setItemData(ui.method->count() - 1, wording::text(entry.description), Qt::ToolTipRole);
    }
    ui.bottleneck = new BottleneckSlider;
    choices->addRow(ui.bottleneck);
    ui.topLayers = new TopLayersField;
    choices->addRow(ui.topLayers);
    return choices;
}

QLayout *SetupPanel::buildSites()
{
    Ui &ui = *m_ui;
    auto *row = new QHBoxLayout;
    row->setSpacing(2);
    ui.sitesLabel = new QLabel;
    ui.sitesLabel->setObjectName(QStringLiteral("sitesLabel"));
    ui.sitesLabel->setToolTip(tr("Adapters that are in the model, of the sites that it has."));
    ui.sitesLabel->setMinimumWidth(ui.sitesLabel->fontMetrics().horizontalAdvance(tr("%1 of %2 on").arg(48).arg(48)));
    row->addWidget(ui.sitesLabel, 1);
    ui.all = newToolButton(*row, "allSitesButton", tr("All"), tr("Adapters at every site of every layer"));
    ui.none = newToolButton(*row, "noSitesButton", tr("None"), tr("No adapters"));
    ui.topHalf = newToolButton(*row, "topHalfButton", tr("Top half"), tr("Adapters in the upper half of the layers only"));
    ui.bottomHalf =
        newToolButton(*row, "bottomHalfButton", tr("Bottom half"), tr("Adapters in the lower half of the layers only"));
    return row;
}

QLayout *SetupPanel::buildFooter()
{
    Ui &ui = *m_ui;
    ui.note = new QLabel;
    ui.note->setObjectName(QStringLiteral("noteLabel"));
    ui.note->setWordWrap(true);
    ui.add = new QPushButton;
    ui.add->setObjectName(QStringLiteral("addButton"));
    ui.add->setDefault(true);
    ui.copy = new QPushButton(tr("Copy as command"));
    ui.copy->setObjectName(QStringLiteral("copyButton"));
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(ui.add, 1);
    buttons->addWidget(ui.copy);
    auto *footer = new QVBoxLayout;
    footer->setContentsMargins(10, 6, 10, 10);
    footer->setSpacing(6);
    footer->addLayout(buttons);
    footer->addWidget(ui.note);
    return footer;
}

} // namespace awb
