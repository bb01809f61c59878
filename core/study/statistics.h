#pragma once

#include <vector>

namespace awb {

/// Mean and standard error of the mean, sd/sqrt(n) with sd over n - 1; sem 0 for n < 2.
struct MeanSem {
    double mean = 0, sem = 0;
    int n = 0;
};
MeanSem meanSem(const std::vector<double> &values);

/// The q-th percentile (0..1): linear between the two nearest values of the sorted list, at q (n - 1); of one value that
/// one. `values` must not be empty.
double percentile(std::vector<double> values, double q);

} // namespace awb
