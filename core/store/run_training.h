#pragma once

#include "core/store/lab.h"

namespace awb {

/// The real RunFunction: opens checkpoint and data set of the run, trains, writes weights to runs/ID/adapter.safetensors.
/// Runs that it computes at the same time share what they have in common of a checkpoint. Safe to call from several threads.
RunFunction trainingFunction();

} // namespace awb
