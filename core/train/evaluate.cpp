#include "core/train/evaluate.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <torch/types.h>

#include <ATen/Parallel.h>

#include "core/data/metrics.h"
#include "core/error.h"
#include "core/train/devices.h"
#include "core/train/tokenizer.h"

namespace awb {
namespace {

constexpr std::size_t evaluationBatch = 64;

double meanLoss(const Evaluation &result, const EncodedTexts &part, const EncodedDataset &data)
{
    const torch::Tensor logits = torch::tensor(result.logits).view({part.size(), data.outputs()});
    if (data.task == Task::Regression)
        return torch::mse_loss(logits.squeeze(1), torch::tensor(part.scores)).item<double>();
    return torch::cross_entropy_loss(logits, torch::tensor(part.labels).to(torch::kLong), {}, at::Reduction::Mean, -1)
        .item<double>();
}

} // namespace

Evaluation scored(std::vector<float> logits, const EncodedTexts &part, const EncodedDataset &data)
{
    Evaluation result;
    result.logits = std::move(logits);
    const int outputs = data.outputs(), examples = part.size();
    if (data.task == Task::Regression) {
        result.scores = result.logits;
        for (const std::string &metric : data.metrics)
            result.metrics.push_back(computeMetric(metric, part.scores, result.scores));
        return result;
    }
    for (int i = 0; i < examples; ++i) {
        const auto row = result.logits.begin() + std::ptrdiff_t(i) * outputs;
        result.predicted.push_back(int(std::max_element(row, row + outputs) - row));
    }
    for (const std::string &metric : data.metrics)
        result.metrics.push_back(computeMetric(metric, part.labels, result.predicted, outputs));
    return result;
}

std::vector<std::vector<int>> evaluationBatches(const EncodedTexts &part)
{
    std::vector<int> order(std::size_t(part.size()));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return part.length(a) < part.length(b); });
    std::vector<std::vector<int>> batches;
    for (std::size_t first = 0; first < order.size(); first += evaluationBatch)
        batches.emplace_back(order.begin() + std::ptrdiff_t(first),
                             order.begin() + std::ptrdiff_t(std::min(first + evaluationBatch, order.size())));
    return batches;
}

Evaluation evaluateModel(Computation &computation, const EncodedTexts &part, const EncodedDataset &data, const Pass &pass,
                         const std::function<bool()> &stop)
{
    const int outputs = data.outputs();
    std::vector<float> all(std::size_t(part.size()) * std::size_t(outputs));
    for (const std::vector<int> &indices : evaluationBatches(part)) {
        if (stop && stop())
            throw Stopped();
        const torch::Tensor logits = computation.forward(packBatch(part, indices), pass);
        for (std::size_t i = 0; i < indices.size(); ++i)
            std::copy_n(logits.data_ptr<float>() + std::ptrdiff_t(i) * outputs, outputs,
                        all.begin() + std::ptrdiff_t(indices[i]) * outputs);
    }
    computation.requireUnchanged();
    Evaluation result = scored(std::move(all), part, data);
    result.loss = part.size() ? meanLoss(result, part, data) : 0;
    return result;
}

Evaluation evaluate(const TrainSpec &spec, const Checkpoint &checkpoint, const std::filesystem::path &weights,
                    const EncodedTexts &part, const EncodedDataset &data)
{
    at::set_num_threads(spec.recipe.threads > 0 ? spec.recipe.threads : defaultThreads());
    Computation computation(checkpoint, spec.method, data.outputs(), spec.recipe, spec.seed);
    computation.load(weights, spec);
    computation.prepare();
    return evaluateModel(computation, part, data, {});
}

double evaluationSeconds(const TrainSpec &spec, const Checkpoint &checkpoint, const EncodedTexts &part,
                         const EncodedDataset &data)
{
    at::set_num_threads(spec.recipe.threads > 0 ? spec.recipe.threads : defaultThreads());
    Computation computation(checkpoint, spec.method, data.outputs(), spec.recipe, spec.seed);
    computation.prepare();
    evaluateModel(computation, part, data, {}); // takes the memory
    const auto start = std::chrono::steady_clock::now();
    evaluateModel(computation, part, data, {});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

EncodedDataset encodeDataset(const Dataset &dataset, const Checkpoint &checkpoint, int maxLength)
{
    if (dataset.manifest.train.textB >= 0 && checkpoint.shape().segments < 2)
        throw Error("The data set " + dataset.manifest.name + " has pairs of texts, and the checkpoint in " +
                    checkpoint.folder().string() +
                    " knows one kind of segment only (type_vocab_size in config.json); choose another checkpoint.");
    const WordPiece tokenizer = tokenizerOf(checkpoint);
    EncodedDataset data;
    data.train = encodeExamples(dataset.train, tokenizer, maxLength);
    data.dev = encodeExamples(dataset.dev, tokenizer, maxLength);
    data.test = encodeExamples(dataset.test, tokenizer, maxLength);
    data.task = dataset.manifest.task;
    data.classes = dataset.manifest.classes;
    data.metrics = dataset.manifest.metrics;
    return data;
}

} // namespace awb
