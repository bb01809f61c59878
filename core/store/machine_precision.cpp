#include "core/store/machine_precision.h"

#include "core/error.h"
#include "core/spec_json.h"
#include "core/store/store.h"
#include "core/train/precision.h"
#include "core/train/devices.h"

namespace awb {

Precision machinePrecision(Store &store, const std::string &device)
{
    if (device != "cpu")
        return fastestPrecision(device);
    const std::string machine = "fastest precision of " + devices().front().description;
    if (const auto known = store.remembered(machine))
        return precisionFromString(*known);
    const Precision measured = fastestPrecision(device);
    try {
        store.remember(machine, toString(measured));
    } catch (const Error &) {
        // A library that cannot be written to has it measured at each start.
    }
    return measured;
}

} // namespace awb
