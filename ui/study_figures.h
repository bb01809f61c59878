#pragma once

#include <filesystem>

#include "core/store/store.h"

namespace awb {

/// Writes every chart of a study that has a point (PDF and its numbers as CSV), the ablation maps of its runs, and every
/// table (Markdown) into a folder, for its archive. Draws, so it belongs on the thread of the window.
void writeStudyFigures(const Store &store, const Study &study, const std::filesystem::path &folder);

} // namespace awb
