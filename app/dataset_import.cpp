#include "app/dataset_import.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <set>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "core/data/data_hash.h"
#include "core/data/dataset_rules.h"
#include "core/data/delimited.h"
#include "core/data/guess.h"
#include "core/data/labels.h"
#include "core/data/recognise.h"
#include "core/data/sample.h"

namespace awb {

namespace {

bool isAscii(char c)
{
    return static_cast<unsigned char>(c) < 0x80;
}

char delimiterFrom(const std::string &text)
{
    static const std::map<std::string, char> names{{"tab", '\t'},      {"\\t", '\t'}, {"comma", ','},
                                                   {"semicolon", ';'}, {"bar", '|'},  {"space", ' '}};
    if (const auto found = names.find(text); found != names.end())
        return found->second;
    if (text.size() != 1 || !isAscii(text[0]))
        throw UsageError("The delimiter \"" + text +
                         "\" was not understood: give one ASCII character, or tab, comma, semicolon, bar or space.");
    return text[0];
}

/// Number of a column given by number from 0 or by its name in the header.
int columnFrom(const std::string &text, const Table &table, const std::string &file)
{
    const auto &columns = table.columns();
    const auto named = std::ranges::find(columns, text);
    if (std::ranges::count(columns, text) > 1)
        throw Error(file + " has several columns called \"" + text +
                    "\"; give the number of the one that is meant, from 0.");
    if (named != columns.end())
        return int(named - columns.begin());
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && number >= 0 && number < int(columns.size()))
        return number;
    std::string known;
    for (std::size_t i = 0; i < columns.size(); ++i)
        known += (i ? ", " : "") + std::to_string(i) + " (" + columns[i] + ")";
    throw Error("There is no column \"" + text + "\" in " + file + "; it has " + known + ".");
}

/// True when the user said something about the file itself, so that it is not to be recognised.
bool describesFile(const ImportOptions &o)
{
    return !(o.text + o.text2 + o.label + o.kind + o.delimiter + o.quoting + o.header).empty();
}

/// `labelled`: else the file may do without a label column.
void applyColumns(const ImportOptions &options, DataFile &file, bool labelled = true)
{
    if (!options.delimiter.empty() && !options.kind.empty() && options.kind != "delimited")
        throw UsageError("--delimiter is of files of --kind delimited; leave one of the two out.");
    if (const auto kind = options.kind.empty() ? file.format.kind : tableKindFromString(options.kind);
        kind != file.format.kind) { // else the guess stands
        file.format = {kind, kind == TableFormat::Kind::LabelText ? ' ' : '\t', false, false};
        if (kind == TableFormat::Kind::Delimited && options.delimiter.empty())
            file.format.header = looksLikeHeader(sampleRows(readSample(file.path), file.format));
    }
    if (!options.delimiter.empty()) {
        file.format.kind = TableFormat::Kind::Delimited;
        file.format.delimiter = delimiterFrom(options.delimiter);
        file.format.quoting = readsQuoted(file.path, file.format.delimiter);
        file.format.header = looksLikeHeader(sampleRows(readSample(file.path), file.format));
    }
    if (file.format.kind == TableFormat::Kind::LabelText && options.kind == "label-text") {
        file.label = 0;
        file.textA = 1;
    }
    if (!options.quoting.empty())
        file.format.quoting = options.quoting == "on";
    if (!options.header.empty())
        file.format.header = options.header == "on";
    const Table table(file.path, file.format);
    if (!options.text.empty())
        file.textA = columnFrom(options.text, table, file.path);
    if (!options.text2.empty())
        file.textB = columnFrom(options.text2, table, file.path);
    if (!options.label.empty() && (labelled || std::ranges::find(table.columns(), options.label) != table.columns().end()))
        file.label = columnFrom(options.label, table, file.path);
    for (const int column : {file.textA, file.textB, file.label})
        if (column >= int(table.columns().size()))
            throw Error("The columns of " + file.path +
                        " could not be guessed with this format; name them with --text and --label.");
    if (labelled && file.label < 0)
        throw Error("No label column was found in " + file.path + "; name it with --label.");
    if (file.textA == file.label || (file.textB >= 0 && file.textB == file.label) || file.textA == file.textB)
        throw Error("Texts and label of " + file.path +
                    " must be different columns; name them with --text, --text2 and --label.");
}

/// Throws Error where one of these labels is in none of the files.
void requireLabels(const std::vector<std::string> &wanted, const Manifest &manifest)
{
    if (wanted.empty())
        return;
    std::set<std::string> labels;
    for (const DataFile *file : filesOf(manifest))
        if (file->label >= 0) {
            const Table table(file->path, file->format);
            for (const auto &[value, count] : distinctValues(table, file->label, table.rows()))
                labels.insert(rawLabel(value, file->labelUntil));
            table.requireUnchanged();
        }
    for (const std::string &label : wanted)
        if (!labels.contains(label)) {
            std::string known;
            for (const std::string &one : labels)
                if (known.size() < 200)
                    known += (known.empty() ? "" : ", ") + one;
            throw Error("No row has the label \"" + label + "\"; there are: " + known + ".");
        }
}

/// Raw label -> class of --merge, and -> nothing of --drop.
std::map<std::string, std::string> classesAsked(const ImportOptions &options)
{
    std::map<std::string, std::string> asked;
    const auto ask = [&](const std::string &label, const std::string &name) {
        if (!asked.emplace(label, name).second)
            throw UsageError("The label \"" + label +
                             "\" is named twice by --merge and --drop; say once what becomes of it.");
    };
    for (const std::string &entry : options.merge) {
        const auto equals = entry.rfind('=');
        const std::string name(equals == std::string::npos ? "" : trimmed(std::string_view(entry).substr(equals + 1)));
        if (name.empty())
            throw UsageError("\"" + entry +
                             "\" was not understood: --merge takes a raw label and its class, as in --merge Yes=Y.");
        ask(entry.substr(0, equals), name);
    }
    for (const std::string &label : options.drop)
        ask(label, "");
    return asked;
}

void applyLabels(const ImportOptions &options, Manifest &manifest)
{
    if (!options.labelUntil.empty())
        for (DataFile *file : filesOf(manifest))
            file->labelUntil = options.labelUntil[0];
    const auto asked = classesAsked(options);
    for (auto &[label, name] : manifest.merge) // of a known layout: its classes may be what the user names
        if (const auto found = asked.find(name); !name.empty() && found != asked.end()) // what is dropped stays so
            name = found->second;
    std::vector<std::string> named;
    for (const auto &[label, name] : asked) {
        manifest.merge[label] = name;
        named.push_back(label);
    }
    requireLabels(named, manifest);
}

/// The files of --dev and --test in the place of what the layout has found itself.
void applyParts(const ImportOptions &options, Manifest &manifest)
{
    for (const auto &[file, part] : {std::pair{options.dev, &manifest.dev}, std::pair{options.test, &manifest.test}}) {
        if (file.empty())
            continue;
        const std::string own = std::filesystem::absolute(file).lexically_normal().string();
        if (*part && (*part)->path == own)
            continue;
        *part = laidOutAs(manifest.train, own);
        if (!*part)
            throw Error("The columns of " + own + " are not those of " + manifest.train.path +
                        "; name the columns with --text and --label.");
        if (part == &manifest.dev && (*part)->label < 0)
            throw Error("No label column was found in " + own + "; name it with --label.");
    }
}

Manifest fromUnknownFile(const ImportOptions &options, const std::filesystem::path &path)
{
    Manifest manifest = guessManifest(path, options.name);
    const int guessedLabel = manifest.train.label;
    applyColumns(options, manifest.train);
    if (manifest.train.label != guessedLabel)
        manifest.merge.clear(); // of the labels of another column
    for (const auto &[file, part] : {std::pair{options.dev, &manifest.dev}, std::pair{options.test, &manifest.test}}) {
        if (file.empty() && !*part)
            continue;
        const std::string own = file.empty() ? (*part)->path : std::filesystem::absolute(file).lexically_normal().string();
        *part = laidOutAs(manifest.train, own); // a name may be another column there
        if (!*part && options.text.empty())
            throw Error("The columns of " + own + " are not those of " + manifest.train.path +
                        ": the text column has another name there. Give it the same, or name the column with --text.");
        if (!*part) {
            *part = manifest.train;
            (*part)->path = own;
        }
        applyColumns(options, **part, part == &manifest.dev);
    }
    return manifest;
}

} // namespace

