#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/method_options.h"
#include "app/output.h"
#include "core/data/word_piece.h"
#include "core/error.h"
#include "core/files.h"
#include "core/model/checkpoint.h"
#include "core/model/random_checkpoint.h"
#include "core/model/safetensors_types.h"
#include "core/train/tokenizer.h"

namespace awb {

namespace {

struct Options {
    std::string folder, name, shape = "minilm-l6", vocabulary;
};

std::string shapeText(const ModelShape &shape)
{
    return std::to_string(shape.layers) + " layers, hidden size " + std::to_string(shape.hidden) + ", " +
           std::to_string(shape.heads) + " heads, feed-forward " + std::to_string(shape.feedForward) + ", vocabulary " +
           withThousands(shape.vocabulary) + ", " + std::to_string(shape.positions) + " positions, " + shape.activation;
}

Json shapeJson(const ModelShape &shape)
{
    return {{"layers", shape.layers},         {"hidden", shape.hidden},
            {"heads", shape.heads},           {"feed_forward", shape.feedForward},
            {"vocabulary", shape.vocabulary}, {"positions", shape.positions},
            {"segments", shape.segments},     {"activation", shape.activation}};
}

/// Names that come from a file, `most` of them.
std::string joined(const std::vector<std::string> &names, std::size_t most = SIZE_MAX)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
        text += (text.empty() ? "" : ", ") + printable(names[i]);
    return names.size() > most ? text + " and " + withThousands(std::int64_t(names.size() - most)) + " more" : text;
}

/// The layer of an encoder's tensor; -1: of none.
int layerOf(std::string_view tensor)
{
    constexpr std::string_view prefix = "encoder.layer.";
    int layer = -1;
    if (tensor.starts_with(prefix))
        std::from_chars(tensor.data() + prefix.size(), tensor.data() + tensor.size(), layer);
    return layer;
}

/// What the user should know of a checkpoint that can be read.
std::vector<std::string> warningsOf(const Checkpoint &checkpoint, const std::string &name)
{
    std::vector<std::string> warnings;
    if (const std::size_t pieces = WordPiece::load(checkpoint.folder()).size();
        pieces * 10 < std::size_t(checkpoint.shape().vocabulary) * 9)
        warnings.push_back("Its vocab.txt has " + withThousands(std::int64_t(pieces)) +
                           " pieces, its table of word embeddings " + withThousands(checkpoint.shape().vocabulary) +
                           " rows: the file may be cut off.");
    if (std::ranges::any_of(checkpoint.unexpected(),
                            [&](const auto &tensor) { return layerOf(tensor) >= checkpoint.shape().layers; }))
        warnings.push_back("Its weights hold more layers than its config.json says; `awb checkpoints show " + name +
                           "` lists them.");
    if (!checkpoint.missing().empty())
        warnings.push_back("It cannot be trained yet, since its weights lack " + joined(checkpoint.missing(), 5) +
                           (checkpoint.missing().front().starts_with("pooler.") // the last part, so all else is there
                                ? "; load it with transformers' BertModel and save it again, or take the "
                                  "checkpoint that it came from."
                                : "; use the config.json that belongs to these weights, or fetch them again."));
    return warnings;
}

/// The folder's own name. Throws Error where that is another folder's in the library.
std::string freeName(Context &context, const std::filesystem::path &folder)
{
    const std::string name = suggestedName(folder);
    for (const CheckpointEntry &entry : context.store().checkpoints())
        if (const auto there = context.store().resolve(entry.folder);
            entry.name == name && std::filesystem::weakly_canonical(there) != std::filesystem::weakly_canonical(folder))
            throw Error("The library has a checkpoint " + name + " already, that in " + there.string() +
                        "; give this one another name with --name, or the same one to replace that.");
    return name;
}

int add(Context &context, const std::string &folder, std::string name)
{
    auto path = std::filesystem::absolute(folder).lexically_normal();
    if (!path.has_filename()) // it ends with a slash
        path = path.parent_path();
    const Checkpoint checkpoint = Checkpoint::open(path);
    if (name.empty())
        name = freeName(context, path);
    const auto known = context.store().checkpoints();
    const bool replaces = std::ranges::find(known, name, &CheckpointEntry::name) != known.end();
    context.store().addCheckpoint({name, path.string(), checkpointSha256(checkpoint), {}});
    if (replaces)
        std::fprintf(stderr, "It takes the place of the checkpoint of that name; runs on other weights stay apart.\n");
    const std::vector<std::string> warnings = warningsOf(checkpoint, name);
    std::string text = name + ": " + shapeText(checkpoint.shape());
    for (const std::string &warning : warnings)
        text += "\n" + warning;
    context.print({{"name", name},
                   {"folder", path.string()},
                   {"replaced", replaces},
                   {"shape", shapeJson(checkpoint.shape())},
                   {"missing", checkpoint.missing()},
                   {"warnings", warnings}},
                  text);
    return 0;
}

/// Weights for measuring: a folder that is registered like any other.
int random(Context &context, const Options &options)
{
    const auto folder = std::filesystem::weakly_canonical(options.folder);
    if (std::filesystem::exists(folder))
        throw Error(folder.string() + " is there already; name a folder that is not.");
    const ModelShape shape = shapeNamed(options.shape);
    const std::string vocabulary = readFile(options.vocabulary);
    const auto lines = std::count(vocabulary.begin(), vocabulary.end(), '\n') + (vocabulary.ends_with('\n') ? 0 : 1);
    if (lines > shape.vocabulary)
        throw Error(options.vocabulary + " has more than the " + withThousands(shape.vocabulary) + " tokens of " +
                    options.shape + "; name the vocab.txt of an English BERT.");
    try {
        randomCheckpoint(folder, shape);
        writeFileAtomically(folder / "vocab.txt", vocabulary);
        return add(context, folder.string(), options.name);
    } catch (const Error &error) {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
        std::string sentence = error.what(); // of the copy, which nobody knows
        if (const std::string copy = (folder / "vocab.txt").string(); sentence.find(copy) != std::string::npos)
            sentence.replace(sentence.find(copy), copy.size(), options.vocabulary);
        throw Error(sentence);
    }
}

int list(Context &context)
{
    Json entries = Json::array();
    std::vector<std::vector<std::string>> rows{{"name", "folder", "added"}};
    for (const CheckpointEntry &entry : context.store().checkpoints()) {
        const std::string folder = context.store().resolve(entry.folder).string();
        entries.push_back({{"name", entry.name}, {"folder", folder}, {"sha256", entry.sha256}, {"added", entry.added}});
        rows.push_back({entry.name, folder, entry.added});
    }
    context.print(
        {{"checkpoints", entries}},
        entries.empty()
            ? "No checkpoint yet: `awb fetch` brings the sample library, `awb checkpoints add FOLDER` adds your own."
            : columnsText(rows));
    return 0;
}

int show(Context &context, const std::string &name)
{
    const Checkpoint checkpoint = Checkpoint::open(checkpointFolder(context, name));
    Json parts = Json::array(), tensors = Json::array(), licences = Json::array();
    std::vector<std::vector<std::string>> rows{{"part", "parameters", "bytes"}};
    for (const PartSize &part : partSizes(checkpoint)) {
        parts.push_back({{"part", part.part}, {"parameters", part.parameters}, {"bytes", part.bytes}});
        rows.push_back({part.part, withThousands(part.parameters), withThousands(part.bytes)});
    }
    for (const TensorView &tensor : checkpoint.tensors())
        tensors.push_back({{"name", tensor.name}, {"shape", tensor.shape}, {"type", toString(tensor.type)}});
    for (const auto &file : checkpoint.licenceFiles())
        licences.push_back(file.string());

    std::string text = checkpoint.folder().string() + "\n" + shapeText(checkpoint.shape()) + "\n\n" + columnsText(rows);
    if (!checkpoint.missing().empty())
        text += "\nmissing: " + joined(checkpoint.missing()) + "\n";
    if (!checkpoint.unexpected().empty())
        text += "\nnot used: " + joined(checkpoint.unexpected()) + "\n";
    for (const auto &file : checkpoint.licenceFiles())
        text += "licence: " + file.string() + "\n";
    context.print({{"folder", checkpoint.folder().string()},
                   {"shape", shapeJson(checkpoint.shape())},
                   {"parts", parts},
                   {"tensors", tensors},
                   {"missing", checkpoint.missing()},
                   {"unexpected", checkpoint.unexpected()},
                   {"licence_files", licences}},
                  text);
    return 0;
}

int removeEntry(Context &context, const std::string &name)
{
    context.store().checkpoint(name); // throws, listing the known names
    context.store().removeCheckpoint(name);
    context.print({{"removed", name}}, "The checkpoint " + name + " is no longer in the library.");
    return 0;
}

} // namespace

