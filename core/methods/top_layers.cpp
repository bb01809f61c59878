#include <algorithm>

#include "core/error.h"
#include "core/methods/methods.h"

namespace awb {

namespace {

constexpr std::string_view layerNumber = "{top}";

bool namesPooler(const std::string &glob)
{
    return matchesGlob(glob, "pooler.dense.weight");
}

} // namespace

Method topLayersMethod(const Method &entry, int k, bool pooler, int layers)
{
    if (k < 0 || k > layers)
        throw Error("The top " + std::to_string(k) + " layers cannot be trained: the model has " + std::to_string(layers) +
                    "; choose a number from 0 to " + std::to_string(layers) + ".");
    Method method = entry;
    method.topLayers = k;
    method.train.clear();
    for (const std::string &glob : entry.train) {
        const auto at = glob.find(layerNumber);
        if (!pooler && namesPooler(glob))
            continue;
        if (at == glob.npos)
            method.train.push_back(glob);
        else
            for (int layer = layers - k; layer < layers; ++layer)
                method.train.push_back(std::string(glob).replace(at, layerNumber.size(), std::to_string(layer)));
    }
    return method;
}

bool trainsPooler(const Method &method)
{
    return std::any_of(method.train.begin(), method.train.end(), namesPooler);
}

} // namespace awb
