#include "core/study/estimate.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace awb {

namespace {

/// Optimizer steps of a run with this spec.
std::optional<double> stepsOf(const TrainSpec &spec, const std::vector<const Run *> &measured,
                              const std::map<std::string, std::int64_t> &trainingExamples)
{
    const Recipe &recipe = spec.recipe;
    if (const auto known = trainingExamples.find(spec.dataset); known != trainingExamples.end()) {
        const std::int64_t perEpoch =
            recipe.partialBatch ? (known->second + recipe.batch - 1) / recipe.batch : known->second / recipe.batch;
        return double(std::max<std::int64_t>(1, perEpoch) * recipe.epochs);
    }
    for (const Run *run : measured)
        if (run->spec.dataset == spec.dataset)
            return double(run->steps) / run->spec.recipe.epochs * recipe.epochs * run->spec.recipe.batch / recipe.batch;
    return std::nullopt;
}

/// Larger is more alike; of equals the newer run.
auto likeness(const TrainSpec &spec, const Run &run)
{
    const TrainSpec &other = run.spec;
    return std::tuple(other.dataset == spec.dataset, other.method.name == spec.method.name,
                      other.recipe.maxLength == spec.recipe.maxLength, other.recipe.batch == spec.recipe.batch, run.id);
}

} // namespace

TimeEstimate expectedTime(const std::vector<TrainSpec> &specs, const std::vector<Run> &finished,
                          const std::map<std::string, std::int64_t> &trainingExamples)
{
    TimeEstimate estimate;
    for (const TrainSpec &spec : specs) {
        std::vector<const Run *> measured;
        for (const Run &run : finished)
            if (run.state == RunState::Done && run.steps > 0 && run.provenance.seconds > 0 &&
                run.spec.checkpoint == spec.checkpoint && run.spec.recipe.device == spec.recipe.device &&
                run.spec.recipe.precision == spec.recipe.precision)
                measured.push_back(&run);
        const auto steps = stepsOf(spec, measured, trainingExamples);
        if (!steps || measured.empty()) {
            ++estimate.unknown;
            continue;
        }
        const Run &like = **std::max_element(measured.begin(), measured.end(), [&](const Run *a, const Run *b) {
            return likeness(spec, *a) < likeness(spec, *b);
        });
        // The work of a step grows with its batch.
        const double perStep = like.provenance.seconds / like.steps * spec.recipe.batch / like.spec.recipe.batch;
        estimate.seconds += *steps * perStep;
        ++estimate.runs;
    }
    return estimate;
}

} // namespace awb
