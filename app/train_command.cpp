#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "app/spec_options.h"
#include "app/working.h"
#include "core/error.h"

namespace awb {

namespace {

int train(Context &context, SpecOptions &options)
{
    Store &store = context.store();
    const TrainSpec spec = specFromOptions(context, options);
    const std::int64_t id = store.enqueue({spec}).front();
    work(context, {id});
    const auto run = store.run(id);
    if (!run)
        throw Error("Run " + std::to_string(id) + " was deleted while it was worked on.");
    requireDone(*run);
    context.print(runJson(*run, store), runText(*run, store));
    return 0;
}

int workAll(Context &context)
{
    Store &store = context.store();
    std::vector<std::int64_t> waiting;
    for (const Run &run : store.runs())
        if (run.state == RunState::Queued || run.state == RunState::Running)
            waiting.push_back(run.id);
    if (store.queuePaused() && !waiting.empty())
        std::fprintf(stderr, "The queue is paused; `awb runs resume --queue` lets it go on.\n");
    work(context);
    Json runs = Json::array();
    std::string text;
    int failed = 0;
    for (const std::int64_t id : waiting)
        if (const auto run = store.run(id)) {
            runs.push_back(runJson(*run, store));
            text += runText(*run, store);
            failed += run->state == RunState::Failed;
        }
    context.print({{"runs", runs}, {"failed", failed}}, waiting.empty() ? "The queue is empty." : text);
    return failed > 0 ? 1 : 0;
}

} // namespace

void addTrainCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<SpecOptions>();
    CLI::App *command = app.add_subcommand("train", "Queue a run and work on it until it is done");
    addSpecOptions(*command, *options);
    command->callback([&context, options] { context.action = [&context, options] { return train(context, *options); }; });
}

void addWorkCommand(CLI::App &app, Context &context)
{
    app.add_subcommand("work", "Work on the queue until it is empty")->callback([&context] {
        context.action = [&context] { return workAll(context); };
    });
}

} // namespace awb
