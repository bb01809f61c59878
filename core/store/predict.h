#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace awb {

class Store;
struct Example;

/// What a trained run says of one text.
struct Prediction {
    std::vector<std::pair<std::string, double>>
        classes;      ///< probability of each class, most probable first; empty for a score
    double score = 0; ///< for tasks with a real-valued score
};

/// Loads the run's checkpoint and trained weights and asks them, of each example the texts. Throws Error: no such run, not
/// finished, weights gone, its data set or checkpoint is another in the library now, pairs where it takes single texts.
std::vector<Prediction> predictTexts(Store &store, std::int64_t run, const std::vector<Example> &texts);

} // namespace awb
