#include "core/data/json_lines.h"

#include <charconv>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "core/data/table.h"

namespace awb {

namespace {

/// The number of an escape \uXXXX at `at`; -1: there is none.
int escapeAt(const std::string &text, std::size_t at)
{
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u')
        return -1;
    int value = -1;
    const auto [end, error] = std::from_chars(text.data() + at + 2, text.data() + at + 6, value, 16);
    return error == std::errc() && end == text.data() + at + 6 ? value : -1;
}

/// Halves of a character outside the first plane, as of an emoji that was cut, become U+FFFD: JSON allows to write them,
/// UTF-8 does not.
std::string withoutLoneSurrogates(std::string text)
{
    const auto isUpper = [](int value) { return value >= 0xD800 && value < 0xDC00; };
    const auto isLower = [](int value) { return value >= 0xDC00 && value < 0xE000; };
    for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
        const int value = escapeAt(text, at);
        if (isUpper(value) && isLower(escapeAt(text, at + 6)))
            at += 12;
        else if (isUpper(value) || isLower(value))
            text.replace(at, 6, "\\ufffd"), at += 6;
        else
            at += 2;
    }
    return text;
}

/// Python writes NaN and Infinity where JSON has no number: null takes their place.
std::string withoutNonNumbers(std::string text)
{
    if (text.find("NaN") == std::string::npos && text.find("Infinity") == std::string::npos)
        return text;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (quoted && text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            quoted = !quoted;
        else if (!quoted)
            for (const std::string_view word : {"NaN", "Infinity", "-Infinity"})
                if (text.compare(at, word.size(), word) == 0)
                    text.replace(at, word.size(), "null");
    }
    return text;
}

} // namespace

std::vector<std::pair<std::string, std::string>> parseJsonLine(std::string_view line)
{
    using Json = nlohmann::ordered_json;
    // Writing a value out again recurses once per level: a hostile line must not exhaust the stack.
    const auto shallow = [](int depth, Json::parse_event_t, const Json &) {
        if (depth > 100)
            throw std::runtime_error("nested too deeply");
        return true;
    };
    const Json json = Json::parse(withoutNonNumbers(withoutLoneSurrogates(decodeText(line))), shallow);
    if (!json.is_object())
        throw std::runtime_error("not an object");
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto &[key, value] : json.items())
        fields.emplace_back(key, value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump());
    return fields;
}

} // namespace awb
