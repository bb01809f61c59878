#include "core/train/adam.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>

#include <sys/mman.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/types.h>

#include "core/model/kernels/adam.h"

#ifndef INTRA_OP_PARALLEL
#error "Without OpenMP at::parallel_for is a loop on one thread."
#endif

namespace awb {
namespace {

constexpr double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6;
constexpr std::int64_t chunk = 1 << 16; ///< parameters that a thread takes at once
constexpr std::int64_t block = 1 << 8;  ///< those that are reached together: less than a row of most embeddings

/// Calls work(at, count) for the chunks of [begin, end), which do not depend on the number of threads.
template <typename Work>
void forEachChunk(std::int64_t begin, std::int64_t end, const Work &work)
{
    at::parallel_for(0, (end - begin + chunk - 1) / chunk, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            work(begin + i * chunk, std::min(chunk, end - begin - i * chunk));
    });
}

bool isDecayed(const std::string &name)
{
    return name.find("LayerNorm") == std::string::npos && !name.ends_with(".bias");
}

/// (n) zeros. On the CPU a page of them takes memory from when it is written on.
at::Tensor zeros(std::int64_t n, const at::TensorOptions &options)
{
    if (!options.device().is_cpu() || n == 0)
        return at::zeros({n}, options);
    const std::size_t bytes = std::size_t(n) * sizeof(float);
    void *memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    return at::from_blob(
        memory, {n}, [bytes](void *address) { ::munmap(address, bytes); }, options);
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
    m_gradients = zeros(total, options);
    m_first = zeros(total, options);
    m_second = zeros(total, options);
    m_reached.resize(std::size_t((m_decayed + block - 1) / block));

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

double Adam::gradientNorm() const
{
    const float *gradients = m_gradients.const_data_ptr<float>();
    std::vector<double> sums(std::size_t((size() + chunk - 1) / chunk));
    forEachChunk(0, size(), [&](std::int64_t at, std::int64_t count) {
        sums[std::size_t(at / chunk)] = kernels::sumOfSquares(gradients + at, count);
    });
    return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

void Adam::step(double learningRate)
{
    const torch::NoGradGuard noGrad;
    ++m_steps;
    double rate = learningRate;
    if (m_biasCorrection)
        rate *= std::sqrt(1 - std::pow(beta2, m_steps)) / (1 - std::pow(beta1, m_steps));
    const double decay = learningRate * m_weightDecay;
    if (m_values.is_cpu())
        updateOnCpu(rate, decay);
    else
        updateByTensors(rate, decay);
}

void Adam::updateOnCpu(double rate, double decay)
{
    const double norm = gradientNorm(), gradientScale = m_clip > 0 && norm > m_clip ? m_clip / norm : 1.0;
    kernels::AdamUpdate plain{float(gradientScale), float(beta1), float(beta2), float(epsilon), float(rate), 0.0f};
    kernels::AdamUpdate decayed = plain;
    decayed.decay = float(decay);
    const auto update = [&](const kernels::AdamUpdate &how, std::int64_t at, std::int64_t count) {
        kernels::updateByAdam(how, m_values.data_ptr<float>() + at, m_gradients.data_ptr<float>() + at,
                              m_first.data_ptr<float>() + at, m_second.data_ptr<float>() + at, count);
    };
    forEachChunk(0, m_decayed, [&](std::int64_t at, std::int64_t count) {
        const std::int64_t end = at + count;
        for (std::int64_t next = at; at < end; at = next) { // as many blocks as are alike
            const bool reached = isReached(at, std::min(block, end - at));
            do
                next = std::min(next + block, end);
            while (next < end && isReached(next, std::min(block, end - next)) == reached);
            if (reached)
                update(decayed, at, next - at);
            else
                kernels::decay(decayed.decay, m_values.data_ptr<float>() + at, next - at);
        }
    });
    forEachChunk(m_decayed, size(), [&](std::int64_t at, std::int64_t count) { update(plain, at, count); });
}

bool Adam::isReached(std::int64_t at, std::int64_t count)
{
    char &reached = m_reached[std::size_t(at / block)];
    if (!reached)
        reached = !kernels::isZero(m_gradients.const_data_ptr<float>() + at, count);
    return reached;
}

void Adam::setSteps(int steps)
{
    m_steps = steps;
    if (!m_values.is_cpu())
        return;
    for (std::int64_t at = 0; at < m_decayed; at += block) {
        const std::int64_t count = std::min(block, m_decayed - at);
        m_reached[std::size_t(at / block)] = !kernels::isZero(m_first.const_data_ptr<float>() + at, count) ||
                                             !kernels::isZero(m_second.const_data_ptr<float>() + at, count);
    }
}

void Adam::updateByTensors(double rate, double decay)
{
    if (m_clip > 0) // 1 / max(norm / clip, 1), so that a norm of 0 is no division by 0
        m_gradients.div_(m_gradients.norm().div_(m_clip).clamp_min_(1));
    m_first.mul_(beta1).add_(m_gradients, 1 - beta1);
    m_second.mul_(beta2).addcmul_(m_gradients, m_gradients, 1 - beta2);
    m_values.narrow(0, 0, m_decayed).mul_(1 - decay);
    m_values.addcdiv_(m_first, m_second.sqrt().add_(epsilon), -rate);
    m_gradients.zero_();
}

std::vector<std::pair<std::string, at::Tensor>> Adam::state() const
{
    return {{"values", m_values}, {"first_moment", m_first}, {"second_moment", m_second}};
}

} // namespace awb
