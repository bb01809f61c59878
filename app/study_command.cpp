#include <algorithm>
#include <cmath>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "app/working.h"
#include "core/error.h"
#include "core/methods/methods.h"
#include "core/spec_json.h"
#include "core/store/sample_library.h"
#include "core/store/study_queue.h"
#include "core/store/test_scores.h"
#include "core/store/worker_lock.h"
#include "core/study/tradeoff.h"

namespace awb {

namespace {

std::string timeText(const TimeEstimate &expected)
{
    if (expected.runs == 0 && expected.unknown == 0)
        return "nothing is left to do";
    if (expected.runs == 0)
        return "how long is not known: no run on this checkpoint and device has finished yet";
    std::string text = "about " + durationText(expected.seconds) + " to go";
    if (expected.rough > 0)
        text += ", roughly, by the time that other tasks took";
    if (expected.unknown > 0)
        text += ", without " + std::to_string(expected.unknown) + " runs like none that has finished";
    return text;
}

/// Reads the data sets that the expected time needs the sizes of, each once.
StudyState stateWithSizes(const Store &store, const Study &study, TaskSizes &sizes)
{
    const StudyState state = studyState(store, study, sizes);
    bool more = false;
    for (const std::string &name : state.expected.unsized) {
        try {
            sizes[name] = readTaskSize(store.dataset(name));
            more = true;
        } catch (const Error &) { // its runs will say why; how long they take is not known
        }
    }
    return more ? studyState(store, study, sizes) : state;
}

template <typename T>
std::string listText(const char *name, const std::vector<T> &values)
{
    std::string text;
    for (const T &value : values)
        text += (text.empty() ? std::string("; ") + name + " " : ", ") + Json(value).dump();
    return text;
}

std::string armText(const StudyArm &arm)
{
    return "  " + methodEntry(arm.method).title + listText("size", arm.sizes) + (arm.pooler ? "" : "; without pooler") +
           listText("learning rate", arm.learningRates) + listText("epochs", arm.epochs) +
           listText("initialisation", arm.initStds) + "\n";
}

std::string joined(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string studyText(const Study &study, const std::string &progress)
{
    std::string text = study.name + ": " + study.title + "\n  checkpoint " + study.checkpoint + "\n  tasks " +
                       joined(study.datasets) + "\n";
    for (const StudyArm &arm : study.arms)
        text += armText(arm);
    text += "  " + std::to_string(study.seeds.size()) + (study.seeds.size() == 1 ? " seed\n" : " seeds\n");
    text +=
        "  selection: " + describe(study.selection) + "\n  counting: " + describe(study.counting) + "\n  " + progress + "\n";
    const auto differences = differencesFromPaper(study);
    if (!differences.empty())
        text += "  different from the paper:\n";
    for (const std::string &difference : differences)
        text += "    " + difference + "\n";
    return text;
}

int show(Context &context, const std::string &nameOrFile)
{
    Store &store = context.store();
    const Study study = findStudy(store, nameOrFile);
    Json object{
        {"study", Json::parse(toJson(study))}, {"runs", numberOfRuns(study)}, {"differences", differencesFromPaper(study)}};
    std::string progress = std::to_string(numberOfRuns(study)) + " runs";
    try {
        TaskSizes sizes;
        const StudyState state = stateWithSizes(store, study, sizes);
        object["runs"] = state.specs.size();
        object["done"] = state.done;
        object["expected_seconds"] = state.expected.runs > 0 ? Json(state.expected.seconds) : Json();
        progress = std::to_string(state.specs.size()) + " runs, " + std::to_string(state.done) + " done; " +
                   timeText(state.expected);
        requireComputable(store, study);
    } catch (const Error &error) { // a study can be read before its data sets are there
        object["problem"] = error.what();
        progress += ". " + std::string(error.what());
    }
    context.print(object, studyText(study, progress));
    return 0;
}

/// How many runs a study asks for, and how many of them are done; where it cannot be computed here, as the store tells.
std::pair<std::size_t, int> progressOf(const Store &store, const Study &study)
{
    try {
        const StudyState state = studyState(store, study);
        return {state.specs.size(), state.done};
    } catch (const Error &) {
        const auto runs = studyResults(store, study).runs;
        return {numberOfRuns(study), int(std::ranges::count(runs, RunState::Done, &Run::state))};
    }
}

int list(Context &context)
{
    std::vector<Study> all = context.store().studies();
    for (const Study &preset : presetStudies())
        if (std::none_of(all.begin(), all.end(), [&](const Study &study) { return study.name == preset.name; }))
            all.push_back(preset);
    Json array = Json::array();
    std::vector<std::vector<std::string>> rows{{"study", "runs", "done", "checkpoint", "title"}};
    for (const Study &study : all) {
        const auto [runs, done] = progressOf(context.store(), study);
        array.push_back({{"name", study.name}, {"title", study.title}, {"runs", runs}, {"done", done}});
        rows.push_back({study.name, std::to_string(runs), std::to_string(done), study.checkpoint, study.title});
    }
    context.print({{"studies", array}}, columnsText(rows));
    return 0;
}

std::string pointsText(const std::vector<Run> &runs, const Study &study, const ScoreRule &rule)
{
    std::vector<std::vector<std::string>> rows{{"method", "trained parameters", "score"}};
    if (study.datasets.size() > 1)
        rows.front().insert(rows.front().begin(), "data set");
    for (const std::string &dataset : study.datasets) {
        std::vector<Run> ofTask;
        std::ranges::copy_if(runs, std::back_inserter(ofTask), [&](const Run &run) { return run.spec.dataset == dataset; });
        for (const Point &point : tradeoffPoints(ofTask, study.counting, rule)) {
            rows.push_back({point.label, withThousands(point.trainable), scoreText(point.mean)});
            if (study.datasets.size() > 1)
                rows.back().insert(rows.back().begin(), dataset);
        }
    }
    return columnsText(rows) + "score: " + describeScore(rule.selection) + "\n";
}

/// Throws when a run has ended without a result; the others are there all the same.
void reportFailures(Store &store, const std::vector<std::int64_t> &ids, const Study &study)
{
    std::string first;
    int failed = 0;
    for (const std::int64_t id : ids) {
        const auto run = store.run(id);
        if (!run || run->state == RunState::Done)
            continue;
        if (failed++ == 0)
            first = run->error.empty() ? "run " + std::to_string(id) + " is " + toString(run->state) + "." : run->error;
    }
    if (failed > 0)
        throw Error(std::to_string(failed) + " of " + std::to_string(ids.size()) + " runs did not finish, the first: " +
                    first + " `awb study run " + study.name + "` tries them again; the others keep their results.");
}

int run(Context &context, const Study &study, bool replace)
{
    Store &store = context.store();
    if (!replace && replacesAnother(store, study))
        throw Error("The library has a study " + study.name + " with other settings (`awb study show " + study.name +
                    "`). `--replace` puts the file in its place, and its finished runs stay; or give the study of the file "
                    "another name.");
    requireComputable(store, study);
    if (const auto dropped = noLongerAsked(store, study); !dropped.empty())
        std::fprintf(stderr, "study %s: %zu waiting %s no longer asked for and cancelled\n", study.name.c_str(),
                     dropped.size(), dropped.size() == 1 ? "run is" : "runs are");
    const auto ahead = queueStudy(store, study);
    TaskSizes sizes;
    std::fprintf(stderr, "study %s: %zu runs to do; %s\n", study.name.c_str(), ahead.size(),
                 timeText(stateWithSizes(store, study, sizes).expected).c_str());
    if (!ahead.empty())
        work(context, ahead, [&] {
            try {
                const StudyState state = stateWithSizes(store, study, sizes);
                std::fprintf(stderr, "study %s: %d of %zu runs done, %s\n", study.name.c_str(), state.done,
                             state.specs.size(), timeText(state.expected).c_str());
            } catch (const Error &error) { // a task has gone meanwhile: the others are computed all the same
                std::fprintf(stderr, "study %s: %s\n", study.name.c_str(), error.what());
            }
        });
    reportFailures(store, ahead, study);
    const auto [done, rule, counting] = taskResults(store, study.name, "", "");
    Json array = Json::array();
    for (const Run &each : done)
        array.push_back(runJson(each, store));
    context.print({{"study", study.name}, {"runs", array}}, pointsText(done, study, rule));
    return 0;
}

int cancel(Context &context, const std::string &nameOrFile)
{
    const Study study = findStudy(context.store(), nameOrFile);
    requeueOrphansOf(context.store());
    const int cancelled = cancelStudy(context.store(), study.name);
    context.print({{"study", study.name}, {"cancelled", cancelled}},
                  cancelled == 0   ? "The study " + study.name + " has no run that waits or is being computed."
                  : cancelled == 1 ? "1 run of the study " + study.name + " is cancelled; what is finished stays."
                                   : std::to_string(cancelled) + " runs of the study " + study.name +
                                         " are cancelled; what is finished stays.");
    return 0;
}

int remove(Context &context, const std::string &name)
{
    requeueOrphansOf(context.store());
    const int kept = deleteStudy(context.store(), name);
    context.print({{"study", name}, {"kept", kept}},
                  "The study " + name + " is deleted" +
                      (kept == 0 ? "; it had no finished runs."
                       : kept == 1
                           ? "; its finished run stays in the library without its name."
                           : "; its " + std::to_string(kept) + " finished runs stay in the library without its name."));
    return 0;
}

/// Scores on test what the tables choose on dev.
int test(Context &context, const std::string &name)
{
    const Study study = findStudy(context.store(), name);
    const TestReport report = scoreChosenOnTest(
        context.store(), study,
        [](int done, int of) { std::fprintf(stderr, "scoring on test: %d of %d runs\n", done + 1, of); }, {});
    std::string text = "study " + study.name + ": " + std::to_string(report.scored) +
                       (report.scored == 1 ? " run" : " runs") + " scored on test\n";
    for (const std::string &note : report.notes)
        text += note + "\n";
    Json scores = Json::array();
    for (const auto &[run, score] : context.store().testScores(study.name))
        scores.push_back({{"run", run}, {"score", std::isfinite(score) ? Json(score) : Json()}});
    context.print({{"study", study.name}, {"scored", report.scored}, {"notes", report.notes}, {"test", scores}}, text);
    return report.scored == 0 && !report.notes.empty() && scores.empty() ? 1 : 0;
}

int quick(Context &context)
{
    if (!sampleLibraryPresent(context.store()))
        throw Error("The quick study needs the sample library; `awb fetch` brings it.");
    return run(context, findStudy(context.store(), quickStudyName), false);
}

} // namespace

void addStudyCommand(CLI::App &app, Context &context)
{
    CLI::App *command = app.add_subcommand("study", "Run and show studies: many runs that make a chart");
    command->require_subcommand(0, 1); // with 1 CLI11 would not say which word it did not know
    command->fallthrough();
    command->callback([&context] {
        if (!context.action)
            throw UsageError("What with studies? `awb study --help` lists the commands.");
    });
    command->add_subcommand("quick", "Election tweets: adapters m = 1, 8, 64, head only, full fine-tuning; a few minutes")
        ->callback([&context] { context.action = [&context] { return quick(context); }; });
    command->add_subcommand("list", "Prepared and stored studies")->callback([&context] {
        context.action = [&context] { return list(context); };
    });
    const auto study = std::make_shared<std::string>();
    const auto addNamed = [&](const char *name, const char *what, auto action) {
        CLI::App *sub = command->add_subcommand(name, what);
        sub->add_option("study", *study, "Name of a study, or a JSON file")->required();
        sub->callback([&context, study, action] { context.action = [study, action] { return action(*study); }; });
        return sub;
    };
    addNamed("show", "What a study holds, how long it takes, and what differs from the paper",
             [&context](const std::string &nameOrFile) { return show(context, nameOrFile); });
    const auto replace = std::make_shared<bool>(false);
    addNamed("run", "Queue and compute what a study lacks; can be stopped and called again",
             [&context, replace](const std::string &nameOrFile) {
                 return run(context, findStudy(context.store(), nameOrFile), *replace);
             })
        ->add_flag("--replace", *replace, "Put the file in the place of another study of its name; finished runs stay");
    addNamed("cancel", "Cancel the runs of a study that are not finished; what is finished stays",
             [&context](const std::string &nameOrFile) { return cancel(context, nameOrFile); });
    addNamed("delete", "Forget a stored study; its finished runs stay in the library without its name",
             [&context](const std::string &name) { return remove(context, name); })
        ->get_option("study")
        ->description("Name of a stored study");
    addNamed("test", "Score on the test part what Tables 1 and 2 of a study choose on dev; no other run is scored there",
             [&context](const std::string &nameOrFile) { return test(context, nameOrFile); });
    addStudyExchange(*command, context);
}

} // namespace awb
