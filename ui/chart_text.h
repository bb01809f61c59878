#pragma once

#include <string>
#include <utility>

#include <QString>

/// How the charts word scores.
namespace awb::chart_text {

/// "Accuracy", "F1", "Matthews correlation" ...
QString metricTitle(const std::string &metric);
/// "Accuracy", "Matthews": for the narrow cell of a table.
QString metricWord(const std::string &metric);
/// 100 for metrics that are shares and shown in per cent, 1 for correlations.
double metricScale(const std::string &metric);
/// Lowest and highest value, as scaled: 0 and 100, or -1 and 1.
std::pair<double, double> metricLimits(const std::string &metric);
/// "Accuracy on dev (%)", "Matthews correlation on dev"
QString metricAxis(const std::string &metric);
/// "Accuracy (%)", "Matthews correlation"
QString metricUnit(const std::string &metric);
/// "83.73 %" or "0.563"; `value` as stored, 0..1. Without the unit when `unit` is false.
QString score(const std::string &metric, double value, bool unit = true);
/// "+0.32" or "−1.10": `value` is a difference of two stored scores.
QString difference(const std::string &metric, double value);
/// "1e-3", "2.5e-4"
QString learningRate(double value);

} // namespace awb::chart_text
