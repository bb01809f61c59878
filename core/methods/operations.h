#pragma once

#include <cstdint>

#include "core/types.h"

namespace awb {

/// What goes through a model at once.
struct Workload {
    std::int64_t examples = 0, tokens = 0;
    std::int64_t pairs = 0; ///< of tokens that attend to each other: the sum of the squared lengths
};

/// Floating-point operations in matrix products; a multiply-add counts two.
struct Operations {
    std::int64_t forward = 0, backward = 0;
};

/// What a training step must multiply at least, whichever path computes it: the last layer for the [CLS] rows alone (but for
/// its keys and values), backward no further down than the lowest trained tensor, and gradients of trained tensors only.
/// Layers that a path remembers from an earlier epoch, and embeddings, which are looked up, count as usual and not at all.
Operations productOperations(const ModelShape &shape, const Method &method, int outputs, const Workload &work);

} // namespace awb
