#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

/// Weight files made by hand, so that they can lie.
namespace awb::test {

inline std::string readAll(const std::filesystem::path &file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void writeAll(const std::filesystem::path &file, const std::string &bytes)
{
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::remove(file); // some file systems flush a file that is emptied and written again
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Text of the Error that `action` throws; empty when it throws none. Any other exception fails the test.
template <typename Action>
std::string sentence(Action action)
{
    try {
        action();
    } catch (const Error &error) {
        return error.what();
    }
    return {};
}

template <typename Number>
std::string littleEndian(Number number)
{
    std::string bytes(sizeof number, '\0');
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

inline std::string safetensors(const std::string &header, const std::string &body)
{
    return littleEndian(std::uint64_t(header.size())) + header + body;
}

// ---- zip archives ---------------------------------------------------------------------------------------------------

using Entries = std::vector<std::pair<std::string, std::string>>; // name, bytes

inline std::uint32_t crc32(const std::string &bytes)
{
    std::uint32_t crc = ~0u;
    for (const unsigned char byte : bytes) {
        crc ^= byte;
        for (int i = 0; i < 8; ++i)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
    }
    return ~crc;
}

/// `deflated` gives the compressed bytes of the entries that are to be stored so.
inline std::string zipOf(const Entries &entries, const std::map<std::string, std::string> &deflated = {})
{
    std::string archive, directory;
    for (const auto &[name, bytes] : entries) {
        const auto packed = deflated.find(name);
        const std::string &stored = packed == deflated.end() ? bytes : packed->second;
        const std::string common = littleEndian<std::uint16_t>(20) + littleEndian<std::uint16_t>(0) +
                                   littleEndian<std::uint16_t>(packed == deflated.end() ? 0 : 8) + std::string(4, '\0') +
                                   littleEndian(crc32(bytes)) + littleEndian(std::uint32_t(stored.size())) +
                                   littleEndian(std::uint32_t(bytes.size())) + littleEndian(std::uint16_t(name.size())) +
                                   littleEndian<std::uint16_t>(0);
        directory += "PK\1\2" + littleEndian<std::uint16_t>(20) + common + std::string(10, '\0') +
                     littleEndian(std::uint32_t(archive.size())) + name;
        archive += "PK\3\4" + common + name + stored;
    }
    return archive + directory + std::string("PK\5\6\0\0\0\0", 8) + littleEndian(std::uint16_t(entries.size())) +
           littleEndian(std::uint16_t(entries.size())) + littleEndian(std::uint32_t(directory.size())) +
           littleEndian(std::uint32_t(archive.size())) + littleEndian<std::uint16_t>(0);
}

/// The stored entries of a small archive that torch.save wrote.
inline Entries entriesOf(const std::string &archive)
{
    const auto number = [&](std::size_t at, std::size_t bytes) {
        std::uint32_t value = 0;
        std::memcpy(&value, archive.data() + at, bytes);
        return std::size_t(value);
    };
    const std::size_t end = archive.rfind("PK\5\6");
    Entries entries;
    for (std::size_t at = number(end + 16, 4), i = 0, n = number(end + 10, 2); i < n; ++i) {
        const std::size_t nameSize = number(at + 28, 2), local = number(at + 42, 4);
        const std::size_t data = local + 30 + number(local + 26, 2) + number(local + 28, 2);
        entries.emplace_back(archive.substr(at + 46, nameSize), archive.substr(data, number(at + 24, 4)));
        at += 46 + nameSize + number(at + 30, 2) + number(at + 32, 2);
    }
    return entries;
}

// ---- pickles --------------------------------------------------------------------------------------------------------

namespace pickled {

inline std::string text(const std::string &string)
{
    return "X" + littleEndian(std::uint32_t(string.size())) + string;
}
inline std::string number(std::int64_t value)
{
    return "\x8a\x08" + littleEndian(value);
}
inline std::string global(const std::string &module, const std::string &name)
{
    return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::string &items)
{
    return "(" + items + "t";
}
inline std::string dict(const std::string &keysAndValues)
{
    return "\x80\x02}(" + keysAndValues + "u.";
}

inline std::string numbers(const std::vector<std::int64_t> &values)
{
    std::string items;
    for (const std::int64_t value : values)
        items += number(value);
    return tuple(items);
}

/// A float32 tensor in storage "0".
inline std::string tensor(std::int64_t storageElements, std::int64_t offset, const std::vector<std::int64_t> &shape,
                          const std::vector<std::int64_t> &strides)
{
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple(
               tuple(text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu") + number(storageElements)) +
               "Q" + number(offset) + numbers(shape) + numbers(strides) + "\x89" + global("collections", "OrderedDict") +
               ")R") +
           "R";
}

} // namespace pickled

/// pytorch_model.bin with one pickle and one storage.
inline std::string torchZip(const std::string &pickle, const std::string &storage = std::string(16, '\0'))
{
    return zipOf({{"archive/data.pkl", pickle}, {"archive/byteorder", "little"}, {"archive/data/0", storage}});
}

} // namespace awb::test
