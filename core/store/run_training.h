#pragma once

#include "core/store/lab.h"

namespace awb {

/// The real RunFunction: opens checkpoint and data set of the run, trains, writes weights to runs/ID/adapter.safetensors.
Run runTraining(const Run &run, RunContext &context);

} // namespace awb
