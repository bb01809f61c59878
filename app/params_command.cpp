#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/method_options.h"
#include "core/model/checkpoint.h"
#include "core/methods/parameters.h"

namespace awb {

namespace {

struct ParamsOptions {
    std::string checkpoint;
    MethodOptions method;
    int classes = 2;
};

int countAndPrint(Context &context, const ParamsOptions &options)
{
    const ModelShape shape = readShape(checkpointFolder(context, options.checkpoint));
    const Method method = methodFromOptions(options.method, shape.layers);
    const ParameterCount count = countParameters(shape, method, options.classes);
    const Json object{
        {"trainable", count.trainable}, {"total", count.total}, {"share", count.share()}, {"file_bytes", count.fileBytes}};
    context.print(object, std::to_string(count.trainable)); // the bare number, for use in scripts
    return 0;
}

} // namespace

void addParamsCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<ParamsOptions>();
    CLI::App *command = app.add_subcommand("params", "Print how many parameters a method trains");
    command->add_option("--checkpoint", options->checkpoint, "Name in the library, or a folder with config.json")
        ->required();
    addMethodOptions(*command, options->method);
    command->add_option("--classes", options->classes, "Outputs of the head; 1 for a score")
        ->check(CLI::Range(1, 1 << 20))
        ->capture_default_str();
    command->callback(
        [&context, options] { context.action = [&context, options] { return countAndPrint(context, *options); }; });
}

} // namespace awb
