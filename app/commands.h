#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/store/store.h"

namespace CLI {
class App;
}

namespace awb {

using Json = nlohmann::ordered_json;

/// What was typed cannot be meant, whatever the files of the library hold: exit status 2 instead of 1.
struct UsageError : Error {
    using Error::Error;
};

/// What `read` gives for words of the command line; an Error of it becomes a UsageError.
template <typename Read>
auto asTyped(const Read &read)
{
    try {
        return read();
    } catch (const Error &error) {
        throw UsageError(error.what());
    }
}

/// What a call of `awb` knows: the options that hold for every command, and the command's action, set while the command
/// line is parsed and run afterwards.
struct Context {
    std::string home;            ///< --home; empty: the default library
    bool json = false;           ///< --json
    std::function<int()> action; ///< of the command given; returns the exit status

    /// The library, opened when first asked for: `awb params --checkpoint DIR` needs none.
    Store &store();
    std::filesystem::path homeFolder() const;
    /// The one JSON object of --json, or else `plain` (ended by a line feed if it has none).
    void print(const Json &object, const std::string &plain) const;

private:
    std::unique_ptr<Store> m_store;
};

/// The run of this number; an Error that says so when the library has none.
Run existingRun(Context &context, std::int64_t id);

// One file per command group. These need neither LibTorch nor Qt, and start at once ...
void addCheckpointsCommand(CLI::App &app, Context &context);
void addDatasetsCommand(CLI::App &app, Context &context);
void addParamsCommand(CLI::App &app, Context &context);
void addRunsCommand(CLI::App &app, Context &context);
// ... and these are in awb-engine only.
void addAblationCommand(CLI::App &app, Context &context);
void addBenchCommand(CLI::App &app, Context &context);
void addDevicesCommand(CLI::App &app, Context &context);
void addFetchCommand(CLI::App &app, Context &context);
void addFigureCommand(CLI::App &app, Context &context);
void addMergeCommand(CLI::App &app, Context &context);
void addPredictCommand(CLI::App &app, Context &context);
void addStudyCommand(CLI::App &app, Context &context);
void addTrainCommand(CLI::App &app, Context &context);
void addWorkCommand(CLI::App &app, Context &context);

/// Two runs beside each other, as a subcommand of `runs`.
void addCompareRuns(CLI::App &runs, Context &context);
/// A study's way out of a library and into another, as subcommands of `study`.
void addStudyExchange(CLI::App &study, Context &context);
/// The learning curves of several runs, as a subcommand of `figure`.
void addCurvesFigure(CLI::App &figure, Context &context);
/// The figures of a study, as subcommands of `figure`.
void addStudyFigures(CLI::App &figure, Context &context);

/// The figures of a run's ablation map, as subcommands of `figure`.
void addAblationFigures(CLI::App &figure, Context &context);

/// Every command of the program that is linked: app/commands_light.cpp or app/commands_all.cpp.
void addCommands(CLI::App &app, Context &context);

} // namespace awb
