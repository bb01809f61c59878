#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/tensor_file.h"

/// Small helpers that the readers and the writer of tensor files share. Private to core/model.
namespace awb {

/// safetensors' name of a type ("F32") to the type; none: not one of ours.
std::optional<ElementType> elementTypeOf(std::string_view safetensorsName);

/// "F32", "BF16", ...
std::string_view safetensorsName(ElementType type);

/// Bytes of a contiguous tensor; none when a size is negative or the product does not fit 63 bits.
std::optional<std::uint64_t> byteCount(const std::vector<std::int64_t> &shape, ElementType type);

/// "(2, 8)", for sentences.
std::string toString(const std::vector<std::int64_t> &shape);

/// A name from a file as it may stand in a sentence: ASCII only, the rest replaced, at most 100 characters.
std::string printable(std::string_view name);

} // namespace awb
