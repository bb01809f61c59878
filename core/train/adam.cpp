#include "core/train/adam.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <torch/types.h>

namespace awb {
namespace {

bool isDecayed(const std::string &name)
{
    return name.find("LayerNorm") == std::string::npos && !name.ends_with(".bias");
}

} // namespace

Adam::Adam(const std::vector<std::pair<std::string, at::Tensor>> &trained, const Recipe &recipe)
    : m_weightDecay(recipe.weightDecay), m_clip(recipe.clip), m_biasCorrection(recipe.biasCorrection)
{
    auto ordered = trained;
    const auto firstPlain =
        std::stable_partition(ordered.begin(), ordered.end(), [](const auto &entry) { return isDecayed(entry.first); });
    std::int64_t total = 0;
    for (auto it = ordered.begin(); it != ordered.end(); ++it) {
        total += it->second.numel();
        if (it < firstPlain)
            m_decayed = total;
    }
    const auto options = at::TensorOptions().dtype(at::kFloat).device(ordered.front().second.device());
    m_values = at::empty({total}, options);
    m_gradients = at::zeros({total}, options);
    m_first = at::zeros({total}, options);
    m_second = at::zeros({total}, options);

    const torch::NoGradGuard noGrad;
    std::int64_t at = 0;
    for (auto &[name, parameter] : ordered) {
        const auto part = [&](const at::Tensor &flat) {
            return flat.narrow(0, at, parameter.numel()).view(parameter.sizes());
        };
        const at::Tensor values = part(m_values);
        values.copy_(parameter);
        parameter.set_data(values);
        parameter.mutable_grad() = part(m_gradients);
        at += parameter.numel();
    }
}

void Adam::zeroGradients()
{
    m_gradients.zero_();
}

double Adam::step(double learningRate)
{
    const torch::NoGradGuard noGrad;
    const double norm = m_gradients.norm().item<double>();
    if (m_clip > 0 && norm > m_clip)
        m_gradients.mul_(m_clip / norm);

    constexpr double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6;
    ++m_steps;
    m_first.mul_(beta1).add_(m_gradients, 1 - beta1);
    m_second.mul_(beta2).addcmul_(m_gradients, m_gradients, 1 - beta2);
    double rate = learningRate;
    if (m_biasCorrection)
        rate *= std::sqrt(1 - std::pow(beta2, m_steps)) / (1 - std::pow(beta1, m_steps));
    if (m_weightDecay > 0)
        m_values.narrow(0, 0, m_decayed).mul_(1 - learningRate * m_weightDecay);
    m_values.addcdiv_(m_first, m_second.sqrt().add_(epsilon), -rate);
    return norm;
}

std::vector<std::pair<std::string, at::Tensor>> Adam::state() const
{
    return {{"values", m_values}, {"first_moment", m_first}, {"second_moment", m_second}};
}

} // namespace awb
