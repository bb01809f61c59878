#include "core/model/kernels/adam.h"

#include <cmath>

#include "core/model/kernels/vectorize.h"

namespace awb::kernels {

AWB_VECTORIZE void updateByAdam(const AdamUpdate &update, float *__restrict values, float *__restrict gradients,
                                float *__restrict first, float *__restrict second, std::int64_t count)
{
    const AdamUpdate u = update;
    for (std::int64_t i = 0; i < count; ++i) {
        const float g = u.gradientScale * gradients[i];
        first[i] = u.beta1 * first[i] + (1.0f - u.beta1) * g;
        second[i] = u.beta2 * second[i] + (1.0f - u.beta2) * g * g;
        values[i] = values[i] * (1.0f - u.decay) - u.rate * first[i] / (std::sqrt(second[i]) + u.epsilon);
        gradients[i] = 0;
    }
}

AWB_VECTORIZE void decay(float share, float *values, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i)
        values[i] *= 1.0f - share;
}

AWB_VECTORIZE bool isZero(const float *values, std::int64_t count)
{
    int other = 0;
#pragma omp simd reduction(| : other)
    for (std::int64_t i = 0; i < count; ++i)
        other |= values[i] != 0;
    return other == 0;
}

AWB_VECTORIZE double sumOfSquares(const float *values, std::int64_t count)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < count; ++i)
        sum += values[i] * values[i];
    return double(sum);
}

} // namespace awb::kernels
