#include "core/store/predict.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/store/store.h"
#include "core/store/trained_run.h"
#include "core/train/tokenizer.h"
#include "core/train/train.h"

namespace awb {

Prediction predictText(Store &store, std::int64_t id, const std::string &a, const std::string &b)
{
    const auto [run, weights] = comparableRun(store, id);
    const Manifest manifest = store.dataset(run.spec.dataset);
    if ((manifest.train.textB >= 0) != !b.empty())
        throw Error("The data set " + manifest.name +
                    (b.empty() ? " has pairs of texts, so the run needs a second one too."
                               : " has single texts, so the run takes no second one."));
    const Checkpoint checkpoint = openUnchanged(store, run.spec.checkpoint);
    EncodedDataset data;
    data.task = manifest.task;
    data.classes = manifest.classes;
    const EncodedTexts text = encodeExamples({Example{a, b, 0, 0}}, tokenizerOf(checkpoint), run.spec.recipe.maxLength);
    TrainSpec spec = run.spec;
    spec.recipe.device = "cpu"; // one text is not worth a trip to another device
    const std::vector<float> logits = evaluate(spec, checkpoint, weights, text, data).logits;

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

} // namespace awb
