#include "core/data/dataset.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace awb {

namespace {

using Json = nlohmann::ordered_json;

Json fileToJson(const DataFile &file)
{
    Json json;
    json["path"] = file.path;
    json["kind"] = toString(file.format.kind);
    json["delimiter"] = std::string(1, file.format.delimiter);
    json["quoting"] = file.format.quoting;
    json["header"] = file.format.header;
    json["textA"] = file.textA;
    json["textB"] = file.textB;
    json["label"] = file.label;
    if (file.labelUntil)
        json["labelUntil"] = std::string(1, file.labelUntil);
    return json;
}

char oneCharacter(const std::string &s)
{
    if (s.size() != 1)
        throw Error("A data set's description holds \"" + s + "\" where one character belongs; add the data set again.");
    return s.front();
}

DataFile fileFromJson(const Json &json)
{
    DataFile file;
    file.path = json.at("path");
    file.format.kind = tableKindFromString(json.at("kind").get<std::string>());
    file.format.delimiter = oneCharacter(json.value("delimiter", "\t"));
    file.format.quoting = json.value("quoting", false);
    file.format.header = json.value("header", false);
    file.textA = json.value("textA", 0);
    file.textB = json.value("textB", -1);
    file.label = json.value("label", -1);
    if (json.contains("labelUntil"))
        file.labelUntil = oneCharacter(json.at("labelUntil"));
    return file;
}

} // namespace

std::vector<DataFile *> filesOf(Manifest &manifest)
{
    std::vector<DataFile *> files = {&manifest.train};
    if (manifest.dev)
        files.push_back(&*manifest.dev);
    if (manifest.test)
        files.push_back(&*manifest.test);
    return files;
}

std::vector<const DataFile *> filesOf(const Manifest &manifest)
{
    const std::vector<DataFile *> files = filesOf(const_cast<Manifest &>(manifest));
    return {files.begin(), files.end()};
}

std::string toJson(const Manifest &manifest)
{
    Json json;
    json["name"] = manifest.name;
    json["layout"] = manifest.layout;
    json["task"] = manifest.task == Task::Regression ? "regression" : "classification";
    json["train"] = fileToJson(manifest.train);
    if (manifest.dev)
        json["dev"] = fileToJson(*manifest.dev);
    if (manifest.test)
        json["test"] = fileToJson(*manifest.test);
    json["split"] = {{"seed", manifest.split.seed}, {"dev", manifest.split.dev}, {"test", manifest.split.test}};
    json["classes"] = manifest.classes;
    json["merge"] = Json::object();
    for (const auto &[label, to] : manifest.merge)
        json["merge"][label] = to;
    json["metrics"] = manifest.metrics;
    json["licence"] = manifest.licence;
    json["sha256"] = manifest.sha256;
    // A path is bytes and need not be UTF-8.
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Manifest manifestFromJson(std::string_view text)
{
    try {
        const Json json = Json::parse(text);
        Manifest manifest;
        manifest.name = json.at("name");
        manifest.layout = json.value("layout", "custom");
        const std::string task = json.value("task", "classification");
        if (task != "classification" && task != "regression")
            throw Error("\"" + task + "\" is not a task; use classification or regression.");
        manifest.task = task == "regression" ? Task::Regression : Task::Classification;
        manifest.train = fileFromJson(json.at("train"));
        if (json.contains("dev"))
            manifest.dev = fileFromJson(json.at("dev"));
        if (json.contains("test"))
            manifest.test = fileFromJson(json.at("test"));
        if (json.contains("split")) {
            const Json &split = json.at("split");
            manifest.split.seed = split.value("seed", manifest.split.seed);
            manifest.split.dev = split.value("dev", manifest.split.dev);
            manifest.split.test = split.value("test", manifest.split.test);
        }
        manifest.classes = json.value("classes", manifest.classes);
        if (json.contains("merge"))
            for (const auto &[label, to] : json.at("merge").items())
                manifest.merge[label] = to;
        manifest.metrics = json.value("metrics", manifest.metrics);
        manifest.licence = json.value("licence", "");
        manifest.sha256 = json.value("sha256", "");
        return manifest;
    } catch (const Json::exception &) {
        throw Error("A data set's description is not readable JSON; add the data set again.");
    }
}

} // namespace awb
