#include "core/model/pickle.h"

#include <array>

#include "core/error.h"
#include "core/model/pickle_values.h"
#include "core/model/safetensors_types.h"

namespace awb {

namespace pickle {

namespace {

constexpr std::size_t longestName = 512; // characters of a tensor's whole name
constexpr std::size_t longestKey = 64;   // characters of a storage's name
constexpr std::size_t mostDimensions = 16;
constexpr int deepestNest = 32; // containers within containers

constexpr std::array<std::pair<std::string_view, ElementType>, 10> storageTypes = {{
    {"DoubleStorage", ElementType::Float64},
    {"FloatStorage", ElementType::Float32},
    {"HalfStorage", ElementType::Float16},
    {"BFloat16Storage", ElementType::BFloat16},
    {"LongStorage", ElementType::Int64},
    {"IntStorage", ElementType::Int32},
    {"ShortStorage", ElementType::Int16},
    {"CharStorage", ElementType::Int8},
    {"ByteStorage", ElementType::UInt8},
    {"BoolStorage", ElementType::Bool},
}};

std::int64_t count(const Value &value, const std::string &file)
{
    const auto *number = std::get_if<std::int64_t>(&value);
    if (!number || *number < 0)
        damaged(file, "a tensor in its pickle has a size that is not a number");
    return *number;
}

std::vector<std::int64_t> counts(const Pickle &pickle, const Value &value, const std::string &file)
{
    const auto *tuple = std::get_if<Sequence>(&value);
    if (!tuple || tuple->items.size() > mostDimensions)
        damaged(file, "a tensor in its pickle has no proper shape");
    std::vector<std::int64_t> all;
    for (const Id id : tuple->items)
        all.push_back(count(pickle.values[id], file));
    return all;
}

/// torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)
Tensor rebuildTensor(const Pickle &pickle, const Sequence &arguments, const std::string &file)
{
    if (arguments.items.size() < 4 || !std::holds_alternative<Storage>(pickle.values[arguments.items[0]]))
        damaged(file, "a tensor in its pickle has no storage");
    const auto argument = [&](std::size_t i) -> const Value & { return pickle.values[arguments.items[i]]; };
    Tensor tensor;
    tensor.storage = arguments.items[0];
    tensor.offset = count(argument(1), file);
    tensor.shape = counts(pickle, argument(2), file);
    tensor.strides = counts(pickle, argument(3), file);
    if (tensor.shape.size() != tensor.strides.size())
        damaged(file, "a tensor in its pickle has a shape and strides of different lengths");
    return tensor;
}

/// Walks the containers and collects their tensors. A memo can make a small pickle describe an endless tree, so steps,
/// depth and names are bounded.
class Collector {
public:
    Collector(const Pickle &pickle, const std::string &file) : m_pickle(pickle), m_file(file) {}

    std::vector<PickledTensor> collect()
    {
        visit(m_pickle.root, {}, 0);
        return std::move(m_tensors);
    }

private:
    void visit(Id id, const std::string &name, int depth)
    {
        if (++m_steps > maximumValues || depth > deepestNest)
            damaged(m_file, "the containers in its pickle are nested without end");
        const Value &value = m_pickle.values[id];
        if (const auto *tensor = std::get_if<Tensor>(&value)) {
            const auto &storage = std::get<Storage>(m_pickle.values[tensor->storage]);
            m_tensors.push_back(
                {name, storage.key, storage.type, storage.elements, tensor->offset, tensor->shape, tensor->strides});
        } else if (const auto *sequence = std::get_if<Sequence>(&value)) {
            for (std::size_t i = 0; i < sequence->items.size(); ++i)
                visit(sequence->items[i], join(name, std::to_string(i)), depth + 1);
        } else if (const auto *dict = std::get_if<Dict>(&value)) {
            for (const auto &[key, item] : dict->items)
                visit(item, join(name, keyName(m_pickle.values[key])), depth + 1);
        }
    }

    std::string keyName(const Value &key) const
    {
        if (const auto *text = std::get_if<std::string>(&key); text && text->size() <= longestName)
            return *text;
        if (const auto *number = std::get_if<std::int64_t>(&key))
            return std::to_string(*number);
        damaged(m_file, "a container in its pickle has a key that cannot name a tensor");
    }

    std::string join(const std::string &outer, const std::string &inner) const
    {
        if (outer.size() + inner.size() > longestName)
            damaged(m_file, "a tensor in its pickle has a name of more than " + std::to_string(longestName) + " characters");
        return outer.empty() ? inner : outer + "." + inner;
    }

    const Pickle &m_pickle;
    const std::string &m_file;
    std::size_t m_steps = 0;
    std::vector<PickledTensor> m_tensors;
};

} // namespace

Global acceptedGlobal(std::string_view module, std::string_view name, const std::string &file)
{
    if (module == "torch._utils" && name == "_rebuild_tensor_v2")
        return {Global::RebuildTensor};
    if (module == "torch._utils" && name == "_rebuild_parameter")
        return {Global::RebuildParameter};
    if (module == "collections" && name == "OrderedDict")
        return {Global::OrderedDict};
    if (module == "torch" || module == "torch.storage") {
        for (const auto &[storage, type] : storageTypes) {
            if (name == storage)
                return {Global::StorageType, type};
        }
    }
    throw Error(file + " names the function " + printable(module) + "." + printable(name) +
                "; only tensors and plain containers are accepted, so nothing of it was read; save the model's state_dict, "
                "or use safetensors.");
}

Value call(const Pickle &pickle, const Global &global, const Value &arguments, const std::string &file)
{
    const auto *given = std::get_if<Sequence>(&arguments);
    if (!given)
        damaged(file, "its pickle calls a function without arguments");
    switch (global.kind) {
    case Global::RebuildTensor:
        return rebuildTensor(pickle, *given, file);
    case Global::RebuildParameter: // (tensor, requires_grad, hooks)
        if (given->items.empty() || !std::holds_alternative<Tensor>(pickle.values[given->items[0]]))
            damaged(file, "a parameter in its pickle has no tensor");
        return pickle.values[given->items[0]];
    case Global::OrderedDict: // its items follow
        if (!given->items.empty())
            damaged(file, "its pickle makes a dictionary in an unknown way");
        return Dict{};
    case Global::StorageType:
        break;
    }
    damaged(file, "its pickle calls something that is not a function");
}

Storage storageOf(const Pickle &pickle, const Value &persistentId, const std::string &file)
{
    const auto *tuple = std::get_if<Sequence>(&persistentId);
    // Before PyTorch 1.6 a sixth one said which part of another storage it is; None: a whole one.
    const bool six = tuple && tuple->items.size() == 6 && std::holds_alternative<None>(pickle.values[tuple->items[5]]);
    if (!tuple || !(tuple->items.size() == 5 || six))
        damaged(file, "its pickle refers to a storage in an unknown way");
    const auto item = [&](std::size_t i) -> const Value * { return &pickle.values[tuple->items[i]]; };
    const auto *kind = std::get_if<std::string>(item(0));
    const auto *type = std::get_if<Global>(item(1));
    const auto *key = std::get_if<std::string>(item(2));
    if (!kind || *kind != "storage" || !type || type->kind != Global::StorageType || !key || key->size() > longestKey)
        damaged(file, "its pickle refers to a storage in an unknown way");
    return {*key, count(*item(4), file), type->type};
}

} // namespace pickle

std::vector<PickledTensor> readTensorPickle(std::string_view &bytes, const std::string &file)
{
    const pickle::Pickle pickle = pickle::run(bytes, file);
    return pickle::Collector(pickle, file).collect();
}

} // namespace awb
