#pragma once

#include <string>
#include <vector>

#include <QString>

#include "core/data/dataset.h"
#include "core/store/store.h"
#include "core/methods/methods.h"
#include "ui/bottleneck_slider.h"
#include "ui/model_stack.h"
#include "ui/recipe_form.h"
#include "ui/setup_panel.h"
#include "ui/setup_widgets.h"
#include "ui/top_layers_field.h"

class QComboBox;
class QLabel;
class QPushButton;
class QScrollArea;
class QToolButton;

namespace awb {

/// What the set-up panel is made of, and what it knows of the library.
struct SetupPanel::Ui {
    QComboBox *dataset, *checkpoint, *method;
    BottleneckSlider *bottleneck;
    TopLayersField *topLayers;
    Figures *figures;
    ModelStack *stack;
    QScrollArea *scroll, *stackScroll;
    QLabel *sitesLabel, *note;
    QToolButton *all, *none, *topHalf, *bottomHalf;
    RecipeForm *recipe;
    QPushButton *add, *copy;

    std::vector<Manifest> datasets;
    std::vector<CheckpointEntry> checkpoints;
    ModelShape shape;     ///< no layers: unknown
    QString shapeProblem; ///< why it is unknown
    std::vector<LayerSites> sites;
    std::string activation; ///< of the adapters
    bool filling = false;   ///< several fields are being set: refresh once, at the end
};

} // namespace awb
