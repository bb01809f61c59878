#pragma once

#include "ui/model_stack_layout.h"

class QPainter;
class QPalette;

namespace awb {

struct StackView {
    const StackLayout &layout;
    int bottleneck = 0; ///< m; 0: no adapters
    int hidden = 0;     ///< d
    const StackPart *hovered = nullptr;
    const StackPart *current = nullptr; ///< with the keyboard's frame
};

/// Trained parts are filled green, frozen ones grey and outlined, adapters that are off a dashed outline. The waist of an
/// adapter widens with log m.
void paintStack(QPainter &painter, const StackView &view, const QPalette &palette);

} // namespace awb
