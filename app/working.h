#pragma once

#include <cstdint>
#include <vector>

#include "app/commands.h"
#include "core/types.h"

/// Working runs of the queue from the command line, with progress on standard error and Ctrl-C.
namespace awb {

/// Works until the queue is empty, or until run `only` has ended (0: all). Ctrl-C stops within one batch: the run goes
/// back to the queue with its snapshot and Stopped is thrown.
void work(Context &context, std::int64_t only);

/// Throws the sentence of a run that has not ended well.
void requireDone(const Run &run);

} // namespace awb
