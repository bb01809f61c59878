#include "core/spec_json.h"

#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace awb {

namespace {

using Json = nlohmann::json;

/// The value of `key`, or `value` as it is when the key is missing.
template <typename T>
void read(const Json &object, const char *key, T &value)
{
    const auto found = object.find(key);
    if (found == object.end())
        return;
    // get<int>() would take true, 1.5 and 1e12 without a word.
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        const bool whole = found->is_number_unsigned() || (std::is_signed_v<T> && found->is_number_integer());
        if (!whole || (sizeof(T) < 8 && !std::in_range<T>(found->get<std::int64_t>())))
            throw Error(std::string("The setting \"") + key + "\" of a run must be a whole number in range.");
    }
    if constexpr (std::is_floating_point_v<T>) {
        if (!found->is_number())
            throw Error(std::string("The setting \"") + key + "\" of a run must be a number.");
    }
    if constexpr (std::is_same_v<T, bool>) {
        if (!found->is_boolean())
            throw Error(std::string("The setting \"") + key + "\" of a run must be true or false.");
    }
    if constexpr (std::is_same_v<T, std::string>) {
        if (!found->is_string())
            throw Error(std::string("The setting \"") + key + "\" of a run must be a text in quotes.");
    }
    value = found->get<T>();
}

Json toObject(const Method &method)
{
    Json sites = Json::array();
    for (const LayerSites &layer : method.sites)
        sites.push_back({{"attention", layer.attention}, {"feed_forward", layer.feedForward}});
    Json object = {{"name", method.name},
                   {"bottleneck", method.bottleneck},
                   {"sites", sites},
                   {"activation", method.activation},
                   {"train", method.train}};
    if (method.topLayers >= 0)
        object["top_layers"] = method.topLayers;
    return object;
}

Json toObject(const Recipe &recipe)
{
    return {{"learning_rate", recipe.learningRate},
            {"epochs", recipe.epochs},
            {"batch", recipe.batch},
            {"max_length", recipe.maxLength},
            {"warmup", recipe.warmup},
            {"init_std", recipe.initStd},
            {"weight_decay", recipe.weightDecay},
            {"clip", recipe.clip},
            {"dropout", recipe.dropout},
            {"bias_correction", recipe.biasCorrection},
            {"partial_batch", recipe.partialBatch},
            {"plain_path", recipe.plainPath},
            {"precision", toString(recipe.precision)},
            {"device", recipe.device},
            {"threads", recipe.threads}};
}

Method methodFrom(const Json &object)
{
    Method method;
    read(object, "name", method.name);
    read(object, "bottleneck", method.bottleneck);
    read(object, "activation", method.activation);
    read(object, "train", method.train);
    read(object, "top_layers", method.topLayers);
    if (object.contains("sites")) {
        for (const Json &layer : object.at("sites").get<std::vector<Json>>()) {
            LayerSites sites;
            read(layer, "attention", sites.attention);
            read(layer, "feed_forward", sites.feedForward);
            method.sites.push_back(sites);
        }
    }
    return method;
}

Recipe recipeFrom(const Json &object)
{
    Recipe recipe;
    read(object, "learning_rate", recipe.learningRate);
    read(object, "epochs", recipe.epochs);
    read(object, "batch", recipe.batch);
    read(object, "max_length", recipe.maxLength);
    read(object, "warmup", recipe.warmup);
    read(object, "init_std", recipe.initStd);
    read(object, "weight_decay", recipe.weightDecay);
    read(object, "clip", recipe.clip);
    read(object, "dropout", recipe.dropout);
    read(object, "bias_correction", recipe.biasCorrection);
    read(object, "partial_batch", recipe.partialBatch);
    read(object, "plain_path", recipe.plainPath);
    std::string precision = toString(recipe.precision);
    read(object, "precision", precision);
    recipe.precision = precisionFromString(precision);
    read(object, "device", recipe.device);
    read(object, "threads", recipe.threads);
    return recipe;
}

} // namespace

std::string toJson(const TrainSpec &spec)
{
    const Json object = {{"checkpoint", spec.checkpoint},
                         {"dataset", spec.dataset},
                         {"method", toObject(spec.method)},
                         {"recipe", toObject(spec.recipe)},
                         {"seed", spec.seed}};
    // Names are what the user typed and may hold invalid UTF-8, which must not make a spec unwritable.
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

TrainSpec specFromJson(std::string_view json)
{
    try {
        const Json object = Json::parse(json);
        if (!object.is_object())
            throw Error("A run's settings must be a JSON object.");
        TrainSpec spec;
        read(object, "checkpoint", spec.checkpoint);
        read(object, "dataset", spec.dataset);
        if (object.contains("method"))
            spec.method = methodFrom(object.at("method").get<Json::object_t>());
        if (object.contains("recipe"))
            spec.recipe = recipeFrom(object.at("recipe").get<Json::object_t>());
        read(object, "seed", spec.seed);
        return spec;
    } catch (const Json::exception &error) {
        throw Error(std::string("The settings of a run cannot be read: ") + error.what() + ".");
    }
}

std::string toString(Precision precision)
{
    return precision == Precision::BFloat16 ? "bfloat16" : "float32";
}

Precision precisionFromString(std::string_view s)
{
    if (s == "float32")
        return Precision::Float32;
    if (s == "bfloat16")
        return Precision::BFloat16;
    throw Error("\"" + std::string(s) + "\" is not a precision; use float32 or bfloat16.");
}

std::string toString(RunState state)
{
    switch (state) {
    case RunState::Queued:
        return "queued";
    case RunState::Paused:
        return "paused";
    case RunState::Running:
        return "running";
    case RunState::Done:
        return "done";
    case RunState::Failed:
        return "failed";
    case RunState::Cancelled:
        return "cancelled";
    }
    return "failed";
}

RunState runStateFromString(std::string_view s)
{
    for (const RunState state :
         {RunState::Queued, RunState::Paused, RunState::Running, RunState::Done, RunState::Failed, RunState::Cancelled}) {
        if (s == toString(state))
            return state;
    }
    throw Error("\"" + std::string(s) + "\" is not a run state; use queued, paused, running, done, failed or cancelled.");
}

} // namespace awb
