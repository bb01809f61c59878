#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dataset.h"

/// What the user says of a data set beside its files and labels, as both faces write it.
namespace awb {

/// "80/10/10": per cent of train, dev and test; "90/10" where test has a file of its own.
std::string splitText(const Manifest &manifest);

/// Sets how rows are split off, from splitText()'s form; a last number left out: no test part is split off. Throws Error:
/// dev has a file of its own, not such numbers, they do not add up to 100, nothing left for train or dev.
void setSplit(Manifest &manifest, std::string_view shares, std::uint64_t seed);

/// The metrics that a task can be measured by, the usual ones first.
const std::vector<std::string> &metricsOf(Task task);

/// "f1, accuracy"
std::string metricsText(const Manifest &manifest);

/// Sets the metrics from metricsText()'s form, the task's own first. Throws Error: none, one that the task has not, one
/// twice.
void setMetrics(Manifest &manifest, std::string_view names);

/// The usual metrics of the task, unless there are some already and all of them are the task's.
void completeMetrics(Manifest &manifest);

} // namespace awb
