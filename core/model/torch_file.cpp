#include "core/model/torch_file.h"

#include <cstring>
#include <optional>

#include "core/error.h"
#include "core/model/safetensors_types.h"

namespace awb {

namespace {

bool isContiguous(const PickledTensor &tensor)
{
    std::int64_t expected = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
        if (tensor.shape[i] != 1 && tensor.strides[i] != expected)
            return false;
        expected *= tensor.shape[i];
    }
    return true;
}

/// Elements of the storage up to the last one that the tensor touches; none when that does not fit 63 bits.
std::optional<std::int64_t> reach(const PickledTensor &tensor)
{
    std::int64_t last = tensor.offset;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
        std::int64_t step = 0;
        if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &step) ||
            __builtin_add_overflow(last, step, &last))
            return std::nullopt;
    }
    return __builtin_add_overflow(last, 1, &last) ? std::nullopt : std::optional(last);
}

/// The tensor has at least one element and lies within `storage`.
std::vector<std::byte> rowMajorCopy(const PickledTensor &tensor, const std::vector<std::byte> &storage, std::size_t bytes)
{
    const std::size_t size = elementSize(tensor.type);
    std::vector<std::int64_t> strides = tensor.strides;
    for (std::size_t i = 0; i < strides.size(); ++i) // a dimension of one element may have any stride
        strides[i] = tensor.shape[i] == 1 ? 0 : strides[i];
    std::vector<std::byte> out(bytes);
    std::vector<std::int64_t> index(tensor.shape.size(), 0);
    std::int64_t position = tensor.offset; // in elements
    for (std::size_t at = 0; at < bytes; at += size) {
        std::memcpy(out.data() + at, storage.data() + static_cast<std::size_t>(position) * size, size);
        for (std::size_t i = index.size(); i-- > 0;) { // count up, last dimension fastest
            position += strides[i];
            if (++index[i] < tensor.shape[i])
                break;
            position -= strides[i] * tensor.shape[i];
            index[i] = 0;
        }
    }
    return out;
}

} // namespace

void TorchFile::fail(const std::string &reason) const
{
    throw Error(m_file.string() + " is damaged: " + reason + "; fetch it again.");
}

void TorchFile::spend(std::uint64_t bytes)
{
    if (bytes > m_budget)
        fail("its tensors would need many times more memory than the file's size");
    m_budget -= bytes;
}

std::uint64_t TorchFile::storageBytes(const PickledTensor &tensor) const
{
    const auto bytes = byteCount({tensor.storageElements}, tensor.type);
    if (!bytes)
        fail("tensor " + printable(tensor.name) + " has an impossible size");
    return *bytes;
}

void TorchFile::add(const PickledTensor &tensor, const std::vector<std::byte> &storage)
{
    if (!m_names.insert(tensor.name).second)
        fail("its pickle names the tensor " + printable(tensor.name) + " twice");
    m_tensors.push_back(view(tensor, storage));
}

TensorView TorchFile::view(const PickledTensor &tensor, const std::vector<std::byte> &storage)
{
    TensorView view{tensor.name, tensor.type, tensor.shape, {}};
    const auto bytes = byteCount(tensor.shape, tensor.type);
    if (!bytes)
        fail("tensor " + printable(tensor.name) + " has an impossible size");
    if (*bytes == 0)
        return view;
    const auto end = reach(tensor);
    if (!end || *end > tensor.storageElements)
        fail("tensor " + printable(tensor.name) + " of shape " + toString(tensor.shape) + " reaches beyond its storage");
    if (isContiguous(tensor)) {
        view.data = std::span(storage).subspan(static_cast<std::size_t>(tensor.offset) * elementSize(tensor.type),
                                               static_cast<std::size_t>(*bytes));
        return view;
    }
    spend(*bytes);
    m_copies.push_back(rowMajorCopy(tensor, storage, static_cast<std::size_t>(*bytes)));
    view.data = m_copies.back();
    return view;
}

} // namespace awb
