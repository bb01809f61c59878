#pragma once

#include <cstdint>

/// The optimizer's arithmetic in one pass over memory: for a whole model the passes are what it costs.
namespace awb::kernels {

/// What one step does to each of some parameters.
struct AdamUpdate {
    float gradientScale; ///< of clipping
    float beta1, beta2, epsilon;
    float rate;  ///< learning rate, bias correction included
    float decay; ///< a value loses this share of itself
};
/// first = beta1 first + (1 - beta1) g and second = beta2 second + (1 - beta2) g^2 with g = gradientScale gradient; value
/// becomes (1 - decay) value - rate first / (sqrt(second) + epsilon); gradient becomes 0.
void updateByAdam(const AdamUpdate &update, float *values, float *gradients, float *first, float *second,
                  std::int64_t count);

/// The same where gradients and moments are zero: value becomes (1 - decay) value, to the same bits.
void decay(float share, float *values, std::int64_t count);

bool isZero(const float *values, std::int64_t count);
double sumOfSquares(const float *values, std::int64_t count);

} // namespace awb::kernels
