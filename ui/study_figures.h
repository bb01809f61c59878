#pragma once

#include <filesystem>

#include "core/study/selection.h"

namespace awb {

/// Writes every chart of a study that has a point (PDF and its numbers as CSV) and every table (Markdown) into a folder, for
/// its archive. Draws, so it belongs on the thread of the window.
void writeStudyFigures(const StudyResults &results, const std::filesystem::path &folder);

} // namespace awb
