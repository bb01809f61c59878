#pragma once

#include <QColor>
#include <QIcon>

#include "core/types.h"

class QPalette;

/// Small icons drawn by the program itself, so that they follow the theme and need no icon theme of the desktop.
namespace awb::glyphs {

enum class Glyph {
    Clock,
    Bars,
    Triangle,
    Tick,
    Cross,
    Dash,
    Square,
    Retry,
    Up,
    Down,
    Bin,
    Pencil,
    Reuse,
    Layers,
    Rows,
    Plus,
    Down2Tray,
    More
};

QIcon icon(Glyph glyph, const QColor &color);
/// In the text colour of a palette, with a faint form for disabled actions.
QIcon icon(Glyph glyph, const QPalette &palette);

/// Sign and colour of a run's state; legible on both themes, and never by colour alone.
Glyph stateGlyph(RunState state);
QColor stateColor(RunState state, bool dark);
bool isDark(const QPalette &palette);

} // namespace awb::glyphs
