#include <algorithm>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "app/working.h"
#include "core/error.h"
#include "core/store/sample_library.h"
#include "core/study/tradeoff.h"

namespace awb {

namespace {

/// The study's run of this spec that is done or under way; nothing: it is still to be queued.
std::optional<Run> existingRun(const std::vector<Run> &runs, const TrainSpec &spec)
{
    const auto found = std::ranges::find_if(runs, [&spec](const Run &run) {
        return run.study == quickStudyName && run.spec == spec && run.state != RunState::Failed &&
               run.state != RunState::Cancelled;
    });
    return found == runs.end() ? std::nullopt : std::optional(*found);
}

/// Queues what the study still lacks, so that a second call only shows it.
std::vector<std::int64_t> completeStudy(Store &store)
{
    const auto runs = store.runs();
    std::vector<std::int64_t> ids;
    std::vector<TrainSpec> missing;
    for (const TrainSpec &spec : quickStudy()) {
        const auto run = existingRun(runs, spec);
        if (!run)
            missing.push_back(spec);
        else {
            ids.push_back(run->id);
            if (run->state == RunState::Paused)
                store.resume(run->id);
        }
    }
    const auto added = store.enqueue(missing, quickStudyName);
    ids.insert(ids.end(), added.begin(), added.end());
    std::ranges::sort(ids);
    return ids;
}

int quick(Context &context)
{
    Store &store = context.store();
    if (!sampleLibraryPresent(store))
        throw Error("The quick study needs the sample library; `awb fetch` brings it.");
    const auto ids = completeStudy(store);
    for (const std::int64_t id : ids)
        if (const auto run = store.run(id); run && run->state != RunState::Done)
            work(context, id);

    std::vector<Run> runs;
    Json array = Json::array();
    for (const std::int64_t id : ids)
        if (const auto run = store.run(id)) {
            requireDone(*run);
            runs.push_back(*run);
            array.push_back(runJson(*run, store));
        }
    std::vector<std::vector<std::string>> rows{{"method", "trained parameters", "score"}};
    for (const Point &point : tradeoffPoints(runs))
        rows.push_back({point.label, withThousands(point.trainable), scoreText(point.mean)});
    context.print({{"study", quickStudyName}, {"runs", array}}, columnsText(rows));
    return 0;
}

} // namespace

void addStudyCommand(CLI::App &app, Context &context)
{
    CLI::App *command = app.add_subcommand("study", "Run a prepared study");
    command->require_subcommand(1);
    command->fallthrough();
    command->add_subcommand("quick", "Election tweets: adapters m = 1, 8, 64, head only, full fine-tuning; a few minutes")
        ->callback([&context] { context.action = [&context] { return quick(context); }; });
}

} // namespace awb
