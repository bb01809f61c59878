#include "core/study/csv.h"

#include <charconv>
#include <cmath>

namespace awb::csv {

std::string field(const std::string &text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

std::string number(double value)
{
    if (std::isnan(value))
        return {};
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string powerOfTen(double value)
{
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
    std::string result(text, end);
    const auto zero = result.find_last_of("+-") + 1;
    while (zero + 1 < result.size() && result[zero] == '0')
        result.erase(zero, 1);
    return result;
}

std::string sem(double sem, int n)
{
    return n < 2 ? std::string() : number(sem);
}

std::string numbers(const std::vector<std::int64_t> &values)
{
    std::string text;
    for (const std::int64_t value : values)
        text += (text.empty() ? "" : " ") + std::to_string(value);
    return text;
}

std::string row(const std::vector<std::string> &fields, const std::vector<std::string> &more,
                const std::vector<std::string> &rest)
{
    std::string line;
    for (const auto *list : {&fields, &more, &rest})
        for (const std::string &text : *list)
            line += field(text) + ",";
    line.back() = '\r';
    return line + "\n";
}

} // namespace awb::csv
