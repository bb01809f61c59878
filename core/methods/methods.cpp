#include "core/methods/methods.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace awb::resources {
extern const char *const methods; // resources/methods.json
}

namespace awb {

namespace {

std::vector<MethodEntry> readMethods()
{
    std::vector<MethodEntry> entries;
    for (const nlohmann::json &item : nlohmann::json::parse(resources::methods)) {
        MethodEntry entry;
        entry.method.name = item.at("name");
        entry.method.bottleneck = item.value("bottleneck", 0);
        entry.method.topLayers = item.value("top_layers", entry.method.topLayers);
        entry.method.activation = item.value("activation", entry.method.activation);
        entry.method.train = item.at("train");
        entry.title = item.at("title");
        entry.description = item.at("description");
        entry.learningRate = item.at("learning_rate");
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        std::string_view part = text.substr(0, end);
        while (!part.empty() && part.front() == ' ')
            part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ')
            part.remove_suffix(1);
        parts.push_back(part);
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<int> number(std::string_view text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

void checkLayer(int layer, int layers)
{
    if (layer >= layers)
        throw Error("There is no layer " + std::to_string(layer) + ": the model has " + std::to_string(layers) +
                    " layers, numbered 0 to " + std::to_string(layers - 1) + ".");
}

/// Which of `layers` layers the text names.
std::vector<bool> parseLayers(std::string_view text, int layers)
{
    std::vector<bool> on(layers, text == "all");
    if (text == "all" || text == "none")
        return on;
    if (text == "top-half" || text == "bottom-half") {
        for (int layer = 0; layer < layers; ++layer)
            on[layer] = (layer >= layers / 2) == (text == "top-half");
        return on;
    }
    for (const std::string_view part : split(text, ',')) {
        const auto dash = part.find('-');
        const auto first = number(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
        if (!first || !last || *last < *first)
            throw Error("The layers \"" + std::string(text) +
                        "\" were not understood: write numbers and ranges such as \"0,2,4-5\", or all, none, top-half or "
                        "bottom-half.");
        checkLayer(*last, layers);
        std::fill(on.begin() + *first, on.begin() + *last + 1, true);
    }
    return on;
}

/// "0,2,4-5"; empty: none.
std::string ranges(const std::vector<bool> &on)
{
    std::string text;
    for (std::size_t first = 0; first < on.size(); ++first) {
        if (!on[first])
            continue;
        std::size_t last = first;
        while (last + 1 < on.size() && on[last + 1])
            ++last;
        if (!text.empty())
            text += ',';
        text += std::to_string(first);
        if (last > first)
            text.append("-").append(std::to_string(last));
        first = last;
    }
    return text;
}

std::vector<bool> layersWith(const std::vector<LayerSites> &sites, bool LayerSites::*site)
{
    std::vector<bool> on;
    for (const LayerSites &layer : sites)
        on.push_back(layer.*site);
    return on;
}

/// What follows "adapters, m = 64": empty when all sites are on.
std::string describeSites(const std::vector<LayerSites> &sites)
{
    const auto texts = siteTexts(sites);
    if (!texts)
        return ", attention " + ranges(layersWith(sites, &LayerSites::attention)) + ", feed-forward " +
               ranges(layersWith(sites, &LayerSites::feedForward));
    if (texts->layers == "none")
        return ", no site";
    std::string text;
    if (texts->layers != "all")
        text += (number(texts->layers) ? ", layer " : ", layers ") + texts->layers;
    if (texts->sites != "both")
        text += texts->sites == "ffn" ? ", feed-forward" : ", attention";
    return text;
}

/// "Full fine-tuning" within a line: "full fine-tuning"; names such as "LayerNorm" keep their capitals.
std::string withinLine(std::string title)
{
    const auto word = title.substr(0, title.find(' '));
    if (!title.empty() && std::count_if(word.begin(), word.end(), [](unsigned char c) { return std::isupper(c); }) == 1)
        title[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(title[0])));
    return title;
}

} // namespace

const std::vector<MethodEntry> &methodTable()
{
    static const std::vector<MethodEntry> table = readMethods();
    return table;
}

const MethodEntry &methodEntry(std::string_view name)
{
    std::string known;
    for (const MethodEntry &entry : methodTable()) {
        if (entry.method.name == name)
            return entry;
        known += (known.empty() ? "" : ", ") + entry.method.name;
    }
    throw Error("There is no method \"" + std::string(name) + "\"; known are: " + known + ".");
}

std::string describe(const Method &method, int layers)
{
    std::string text = method.name;
    for (const MethodEntry &entry : methodTable())
        if (entry.method.name == method.name)
            text = withinLine(entry.title);
    if (method.topLayers >= 0)
        text += ", k = " + std::to_string(method.topLayers) + (trainsPooler(method) ? "" : ", without pooler");
    if (method.bottleneck <= 0)
        return text;
    text += ", m = " + std::to_string(method.bottleneck);
    std::vector<LayerSites> sites = method.sites;
    if (layers > 0)
        sites.resize(layers);
    text += describeSites(sites);
    return method.activation == Method().activation ? text : text + ", " + method.activation;
}

std::vector<LayerSites> parseSites(std::string_view layersText, std::string_view sitesText, int layers)
{
    const bool both = sitesText == "both";
    if (!both && sitesText != "attention" && sitesText != "ffn")
        throw Error("The sites \"" + std::string(sitesText) + "\" were not understood: write attention, ffn or both.");
    std::vector<LayerSites> sites;
    for (const bool on : parseLayers(layersText, layers))
        sites.push_back({on && (both || sitesText == "attention"), on && (both || sitesText == "ffn")});
    return sites;
}

std::vector<LayerSites> storedSites(std::vector<LayerSites> sites)
{
    if (std::all_of(sites.begin(), sites.end(), [](const LayerSites &layer) { return layer == LayerSites{}; }))
        sites.clear();
    return sites;
}

std::string formatSites(const std::vector<LayerSites> &sites)
{
    std::string text;
    for (const LayerSites &layer : sites) {
        text += text.empty() ? "" : ",";
        text += layer.attention ? (layer.feedForward ? "af" : "a") : (layer.feedForward ? "f" : "-");
    }
    return text;
}

std::vector<LayerSites> parseLayerSites(std::string_view text, int layers)
{
    std::vector<LayerSites> sites;
    for (const std::string_view part : split(text, ',')) {
        if (part != "a" && part != "f" && part != "af" && part != "-")
            throw Error("\"" + std::string(part) + "\" in the layer sites \"" + std::string(text) +
                        "\" was not understood: write a, f, af or - for each layer.");
        sites.push_back({part.find('a') != part.npos, part.find('f') != part.npos});
    }
    if (static_cast<int>(sites.size()) != layers)
        throw Error("The layer sites \"" + std::string(text) + "\" name " + std::to_string(sites.size()) +
                    " layers, but the model has " + std::to_string(layers) + "; write one of a, f, af or - for each.");
    return sites;
}

std::optional<SiteTexts> siteTexts(const std::vector<LayerSites> &sites)
{
    const std::vector<bool> attention = layersWith(sites, &LayerSites::attention);
    const std::vector<bool> feedForward = layersWith(sites, &LayerSites::feedForward);
    const std::string a = ranges(attention), f = ranges(feedForward);
    if (a.empty() && f.empty())
        return SiteTexts{sites.empty() ? "all" : "none", "both"};
    if (!a.empty() && !f.empty() && a != f)
        return std::nullopt;
    const std::vector<bool> &on = a.empty() ? feedForward : attention;
    const bool all = std::find(on.begin(), on.end(), false) == on.end();
    return SiteTexts{all ? "all" : ranges(on), a == f ? "both" : (a.empty() ? "ffn" : "attention")};
}

bool matchesGlob(std::string_view glob, std::string_view name)
{
    constexpr auto none = std::string_view::npos;
    std::size_t g = 0, n = 0, star = none, resume = 0; // resume: where the last '*' ends its run in `name`
    while (n < name.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            resume = n;
        } else if (g < glob.size() && glob[g] == name[n]) {
            ++g;
            ++n;
        } else if (star != none) {
            g = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*', g) == none;
}

} // namespace awb
