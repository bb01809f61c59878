#include "core/model/torch_file.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>

#include <zip.h>

#include "core/error.h"
#include "core/model/safetensors_types.h"

namespace awb {

namespace {

constexpr std::uint64_t maximumPickle = 16 << 20; // bytes; a BERT-large's has 40,000

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Entry = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

class TorchZipFile : public TorchFile {
public:
    explicit TorchZipFile(const std::filesystem::path &file);

private:
    void refuseOtherFormats() const;
    std::string findFolder(zip_t *archive) const;
    std::vector<std::byte> readEntry(zip_t *archive, const std::string &name, std::uint64_t maximum);
    const std::vector<std::byte> &storage(zip_t *archive, const std::string &folder, const PickledTensor &tensor);
};

void TorchZipFile::refuseOtherFormats() const
{
    std::ifstream in(m_file, std::ios::binary);
    if (!in || std::filesystem::is_directory(m_file))
        throw Error("Cannot read " + m_file.string() + ": there is no such file.");
    char start[2] = {};
    in.read(start, sizeof start);
    if (in.gcount() == 2 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5)
        throw Error(m_file.string() + " is a pickle that torch.save did not write; load it in Python and save its tensors "
                                      "with torch.save or as safetensors.");
    if (in.gcount() != 2 || start[0] != 'P' || start[1] != 'K')
        throw Error(m_file.string() + " is neither a safetensors file nor a PyTorch archive, or its beginning is damaged; "
                                      "fetch it again or save the weights as safetensors.");
}

/// The one folder of the archive that holds everything, with its slash; torch.save names it after the file.
std::string TorchZipFile::findFolder(zip_t *archive) const
{
    constexpr std::string_view pickle = "data.pkl", code = "/code/";
    std::set<std::string> folders;
    for (zip_int64_t i = 0, n = zip_get_num_entries(archive, 0); i < n; ++i) {
        const char *text = zip_get_name(archive, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
        const std::string_view name = text ? text : "";
        if (name.find(code) != std::string_view::npos)
            throw Error(m_file.string() +
                        " is a TorchScript program, not plain weights; load it with torch.jit.load and save "
                        "its state_dict with torch.save or as safetensors.");
        if (name == pickle || (name.ends_with(pickle) && name[name.size() - pickle.size() - 1] == '/'))
            folders.emplace(name.substr(0, name.size() - pickle.size()));
    }
    if (folders.size() != 1)
        throw Error(m_file.string() + " is a zip archive, but " + (folders.empty() ? "without" : "with more than one") +
                    " data.pkl; choose a file that torch.save wrote.");
    return *folders.begin();
}

std::vector<std::byte> TorchZipFile::readEntry(zip_t *archive, const std::string &name, std::uint64_t maximum)
{
    zip_stat_t status;
    if (zip_stat(archive, name.c_str(), 0, &status) != 0 || !(status.valid & ZIP_STAT_SIZE))
        fail("its entry " + printable(name) + " is missing");
    if (status.size > maximum)
        fail("its entry " + printable(name) + " is larger than it should be");
    spend(status.size);
    std::vector<std::byte> bytes(static_cast<std::size_t>(status.size));
    const Entry entry(zip_fopen_index(archive, status.index, 0), zip_fclose);
    std::size_t done = 0;
    zip_int64_t n = entry ? 1 : -1;
    while (n > 0 && done < bytes.size()) {
        n = zip_fread(entry.get(), bytes.data() + done, bytes.size() - done);
        done += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    // The checksum is compared when the end is read.
    char past = 0;
    if (n < 0 || done != bytes.size() || zip_fread(entry.get(), &past, 1) != 0)
        fail("its entry " + printable(name) + " cannot be read whole");
    return bytes;
}

const std::vector<std::byte> &TorchZipFile::storage(zip_t *archive, const std::string &folder, const PickledTensor &tensor)
{
    const auto known = m_storages.find(tensor.storage);
    const auto claimed = storageBytes(tensor);
    const auto &bytes = known != m_storages.end()
                            ? known->second
                            : m_storages[tensor.storage] = readEntry(archive, folder + "data/" + tensor.storage, claimed);
    if (bytes.size() != claimed)
        fail("the storage of tensor " + printable(tensor.name) + " should have " + std::to_string(claimed) +
             " bytes, but has " + std::to_string(bytes.size()));
    return bytes;
}

TorchZipFile::TorchZipFile(const std::filesystem::path &file) : TorchFile(file)
{
    refuseOtherFormats();
    // Generous for compressed entries and for tensors that repeat their storage, yet no trap.
    m_budget = std::max<std::uint64_t>(16 * std::filesystem::file_size(file), 1 << 20);
    int error = 0;
    const Archive archive(zip_open(file.c_str(), ZIP_RDONLY, &error), zip_discard);
    if (!archive)
        fail("its zip directory cannot be read, so it may be cut off");
    const std::string folder = findFolder(archive.get());
    if (zip_name_locate(archive.get(), (folder + "byteorder").c_str(), 0) >= 0) {
        const auto order = readEntry(archive.get(), folder + "byteorder", 16);
        if (std::string_view(reinterpret_cast<const char *>(order.data()), order.size()) != "little")
            throw Error(m_file.string() + " was saved on a big-endian machine; save it as safetensors there.");
    }
    const auto pickle = readEntry(archive.get(), folder + "data.pkl", maximumPickle);
    std::string_view text(reinterpret_cast<const char *>(pickle.data()), pickle.size());
    for (const PickledTensor &tensor : readTensorPickle(text, m_file.string()))
        add(tensor, storage(archive.get(), folder, tensor));
}

} // namespace

std::unique_ptr<TensorFile> TensorFile::openTorchZip(const std::filesystem::path &file)
{
    return std::make_unique<TorchZipFile>(file);
}

} // namespace awb
