#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/dataset_import.h"
#include "app/method_options.h"
#include "app/output.h"
#include "core/data/dataset_rules.h"
#include "core/data/inspect.h"
#include "core/data/sample.h"
#include "core/data/word_piece.h"
#include "core/model/checkpoint.h"
#include "core/store/trained_run.h"

namespace awb {

namespace {

/// "3 classes: negative, neutral, positive", at most `shown` of them by name.
std::string classesText(const Manifest &manifest, std::size_t shown)
{
    if (manifest.task == Task::Regression)
        return "a score";
    std::string text = std::to_string(manifest.classes.size()) + " classes: ";
    for (std::size_t i = 0; i < std::min(shown, manifest.classes.size()); ++i)
        text += (i ? ", " : "") + manifest.classes[i];
    return text + (manifest.classes.size() > shown ? " …" : "");
}

/// The manifest with the numbers of rows of its parts.
Json datasetJson(const Dataset &dataset)
{
    Json object = Json::parse(toJson(dataset.manifest));
    object["rows"] = {{"train", dataset.train.size()}, {"dev", dataset.dev.size()}, {"test", dataset.test.size()}};
    object["notes"] = dataset.notes;
    return object;
}

/// "text: column 2 (sentence), label: column 1 (label)", numbered from 0 as the options have them.
std::string columnsUsed(const DataFile &file)
{
    const auto rows =
        file.format.header ? sampleRows(readSample(file.path), file.format, 1) : std::vector<std::vector<std::string>>();
    std::string text;
    for (const auto &[what, column] : {std::pair{"text", file.textA}, {"second text", file.textB}, {"label", file.label}})
        if (column >= 0) {
            text += (text.empty() ? "" : ", ") + std::string(what) + ": column " + std::to_string(column);
            if (!rows.empty() && column < int(rows[0].size()))
                text += " (" + rows[0][std::size_t(column)] + ")";
        }
    return text;
}

std::string datasetText(const Dataset &dataset)
{
    const Manifest &m = dataset.manifest;
    std::string text = m.name + ": " + m.layout + ", " + classesText(m, 20) + "\n  " +
                       withThousands(std::int64_t(dataset.train.size())) + " train, " +
                       withThousands(std::int64_t(dataset.dev.size())) + " dev, " +
                       withThousands(std::int64_t(dataset.test.size())) + " test\n";
    if (m.layout == "custom" && m.train.format.kind == TableFormat::Kind::Delimited)
        text += "  " + columnsUsed(m.train) + "\n";
    if (!m.dev)
        text += "  split " + splitText(m) + " by seed " + std::to_string(m.split.seed) + " and distinct text\n";
    text += "  measured by " + metricsText(m);
    if (m.classes.size() == 2 && std::ranges::find(m.metrics, "f1") != m.metrics.end())
        text += "; F1 is that of the class \"" + m.classes[1] + "\"";
    for (const std::string &note : dataset.notes)
        text += "\n  " + note;
    return text;
}

int add(Context &context, const ImportOptions &options)
{
    // Loaded before it is registered, so that what the library knows can be read.
    const Dataset dataset = loadDataset(manifestFromOptions(options));
    const auto known = context.store().datasets();
    const bool replaces = std::ranges::find(known, dataset.manifest.name, &Manifest::name) != known.end();
    context.store().addDataset(dataset.manifest);
    if (replaces)
        std::fprintf(
            stderr, "It takes the place of the data set of that name; runs on other files or another reading stay apart.\n");
    Json object = datasetJson(dataset);
    object["replaced"] = replaces;
    context.print(object, datasetText(dataset));
    return 0;
}

int list(Context &context)
{
    Json entries = Json::array();
    std::vector<std::vector<std::string>> rows{{"name", "layout", "predicts", "file"}};
    for (const Manifest &manifest : context.store().datasets()) {
        entries.push_back(Json::parse(toJson(manifest)));
        rows.push_back({manifest.name, manifest.layout, classesText(manifest, 3), manifest.train.path});
    }
    context.print({{"datasets", entries}},
                  entries.empty()
                      ? "No data set yet: `awb fetch` brings the sample library, `awb datasets add PATH` adds your own."
                      : columnsText(rows));
    return 0;
}

int show(Context &context, const std::string &name)
{
    const Dataset dataset = registeredDataset(context.store().dataset(name));
    std::string text = datasetText(dataset);
    for (const DataFile *file : filesOf(dataset.manifest))
        text += "\n  " + file->path;
    if (!dataset.manifest.licence.empty())
        text += "\n  licence: " + dataset.manifest.licence;
    context.print(datasetJson(dataset), text);
    return 0;
}

std::string perClassText(const PartSummary &part, const std::vector<std::string> &classes)
{
    std::string text;
    bool labelled = part.perClass.empty(); // a score is one too
    for (std::size_t i = 0; i < part.perClass.size() && i < classes.size(); ++i) {
        text += (i ? ", " : "") + classes[i] + " " + withThousands(std::int64_t(part.perClass[i]));
        labelled = labelled || part.perClass[i] > 0;
    }
    return labelled ? text : "unlabelled";
}

int check(Context &context, const std::string &name, const std::string &checkpoint, int maxLength)
{
    const Dataset dataset = registeredDataset(context.store().dataset(name));
    std::unique_ptr<WordPiece> tokenizer;
    if (!checkpoint.empty())
        tokenizer = std::make_unique<WordPiece>(WordPiece::load(modelFolder(checkpointFolder(context, checkpoint))));
    Json parts = Json::array();
    std::string text;
    for (const PartSummary &part : inspectDataset(dataset, tokenizer.get())) {
        Json object{{"part", part.part},
                    {"rows", part.rows},
                    {"per_class", part.perClass},
                    {"duplicates", part.duplicates},
                    {"conflicting", part.conflicting},
                    {"shared_with_train", part.sharedWithTrain}};
        text += part.part + ": " + withThousands(std::int64_t(part.rows)) + " rows";
        if (const std::string classes = perClassText(part, dataset.manifest.classes); !classes.empty())
            text += " (" + classes + ")";
        text += "\n  " + withThousands(std::int64_t(part.duplicates)) + " duplicates, " +
                withThousands(std::int64_t(part.conflicting)) + " texts with conflicting labels, " +
                withThousands(std::int64_t(part.sharedWithTrain)) + " shared with train\n";
        if (tokenizer && part.rows > 0) {
            object["tokens"] = {
                {"mean", part.meanLength()}, {"max", part.maxLength()}, {"truncated_share", part.truncatedShare(maxLength)}};
            char mean[32];
            std::snprintf(mean, sizeof mean, "%.1f", part.meanLength());
            text += std::string("  ") + mean + " tokens on average, at most " + std::to_string(part.maxLength()) + "; " +
                    percentText(part.truncatedShare(maxLength)) + " longer than " + std::to_string(maxLength) + "\n";
        }
        parts.push_back(std::move(object));
    }
    for (const std::string &note : dataset.notes)
        text += note + "\n";
    context.print({{"name", name}, {"parts", parts}, {"notes", dataset.notes}}, text);
    return 0;
}

int removeEntry(Context &context, const std::string &name)
{
    context.store().dataset(name); // throws, listing the known names
    context.store().removeDataset(name);
    context.print({{"removed", name}}, "The data set " + name + " is no longer in the library.");
    return 0;
}

} // namespace

void addDatasetsCommand(CLI::App &app, Context &context)
{
    struct Options {
        ImportOptions import;
        std::string name, checkpoint;
        int maxLength = 128;
    };
    const auto options = std::make_shared<Options>();
    CLI::App *command = app.add_subcommand("datasets", "List, add, show, check or remove data sets");
    command->require_subcommand(0, 1);
    command->fallthrough();
    command->callback([&context] {
        if (!context.action)
            context.action = [&context] { return list(context); };
    });
    CLI::App *sub = command->add_subcommand("add", "Register labelled texts; known layouts are recognised");
    addImportOptions(*sub, options->import);
    sub->callback([&context, options] { context.action = [&context, options] { return add(context, options->import); }; });

    command->add_subcommand("list", "List the data sets of the library");

    sub = command->add_subcommand("show", "Show files, classes and numbers of rows");
    sub->add_option("name", options->name, "Name in the library")->required();
    sub->callback([&context, options] { context.action = [&context, options] { return show(context, options->name); }; });

    sub =
        command->add_subcommand("check", "Count duplicates, conflicting labels and leaks; with --checkpoint token lengths");
    sub->add_option("name", options->name, "Name in the library")->required();
    sub->add_option("--checkpoint", options->checkpoint, "Whose tokenizer measures the lengths");
    sub->add_option("--max-length", options->maxLength, "Length at which texts are cut")
        ->capture_default_str()
        ->check(CLI::Range(3, 1 << 16));
    sub->callback([&context, options] {
        context.action = [&context, options] {
            return check(context, options->name, options->checkpoint, options->maxLength);
        };
    });

    sub = command->add_subcommand("remove", "Forget a data set; its files stay");
    sub->add_option("name", options->name, "Name in the library")->required();
    sub->callback(
        [&context, options] { context.action = [&context, options] { return removeEntry(context, options->name); }; });
}

} // namespace awb
