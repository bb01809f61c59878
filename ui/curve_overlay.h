#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/study/mean_curves.h"
#include "ui/study_chart.h"

/// The learning curves of several runs on one chart, averaged over seeds.
namespace awb::curve_overlay {

enum class Quantity { Score, Loss };

using Measurements = std::map<std::int64_t, std::vector<Measurement>>;

/// Against epochs: a line per group of runs that differ in the seed only, mean and s.e.m. as a band; a single group shows
/// its seeds as thin lines too.
StudyChart chart(const std::vector<Run> &runs, const Measurements &measurements, Quantity quantity, const QString &title);

} // namespace awb::curve_overlay
