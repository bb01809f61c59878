#include "app/dataset_import.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "core/data/data_hash.h"
#include "core/data/dataset_rules.h"
#include "core/data/guess.h"
#include "core/data/labels.h"
#include "core/data/recognise.h"

namespace awb {

namespace {

char delimiterFrom(const std::string &text)
{
    static const std::map<std::string, char> names{{"tab", '\t'},      {"\\t", '\t'}, {"comma", ','},
                                                   {"semicolon", ';'}, {"bar", '|'},  {"space", ' '}};
    if (const auto found = names.find(text); found != names.end())
        return found->second;
    if (text.size() != 1)
        throw UsageError("The delimiter \"" + text +
                         "\" was not understood: give one character, or tab, comma, semicolon, bar or space.");
    return text[0];
}

/// Number of a column given by number from 0 or by its name in the header.
int columnFrom(const std::string &text, const Table &table, const std::string &file)
{
    const auto &columns = table.columns();
    const auto named = std::ranges::find(columns, text);
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
    return !(o.dev + o.test + o.text + o.text2 + o.label + o.delimiter + o.quoting + o.header).empty();
}

/// `labelled`: else the file may do without a label column.
void applyColumns(const ImportOptions &options, DataFile &file, bool labelled = true)
{
    if (!options.delimiter.empty()) {
        file.format.kind = TableFormat::Kind::Delimited;
        file.format.delimiter = delimiterFrom(options.delimiter);
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
    for (const DataFile *file :
         {&manifest.train, manifest.dev ? &*manifest.dev : nullptr, manifest.test ? &*manifest.test : nullptr})
        if (file && file->label >= 0) {
            const Table table(file->path, file->format);
            for (const auto &[value, count] : distinctValues(table, file->label, table.rows()))
                labels.insert(rawLabel(value, file->labelUntil));
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

void applyLabels(const ImportOptions &options, Manifest &manifest)
{
    if (options.labelUntil.size() > 1)
        throw UsageError("--label-until takes one character.");
    if (!options.labelUntil.empty())
        for (DataFile *file :
             {&manifest.train, manifest.dev ? &*manifest.dev : nullptr, manifest.test ? &*manifest.test : nullptr})
            if (file)
                file->labelUntil = options.labelUntil[0];
    std::vector<std::string> named = options.drop;
    for (const std::string &entry : options.merge) {
        const auto equals = entry.rfind('=');
        if (equals == std::string::npos || equals + 1 == entry.size())
            throw UsageError("\"" + entry +
                             "\" was not understood: --merge takes a raw label and its class, as in --merge Yes=Y.");
        named.push_back(entry.substr(0, equals));
        manifest.merge[named.back()] = entry.substr(equals + 1);
    }
    for (const std::string &label : options.drop)
        manifest.merge[label] = "";
    requireLabels(named, manifest);
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
    const auto path = std::filesystem::absolute(options.path).lexically_normal();
    if (!std::filesystem::exists(path))
        throw Error("There is no file or folder " + path.string() + ".");
    if (options.name.empty()) {
        const auto named = path.has_filename() ? path : path.parent_path();
        options.name = (std::filesystem::is_directory(path) ? named.filename() : named.stem()).string();
    }

    auto recognised = describesFile(options) ? std::nullopt : recognise(path, options.name);
    Manifest manifest = recognised ? std::move(*recognised) : fromUnknownFile(options, path);
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
    else if (resplit)
        manifest.sha256 = dataSha256(manifest);
    if (!options.metrics.empty())
        asTyped([&] { return setMetrics(manifest, options.metrics); });
    return manifest;
}

} // namespace awb
