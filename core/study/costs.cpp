#include "core/study/costs.h"

#include <array>

#include "core/error.h"

namespace awb {

namespace {

constexpr std::array<const char *, 7> names{"parameters", "bytes", "speed", "steps", "memory", "epoch", "latency"};

} // namespace

const std::vector<CostAxis> &costAxes()
{
    static const std::vector<CostAxis> all{CostAxis::Parameters,      CostAxis::StoredBytes, CostAxis::ExamplesPerSecond,
                                           CostAxis::StepsPerSecond,  CostAxis::PeakMemory,  CostAxis::EpochSeconds,
                                           CostAxis::InferenceSeconds};
    return all;
}

std::string toString(CostAxis axis)
{
    return names[std::size_t(axis)];
}

CostAxis costAxisFromString(const std::string &name)
{
    std::string known;
    for (const CostAxis axis : costAxes()) {
        if (toString(axis) == name)
            return axis;
        known += (known.empty() ? "" : ", ") + toString(axis);
    }
    throw Error("There is no axis \"" + name + "\"; choose one of " + known + ".");
}

Costs costsOf(const Run &run)
{
    const Provenance &made = run.provenance;
    Costs costs;
    costs.storedBytes = 4.0 * double(run.trainable);
    costs.examplesPerSecond = made.examplesPerSecond;
    costs.stepsPerSecond = made.stepsPerSecond;
    costs.peakMemory = double(made.peakMemory);
    if (made.stepsPerSecond > 0)
        costs.epochSeconds = double(run.steps) / run.spec.recipe.epochs / made.stepsPerSecond;
    costs.inferenceSeconds = made.inferenceSeconds;
    return costs;
}

double costOf(const Point &point, std::size_t i, CostAxis axis)
{
    const Costs &costs = point.costs[i];
    switch (axis) {
    case CostAxis::Parameters:
        return double(point.parameters);
    case CostAxis::StoredBytes:
        return costs.storedBytes;
    case CostAxis::ExamplesPerSecond:
        return costs.examplesPerSecond;
    case CostAxis::StepsPerSecond:
        return costs.stepsPerSecond;
    case CostAxis::PeakMemory:
        return costs.peakMemory;
    case CostAxis::EpochSeconds:
        return costs.epochSeconds;
    case CostAxis::InferenceSeconds:
        return costs.inferenceSeconds;
    }
    return 0;
}

double costOf(const Point &point, CostAxis axis)
{
    if (axis == CostAxis::Parameters)
        return double(point.parameters);
    double sum = 0;
    int recorded = 0;
    for (std::size_t i = 0; i < point.costs.size(); ++i)
        if (const double cost = costOf(point, i, axis); cost > 0) { // not a number neither
            sum += cost;
            ++recorded;
        }
    return recorded > 0 ? sum / recorded : 0;
}

} // namespace awb
