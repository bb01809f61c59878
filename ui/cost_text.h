#pragma once

#include <QString>

#include "core/study/costs.h"

/// How the trade-off chart words and scales what a run costs.
namespace awb::cost_text {

QString title(CostAxis axis);     ///< "Peak memory"
QString axisLabel(CostAxis axis); ///< "Peak memory (MB)"
/// From what is stored to the axis' unit.
double scale(CostAxis axis);
/// Whether orders of magnitude lie between the points, so that the axis is logarithmic.
bool logarithmic(CostAxis axis);
QString value(CostAxis axis, double cost); ///< as stored; "444 MB"

} // namespace awb::cost_text
