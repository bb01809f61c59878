#include "core/train/sampler.h"

#include <algorithm>
#include <span>

#include "core/random.h"

namespace awb {

namespace {

constexpr std::uint64_t orderStream = 2; // of a run's seed

} // namespace

Sampler::Sampler(const EncodedTexts &texts, const TrainSpec &spec, int perEpoch)
    : m_texts(texts), m_batch(spec.recipe.batch), m_perEpoch(perEpoch), m_key(streamKey(spec.seed, orderStream))
{
}

Batch Sampler::batch(int step)
{
    const int epoch = step / m_perEpoch;
    if (epoch != m_epoch)
        m_order = randomOrder(m_texts.size(), streamKey(m_key, std::uint64_t(epoch)));
    m_epoch = epoch;
    const std::size_t first = std::size_t(step % m_perEpoch) * std::size_t(m_batch);
    const std::size_t count = std::min(m_order.size() - first, std::size_t(m_batch));
    return packBatch(m_texts, std::span<const int>(m_order).subspan(first, count));
}

} // namespace awb
