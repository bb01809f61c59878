#include "core/data/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace awb {

namespace {

void checkSizes(std::size_t gold, std::size_t predicted)
{
    if (gold != predicted)
        throw Error("A metric needs one prediction an example, not " + std::to_string(predicted) + " for " +
                    std::to_string(gold) + ".");
}

// Mean of the ranks that equal values share, 1-based.
std::vector<double> meanRanks(std::span<const float> values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
        while (last < order.size() && values[order[last]] == values[order[first]])
            ++last;
        for (std::size_t i = first; i < last; ++i)
            ranks[order[i]] = double(first + last + 1) / 2;
    }
    return ranks;
}

template <typename T>
double correlation(std::span<const T> x, std::span<const T> y)
{
    const auto n = double(x.size());
    const double meanX = std::accumulate(x.begin(), x.end(), 0.0) / n;
    const double meanY = std::accumulate(y.begin(), y.end(), 0.0) / n;
    double xx = 0, yy = 0, xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - meanX) * (x[i] - meanX);
        yy += (y[i] - meanY) * (y[i] - meanY);
        xy += (x[i] - meanX) * (y[i] - meanY);
    }
    const double margin = std::sqrt(xx) * std::sqrt(yy);
    return margin > 0 && std::isfinite(margin) ? std::clamp(xy / margin, -1.0, 1.0) : 0.0; // also for no examples and NaN
}

bool allFinite(std::span<const float> values)
{
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

} // namespace

double accuracy(std::span<const int> gold, std::span<const int> predicted)
{
    checkSizes(gold.size(), predicted.size());
    std::size_t equal = 0;
    for (std::size_t i = 0; i < gold.size(); ++i)
        equal += gold[i] == predicted[i];
    return gold.empty() ? 0.0 : double(equal) / double(gold.size());
}

std::vector<std::size_t> confusion(std::span<const int> gold, std::span<const int> predicted, int classes)
{
    checkSizes(gold.size(), predicted.size());
    std::vector<std::size_t> counts(std::size_t(classes) * std::size_t(classes));
    for (std::size_t i = 0; i < gold.size(); ++i) {
        if (gold[i] < 0 || gold[i] >= classes || predicted[i] < 0 || predicted[i] >= classes)
            throw Error("A metric of " + std::to_string(classes) + " classes met class " + std::to_string(gold[i]) +
                        " with prediction " + std::to_string(predicted[i]) + ".");
        ++counts[std::size_t(gold[i] * classes + predicted[i])];
    }
    return counts;
}

double f1(std::span<const int> gold, std::span<const int> predicted, int classes)
{
    const auto counts = confusion(gold, predicted, classes);
    const auto n = std::size_t(classes);
    double sum = 0;
    int present = 0;
    for (std::size_t c = classes == 2 ? 1 : 0; c < n; ++c) {
        std::size_t inGold = 0, inPredicted = 0;
        for (std::size_t other = 0; other < n; ++other) {
            inGold += counts[c * n + other];
            inPredicted += counts[other * n + c];
        }
        if (inGold + inPredicted == 0)
            continue;
        ++present;
        sum += 2.0 * double(counts[c * n + c]) / double(inGold + inPredicted);
    }
    return present ? sum / present : 0.0;
}

double matthews(std::span<const int> gold, std::span<const int> predicted, int classes)
{
    const auto counts = confusion(gold, predicted, classes);
    const auto n = std::size_t(classes);
    double correct = 0, products = 0, goldSquares = 0, predictedSquares = 0;
    for (std::size_t c = 0; c < n; ++c) {
        double inGold = 0, inPredicted = 0;
        for (std::size_t other = 0; other < n; ++other) {
            inGold += double(counts[c * n + other]);
            inPredicted += double(counts[other * n + c]);
        }
        correct += double(counts[c * n + c]);
        products += inGold * inPredicted;
        goldSquares += inGold * inGold;
        predictedSquares += inPredicted * inPredicted;
    }
    const auto all = double(gold.size());
    const double margin = std::sqrt(all * all - goldSquares) * std::sqrt(all * all - predictedSquares);
    return margin > 0 ? (correct * all - products) / margin : 0.0;
}

double pearson(std::span<const float> gold, std::span<const float> predicted)
{
    checkSizes(gold.size(), predicted.size());
    return correlation(gold, predicted);
}

double spearman(std::span<const float> gold, std::span<const float> predicted)
{
    checkSizes(gold.size(), predicted.size());
    if (!allFinite(gold) || !allFinite(predicted))
        return 0.0; // NaN has no rank
    const auto x = meanRanks(gold), y = meanRanks(predicted);
    return correlation(std::span<const double>(x), std::span<const double>(y));
}

double computeMetric(std::string_view name, std::span<const int> gold, std::span<const int> predicted, int classes)
{
    if (name == "accuracy")
        return accuracy(gold, predicted);
    if (name == "f1")
        return f1(gold, predicted, classes);
    if (name == "matthews")
        return matthews(gold, predicted, classes);
    throw Error("\"" + std::string(name) + "\" is not a metric for classes; use accuracy, f1 or matthews.");
}

double computeMetric(std::string_view name, std::span<const float> gold, std::span<const float> predicted)
{
    if (name == "pearson")
        return pearson(gold, predicted);
    if (name == "spearman")
        return spearman(gold, predicted);
    throw Error("\"" + std::string(name) + "\" is not a metric for scores; use pearson or spearman.");
}

} // namespace awb
