#include "core/methods/train_command.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/spec_json.h"
#include "core/methods/methods.h"

namespace awb {

namespace {

constexpr std::uint64_t mostSeeds = 1000;

bool readSeed(std::string_view text, std::uint64_t &seed)
{
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string shortest(double value)
{
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string quoted(const std::string &name)
{
    const bool plain = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                               "0123456789._-/+:@") == std::string::npos;
    if (plain)
        return name;
    std::string text = "'";
    for (const char c : name) {
        if (c == '\'')
            text += "'\\''";
        else
            text += c;
    }
    return text + "'";
}

void addMethod(std::string &line, const Method &method)
{
    line += " --method " + quoted(method.name);
    if (method.topLayers >= 0)
        line += " --top " + std::to_string(method.topLayers) + (trainsPooler(method) ? "" : " --no-pooler");
    if (method.bottleneck <= 0)
        return;
    line += " --bottleneck " + std::to_string(method.bottleneck);
    if (const auto texts = siteTexts(method.sites)) {
        if (texts->layers != "all")
            line += " --layers " + texts->layers;
        if (texts->sites != "both")
            line += " --sites " + texts->sites;
    } else {
        line += " --layer-sites " + formatSites(method.sites);
    }
    if (method.activation != Method().activation)
        line += " --activation " + quoted(method.activation);
}

void addRecipe(std::string &line, const Recipe &recipe)
{
    const Recipe standard;
    const auto number = [&line](const char *flag, auto value, auto usual) {
        if (value != usual)
            line.append(flag).append(shortest(double(value)));
    };
    line += " --lr " + shortest(recipe.learningRate);
    number(" --epochs ", recipe.epochs, standard.epochs);
    number(" --batch ", recipe.batch, standard.batch);
    number(" --max-length ", recipe.maxLength, standard.maxLength);
    number(" --warmup ", recipe.warmup, standard.warmup);
    number(" --init-std ", recipe.initStd, standard.initStd);
    number(" --weight-decay ", recipe.weightDecay, standard.weightDecay);
    number(" --clip ", recipe.clip, standard.clip);
    if (recipe.dropout >= 0)
        line += " --dropout " + shortest(recipe.dropout);
    if (recipe.biasCorrection)
        line += " --bias-correction";
    if (recipe.partialBatch)
        line += " --partial-batch";
    if (recipe.plainPath)
        line += " --plain-path";
    if (recipe.precision != standard.precision)
        line += " --precision " + toString(recipe.precision);
    if (recipe.device != standard.device)
        line += " --device " + quoted(recipe.device);
    number(" --threads ", recipe.threads, standard.threads);
}

} // namespace

std::vector<std::uint64_t> parseSeeds(std::string_view text)
{
    const auto refuse = [text](const std::string &reason) -> Error {
        return Error("The seeds \"" + std::string(text) + "\" " + reason);
    };
    std::vector<std::uint64_t> seeds;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        const std::string_view part = text.substr(start, end - start);
        const std::size_t dash = part.find('-');
        std::uint64_t first = 0, last = 0;
        if (!readSeed(part.substr(0, dash), first) || (dash != part.npos && !readSeed(part.substr(dash + 1), last)))
            throw refuse("were not understood: write whole numbers and ranges, such as 0, 0-2 or 0,1,5.");
        if (dash == part.npos)
            last = first;
        if (last < first)
            throw refuse("hold a range that runs backwards: write the smaller number first.");
        if (last - first >= mostSeeds || seeds.size() + (last - first) >= mostSeeds)
            throw refuse("are more than 1,000: write fewer.");
        for (std::uint64_t i = 0; i <= last - first; ++i)
            if (std::find(seeds.begin(), seeds.end(), first + i) == seeds.end())
                seeds.push_back(first + i);
        start = end + 1;
    }
    return seeds;
}

std::string formatSeeds(const std::vector<std::uint64_t> &seeds)
{
    std::string text;
    for (std::size_t first = 0; first < seeds.size();) {
        std::size_t last = first;
        while (last + 1 < seeds.size() && seeds[last + 1] == seeds[last] + 1)
            ++last;
        if (!text.empty())
            text += ',';
        text += std::to_string(seeds[first]);
        if (last > first)
            text.append(last > first + 1 ? "-" : ",").append(std::to_string(seeds[last]));
        first = last + 1;
    }
    return text;
}

std::string trainCommand(const TrainSpec &spec)
{
    std::string line = "awb train --checkpoint " + quoted(spec.checkpoint) + " --dataset " + quoted(spec.dataset);
    addMethod(line, spec.method);
    addRecipe(line, spec.recipe);
    return line + " --seed " + std::to_string(spec.seed);
}

} // namespace awb
