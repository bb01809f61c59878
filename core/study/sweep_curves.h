#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/study/selection.h"

namespace awb {

/// What is on the x axis of a robustness chart.
enum class SweepAxis {
    Initialisation, ///< Figure 6, right: sigma of the adapters; a curve per task and size
    LearningRate    ///< Figure 7: peak; a curve per task and method, the best size at each
};

struct SweepPoint {
    double x = 0;
    SettingResult outcome; ///< the best setting at this x
    int settings = 1;      ///< that were compared
    std::set<std::string> differed = {}; ///< of "size", "learning rate", "epochs", "initialisation" what these differed in
};

struct SweepCurve {
    std::string dataset;
    std::string method;             ///< key of resources/methods.json
    int size = 0;                   ///< 0 where each x has its best size
    std::vector<SweepPoint> points; ///< by x
};

/// Curves by task, method, size; top layers without the pooler are a curve of their own. Methods without adapters have no
/// initialisation to sweep and are left out there.
std::vector<SweepCurve> sweepCurves(const std::vector<SettingResult> &outcomes, SweepAxis axis);

/// Whether some point is of several seeds.
bool haveSeveralSeeds(const std::vector<SweepCurve> &curves);
/// Which score a point shows and, where settings were compared, what was chosen: "score on dev after the last epoch, mean
/// over seeds; the best size and epochs at each, chosen on dev". Seeds are named where some point has several.
std::string sweepRule(const std::vector<SweepCurve> &curves, const Selection &selection);

/// The numbers of the chart (RFC 4180), a row per point.
std::string toCsv(const std::vector<SweepCurve> &curves, SweepAxis axis, const Study &study);

} // namespace awb
