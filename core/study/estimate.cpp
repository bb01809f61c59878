#include "core/study/estimate.h"

#include <algorithm>
#include <map>
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

/// What an estimate depends on beside the number of steps.
auto kindOf(const TrainSpec &spec)
{
    const Recipe &recipe = spec.recipe;
    return std::tuple(spec.checkpoint, recipe.device, recipe.precision, spec.dataset, spec.method.name, recipe.maxLength,
                      recipe.batch);
}
using Kind = decltype(kindOf({}));

bool comparable(const TrainSpec &a, const TrainSpec &b)
{
    return a.checkpoint == b.checkpoint && a.recipe.device == b.recipe.device && a.recipe.precision == b.recipe.precision;
}

/// Larger is more alike; of equals the newer run.
auto likeness(const TrainSpec &spec, const Run &run)
{
    const TrainSpec &other = run.spec;
    return std::tuple(other.dataset == spec.dataset, other.method.name == spec.method.name,
                      other.recipe.maxLength == spec.recipe.maxLength, other.recipe.batch == spec.recipe.batch, run.id);
}

/// The newest usable run of each kind, of thousands that differ in size, learning rate or seed.
std::map<Kind, const Run *> newestOfEachKind(const std::vector<Run> &finished)
{
    std::map<Kind, const Run *> newest;
    for (const Run &run : finished)
        if (run.state == RunState::Done && run.steps > 0 && run.provenance.seconds > 0)
            if (const Run *&known = newest[kindOf(run.spec)]; !known || known->id < run.id)
                known = &run;
    return newest;
}

/// Runs that were computed together shared the machine for that time.
double secondsOfTheMachine(const Run &run)
{
    return run.provenance.seconds / std::max(1, run.provenance.together);
}

} // namespace

TimeEstimate expectedTime(const std::vector<TrainSpec> &specs, const std::vector<Run> &finished,
                          const std::map<std::string, std::int64_t> &trainingExamples)
{
    const auto newest = newestOfEachKind(finished);
    std::map<Kind, std::vector<const Run *>> likes; // most alike first
    const auto measuredFor = [&](const TrainSpec &spec) -> const std::vector<const Run *> & {
        const auto [found, isNew] = likes.try_emplace(kindOf(spec));
        if (isNew) {
            for (const auto &[kind, run] : newest)
                if (comparable(run->spec, spec))
                    found->second.push_back(run);
            std::sort(found->second.begin(), found->second.end(),
                      [&](const Run *a, const Run *b) { return likeness(spec, *a) > likeness(spec, *b); });
        }
        return found->second;
    };
    TimeEstimate estimate;
    for (const TrainSpec &spec : specs) {
        const std::vector<const Run *> &measured = measuredFor(spec);
        const auto steps = stepsOf(spec, measured, trainingExamples);
        if (!steps || measured.empty()) {
            ++estimate.unknown;
            continue;
        }
        const Run &like = *measured.front();
        // The work of a step grows with its batch.
        const double perStep = secondsOfTheMachine(like) / like.steps * spec.recipe.batch / like.spec.recipe.batch;
        estimate.seconds += *steps * perStep;
        ++estimate.runs;
    }
    return estimate;
}

} // namespace awb
