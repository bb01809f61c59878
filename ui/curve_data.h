#pragma once

#include <string>
#include <vector>

#include <QVector>

#include "core/types.h"

/// What a learning curve draws of a run's measurements: pure functions, no widgets.
namespace awb::curve_data {

struct Curve {
    QVector<double> x; ///< optimizer steps, ascending
    QVector<double> y;
};

/// The measurements called `name` in order of their steps; values that are no numbers are left out.
Curve curveOf(const std::vector<Measurement> &measurements, const std::string &name);
/// Means of equal stretches, so that at most `most` points remain.
Curve thinned(const Curve &curve, int most);
/// Centred moving average over a thirtieth of the curve; at the ends over the half of that window that is there.
Curve smoothed(const Curve &curve);
/// Index of the point nearest to a step; -1: the curve is empty.
int nearest(const Curve &curve, double step);

/// name,step,epoch,value (RFC 4180).
std::string toCsv(const std::vector<Measurement> &measurements);

} // namespace awb::curve_data
