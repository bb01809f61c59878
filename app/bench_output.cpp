#include "app/bench_output.h"

#include <cmath>
#include <cstdio>

#include "app/output.h"
#include "core/spec_json.h"
#include "core/study/csv.h"

namespace awb::bench_output {

namespace {

std::string rounded(double value)
{
    return withThousands(std::llround(value));
}

std::string perCent(double share)
{
    char text[16];
    std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
    return text;
}

/// Three digits, also of a step of a tenth of a millisecond.
std::string milliseconds(double seconds)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", seconds < 1e-2 ? 2 : seconds < 0.1 ? 1 : 0, 1e3 * seconds);
    return text;
}

double megabytes(std::int64_t bytes)
{
    return double(bytes) / (1 << 20);
}

double shareOfProducts(const BenchResult &result)
{
    return result.productRate > 0 ? result.operationsPerSecond / result.productRate : std::nan("");
}

} // namespace

Json json(const Line &line)
{
    const BenchResult &result = line.result;
    Json object{{"work", line.work},
                {"path", result.path},
                {"precision", toString(line.spec.recipe.precision)},
                {"method", methodText(line.spec.method)},
                {"trainable", result.trainable},
                {"loss", result.loss},
                {"steps", result.steps},
                {"median_step_ms", 1e3 * result.medianStep},
                {"p90_step_ms", 1e3 * result.p90Step},
                {"examples_per_s", result.examplesPerSecond},
                {"slowest_examples_per_s", result.slowest},
                {"fastest_examples_per_s", result.fastest},
                {"tokens_per_s", result.tokensPerSecond},
                {"tokens_per_example", result.tokensPerExample},
                {"gflop_per_s", 1e-9 * result.operationsPerSecond},
                {"product_gflop_per_s", result.productRate > 0 ? Json(1e-9 * result.productRate) : Json()},
                {"share_of_products", result.productRate > 0 ? Json(shareOfProducts(result)) : Json()},
                {"data_share", result.dataShare},
                {"forward_share", result.forwardShare},
                {"backward_share", result.backwardShare},
                {"optimizer_share", result.optimizerShare},
                {"peak_rss_mb", megabytes(result.peakMemory)},
                {"device", result.provenance.device},
                {"threads", result.provenance.threads},
                {"libtorch", result.provenance.libtorch}};
    if (result.evaluationSeconds > 0)
        object["evaluation_s"] = result.evaluationSeconds;
    return object;
}

std::string text(const std::vector<Line> &lines)
{
    std::vector<std::vector<std::string>> rows{{"work", "path", "precision", "ms/step", "examples/s", "slowest-fastest",
                                                "tokens/s", "GFLOP/s", "of product rate", "memory", "data", "forward",
                                                "backward", "optimizer"}};
    const bool evaluated = !lines.empty() && lines.front().result.evaluationSeconds > 0;
    if (evaluated)
        rows.front().push_back("scoring dev, ms");
    for (const Line &line : lines) {
        const BenchResult &result = line.result;
        rows.push_back({line.work, result.path, toString(line.spec.recipe.precision), milliseconds(result.medianStep),
                        rounded(result.examplesPerSecond), rounded(result.slowest) + "-" + rounded(result.fastest),
                        rounded(result.tokensPerSecond), rounded(1e-9 * result.operationsPerSecond),
                        result.productRate > 0 ? perCent(shareOfProducts(result)) : "", bytesText(result.peakMemory),
                        perCent(result.dataShare), perCent(result.forwardShare), perCent(result.backwardShare),
                        perCent(result.optimizerShare)});
        if (evaluated)
            rows.back().push_back(milliseconds(result.evaluationSeconds));
    }
    return columnsText(rows);
}

std::string csv(const std::string &growth, const std::vector<GrowthPoint> &points, Precision precision)
{
    std::string out = csv::row({growth, "path", "precision", "median_step_ms", "examples_per_s", "slowest_examples_per_s",
                                "fastest_examples_per_s", "tokens_per_s", "gflop_per_s", "share_of_products", "peak_rss_mb",
                                "data_share", "forward_share", "backward_share", "optimizer_share"});
    for (const GrowthPoint &point : points) {
        const BenchResult &result = point.result;
        std::vector<std::string> numbers;
        for (const double value :
             {1e3 * result.medianStep, result.examplesPerSecond, result.slowest, result.fastest, result.tokensPerSecond,
              1e-9 * result.operationsPerSecond, shareOfProducts(result), megabytes(result.peakMemory), result.dataShare,
              result.forwardShare, result.backwardShare, result.optimizerShare})
            numbers.push_back(csv::number(value));
        out += csv::row({std::to_string(point.value), result.path, toString(precision)}, numbers);
    }
    return out;
}

} // namespace awb::bench_output
