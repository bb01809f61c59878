#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

namespace awb {

/// A JSON file whose outermost value is an object. Private to core/model. Throws Error naming the file.
nlohmann::json readJsonObject(const std::filesystem::path &file);

} // namespace awb
