#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "core/error.h"
#include "core/store/merge.h"
#include "core/study/study.h"

#ifdef AWB_FIGURES
#include "app/offscreen.h"
#include "ui/study_figures.h"
#endif

namespace awb {

namespace {

struct Options {
    std::string study, file, out;
};

int exportOne(Context &context, const Options &options)
{
    Store &store = context.store();
    const auto study = store.study(options.study);
    if (!study)
        throw Error("The library has no study " + options.study + " to export; `awb study list` names what is there.");
    const std::filesystem::path archive = std::filesystem::absolute(options.out).lexically_normal();
    if (!std::filesystem::is_directory(archive.parent_path()))
        throw Error("The folder " + archive.parent_path().string() + " does not exist; make it, or choose another.");
#ifdef AWB_FIGURES
    const OffscreenApplication application;
    exportStudy(store, *study, archive,
                [&](const std::filesystem::path &folder) { writeStudyFigures(store, *study, folder); });
#else
    exportStudy(store, *study, archive, {});
#endif
    context.print({{"study", study->name}, {"out", archive.string()}}, archive.string());
    return 0;
}

int report(Context &context, const MergeReport &report)
{
    context.print(
        {{"runs", report.runs}, {"known", report.known}, {"unfinished", report.unfinished}, {"notes", report.notes}},
        describe(report));
    return 0;
}

const CLI::Validator named([](const std::string &path) { return path.empty() ? "it names nothing" : std::string(); }, "");

} // namespace

void addStudyExchange(CLI::App &study, Context &context)
{
    const auto options = std::make_shared<Options>();
    CLI::App *out =
        study.add_subcommand("export", "Write a study with its results, curves, weights and figures to one file");
    out->add_option("study", options->study, "Name of a study")->required();
    out->add_option("--out", options->out, "FILE.zip")->required()->check(named);
    out->callback([&context, options] { context.action = [&context, options] { return exportOne(context, *options); }; });
    CLI::App *in = study.add_subcommand("import", "Take in a study that another library exported");
    in->add_option("file", options->file, "FILE.zip")->required();
    in->callback([&context, options] {
        context.action = [&context, options] { return report(context, importStudy(context.store(), options->file)); };
    });
}

void addMergeCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<Options>();
    CLI::App *command = app.add_subcommand("merge", "Take in the finished runs and the studies of another library");
    command->add_option("library", options->file, "Folder of the other library")->required()->check(named);
    command->callback([&context, options] {
        context.action = [&context, options] {
            return report(context, mergeLibrary(context.store(), std::filesystem::absolute(options->file)));
        };
    });
}

} // namespace awb
