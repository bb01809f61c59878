#include <algorithm>
#include <initializer_list>
#include <tuple>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/methods/methods.h"
#include "core/recipe_limits.h"
#include "core/spec_json.h"
#include "core/study/study.h"

namespace awb {

namespace {

using Json = nlohmann::ordered_json;

const char *const epochNames[] = {"last", "best"}, *const seedNames[] = {"mean", "best"};

/// Refuses what would otherwise be ignored without a word, such as a misspelt key.
void checkKeys(const Json &object, const std::string &where, std::initializer_list<const char *> known)
{
    if (!object.is_object())
        throw Error("The " + where + " must be a JSON object.");
    for (const auto &[key, value] : object.items()) {
        std::string all;
        bool found = false;
        for (const char *name : known) {
            found |= key == name;
            all += (all.empty() ? "" : ", ") + std::string(name);
        }
        if (!found)
            throw Error("The " + where + " has no setting \"" + key + "\"; known are: " + all + ".");
    }
}

/// A truth, a text or a list of texts. Without the key `value` stays as it is.
template <typename T>
void read(const Json &object, const char *key, T &value)
{
    if (!object.contains(key))
        return;
    try {
        value = object.at(key).get<T>();
    } catch (const Json::type_error &) {
        constexpr bool truth = std::is_same_v<T, bool>, text = std::is_same_v<T, std::string>;
        throw Error(std::string("The \"") + key + "\" of a study must be " +
                    (truth  ? "true or false"
                     : text ? "a text in quotes"
                            : "a list of texts") +
                    ", not " + object.at(key).dump() + ".");
    }
}

template <typename T>
T needed(const Json &object, const char *key)
{
    if (!object.contains(key))
        throw Error(std::string("A study or its method lacks \"") + key + "\".");
    T value;
    read(object, key, value);
    return value;
}

void requireList(const Json &object, const char *key)
{
    if (!object.at(key).is_array())
        throw Error("\"" + std::string(key) + "\" must be a list: [ ... ].");
}

/// get<int>() would take 1.5 without a word.
template <typename T>
std::vector<T> wholeNumbers(const Json &object, const char *key, T least, std::int64_t most)
{
    std::vector<T> values;
    if (!object.contains(key))
        return values;
    requireList(object, key);
    for (const Json &item : object.at(key)) {
        if (!item.is_number_integer() || item.get<std::int64_t>() < std::int64_t(least) || item.get<std::int64_t>() > most)
            throw Error("The values of \"" + std::string(key) + "\" must be whole numbers from " + std::to_string(least) +
                        " to " + std::to_string(most) + ".");
        values.push_back(item.get<T>());
    }
    return values;
}

std::vector<double> positiveNumbers(const Json &object, const char *key)
{
    std::vector<double> values;
    if (!object.contains(key))
        return values;
    requireList(object, key);
    for (const Json &item : object.at(key)) {
        if (!item.is_number() || !(item.get<double>() > 0))
            throw Error("The values of \"" + std::string(key) + "\" must be numbers above 0.");
        values.push_back(item.get<double>());
    }
    return values;
}

template <typename T>
std::vector<T> onceEach(const std::vector<T> &values)
{
    std::vector<T> once;
    for (const T &value : values)
        if (std::ranges::find(once, value) == once.end())
            once.push_back(value);
    return once;
}

StudyArm armFrom(const Json &object)
{
    checkKeys(object, "method of a study", {"method", "sizes", "pooler", "learning_rates", "epochs", "init_stds"});
    StudyArm arm;
    arm.method = needed<std::string>(object, "method");
    arm.sizes = onceEach(wholeNumbers<int>(object, "sizes", 0, 1 << 20));
    read(object, "pooler", arm.pooler);
    arm.learningRates = onceEach(positiveNumbers(object, "learning_rates"));
    arm.epochs = onceEach(wholeNumbers<int>(object, "epochs", recipe_limits::epochs.least, recipe_limits::epochs.most));
    arm.initStds = onceEach(positiveNumbers(object, "init_stds"));
    // Of a method without top layers the pooler is no choice.
    const auto entry = std::ranges::find(methodTable(), arm.method, [](const MethodEntry &one) { return one.method.name; });
    if (entry != methodTable().end() && entry->method.topLayers < 0)
        arm.pooler = true;
    return arm;
}

Json toObject(const StudyArm &arm)
{
    Json object = {{"method", arm.method}};
    if (!arm.sizes.empty())
        object["sizes"] = arm.sizes;
    if (!arm.pooler)
        object["pooler"] = false;
    if (!arm.learningRates.empty())
        object["learning_rates"] = arm.learningRates;
    if (!arm.epochs.empty())
        object["epochs"] = arm.epochs;
    if (!arm.initStds.empty())
        object["init_stds"] = arm.initStds;
    return object;
}

int indexOf(const Json &object, const char *key, const char *const (&names)[2])
{
    std::string value = names[0];
    read(object, key, value);
    for (int i = 0; i < 2; ++i)
        if (value == names[i])
            return i;
    throw Error("The selection's \"" + std::string(key) + "\" is \"" + value + "\"; use " + names[0] + " or " + names[1] +
                ".");
}

Selection selectionFrom(const Json &object)
{
    checkKeys(object, "selection of a study", {"epoch", "seeds"});
    return {Selection::Epoch(indexOf(object, "epoch", epochNames)), Selection::Seeds(indexOf(object, "seeds", seedNames))};
}

/// The keys that a study's recipe may set, in the words of a spec.
Json recipeKeys(const Recipe &recipe)
{
    TrainSpec spec;
    spec.recipe = recipe;
    return Json::parse(toJson(spec)).at("recipe");
}

Recipe recipeFrom(const Json &object)
{
    checkKeys(object, "recipe of a study",
              {"epochs", "batch", "max_length", "warmup", "init_std", "weight_decay", "clip", "dropout", "bias_correction",
               "partial_batch", "plain_path", "precision", "device", "threads"});
    const Recipe recipe = specFromJson(Json{{"recipe", object}}.dump()).recipe;
    for (const auto &[key, value, limits] : {std::tuple("epochs", recipe.epochs, recipe_limits::epochs),
                                             std::tuple("batch", recipe.batch, recipe_limits::batch),
                                             std::tuple("max_length", recipe.maxLength, recipe_limits::maxLength),
                                             std::tuple("threads", recipe.threads, recipe_limits::threads)})
        if (!limits.holds(value))
            throw Error("The recipe's \"" + std::string(key) + "\" must be from " + std::to_string(limits.least) + " to " +
                        std::to_string(limits.most) + ".");
    if (!recipe_limits::warmup.holds(recipe.warmup))
        throw Error("The recipe's \"warmup\" must be a share from 0 to 1.");
    if (!(recipe.initStd >= 0 && recipe.weightDecay >= 0 && recipe.clip >= 0 && recipe.dropout < 1))
        throw Error("The recipe's \"init_std\", \"weight_decay\" and \"clip\" must not be negative, \"dropout\" below 1.");
    return recipe;
}

Study studyFrom(const Json &object)
{
    checkKeys(object, "study",
              {"name", "title", "checkpoint", "datasets", "methods", "seeds", "recipe", "selection", "counting", "paper",
               "notes"});
    Study study;
    study.name = needed<std::string>(object, "name");
    if (study.name.empty() || study.name.find_first_of("/\\") != std::string::npos)
        throw Error("The name of a study must not be empty or hold a slash.");
    study.title = study.name;
    read(object, "title", study.title);
    study.checkpoint = needed<std::string>(object, "checkpoint");
    study.datasets = onceEach(needed<std::vector<std::string>>(object, "datasets"));
    if (!object.contains("methods") || !object.at("methods").is_array())
        throw Error("A study needs \"methods\", a list of objects.");
    for (const Json &arm : object.at("methods"))
        study.arms.push_back(armFrom(arm));
    if (object.contains("seeds"))
        study.seeds = onceEach(wholeNumbers<std::uint64_t>(object, "seeds", 0, 1 << 30));
    if (study.datasets.empty() || study.arms.empty() || study.seeds.empty())
        throw Error("A study needs at least one data set, one method and one seed.");
    if (object.contains("recipe"))
        study.recipe = recipeFrom(object.at("recipe"));
    if (object.contains("selection"))
        study.selection = selectionFrom(object.at("selection"));
    std::string counting = toString(study.counting);
    read(object, "counting", counting);
    study.counting = countingRuleFromString(counting);
    read(object, "paper", study.paper);
    read(object, "notes", study.notes);
    return study;
}

} // namespace

Study studyFromJson(std::string_view json)
{
    try {
        return studyFrom(Json::parse(json));
    } catch (const Json::exception &error) {
        throw Error(std::string("The study cannot be read: ") + error.what() + ".");
    }
}

std::string toJson(const Study &study)
{
    Json object = {
        {"name", study.name}, {"title", study.title}, {"checkpoint", study.checkpoint}, {"datasets", study.datasets}};
    for (const StudyArm &arm : study.arms)
        object["methods"].push_back(toObject(arm));
    object["seeds"] = study.seeds;
    const Json usual = recipeKeys(Recipe()), own = recipeKeys(study.recipe);
    for (const auto &[key, value] : own.items())
        if (value != usual.at(key))
            object["recipe"][key] = value;
    object["selection"] = {{"epoch", epochNames[int(study.selection.epoch)]},
                           {"seeds", seedNames[int(study.selection.seeds)]}};
    object["counting"] = toString(study.counting);
    if (!study.paper.empty())
        object["paper"] = study.paper;
    if (!study.notes.empty())
        object["notes"] = study.notes;
    return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace awb
