#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "core/model/checkpoint.h"
#include "core/study/ablation.h"
#include "core/train/train.h"

namespace awb {

/// A trained run and its dev set in memory, whose adapters can be taken out and put back. Nothing is trained.
/// For one thread at a time.
class AblationEngine {
public:
    /// For hidden states kept from one score to the next. Batches beyond it are computed from their texts each time.
    static constexpr std::size_t mostBytesKept = 512 << 20;

    /// Throws Error when the weights do not fit the spec, or when there is no dev set.
    AblationEngine(const TrainSpec &spec, Checkpoint checkpoint, const std::filesystem::path &weights, EncodedDataset data,
                   std::size_t bytesKept = mostBytesKept);
    ~AblationEngine();

    using Stop = std::function<bool()>; ///< asked between batches; true: Stopped is thrown. May be empty.

    /// The dev set's own metric with these adapters alone (one entry per layer; sites without an adapter do not matter).
    /// What lies below the lowest adapter that changed since the last call is not computed again.
    double score(const std::vector<LayerSites> &active, const Stop &stop = {});

    /// Every span of removed layers, and the time of the AdapterDrop points. `progress` gets the share done, 0..1.
    AblationMap map(const std::function<void(double)> &progress = {}, const Stop &stop = {});

    int layers() const;
    /// Layers computed for a batch so far, summed over batches: a layer that starts at its adapter counts whole.
    std::int64_t layersComputed() const;
    std::size_t bytesKept() const; ///< of hidden states, at this moment

private:
    struct Impl;
    std::unique_ptr<Impl> m;
};

} // namespace awb
