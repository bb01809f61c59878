#include "app/method_options.h"

#include <CLI/CLI.hpp>

#include "core/error.h"
#include "core/methods/methods.h"

namespace awb {

void addMethodOptions(CLI::App &command, MethodOptions &options)
{
    std::vector<std::string> names;
    for (const MethodEntry &entry : methodTable())
        names.push_back(entry.method.name);
    command.add_option("--method", options.name, "What is trained")->check(CLI::IsMember(names))->capture_default_str();
    command.add_option("--bottleneck", options.bottleneck, "Size m of the adapters")->check(CLI::Range(1, 1 << 20));
    auto *layers =
        command.add_option("--layers", options.layers,
                           "Layers with adapters, numbered from 0: 3-5 or 0,2,4-5, all, none, top-half, bottom-half");
    auto *sites =
        command.add_option("--sites", options.sites, "Where in a layer")->check(CLI::IsMember({"attention", "ffn", "both"}));
    command.add_option("--layer-sites", options.layerSites, "One entry per layer, lowest first: a,f,af,-")
        ->excludes(layers, sites);
    command.add_option("--activation", options.activation, "Of the adapters")
        ->check(CLI::IsMember({"gelu_new", "gelu", "relu"}));
    command.add_option("--top", options.top, "Number k of layers that top-k trains, from the top")
        ->check(CLI::Range(0, 1 << 20));
    command.add_flag("--no-pooler", options.noPooler, "top-k leaves the pooler frozen");
}

namespace {

Method readMethod(const MethodOptions &options, int layers)
{
    Method method = methodEntry(options.name).method;
    const bool hasAdapters = method.bottleneck > 0;
    if (!hasAdapters && (options.bottleneck > 0 || !options.layers.empty() || !options.sites.empty() ||
                         !options.layerSites.empty() || !options.activation.empty()))
        throw Error("The method " + options.name +
                    " has no adapters: leave out --bottleneck, --layers, --sites, --layer-sites and --activation.");
    const bool hasTop = method.topLayers >= 0;
    if (!hasTop && (options.top >= 0 || options.noPooler))
        throw Error("The method " + options.name + " has no number of top layers: leave out --top and --no-pooler.");
    if (hasTop)
        return topLayersMethod(method, options.top >= 0 ? options.top : method.topLayers, !options.noPooler, layers);
    if (options.bottleneck > 0)
        method.bottleneck = options.bottleneck;
    if (!options.activation.empty())
        method.activation = options.activation;
    if (!options.layerSites.empty())
        method.sites = storedSites(parseLayerSites(options.layerSites, layers));
    else if (hasAdapters)
        method.sites = storedSites(parseSites(options.layers.empty() ? "all" : options.layers,
                                              options.sites.empty() ? "both" : options.sites, layers));
    return method;
}

} // namespace

Method methodFromOptions(const MethodOptions &options, int layers)
{
    return asTyped([&] { return readMethod(options, layers); });
}

std::filesystem::path checkpointFolder(Context &context, const std::string &nameOrFolder)
{
    std::error_code ignored;
    const std::filesystem::path folder(nameOrFolder);
    const bool isFolder = std::filesystem::is_directory(folder, ignored);
    // A path is never a name, and then no library has to be opened.
    if (isFolder && nameOrFolder.find('/') != std::string::npos)
        return folder;
    for (const CheckpointEntry &entry : context.store().checkpoints())
        if (entry.name == nameOrFolder)
            return context.store().resolve(entry.folder);
    if (isFolder)
        return folder;
    return context.store().resolve(context.store().checkpoint(nameOrFolder).folder); // throws, listing the known names
}

} // namespace awb
