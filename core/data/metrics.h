#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace awb {

/// Share of equal entries. 0 for no examples.
double accuracy(std::span<const int> gold, std::span<const int> predicted);
/// F1 of class 1 for two classes, macro-averaged over the classes that occur in gold or predicted for more.
double f1(std::span<const int> gold, std::span<const int> predicted, int classes);
/// Matthews correlation, multi-class form (Gorodkin 2004); 0 where a margin is constant.
double matthews(std::span<const int> gold, std::span<const int> predicted, int classes);
/// Pearson correlation; 0 where one side is constant.
double pearson(std::span<const float> gold, std::span<const float> predicted);
/// Spearman rank correlation with mean ranks for ties.
double spearman(std::span<const float> gold, std::span<const float> predicted);
/// counts[gold * classes + predicted]
std::vector<std::size_t> confusion(std::span<const int> gold, std::span<const int> predicted, int classes);

/// A metric by name: "accuracy", "f1", "matthews" (classes) or "pearson", "spearman" (scores). Throws Error for others.
double computeMetric(std::string_view name, std::span<const int> gold, std::span<const int> predicted, int classes);
double computeMetric(std::string_view name, std::span<const float> gold, std::span<const float> predicted);

} // namespace awb
