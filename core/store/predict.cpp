#include "core/store/predict.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/error.h"
#include "core/store/store.h"
#include "core/store/trained_run.h"
#include "core/train/tokenizer.h"
#include "core/train/train.h"

namespace awb {

namespace {

/// Of one example's logits.
Prediction predictionOf(std::span<const float> logits, const EncodedDataset &data)
{
    Prediction prediction;
    if (data.task == Task::Regression) {
        prediction.score = logits.front();
        return prediction;
    }
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(logit - largest);
    for (std::size_t i = 0; i < logits.size(); ++i)
        prediction.classes.emplace_back(data.classes[i], std::exp(logits[i] - largest) / sum);
    std::stable_sort(prediction.classes.begin(), prediction.classes.end(),
                     [](const auto &x, const auto &y) { return x.second > y.second; });
    return prediction;
}

} // namespace

std::vector<Prediction> predictTexts(Store &store, std::int64_t id, const std::vector<Example> &texts)
{
    const auto [run, weights] = comparableRun(store, id);
    const Manifest manifest = store.dataset(run.spec.dataset);
    const bool pairs = manifest.train.textB >= 0;
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (pairs == texts[i].b.empty())
            throw Error((texts.size() > 1 ? "Line " + std::to_string(i + 1) + ": the data set " : "The data set ") +
                        manifest.name +
                        (pairs ? " has pairs of texts, so the run needs a second one too."
                               : " has single texts, so the run takes no second one."));
    const Checkpoint checkpoint = openUnchanged(store, run.spec.checkpoint);
    EncodedDataset data;
    data.task = manifest.task;
    data.classes = manifest.classes;
    const EncodedTexts encoded = encodeExamples(texts, tokenizerOf(checkpoint), run.spec.recipe.maxLength);
    TrainSpec spec = run.spec;
    if (texts.size() < 64)
        spec.recipe.device = "cpu"; // a few are not worth a trip to another device
    const std::vector<float> logits = evaluate(spec, checkpoint, weights, encoded, data).logits;
    const auto outputs = std::size_t(data.outputs());
    std::vector<Prediction> predictions;
    for (std::size_t i = 0; i < texts.size(); ++i)
        predictions.push_back(predictionOf(std::span(logits).subspan(i * outputs, outputs), data));
    return predictions;
}

} // namespace awb
