#include "core/data/dataset_rules.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/data/delimited.h"
#include "core/data/labels.h"
#include "core/error.h"

namespace awb {

namespace {

std::vector<std::string> partsOf(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    for (std::string_view rest = text;;) {
        const std::size_t end = rest.find(separator);
        parts.emplace_back(trimmed(rest.substr(0, end)));
        if (end == std::string_view::npos)
            return parts;
        rest.remove_prefix(end + 1);
    }
}

std::string perCent(double share)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", 100 * share); // so many digits that setSplit() takes the sum
    return text;
}

std::string joined(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

} // namespace

std::string splitText(const Manifest &manifest)
{
    const SplitRule &rule = manifest.split;
    const double test = manifest.test ? 0 : rule.test;
    return perCent(1 - rule.dev - test) + "/" + perCent(rule.dev) + (manifest.test ? "" : "/" + perCent(test));
}

void setSplit(Manifest &manifest, std::string_view shares, std::uint64_t seed)
{
    if (manifest.dev)
        throw Error("The development examples have a file of their own, " + manifest.dev->path +
                    ", so nothing is split off; leave the split and its seed out.");
    const std::string given = "The split \"" + std::string(shares) + "\" ";
    std::vector<double> numbers;
    for (const std::string &part : partsOf(shares, '/'))
        numbers.push_back(parseNumber(part).value_or(-1));
    if (numbers.size() < 2 || numbers.size() > 3 || std::ranges::min(numbers) < 0)
        throw Error(given + "was not understood: give the per cent of train, dev and test, as in 80/10/10.");
    const double train = numbers[0], dev = numbers[1], test = numbers.size() == 3 ? numbers[2] : 0;
    if (manifest.test && test > 0)
        throw Error(given + "has a share for test, which has a file of its own; give train and dev alone, as in 90/10.");
    if (std::abs(train + dev + test - 100) > 1e-6)
        throw Error(given + "does not add up to 100 per cent; give train, dev and test, as in 80/10/10.");
    if (train == 0 || dev == 0)
        throw Error(given + "leaves nothing for " + (train == 0 ? "train" : "dev, on which runs are scored") +
                    "; give it a share, as in 80/10/10.");
    manifest.split = {seed, dev / 100, test / 100};
}

const std::vector<std::string> &metricsOf(Task task)
{
    static const std::vector<std::string> classes{"accuracy", "f1", "matthews"}, scores{"pearson", "spearman"};
    return task == Task::Regression ? scores : classes;
}

std::string metricsText(const Manifest &manifest)
{
    return joined(manifest.metrics);
}

void setMetrics(Manifest &manifest, std::string_view names)
{
    const auto &known = metricsOf(manifest.task);
    const auto metrics = partsOf(names, ',');
    for (auto metric = metrics.begin(); metric != metrics.end(); ++metric) {
        if (std::ranges::find(known, *metric) == known.end())
            throw Error("\"" + *metric + "\" is no metric of " +
                        (manifest.task == Task::Regression ? "a score" : "classes") + "; give some of " + joined(known) +
                        ", the task's own first.");
        if (std::find(metrics.begin(), metric, *metric) != metric)
            throw Error("The metric " + *metric + " is named twice; name each once, the task's own first.");
    }
    manifest.metrics = metrics;
}

void completeMetrics(Manifest &manifest)
{
    const auto &known = metricsOf(manifest.task);
    const bool fit = std::ranges::all_of(
        manifest.metrics, [&](const auto &metric) { return std::ranges::find(known, metric) != known.end(); });
    if (manifest.metrics.empty() || !fit)
        manifest.metrics = {known[0], known[1]};
}

} // namespace awb