void addCheckpointsCommand(CLI::App &app, Context &context)
{
    const auto options = std::make_shared<Options>();
    CLI::App *command = app.add_subcommand("checkpoints", "List, add, show or remove checkpoints");
    command->require_subcommand(0, 1);
    command->fallthrough();
    command->callback([&context] {
        if (!context.action)
            context.action = [&context] { return list(context); };
    });

    CLI::App *sub = command->add_subcommand("add", "Register a BERT folder (config.json, weights, vocab.txt)");
    sub->add_option("folder", options->folder, "The folder; it stays where it is")->required();
    sub->add_option("--name", options->name, "Name in the library (else the folder's)");
    sub->callback([&context, options] {
        context.action = [&context, options] { return add(context, options->folder, options->name); };
    });

    sub = command->add_subcommand("random", "Write and register a checkpoint with random weights, for measuring speed");
    sub->add_option("folder", options->folder, "A new folder")->required();
    sub->add_option("--shape", options->shape, "Its size")->check(CLI::IsMember(shapeNames()))->capture_default_str();
    sub->add_option("--vocabulary", options->vocabulary, "A vocab.txt that is copied")->required();
    sub->add_option("--name", options->name, "Name in the library (else the folder's)");
    sub->callback([&context, options] { context.action = [&context, options] { return random(context, *options); }; });

    command->add_subcommand("list", "List the checkpoints of the library");

    sub = command->add_subcommand("show", "Show architecture, parameters and bytes per layer");
    sub->add_option("name", options->name, "Name in the library, or a folder")->required();
    sub->callback([&context, options] { context.action = [&context, options] { return show(context, options->name); }; });

    sub = command->add_subcommand("remove", "Forget a checkpoint; its files stay");
    sub->add_option("name", options->name, "Name in the library")->required();
    sub->callback(
        [&context, options] { context.action = [&context, options] { return removeEntry(context, options->name); }; });
}

} // namespace awb
