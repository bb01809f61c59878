#include "core/data/labels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/data/delimited.h"
#include "core/data/sample.h"

namespace awb {

std::string rawLabel(std::string_view field, char labelUntil)
{
    return std::string(trimmed(labelUntil ? field.substr(0, field.find(labelUntil)) : field));
}

std::string classOf(const std::string &rawLabel, const Manifest &manifest)
{
    const auto merged = manifest.merge.find(rawLabel);
    return merged == manifest.merge.end() ? rawLabel : merged->second;
}

std::optional<double> parseNumber(std::string_view text)
{
    text = trimmed(text);
    if (text.starts_with('+'))
        text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<double> parseScore(const std::string &text, const TableFormat &format)
{
    std::string number = text;
    if (format.delimiter == ';' && std::ranges::count(number, ',') == 1 && number.find('.') == std::string::npos)
        number[number.find(',')] = '.';
    return parseNumber(number);
}

bool isMissing(std::string_view label)
{
    constexpr std::array marks{"", "na", "n/a", "nan", "null", "none", "?", "-"};
    return std::ranges::find(marks, folded(label)) != marks.end();
}

void sortClasses(std::vector<std::string> &classes)
{
    const bool numbers =
        std::all_of(classes.begin(), classes.end(), [](const auto &c) { return parseNumber(c).has_value(); });
    std::sort(classes.begin(), classes.end(), [&](const std::string &a, const std::string &b) {
        const double x = numbers ? *parseNumber(a) : 0, y = numbers ? *parseNumber(b) : 0;
        return x != y ? x < y : a < b;
    });
}

} // namespace awb
