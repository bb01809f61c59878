#include "core/study/estimate.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>

#include "core/study/selection.h"

namespace awb {

namespace {

/// Optimizer steps of a run with this spec; nothing when neither a measured run nor the data set's size tells.
std::optional<double> stepsOf(const TrainSpec &spec, const std::vector<const Run *> &measured, const TaskSizes &sizes)
{
    const Recipe &recipe = spec.recipe;
    for (const Run *run : measured)
        if (run->spec.dataset == spec.dataset)
            return double(run->steps) / run->spec.recipe.epochs * recipe.epochs * run->spec.recipe.batch / recipe.batch;
    const auto known = sizes.find(spec.dataset);
    if (known == sizes.end())
        return std::nullopt;
    return double(stepsPerEpoch(known->second.examples, recipe) * recipe.epochs);
}

/// Mean tokens of an example, long texts cut as a run cuts them; 0: not known.
double tokensOf(const TrainSpec &spec, const TaskSizes &sizes)
{
    const auto known = sizes.find(spec.dataset);
    if (known == sizes.end() || known->second.tokens.empty())
        return 0;
    double sum = 0;
    for (const int tokens : known->second.tokens)
        sum += std::min(tokens, spec.recipe.maxLength);
    return sum / double(known->second.tokens.size());
}

/// Seconds of the machine for one step, from a run that is most like it: the work grows with batch and tokens.
double secondsPerStep(const TrainSpec &spec, const Run &like, const TaskSizes &sizes)
{
    // Runs that were computed together shared the machine for that time.
    const double measured = like.provenance.seconds / std::max(1, like.provenance.together) / like.steps;
    const double tokens = tokensOf(spec, sizes), ofThat = tokensOf(like.spec, sizes);
    return measured * spec.recipe.batch / like.spec.recipe.batch * (tokens > 0 && ofThat > 0 ? tokens / ofThat : 1);
}

/// What an estimate depends on beside the number of steps.
auto kindOf(const TrainSpec &spec)
{
    const Recipe &recipe = spec.recipe;
    return std::tuple(spec.checkpoint, recipe.device, recipe.precision, spec.dataset, spec.method.name, sizeOf(spec.method),
                      recipe.maxLength, recipe.batch);
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
    const bool sameMethod = other.method.name == spec.method.name;
    return std::tuple(other.dataset == spec.dataset, sameMethod,
                      sameMethod ? -std::abs(sizeOf(other.method) - sizeOf(spec.method)) : 0,
                      other.recipe.maxLength == spec.recipe.maxLength, other.recipe.batch == spec.recipe.batch, run.id);
}

/// The newest usable run of each kind, of thousands that differ in learning rate or seed.
std::map<Kind, const Run *> newestOfEachKind(const std::vector<Run> &finished)
{
    std::map<Kind, const Run *> newest;
    for (const Run &run : finished)
        if (run.state == RunState::Done && run.steps > 0 && run.provenance.seconds > 0)
            if (const Run *&known = newest[kindOf(run.spec)]; !known || known->id < run.id)
                known = &run;
    return newest;
}

} // namespace

std::int64_t stepsPerEpoch(std::int64_t examples, const Recipe &recipe)
{
    return std::max<std::int64_t>(1, (examples + (recipe.partialBatch ? recipe.batch - 1 : 0)) / recipe.batch);
}

TimeEstimate expectedTime(const std::vector<TrainSpec> &specs, const std::vector<Run> &finished, const TaskSizes &sizes)
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
        if (measured.empty()) {
            ++estimate.unknown;
            continue;
        }
        const Run &like = *measured.front();
        const bool otherTask = like.spec.dataset != spec.dataset;
        if (otherTask ||
            like.spec.recipe.maxLength != spec.recipe.maxLength) // the texts' lengths tell how much more that is
            for (const std::string &name : {spec.dataset, like.spec.dataset})
                if (!sizes.contains(name))
                    estimate.unsized.insert(name);
        const auto steps = stepsOf(spec, measured, sizes);
        if (!steps) {
            ++estimate.unknown;
            continue;
        }
        estimate.seconds += *steps * secondsPerStep(spec, like, sizes);
        estimate.rough += otherTask;
        ++estimate.runs;
    }
    return estimate;
}

} // namespace awb
