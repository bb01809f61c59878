#pragma once

#include <string>
#include <vector>

#include <QRectF>
#include <QString>

#include "core/types.h"

namespace awb {

/// A block of the drawn model.
struct StackPart {
    enum class Kind { Embeddings, Attention, FeedForward, Adapter, LayerNorm, Pooler, Head };

    Kind kind;
    int layer = -1;                    ///< -1: outside the layers
    bool attention = false;            ///< of the attention sub-layer (adapters and LayerNorms)
    QRectF rect;                       ///< where it is drawn
    QRectF target;                     ///< where the mouse finds it
    std::vector<std::string> prefixes; ///< of its parameters' names
    bool present = true;               ///< false: an adapter that is switched off
    bool trained = false;              ///< by the method's globs, if only its biases
    bool biasesOnly = false;           ///< the weights stay frozen
};

/// Where everything is, for one width.
struct StackLayout {
    std::vector<StackPart> parts;
    std::vector<QRectF> cards; ///< one per layer, lowest first
    QRectF legend;
    double rowHeight = 0;
    int height = 0;
};

StackLayout layOutStack(const ModelShape &shape, const Method &method, const std::vector<LayerSites> &sites, double width);
/// Height that layOutStack takes for that many layers.
int stackHeight(int layers);

/// "Layer 3, feed-forward adapter", "Pooler": for tooltips and for screen readers.
QString nameOf(const StackPart &part);

} // namespace awb
