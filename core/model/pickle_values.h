#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/model/tensor_file.h"

/// The values a torch.save pickle may build. Private to core/model.
namespace awb::pickle {

/// Index into Pickle::values. Values refer to each other by index, so cycles and deep nests need no care to free.
using Id = std::uint32_t;

struct None {};

/// A global of the allow-list.
struct Global {
    enum Kind { RebuildTensor, RebuildParameter, OrderedDict, StorageType } kind = OrderedDict;
    ElementType type = ElementType::Float32; // of a StorageType
};

struct Storage {
    std::string key;
    std::int64_t elements = 0;
    ElementType type = ElementType::Float32;
};

struct Tensor {
    Id storage = 0;
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape, strides;
};

struct Sequence { // a list or a tuple
    std::vector<Id> items;
};

struct Dict {
    std::vector<std::pair<Id, Id>> items;
};

using Value = std::variant<None, bool, std::int64_t, double, std::string, Global, Storage, Tensor, Sequence, Dict>;

struct Pickle {
    std::vector<Value> values;
    Id root = 0;
};

constexpr std::size_t maximumValues = 1 << 18; // a checkpoint of 400 tensors has some 8,000

/// Throws Error: the file is damaged.
[[noreturn]] void damaged(const std::string &file, const std::string &reason);

/// Runs the pickle machine, and moves `bytes` to behind the pickle that they begin with. Throws Error naming `file`.
Pickle run(std::string_view &bytes, const std::string &file);

/// Looks a global up in the allow-list. Throws Error naming it where it is not there.
Global acceptedGlobal(std::string_view module, std::string_view name, const std::string &file);

/// What the global makes of its arguments (the pickle's REDUCE).
Value call(const Pickle &pickle, const Global &global, const Value &arguments, const std::string &file);

/// The storage behind a persistent id ("storage", type, key, location, elements).
Storage storageOf(const Pickle &pickle, const Value &persistentId, const std::string &file);

} // namespace awb::pickle
