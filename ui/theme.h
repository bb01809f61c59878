#pragma once

#include <QString>

class QApplication;

namespace awb::theme {

/// How the program looks: "system" follows the desktop's palette, "light" and "dark" are our own. Fusion style throughout,
/// so that the window looks the same on every desktop.
void apply(QApplication &application, const QString &name);

} // namespace awb::theme
