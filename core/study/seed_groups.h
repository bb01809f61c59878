#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace awb {

/// Whether two specs make repeats of one experiment: all equal but the seed. The number of CPU threads does not change a
/// run's numbers and is left out; sites that are all on are the same as none given.
bool sameButSeed(const TrainSpec &a, const TrainSpec &b);

/// A spec without where it is computed: device and threads, which belong to a machine and not to an experiment.
TrainSpec anywhere(TrainSpec spec);

/// Whether `run` counts and not `other`, of two with one spec and seed: a finished one before another, then the one that was
/// finished last. Numbers alone do not tell, since runs computed elsewhere get the next ones.
bool countsBefore(const Run &run, const Run &other);

/// Whether two of checkpointSha256() stand for the same checkpoint, as far as both have recorded it: older ones hold the
/// hashes of the weight files alone.
bool sameCheckpoint(const std::string &a, const std::string &b);

/// Whether two finished runs used the same weights and data, read alike, as far as they have recorded it.
bool sameFiles(const Run &a, const Run &b);

/// Runs that differ in the seed only.
struct SeedGroup {
    TrainSpec spec; ///< what they share; seed and threads 0
    /// "adapters, m = 64", where the groups are of several tasks or checkpoints also those, and what tells it from groups of
    /// the same name.
    std::string label;
    bool earlier = false;          ///< a newer group used other data or weights, or repeated the settings
    std::vector<const Run *> runs; ///< by seed; of several with one seed one alone, since a repeat is no further seed
};

/// Groups in the order of their first runs. The pointers are those handed in.
std::vector<SeedGroup> seedGroups(const std::vector<const Run *> &runs);

} // namespace awb
