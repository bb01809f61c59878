#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/types.h"

namespace awb {

/// For sets and maps of thousands of specs, as the runs of a study are looked up after each of them.
struct SpecHash {
    std::size_t operator()(const TrainSpec &spec) const
    {
        std::size_t hash = std::hash<std::string>()(spec.dataset);
        const auto add = [&]<typename T>(const T &value) { hash = hash * 31 + std::hash<T>()(value); };
        add(spec.method.name);
        add(spec.method.bottleneck);
        add(spec.method.topLayers);
        add(spec.recipe.learningRate);
        add(spec.recipe.epochs);
        add(spec.recipe.initStd);
        add(spec.seed);
        return hash; // the comparison tells what else differs
    }
};

} // namespace awb
