#pragma once

#include "app/commands.h"

namespace awb {

/// Measures the window and the charts with a library of at least so many runs, made up in a temporary folder: a study of
/// nine tasks, all of it finished, with a curve of 100 points per run. Throws Error where this program was built without
/// figures.
int benchLibrary(Context &context, int atLeast);

} // namespace awb