void addImportOptions(CLI::App &command, ImportOptions &options)
{
    command
        .add_option("path", options.path,
                    "A folder with a known layout (GLUE, TREC, Orange ...) or with a file called train, or a file")
        ->required();
    command.add_option("--name", options.name, "Name in the library (else the file's or folder's)");
    command.add_option("--dev", options.dev, "File of development examples (else they are split off by seed)");
    command.add_option("--test", options.test, "File of test examples");
    command.add_option("--text", options.text, "Column of the text: number from 0, or header name");
    command.add_option("--text2", options.text2, "Column of the second text of a pair");
    command.add_option("--label", options.label, "Column of the label or score");
    command.add_option("--kind", options.kind, "How the file is laid out; label-text: a label, a space, the text")
        ->check(CLI::IsMember({"delimited", "label-text", "json-lines", "orange-tab"}));
    command.add_option("--delimiter", options.delimiter, "A character, or tab, comma, semicolon, bar, space");
    command.add_option("--quoting", options.quoting, "Whether \" encloses fields")->check(CLI::IsMember({"on", "off"}));
    command.add_option("--header", options.header, "Whether the first record names the columns")
        ->check(CLI::IsMember({"on", "off"}));
    command.add_option("--label-until", options.labelUntil, "A label ends before this character");
    command.add_option("--task", options.task, "What the labels are")
        ->check(CLI::IsMember({"classification", "regression"}));
    command.add_option("--merge", options.merge, "RAW=CLASS: count a label as that class; may be repeated")
        ->allow_extra_args(false);
    command.add_option("--drop", options.drop, "Leave out the rows of a label; may be repeated")->allow_extra_args(false);
    command.add_option("--split", options.split,
                       "TRAIN/DEV/TEST: per cent of each where dev has no file of its own (else 80/10/10)");
    command.add_option("--split-seed", options.splitSeed, "Seed by which they are drawn (else 0)")
        ->check(CLI::Range(0, std::numeric_limits<int>::max())); // as the window has it
    command.add_option("--metrics", options.metrics,
                       "What is measured, the task's own first: some of accuracy, f1, matthews, or for a score of pearson, "
                       "spearman, joined by commas");
}

