#include "core/store/trained_run.h"

#include "core/error.h"

namespace awb {

TrainedRun trainedRun(const Store &store, std::int64_t id)
{
    const auto run = store.run(id);
    if (!run)
        throw Error("There is no run " + std::to_string(id) + "; `awb runs list` shows those that are.");
    if (run->state != RunState::Done)
        throw Error("Run " + std::to_string(id) + " is not finished; only finished runs have weights.");
    const auto weights = store.resolve(run->weights);
    if (run->weights.empty() || !std::filesystem::exists(weights))
        throw Error("The weights of run " + std::to_string(id) + " are gone (" + weights.string() +
                    "); run it again to have them back.");
    return {*run, weights};
}

} // namespace awb
