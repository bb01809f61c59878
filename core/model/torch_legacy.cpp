#include "core/model/torch_file.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "core/mapped_file.h"
#include "core/model/pickle_values.h"
#include "core/model/safetensors_types.h"

namespace awb {

namespace {

constexpr std::int64_t protocolVersion = 1001;

/// The form before PyTorch 1.6, torch/serialization.py's _legacy_save: pickles of a magic number, the protocol's version,
/// facts of the machine, the object and the keys of its storages; then of each storage the number of its elements (int64)
/// and their bytes.
class TorchLegacyFile : public TorchFile {
public:
    explicit TorchLegacyFile(const std::filesystem::path &file);

private:
    pickle::Pickle next(std::string_view &rest) const { return pickle::run(rest, m_file.string()); }
    void checkMachine(const pickle::Pickle &machine) const;
    void readStorage(const std::string &key, const PickledTensor &tensor, std::string_view &rest);
};

TorchLegacyFile::TorchLegacyFile(const std::filesystem::path &file) : TorchFile(file)
{
    const MappedFile mapped(file);
    // Generous for tensors that repeat their storage, yet no trap.
    m_budget = std::max<std::uint64_t>(16 * mapped.size(), 1 << 20);
    std::string_view rest = mapped.text().substr(torchMagic.size());
    const pickle::Pickle protocol = next(rest);
    if (const auto *version = std::get_if<std::int64_t>(&protocol.values[protocol.root]);
        !version || *version != protocolVersion)
        fail("its protocol is not the one that PyTorch had before 1.6");
    checkMachine(next(rest));
    const std::vector<PickledTensor> tensors = readTensorPickle(rest, m_file.string());
    std::map<std::string, const PickledTensor *> byStorage;
    for (const PickledTensor &tensor : tensors)
        byStorage.emplace(tensor.storage, &tensor);

    const pickle::Pickle keys = next(rest);
    const auto *list = std::get_if<pickle::Sequence>(&keys.values[keys.root]);
    if (!list)
        fail("the list of its storages is missing");
    for (const pickle::Id id : list->items) {
        const auto *key = std::get_if<std::string>(&keys.values[id]);
        const auto found = key ? byStorage.find(*key) : byStorage.end();
        if (found == byStorage.end())
            fail("it holds a storage that no tensor lies in");
        readStorage(*key, *found->second, rest);
    }
    for (const PickledTensor &tensor : tensors) {
        const auto storage = m_storages.find(tensor.storage);
        if (storage == m_storages.end() || storage->second.size() != storageBytes(tensor))
            fail("the storage of tensor " + printable(tensor.name) + " is missing or of another size");
        add(tensor, storage->second);
    }
    mapped.requireUnchanged();
}

void TorchLegacyFile::checkMachine(const pickle::Pickle &machine) const
{
    const auto *facts = std::get_if<pickle::Dict>(&machine.values[machine.root]);
    if (!facts)
        fail("the facts of the machine that it was saved on are missing");
    for (const auto &[key, value] : facts->items) {
        const auto *name = std::get_if<std::string>(&machine.values[key]);
        const auto *is = std::get_if<bool>(&machine.values[value]);
        if (name && *name == "little_endian" && is && !*is)
            throw Error(m_file.string() + " was saved on a big-endian machine; save it as safetensors there.");
    }
}

void TorchLegacyFile::readStorage(const std::string &key, const PickledTensor &tensor, std::string_view &rest)
{
    std::int64_t elements = 0;
    const std::uint64_t bytes = storageBytes(tensor);
    if (rest.size() < sizeof elements || rest.size() - sizeof elements < bytes)
        fail("it ends in the middle of the storage of tensor " + printable(tensor.name));
    std::memcpy(&elements, rest.data(), sizeof elements);
    if (elements != tensor.storageElements)
        fail("the storage of tensor " + printable(tensor.name) + " has another size than its pickle says");
    rest.remove_prefix(sizeof elements);
    const auto *begin = reinterpret_cast<const std::byte *>(rest.data());
    m_storages[key].assign(begin, begin + bytes);
    rest.remove_prefix(std::size_t(bytes));
}

} // namespace

std::unique_ptr<TensorFile> TensorFile::openTorchLegacy(const std::filesystem::path &file)
{
    return std::make_unique<TorchLegacyFile>(file);
}

} // namespace awb
