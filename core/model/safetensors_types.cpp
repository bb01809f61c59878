#include "core/model/safetensors_types.h"

#include <array>

namespace awb {

namespace {

constexpr std::array<std::pair<std::string_view, ElementType>, 10> types = {{
    {"F64", ElementType::Float64},
    {"F32", ElementType::Float32},
    {"F16", ElementType::Float16},
    {"BF16", ElementType::BFloat16},
    {"I64", ElementType::Int64},
    {"I32", ElementType::Int32},
    {"I16", ElementType::Int16},
    {"I8", ElementType::Int8},
    {"U8", ElementType::UInt8},
    {"BOOL", ElementType::Bool},
}};

} // namespace

std::optional<ElementType> elementTypeOf(std::string_view safetensorsName)
{
    for (const auto &[name, type] : types) {
        if (name == safetensorsName)
            return type;
    }
    return std::nullopt;
}

std::string_view safetensorsName(ElementType type)
{
    for (const auto &[name, candidate] : types) {
        if (candidate == type)
            return name;
    }
    return {};
}

std::optional<std::uint64_t> byteCount(const std::vector<std::int64_t> &shape, ElementType type)
{
    // A zero further on would hide an overflow from a plain product, so each size is looked at.
    auto bytes = static_cast<std::int64_t>(elementSize(type));
    bool empty = false;
    for (const std::int64_t size : shape) {
        if (size < 0)
            return std::nullopt;
        if (size == 0)
            empty = true;
        else if (__builtin_mul_overflow(bytes, size, &bytes))
            return std::nullopt;
    }
    return empty ? 0 : static_cast<std::uint64_t>(bytes);
}

std::string toString(const std::vector<std::int64_t> &shape)
{
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size() && i < 16; ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + (shape.size() > 16 ? ", ...)" : ")");
}

std::string printable(std::string_view name)
{
    constexpr std::size_t longest = 100;
    std::string text;
    for (const char c : name.substr(0, longest))
        text += c >= 0x20 && c < 0x7f ? c : '?';
    return name.size() > longest ? text + "..." : text;
}

} // namespace awb
