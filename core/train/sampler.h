#pragma once

#include <cstdint>
#include <vector>

#include "core/data/batch.h"
#include "core/types.h"

namespace awb {

/// The examples of a step: the epoch's order is drawn from seed and epoch, so any step can be reached directly.
class Sampler {
public:
    /// `perEpoch`: stepsPerEpoch(). `texts` must outlive the sampler.
    Sampler(const EncodedTexts &texts, const TrainSpec &spec, int perEpoch);

    /// The batch of a step (0-based, over all epochs).
    Batch batch(int step);

private:
    const EncodedTexts &m_texts;
    int m_batch, m_perEpoch;
    std::uint64_t m_key;
    std::vector<int> m_order; ///< of the epoch m_epoch
    int m_epoch = -1;
};

} // namespace awb
