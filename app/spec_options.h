#pragma once

#include <string>

#include "app/method_options.h"

namespace awb {

/// The options of `train` and `bench` that make a spec.
struct SpecOptions {
    TrainSpec spec;
    MethodOptions method;
    std::string precision = "float32";
    bool rateGiven = false;
};

void addSpecOptions(CLI::App &command, SpecOptions &options);
/// The spec for a checkpoint and data set of the library. Throws Error listing the known names.
TrainSpec specFromOptions(Context &context, const SpecOptions &options);
/// The same for a model of `layers` layers; nothing is looked up.
TrainSpec specFromOptions(const SpecOptions &options, int layers);

} // namespace awb
