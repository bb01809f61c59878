#include "core/model/tensor_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/mapped_file.h"
#include "core/model/safetensors_types.h"

namespace awb {

// A reader that swaps bytes would be needed elsewhere.
static_assert(std::endian::native == std::endian::little);

namespace {

using nlohmann::json;

constexpr std::uint64_t maximumHeader = 100'000'000; // bytes, the format's own limit
constexpr int deepestLevel = 2;                      // header (0) > tensor (1) > shape (2)

class SafetensorsFile : public TensorFile {
public:
    explicit SafetensorsFile(const std::filesystem::path &file) : m_file(file), m_bytes(file)
    {
        const json header = readHeader();
        for (const auto &[name, entry] : header.items()) {
            if (name != "__metadata__")
                m_tensors.push_back(readEntry(name, entry));
            else if (entry.is_object())
                for (const auto &[key, value] : entry.items())
                    if (value.is_string())
                        m_metadata[key] = value.get<std::string>();
        }
        checkLayout();
    }

    const std::vector<TensorView> &tensors() const override { return m_tensors; }
    std::map<std::string, std::string> metadata() const override { return m_metadata; }
    void release() const override { m_bytes.release(); }
    void requireUnchanged() const override { m_bytes.requireUnchanged(); }

private:
    [[noreturn]] void fail(const std::string &reason) const
    {
        throw Error(m_file.string() + " is damaged: " + reason + "; fetch it again.");
    }

    json readHeader();
    TensorView readEntry(const std::string &name, const json &entry) const;
    void checkLayout();

    std::filesystem::path m_file;
    MappedFile m_bytes;
    std::size_t m_bufferStart = 0; // offset of the first tensor's bytes in the file
    std::vector<TensorView> m_tensors;
    std::map<std::string, std::string> m_metadata;
};

json SafetensorsFile::readHeader()
{
    std::uint64_t length = 0;
    if (m_bytes.size() < sizeof length)
        fail("it has only " + std::to_string(m_bytes.size()) + " bytes, too few for a safetensors file");
    std::memcpy(&length, m_bytes.data(), sizeof length);
    if (length > m_bytes.size() - sizeof length)
        fail("its header claims " + std::to_string(length) + " bytes, which is more than the file has");
    if (length > maximumHeader)
        fail("its header claims " + std::to_string(length) + " bytes, which is more than safetensors allows");
    m_bufferStart = sizeof length + static_cast<std::size_t>(length);

    std::set<std::string> names; // the parser itself would keep the last of two equal keys
    const auto check = [&](int depth, json::parse_event_t event, const json &parsed) {
        if ((event == json::parse_event_t::object_start || event == json::parse_event_t::array_start) &&
            depth > deepestLevel)
            fail("its header is nested too deeply");
        if (event == json::parse_event_t::key && depth == 1 && !names.insert(parsed.get<std::string>()).second)
            fail("its header names the tensor " + printable(parsed.get<std::string>()) + " twice");
        return true;
    };
    json header;
    try {
        header = json::parse(m_bytes.text().substr(sizeof length, static_cast<std::size_t>(length)), check);
    } catch (const json::exception &) {
        fail("its header is not JSON");
    }
    if (!header.is_object())
        fail("its header is not a JSON object");
    return header;
}

TensorView SafetensorsFile::readEntry(const std::string &name, const json &entry) const
{
    const std::string tensor = "tensor " + printable(name);
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets"))
        fail(tensor + " lacks its dtype, shape or data_offsets");
    const auto &type = entry["dtype"], &shape = entry["shape"], &offsets = entry["data_offsets"];
    const auto isSize = [](const json &value) {
        return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t(INT64_MAX);
    };
    if (!type.is_string() || !shape.is_array() || !std::all_of(shape.begin(), shape.end(), isSize) || !offsets.is_array() ||
        offsets.size() != 2 || !isSize(offsets[0]) || !isSize(offsets[1]))
        fail(tensor + " has a dtype, shape or data_offsets of the wrong kind");

    TensorView view;
    view.name = name;
    const auto known = elementTypeOf(type.get<std::string>());
    if (!known)
        throw Error(m_file.string() + " has " + tensor + " in the type " + printable(type.get<std::string>()) +
                    ", which this program does not read; convert it to float32, float16 or bfloat16.");
    view.type = *known;
    view.shape = shape.get<std::vector<std::int64_t>>();

    const std::uint64_t begin = offsets[0], end = offsets[1], available = m_bytes.size() - m_bufferStart;
    if (begin > end || end > available)
        fail(tensor + " claims the bytes " + std::to_string(begin) + " to " + std::to_string(end) +
             ", but the file has only " + std::to_string(available) + " after its header");
    const auto bytes = byteCount(view.shape, view.type);
    if (!bytes || *bytes != end - begin)
        fail(tensor + " has the shape " + toString(view.shape) + " in " + toString(view.type) + ", which does not fit its " +
             std::to_string(end - begin) + " bytes");
    view.data = {m_bytes.data() + m_bufferStart + begin, static_cast<std::size_t>(end - begin)};
    return view;
}

/// The format wants the tensors side by side: no overlap, no hole, nothing after the last. Leaves them in file order.
void SafetensorsFile::checkLayout()
{
    std::sort(m_tensors.begin(), m_tensors.end(), [](const TensorView &a, const TensorView &b) {
        return std::pair(a.data.data(), a.data.size()) < std::pair(b.data.data(), b.data.size());
    });
    const std::byte *end = m_bytes.data() + m_bufferStart;
    for (const TensorView &tensor : m_tensors) {
        if (tensor.data.data() < end)
            fail("tensor " + printable(tensor.name) + " overlaps another one");
        if (tensor.data.data() > end)
            fail("there are bytes before tensor " + printable(tensor.name) + " that belong to no tensor");
        end = tensor.data.data() + tensor.data.size();
    }
    if (end != m_bytes.data() + m_bytes.size())
        fail("there are bytes at its end that belong to no tensor");
}

} // namespace

std::unique_ptr<TensorFile> TensorFile::openSafetensors(const std::filesystem::path &file)
{
    return std::make_unique<SafetensorsFile>(file);
}

} // namespace awb
