#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "core/store/sample_library.h"

namespace awb {

namespace {

int fetch(Context &context)
{
    Store &store = context.store();
    const bool present = sampleLibraryPresent(store);
    if (!present)
        fetchSampleLibrary(store, [](const std::string &sentence) { std::fprintf(stderr, "%s\n", sentence.c_str()); });
    Json checkpoints = Json::array(), datasets = Json::array();
    for (const CheckpointEntry &entry : store.checkpoints())
        checkpoints.push_back(entry.name);
    for (const Manifest &manifest : store.datasets())
        datasets.push_back(manifest.name);
    context.print(
        {{"home", store.home().string()}, {"fetched", !present}, {"checkpoints", checkpoints}, {"datasets", datasets}},
        present ? "The sample library is there already, in " + store.home().string() + "."
                : "The sample library is in " + store.home().string() + ".");
    return 0;
}

} // namespace

void addFetchCommand(CLI::App &app, Context &context)
{
    app.add_subcommand("fetch", "Get the sample library: a small BERT and three data sets (needs a network)")
        ->callback([&context] { context.action = [&context] { return fetch(context); }; });
}

} // namespace awb
