#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/types.h"

/// Internal to core/train: includes torch.
namespace awb {

/// BERT's optimizer (Adam, decoupled weight decay, beta 0.9 and 0.999, epsilon 1e-6 outside the root; paper section 3.1 and
/// released code) with gradient clipping. Without bias correction step t is (1 - 0.9^t) / sqrt(1 - 0.999^t) times as large
/// as with it: 6.6 times at t = 12, 2.5 times at t = 170. All trained parameters, gradients and moments live in one flat
/// float32 tensor each, so a step is a handful of operations whatever the number of parameters.
///
/// Of the word embeddings a batch reaches some hundred rows. On the CPU, parameters that no gradient has reached yet are
/// only decayed, which is all that the formula does to them: their moments stay zero, and take no memory.
class Adam {
public:
    /// Moves the parameters into the flat tensor; their names decide on weight decay (not LayerNorm, not biases).
    Adam(const std::vector<std::pair<std::string, at::Tensor>> &trained, const Recipe &recipe);

    /// One update from the gradients that the backward pass left, which become zero. On the CPU the same bits on any number
    /// of threads; elsewhere without waiting for the device.
    void step(double learningRate);
    std::int64_t size() const { return m_values.numel(); }

    /// For snapshots: values, first and second moment, each (size) float32; and steps done.
    std::vector<std::pair<std::string, at::Tensor>> state() const;
    /// After the tensors of state() were overwritten with those of a snapshot.
    void setSteps(int steps);

private:
    double gradientNorm() const;
    void updateOnCpu(double rate, double decay);
    bool isReached(std::int64_t at, std::int64_t count);
    void updateByTensors(double rate, double decay);

    at::Tensor m_values, m_gradients, m_first, m_second; // (N)
    std::int64_t m_decayed = 0;                          // the first so many are decayed
    std::vector<char> m_reached; ///< of each block of the decayed ones, on the CPU: a gradient was not zero
    double m_weightDecay, m_clip;
    bool m_biasCorrection;
    int m_steps = 0;
};

} // namespace awb
