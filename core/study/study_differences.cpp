#include <algorithm>
#include <charconv>

#include "core/methods/methods.h"
#include "core/study/csv.h"
#include "core/spec_json.h"
#include "core/study/study.h"

namespace awb {

namespace {

std::string wordOf(double value)
{
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}
std::string wordOf(int value)
{
    return std::to_string(value);
}
std::string wordOf(bool value)
{
    return value ? "yes" : "no";
}
std::string wordOf(const std::string &value)
{
    return value;
}
std::string wordOf(Precision value)
{
    return toString(value);
}

template <typename T>
std::string list(const std::vector<T> &values)
{
    std::string text;
    for (const T &value : values)
        text += (text.empty() ? "" : ", ") + wordOf(value);
    return text.empty() ? "the default" : text;
}

/// Adds "WHAT: x rather than y" where they differ.
template <typename T>
void compare(std::vector<std::string> &said, const std::string &what, const T &now, const T &paper)
{
    if (!(now == paper))
        said.push_back(what + ": " + wordOf(now) + " rather than " + wordOf(paper));
}

template <typename T>
void compareLists(std::vector<std::string> &said, const std::string &what, const std::vector<T> &now,
                  const std::vector<T> &paper)
{
    const auto sorted = [](std::vector<T> values) {
        std::ranges::sort(values);
        return values;
    };
    if (sorted(now) != sorted(paper))
        said.push_back(what + ": " + list(now) + " rather than " + list(paper));
}

std::string titleOf(const StudyArm &arm)
{
    for (const MethodEntry &entry : methodTable())
        if (entry.method.name == arm.method)
            return entry.title;
    return arm.method;
}

/// The arm with the epochs that it leaves to the recipe, and of other values those that it leaves open where `beside` does
/// not.
StudyArm spelledOut(StudyArm arm, const StudyArm &beside, const Recipe &recipe)
{
    const MethodEntry &entry = methodEntry(arm.method);
    if (arm.epochs.empty())
        arm.epochs = {recipe.epochs};
    if (arm.initStds.empty() && !beside.initStds.empty())
        arm.initStds = {recipe.initStd};
    if (arm.learningRates.empty() && !beside.learningRates.empty())
        arm.learningRates = {entry.learningRate};
    if (arm.sizes.empty() && !beside.sizes.empty())
        arm.sizes = {std::max(entry.method.bottleneck, entry.method.topLayers)};
    return arm;
}

std::vector<std::string> learningRates(const StudyArm &arm)
{
    std::vector<std::string> words;
    for (const double rate : arm.learningRates)
        words.push_back(csv::powerOfTen(rate));
    return words;
}

void compareArms(std::vector<std::string> &said, const Study &study, const Study &paper)
{
    const auto sameMethod = [](const StudyArm &arm) {
        return [&arm](const StudyArm &other) { return other.method == arm.method && other.pooler == arm.pooler; };
    };
    for (const StudyArm &arm : study.arms) {
        const auto there = std::find_if(paper.arms.begin(), paper.arms.end(), sameMethod(arm));
        const std::string title = titleOf(arm);
        if (there == paper.arms.end()) {
            said.push_back(title + ": not part of the paper's experiment");
            continue;
        }
        const StudyArm ours = spelledOut(arm, *there, study.recipe), theirs = spelledOut(*there, arm, paper.recipe);
        compareLists(said, title + ", sizes", ours.sizes, theirs.sizes);
        compareLists(said, title + ", learning rates", learningRates(ours), learningRates(theirs));
        compareLists(said, title + ", epochs", ours.epochs, theirs.epochs);
        compareLists(said, title + ", initialisation", ours.initStds, theirs.initStds);
    }
    for (const StudyArm &arm : paper.arms)
        if (std::none_of(study.arms.begin(), study.arms.end(), sameMethod(arm)))
            said.push_back(titleOf(arm) + ": left out");
}

void compareRecipes(std::vector<std::string> &said, const Recipe &now, const Recipe &paper)
{
    compare(said, "batch", now.batch, paper.batch);
    compare(said, "longest text in tokens", now.maxLength, paper.maxLength);
    compare(said, "warm-up", now.warmup, paper.warmup);
    compare(said, "initialisation", now.initStd, paper.initStd);
    compare(said, "weight decay", now.weightDecay, paper.weightDecay);
    compare(said, "gradient clipping", now.clip, paper.clip);
    compare(said, "dropout", now.dropout < 0 ? std::string("the checkpoint's") : wordOf(now.dropout),
            paper.dropout < 0 ? std::string("the checkpoint's") : wordOf(paper.dropout));
    compare(said, "bias correction", now.biasCorrection, paper.biasCorrection);
    compare(said, "training on the last, smaller batch", now.partialBatch, paper.partialBatch);
    compare(said, "precision", now.precision, paper.precision);
}

/// Where training itself is unlike the paper's released code; what a recipe switches off is not said.
void nameTraining(std::vector<std::string> &said, const Recipe &recipe)
{
    said.push_back("number of steps: an epoch's batches times the epochs; the paper's code divides the examples of all "
                   "epochs by the batch and rounds that down");
    if (recipe.warmup > 0 && recipe.warmup < 1)
        said.push_back("learning rate: falls from its peak once warm-up has ended; the paper's code counts its fall from "
                       "the first step, so that it drops to " +
                       wordOf(1 - recipe.warmup) + " of the peak where warm-up ends");
    if (recipe.dropout != 0)
        said.push_back("dropout: none below the lowest part that is trained; the paper's code has it in all layers");
}

} // namespace

std::vector<std::string> differencesFromPaper(const Study &study)
{
    std::vector<std::string> said = study.notes;
    const Study *paper = study.paper == quickStudyName ? nullptr : presetStudy(study.paper);
    if (!paper && !study.paper.empty() && study.paper != quickStudyName)
        said.push_back("there is no prepared study \"" + study.paper +
                       "\" (\"paper\"), so that the settings are compared with the "
                       "paper's recipe alone");
    if (paper) {
        for (const std::string &note : paper->notes)
            if (std::find(said.begin(), said.end(), note) == said.end())
                said.push_back(note);
        compare(said, "checkpoint", study.checkpoint, paper->checkpoint);
        compareLists(said, "tasks", study.datasets, paper->datasets);
        compareArms(said, study, *paper);
        if (study.seeds.size() != paper->seeds.size())
            compare(said, "number of seeds", int(study.seeds.size()), int(paper->seeds.size()));
        compare(said, "selection", describe(study.selection), describe(paper->selection));
        compare(said, "counting", describe(study.counting), describe(paper->counting));
    }
    compareRecipes(said, study.recipe, paper ? paper->recipe : Recipe());
    nameTraining(said, study.recipe);
    return said;
}

} // namespace awb
