#pragma once

#include "core/train/computation.h"
#include "core/train/train.h"

/// Internal to core/train: includes torch.
namespace awb {

/// Scores a part with the model as it is; ablation and prefix as `pass` says. Examples go through by length, so that little
/// is padded in attention; results stand in the part's own order. `stop`: asked between batches; true: Stopped is thrown.
Evaluation evaluateModel(Computation &computation, const EncodedTexts &part, const EncodedDataset &data, const Pass &pass,
                         const std::function<bool()> &stop = {});

/// The batches that evaluations go through: numbers of examples, by length.
std::vector<std::vector<int>> evaluationBatches(const EncodedTexts &part);
/// Metrics and predictions of logits (examples, outputs); no loss.
Evaluation scored(std::vector<float> logits, const EncodedTexts &part, const EncodedDataset &data);

} // namespace awb
