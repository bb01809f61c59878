#pragma once

#include <vector>

#include <QString>

#include "core/types.h"

namespace awb {

/// A device that a run can be computed on, as the set-up offers it.
struct DeviceChoice {
    QString name; ///< "cpu", "cuda:0"
    QString text; ///< for the user
    Precision fastest = Precision::Float32;
};
using DeviceChoices = std::vector<DeviceChoice>; ///< the first is the default

} // namespace awb
