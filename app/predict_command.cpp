#include <filesystem>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "core/data/dataset.h"
#include "core/store/predict.h"
#include "core/train/devices.h"

namespace awb {

namespace {

/// One example a line, a tab between the texts of a pair; of standard input where `file` is "-".
std::vector<Example> textsOf(const std::string &file, bool pairs)
{
    std::ifstream opened;
    if (file != "-") {
        opened.open(file);
        if (!opened || std::filesystem::is_directory(file))
            throw Error("Cannot read " + file + "; name a file with one text a line.");
    }
    std::istream &in = file == "-" ? std::cin : opened;
    std::vector<Example> texts;
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r'))
            line.pop_back();
        const std::string text = decodeText(line);
        const std::size_t tab = pairs ? text.find('\t') : text.npos;
        texts.push_back({text.substr(0, tab), tab == text.npos ? std::string() : text.substr(tab + 1), 0, 0});
    }
    if (texts.empty())
        throw Error((file == "-" ? "Standard input" : file) + " has no text; give one a line.");
    return texts;
}

/// Keys of a prediction.
Json predictionJson(const Prediction &prediction)
{
    if (prediction.classes.empty())
        return {{"score", prediction.score}};
    Json probabilities = Json::object();
    for (const auto &[name, probability] : prediction.classes)
        probabilities[name] = probability;
    return {{"class", prediction.classes.front().first}, {"probabilities", probabilities}};
}

int predict(Context &context, std::int64_t run, const Example &text)
{
    const Prediction prediction = predictTexts(context.store(), run, {text}).front();
    Json object = {{"run", run}};
    object.update(predictionJson(prediction));
    std::vector<std::vector<std::string>> rows{{"class", "probability"}};
    for (const auto &[name, probability] : prediction.classes)
        rows.push_back({name, scoreText(probability)});
    context.print(object, prediction.classes.empty() ? scoreText(prediction.score) : columnsText(rows));
    return 0;
}

int predictFile(Context &context, std::int64_t run, const std::string &file)
{
    const Manifest task = context.store().dataset(existingRun(context, run).spec.dataset);
    const std::vector<Example> texts = textsOf(file, task.train.textB >= 0);
    const std::vector<Prediction> predictions = predictTexts(context.store(), run, texts);
    Json objects = Json::array();
    std::string lines;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const Prediction &one = predictions[i];
        objects.push_back(predictionJson(one));
        lines += one.classes.empty() ? scoreText(one.score)
                                     : one.classes.front().first + '\t' + scoreText(one.classes.front().second);
        lines += '\t' + texts[i].a + (texts[i].b.empty() ? "" : '\t' + texts[i].b) + '\n';
    }
    context.print({{"run", run}, {"predictions", objects}}, lines);
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
        std::string text, text2, file;
    };
    const auto options = std::make_shared<Options>();
    CLI::App *command = app.add_subcommand("predict", "Ask a trained run what it says of a text");
    command->add_option("run", options->run, "Number of a finished run")->required();
    CLI::Option_group *which = command->add_option_group("Texts");
    CLI::Option *text = which->add_option("--text", options->text, "The text");
    which->add_option("--file", options->file, "One text a line, a tab between those of a pair; -: standard input");
    which->require_option(1);
    command->add_option("--text2", options->text2, "The second text, for tasks on pairs")->needs(text);
    command->callback([&context, options] {
        context.action = [&context, options] {
            return options->file.empty() ? predict(context, options->run, {options->text, options->text2, 0, 0})
                                         : predictFile(context, options->run, options->file);
        };
    });
}

void addDevicesCommand(CLI::App &app, Context &context)
{
    app.add_subcommand("devices", "List the devices that can train")->callback([&context] {
        context.action = [&context] { return listDevices(context); };
    });
}

} // namespace awb
