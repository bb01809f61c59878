#include "core/methods/counting.h"

#include <cmath>

#include "core/error.h"
#include "core/methods/parameters.h"

namespace awb {

std::int64_t counted(CountingRule rule, const ParameterCount &count, const Method &method, int layers)
{
    if (rule == CountingRule::WithoutEmbeddings)
        return count.trainable - count.tables;
    if (rule == CountingRule::ShareOfModel && method.topLayers > 0 && layers > 0)
        return std::llround(double(count.total) * method.topLayers / layers);
    return count.trainable;
}

std::int64_t counted(CountingRule rule, const Run &run)
{
    ParameterCount count;
    count.trainable = run.trainable;
    count.total = run.total;
    count.tables = run.trainedTables;
    return counted(rule, count, run.spec.method, run.layers);
}

std::string toString(CountingRule rule)
{
    switch (rule) {
    case CountingRule::WithoutEmbeddings:
        return "without-embeddings";
    case CountingRule::ShareOfModel:
        return "share-of-model";
    case CountingRule::Trained:
        return "trained";
    }
    return "trained";
}

CountingRule countingRuleFromString(std::string_view s)
{
    for (const CountingRule rule : {CountingRule::WithoutEmbeddings, CountingRule::ShareOfModel, CountingRule::Trained})
        if (s == toString(rule))
            return rule;
    throw Error("\"" + std::string(s) +
                "\" is not a way to count parameters; use without-embeddings, share-of-model or trained.");
}

std::string describe(CountingRule rule)
{
    switch (rule) {
    case CountingRule::WithoutEmbeddings:
        return "trained parameters, embedding tables not counted";
    case CountingRule::ShareOfModel:
        return "trained parameters, top k of L layers as k/L of the model";
    case CountingRule::Trained:
        return "trained parameters";
    }
    return {};
}

} // namespace awb
