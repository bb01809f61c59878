#include "ui/cost_text.h"

#include <cmath>

#include <QCoreApplication>

#include "ui/wording.h"

namespace awb::cost_text {

namespace {

QString tr(const char *words)
{
    return QCoreApplication::translate("cost_text", words);
}

} // namespace

QString title(CostAxis axis)
{
    switch (axis) {
    case CostAxis::Parameters:
        return tr("Trained parameters");
    case CostAxis::StoredBytes:
        return tr("Stored bytes");
    case CostAxis::ExamplesPerSecond:
        return tr("Training speed");
    case CostAxis::StepsPerSecond:
        return tr("Steps per second");
    case CostAxis::PeakMemory:
        return tr("Peak memory");
    case CostAxis::EpochSeconds:
        return tr("Time per epoch");
    case CostAxis::InferenceSeconds:
        return tr("Inference latency");
    }
    return {};
}

QString axisLabel(CostAxis axis)
{
    switch (axis) {
    case CostAxis::Parameters:
        return tr("Trained parameters");
    case CostAxis::StoredBytes:
        return tr("Stored bytes of the trained tensors");
    case CostAxis::ExamplesPerSecond:
        return tr("Training speed (examples/s; right is faster)");
    case CostAxis::StepsPerSecond:
        return tr("Training steps per second (right is faster)");
    case CostAxis::PeakMemory:
        return tr("Peak memory while training (MB)");
    case CostAxis::EpochSeconds:
        return tr("Training time per epoch (s)");
    case CostAxis::InferenceSeconds:
        return tr("Inference latency (ms per dev example, in batches)");
    }
    return {};
}

double scale(CostAxis axis)
{
    return axis == CostAxis::PeakMemory ? 1e-6 : axis == CostAxis::InferenceSeconds ? 1e3 : 1;
}

bool logarithmic(CostAxis axis)
{
    return axis == CostAxis::Parameters || axis == CostAxis::StoredBytes;
}

QString value(CostAxis axis, double cost)
{
    switch (axis) {
    case CostAxis::Parameters:
        return wording::count(std::llround(cost));
    case CostAxis::StoredBytes:
    case CostAxis::PeakMemory:
        return wording::bytes(std::llround(cost));
    case CostAxis::ExamplesPerSecond:
        return tr("%1 examples/s").arg(wording::figure(cost));
    case CostAxis::StepsPerSecond:
        return tr("%1 steps/s").arg(wording::figure(cost));
    case CostAxis::EpochSeconds:
        return cost < 10 ? tr("%1 s").arg(wording::figure(cost)) : wording::duration(cost);
    case CostAxis::InferenceSeconds:
        return tr("%1 ms per example").arg(wording::figure(1e3 * cost));
    }
    return {};
}

} // namespace awb::cost_text
