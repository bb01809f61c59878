#pragma once

#include "core/train/computation.h"
#include "core/train/train.h"

/// Internal to core/train: includes torch.
namespace awb {

/// Scores a part with the model as it is; `active` as in Pass. Examples go through by length, so that little is padded in
/// attention; results stand in the part's own order.
Evaluation evaluateModel(Computation &computation, const EncodedTexts &part, const EncodedDataset &data,
                         const std::vector<LayerSites> *active);

int defaultThreads(); ///< cores this process may use

} // namespace awb