Manifest manifestFromOptions(const ImportOptions &given)
{
    ImportOptions options = given;
    if (options.labelUntil.size() > 1 || (!options.labelUntil.empty() && !isAscii(options.labelUntil[0])))
        throw UsageError("--label-until takes one ASCII character.");
    const auto path = std::filesystem::absolute(options.path).lexically_normal();
    if (!std::filesystem::exists(path))
        throw Error("There is no file or folder " + path.string() + ".");
    if (options.name.empty()) {
        const auto named = path.has_filename() ? path : path.parent_path();
        options.name = (std::filesystem::is_directory(path) ? named.filename() : named.stem()).string();
    }

    auto recognised = describesFile(options) ? std::nullopt : recognise(path, options.name);
    Manifest manifest = recognised ? std::move(*recognised) : fromUnknownFile(options, path);
    if (recognised)
        applyParts(options, manifest);
    applyLabels(options, manifest);
    const bool relabelled = !options.merge.empty() || !options.drop.empty() || !options.labelUntil.empty();
    if (!options.task.empty())
        manifest.task = options.task == "regression" ? Task::Regression : Task::Classification;
    const bool resplit = !options.split.empty() || options.splitSeed;
    if (resplit)
        asTyped([&] {
            return setSplit(manifest, options.split.empty() ? splitText(manifest) : options.split,
                            options.splitSeed.value_or(0));
        });
    if (!recognised || relabelled || !options.task.empty())
        completeManifest(manifest, options.task.empty());
    else if (resplit || !(options.dev + options.test).empty())
        manifest.sha256 = dataSha256(manifest);
    if (!options.metrics.empty())
        asTyped([&] { return setMetrics(manifest, options.metrics); });
    return manifest;
}

} // namespace awb
