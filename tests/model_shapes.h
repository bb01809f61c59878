#pragma once

#include <utility>
#include <vector>

#include "core/methods/methods.h"
#include "core/types.h"

/// Models and methods that tests of counts, sites and the set-up share.
namespace awb::test {

/// BERT with heads 32 wide, as in the family's small models.
inline ModelShape bert(int layers, int hidden)
{
    ModelShape shape;
    shape.layers = layers;
    shape.hidden = hidden;
    shape.heads = hidden / 32;
    shape.feedForward = 4 * hidden;
    shape.vocabulary = 30522;
    shape.positions = 512;
    return shape;
}

/// The table's adapters with bottleneck `m`; no `sites`: everywhere.
inline Method adapters(int m, std::vector<LayerSites> sites = {})
{
    Method method = methodEntry("adapter").method;
    method.bottleneck = m;
    method.sites = std::move(sites);
    return method;
}

} // namespace awb::test
