#include "core/model/fast_head.h"

#include <algorithm>
#include <cmath>

namespace awb::fast {

using namespace kernels;

double lossGradient(const Batch &batch, const Block &block, Task task, std::int64_t outputs, float *logits)
{
    const float share = 1.0f / float(batch.size());
    double sum = 0;
    for (std::int64_t b = 0; b < block.examples(); ++b) {
        const auto example = std::size_t(block.firstExample + b);
        float *row = logits + b * outputs;
        if (task == Task::Regression) {
            const double error = double(row[0]) - double(batch.scores[example]);
            sum += error * error;
            row[0] = 2 * share * float(error);
            continue;
        }
        const double largest = *std::max_element(row, row + outputs);
        double total = 0;
        for (std::int64_t c = 0; c < outputs; ++c)
            total += std::exp(double(row[c]) - largest);
        const auto label = std::int64_t(batch.labels[example]);
        sum += largest + std::log(total) - double(row[label]);
        for (std::int64_t c = 0; c < outputs; ++c)
            row[c] = share * (float(std::exp(double(row[c]) - largest) / total) - (c == label ? 1.0f : 0.0f));
    }
    return sum;
}

template <typename T>
void Head<T>::forward(const Block &block, const T *cls, const Mask &drop, HeadTape<T> &tape) const
{
    const std::int64_t d = weights.pooler.out;
    const Rows rows = block.cls();
    tape.pooled.reserve(std::size_t(rows.padded * d));
    tape.mask.reserve(std::size_t(rows.padded * d));
    tape.logits.reserve(std::size_t(rows.count * outputs));
    float *pooled = tape.pooled.data(), *mask = tape.mask.data();
    product(cls, d, rows.padded, weights.pooler.pack->forward, pooled, d);
    const float *weight = classifier->weight.data_ptr<float>(), *bias = classifier->bias.data_ptr<float>();
    for (std::int64_t b = 0; b < rows.count; ++b) {
        std::fill_n(mask + b * d, d, 1.0f);
        if (drop.active())
            maskValues(drop, std::uint64_t((block.firstExample + b) * d), d, mask + b * d);
        for (std::int64_t i = 0; i < d; ++i)
            pooled[b * d + i] = std::tanh(pooled[b * d + i] + weights.pooler.pack->bias[std::size_t(i)]);
        for (std::int64_t c = 0; c < outputs; ++c) {
            float sum = bias[c];
            for (std::int64_t i = 0; i < d; ++i)
                sum += weight[c * d + i] * pooled[b * d + i] * mask[b * d + i];
            tape.logits.data()[b * outputs + c] = sum;
        }
    }
}

template <typename T>
void Head<T>::backward(const Block &block, const T *cls, HeadTape<T> &tape, float *gradient, const GradientSums &sums,
                       Scratch<T> &scratch) const
{
    const std::int64_t d = weights.pooler.out;
    const Rows rows = block.cls();
    tape.gradient.reserve(std::size_t(rows.padded * d));
    const float *weight = classifier->weight.data_ptr<float>(), *pooled = tape.pooled.data(), *mask = tape.mask.data();
    const float *logits = tape.logits.data();
    const auto sumOf = [&](int slot) { return slot < 0 ? nullptr : sums.of(slot); };
    float *weightSum = sumOf(weights.classifierWeight), *biasSum = sumOf(weights.classifierBias);
    for (std::int64_t b = 0; b < rows.count; ++b)
        for (std::int64_t c = 0; c < outputs; ++c) {
            const float g = logits[b * outputs + c];
            if (biasSum)
                biasSum[c] += g;
            if (weightSum)
                for (std::int64_t i = 0; i < d; ++i)
                    weightSum[c * d + i] += g * pooled[b * d + i] * mask[b * d + i];
        }
    if (!gradient && !weights.pooler.trained)
        return;
    for (std::int64_t b = 0; b < rows.count; ++b)
        for (std::int64_t i = 0; i < d; ++i) {
            float sum = 0;
            for (std::int64_t c = 0; c < outputs; ++c)
                sum += logits[b * outputs + c] * weight[c * d + i];
            const float tanh = pooled[b * d + i];
            tape.gradient.data()[b * d + i] = fromFloat<T>(sum * mask[b * d + i] * (1 - tanh * tanh));
        }
    if (weights.pooler.trained)
        addDenseGradient(weights.pooler, tape.gradient.data(), d, cls, d, rows.count, sums, scratch);
    if (gradient)
        product(tape.gradient.data(), d, rows.padded, weights.pooler.pack->backward, gradient, d);
}

template struct Head<float>;
template struct Head<BFloat16>;

} // namespace awb::fast
