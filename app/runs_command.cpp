#include <algorithm>
#include <limits>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "core/error.h"
#include "core/spec_json.h"
#include "core/store/worker_lock.h"
#include "core/methods/train_command.h"

namespace awb {

Run existingRun(Context &context, std::int64_t id)
{
    const auto run = context.store().run(id);
    if (!run)
        throw Error("There is no run " + std::to_string(id) + " in this library; `awb runs` lists them.");
    return *run;
}

namespace {

int list(Context &context)
{
    requeueOrphansOf(context.store());
    Json runs = Json::array();
    std::vector<std::vector<std::string>> rows{
        {"run", "state", "data set", "checkpoint", "method", "seed", "trained", "score", "metric"}};
    for (const Run &run : context.store().runs()) {
        runs.push_back(runJson(run, context.store()));
        std::string state = toString(run.state);
        if (run.state == RunState::Running && run.steps > 0)
            state += " " + std::to_string(100 * run.step / run.steps) + " %";
        rows.push_back({std::to_string(run.id), state, run.spec.dataset, run.spec.checkpoint, methodText(run.spec.method),
                        std::to_string(run.spec.seed), run.trainable > 0 ? withThousands(run.trainable) : "",
                        run.score ? scoreText(*run.score) : "", run.metric});
    }
    context.print({{"runs", runs}},
                  runs.empty() ? "No run yet: `awb study quick` makes the first ones." : columnsText(rows));
    return 0;
}

int show(Context &context, std::int64_t id)
{
    requeueOrphansOf(context.store());
    const Run run = existingRun(context, id);
    Json object = runJson(run, context.store());
    Json curves = Json::object();
    for (const Measurement &m : context.store().measurements(id))
        curves[m.name].push_back({{"step", m.step}, {"epoch", m.epoch}, {"value", m.value}});
    object["curves"] = curves;
    std::string text = runText(run, context.store()) + "  again: " + trainCommand(run.spec) + "\n";
    if (!run.provenance.checkpointSha256.empty())
        text += "  checkpoint sha256: " + run.provenance.checkpointSha256 + "\n  data sha256: " + run.provenance.dataSha256 +
                "\n";
    context.print(object, text);
    return 0;
}

/// One thing that can be done to runs in some states.
struct Change {
    const char *name, *help;
    void (Store::*what)(std::int64_t);
    const char *done;
    std::vector<RunState> states;
};

const std::vector<Change> &changes()
{
    using enum RunState;
    static const std::vector<Change> all = {
        {"cancel", "Cancel queued or running runs", &Store::cancel, "is cancelled", {Queued, Paused, Running}},
        {"pause",
         "Pause queued or running runs; they keep what they have computed",
         &Store::pause,
         "is paused",
         {Queued, Running}},
        {"resume", "Put paused runs back into the queue", &Store::resume, "is in the queue again", {Paused, Running}},
        {"retry",
         "Queue failed or cancelled runs again: failed ones go on from what they have kept, cancelled ones start over",
         &Store::retry,
         "is in the queue again",
         {Failed, Cancelled}},
        {"delete",
         "Delete runs with their curves and weights",
         &Store::remove,
         "is deleted",
         {Queued, Paused, Done, Failed, Cancelled}},
    };
    return all;
}

/// Throws Error where a running run cannot be paused or resumed after what was asked of it before.
void requireMeaning(const Store &store, const Run &run, const Change &change)
{
    if (run.state != RunState::Running || change.what == &Store::cancel)
        return;
    const RunState asked = store.requestedState(run.id);
    const std::string number = "Run " + std::to_string(run.id);
    if (asked == RunState::Cancelled)
        throw Error(number + " is being cancelled; nothing was changed.");
    if (change.what == &Store::resume && asked != RunState::Paused)
        throw Error(number + " is being computed and nobody has paused it; nothing was changed.");
}

/// Does one thing to several runs; checks all of them first, so that nothing is changed where one cannot be.
int change(Context &context, const std::vector<std::int64_t> &given, const Change &change)
{
    std::vector<std::int64_t> ids;
    for (const std::int64_t id : given) // a number said twice means one run
        if (std::ranges::find(ids, id) == ids.end())
            ids.push_back(id);
    requeueOrphansOf(context.store());
    for (const std::int64_t id : ids) {
        const Run run = existingRun(context, id);
        std::string states;
        for (const RunState state : change.states)
            states += (states.empty() ? "" : ", ") + toString(state);
        if (std::ranges::find(change.states, run.state) == change.states.end())
            throw Error("Run " + std::to_string(id) + " is " + toString(run.state) + ", and `awb runs " + change.name +
                        "` is for runs that are " + states + "; nothing was changed.");
        requireMeaning(context.store(), run, change);
    }
    std::string text;
    for (const std::int64_t id : ids) {
        (context.store().*change.what)(id);
        const auto run = context.store().run(id);
        const bool isRunning = run && run->state == RunState::Running;
        text += "Run " + std::to_string(id) + " " +
                (isRunning && change.what == &Store::resume
                     ? "goes on"
                     : change.done + std::string(isRunning ? " after its current batch" : "")) +
                ".\n";
    }
    context.print({{"runs", ids}, {"done", change.done}}, text);
    return 0;
}

/// The queue as a whole: what is being computed goes on, nothing new starts while it is paused.
int pauseQueue(Context &context, bool paused)
{
    context.store().setQueuePaused(paused);
    context.print({{"queue_paused", paused}},
                  paused ? "The queue is paused: what is being computed goes on, nothing new starts."
                         : "The queue goes on: a window that is open computes it, or `awb work`.");
    return 0;
}

/// Numbers of the queued runs, the next one first.
std::vector<std::int64_t> queueOf(const Store &store)
{
    std::vector<Run> runs = store.runs();
    std::erase_if(runs, [](const Run &run) { return run.state != RunState::Queued; });
    std::ranges::sort(runs, {}, [](const Run &run) { return std::pair(run.position, run.id); });
    std::vector<std::int64_t> ids;
    for (const Run &run : runs)
        ids.push_back(run.id);
    return ids;
}

struct MoveOptions {
    std::int64_t run = 0;
    int places = 0;
    bool first = false, last = false;
};

int move(Context &context, const MoveOptions &options)
{
    constexpr int far = std::numeric_limits<int>::max();
    requeueOrphansOf(context.store());
    existingRun(context, options.run);
    context.store().move(options.run, options.first ? -far : options.last ? far : options.places);
    const std::vector<std::int64_t> queue = queueOf(context.store());
    const auto place = std::ranges::find(queue, options.run) - queue.begin() + 1;
    context.print({{"run", options.run}, {"place", place}, {"queue", queue}},
                  "Run " + std::to_string(options.run) + " is number " + std::to_string(place) + " of the " +
                      std::to_string(queue.size()) + " in the queue.");
    return 0;
}

void addMove(CLI::App &runs, Context &context)
{
    const auto options = std::make_shared<MoveOptions>();
    CLI::App *sub = runs.add_subcommand("move", "Move a queued run within the queue");
    sub->add_option("run", options->run, "Number of the run")->required();
    CLI::Option_group *where = sub->add_option_group("where");
    where->add_flag("--first", options->first, "Run it next");
    where->add_flag("--last", options->last, "Run it after all others");
    where->add_option("--by", options->places, "So many places later; negative: earlier")
        ->check(CLI::Range(-1000000, 1000000));
    where->require_option(1);
    sub->callback([&context, options] { context.action = [&context, options] { return move(context, *options); }; });
}

void addChange(CLI::App &runs, Context &context, const Change &entry)
{
    const auto ids = std::make_shared<std::vector<std::int64_t>>();
    const auto queue = std::make_shared<bool>(false);
    CLI::App *sub = runs.add_subcommand(entry.name, entry.help);
    CLI::Option_group *which = sub->add_option_group("which");
    which->add_option("run", *ids, "Numbers of the runs");
    const bool pauses = entry.what == &Store::pause;
    if (pauses || entry.what == &Store::resume)
        which->add_flag("--queue", *queue,
                        pauses ? "The whole queue; a run that is being computed goes on"
                               : "The whole queue, which goes on after `pause --queue`");
    which->require_option(1);
    sub->callback([&context, ids, queue, &entry, pauses] {
        context.action = [&context, ids, queue, &entry, pauses] {
            return *queue ? pauseQueue(context, pauses) : change(context, *ids, entry);
        };
    });
}

} // namespace

void addRunsCommand(CLI::App &app, Context &context)
{
    const auto ids = std::make_shared<std::vector<std::int64_t>>();
    CLI::App *command = app.add_subcommand("runs", "List, show and change runs");
    command->require_subcommand(0, 1);
    command->fallthrough();
    command->callback([&context] {
        if (!context.action)
            context.action = [&context] { return list(context); };
    });
    command->add_subcommand("list", "List queue and history, newest first");

    CLI::App *sub = command->add_subcommand("show", "Show one run; with --json its curves too");
    sub->add_option("run", *ids, "Number of the run")->required()->expected(1);
    sub->callback([&context, ids] { context.action = [&context, ids] { return show(context, ids->front()); }; });

    for (const Change &entry : changes()) {
        addChange(*command, context, entry);
    }
    addMove(*command, context);
    addCompareRuns(*command, context);
}

} // namespace awb
