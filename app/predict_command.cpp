#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "core/store/predict.h"
#include "core/train/devices.h"

namespace awb {

namespace {

int predict(Context &context, std::int64_t run, const std::string &text, const std::string &text2)
{
    const Prediction prediction = predictText(context.store(), run, text, text2);
    if (prediction.classes.empty()) {
        context.print({{"run", run}, {"score", prediction.score}}, scoreText(prediction.score));
        return 0;
    }
    Json probabilities = Json::object();
    std::vector<std::vector<std::string>> rows{{"class", "probability"}};
    for (const auto &[name, probability] : prediction.classes) {
        probabilities[name] = probability;
        rows.push_back({name, scoreText(probability)});
    }
    context.print({{"run", run}, {"class", prediction.classes.front().first}, {"probabilities", probabilities}},
                  columnsText(rows));
    return 0;
}

int listDevices(Context &context)
{
    Json entries = Json::array();
    std::vector<std::vector<std::string>> rows{{"device", "", "memory"}};
    for (const DeviceInfo &device : devices()) {
        entries.push_back({{"name", device.name}, {"description", device.description}, {"memory", device.memory}});
        rows.push_back({device.name, device.description, bytesText(device.memory)});
    }
    context.print({{"devices", entries}, {"libtorch", libtorchVersion()}},
                  columnsText(rows) + "LibTorch " + libtorchVersion());
    return 0;
}

} // namespace

void addPredictCommand(CLI::App &app, Context &context)
{
    struct Options {
        std::int64_t run = 0;
        std::string text, text2;
    };
    const auto options = std::make_shared<Options>();
    CLI::App *command = app.add_subcommand("predict", "Ask a trained run what it says of a text");
    command->add_option("run", options->run, "Number of a finished run")->required();
    command->add_option("--text", options->text, "The text")->required();
    command->add_option("--text2", options->text2, "The second text, for tasks on pairs");
    command->callback([&context, options] {
        context.action = [&context, options] { return predict(context, options->run, options->text, options->text2); };
    });
}

void addDevicesCommand(CLI::App &app, Context &context)
{
    app.add_subcommand("devices", "List the devices that can train")->callback([&context] {
        context.action = [&context] { return listDevices(context); };
    });
}

} // namespace awb
