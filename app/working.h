#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "app/commands.h"
#include "core/types.h"

/// Working runs of the queue from the command line, with progress on standard error and Ctrl-C.
namespace awb {

/// Works the queue, or only the runs named, to the end; `runEnded` is called after each. Ctrl-C stops within one batch: the
/// runs go back to the queue with their snapshots and Error is thrown.
void work(Context &context, const std::vector<std::int64_t> &only = {}, const std::function<void()> &runEnded = {});

/// Throws the sentence of a run that has not ended well.
void requireDone(const Run &run);

} // namespace awb
