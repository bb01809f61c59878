#include "core/data/json_lines.h"

#include <stdexcept>

#include <nlohmann/json.hpp>

#include "core/data/table.h"

namespace awb {

std::vector<std::pair<std::string, std::string>> parseJsonLine(std::string_view line)
{
    using Json = nlohmann::ordered_json;
    // Writing a value out again recurses once per level: a hostile line must not exhaust the stack.
    const auto shallow = [](int depth, Json::parse_event_t, const Json &) {
        if (depth > 100)
            throw std::runtime_error("nested too deeply");
        return true;
    };
    const Json json = Json::parse(decodeText(line), shallow);
    if (!json.is_object())
        throw std::runtime_error("not an object");
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto &[key, value] : json.items())
        fields.emplace_back(key, value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump());
    return fields;
}

} // namespace awb
