#pragma once

#include <string>
#include <vector>

#include "core/train/random_work.h"
#include "ui/study_chart.h"

namespace awb {

/// Tokens per second as one thing grows, a line for each path, from the slowest to the fastest repetition. `title`: what is
/// measured; `csv`: its numbers.
StudyChart growthChart(Growth growth, const std::vector<GrowthPoint> &points, const QString &title, const std::string &csv);

} // namespace awb
