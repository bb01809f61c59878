#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/pickle.h"
#include "core/model/tensor_file.h"

namespace awb {

/// What a file of torch.save before PyTorch 1.6 begins with: the pickle of its magic number.
inline constexpr std::string_view torchMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

/// What both forms of torch.save have in common: tensors that a pickle describes, over storages in memory. Private to
/// core/model.
class TorchFile : public TensorFile {
public:
    const std::vector<TensorView> &tensors() const override { return m_tensors; }

protected:
    explicit TorchFile(const std::filesystem::path &file) : m_file(file) {}

    [[noreturn]] void fail(const std::string &reason) const;
    /// Takes bytes from what may still be made in memory.
    void spend(std::uint64_t bytes);
    /// Of the whole storage that the tensor lies in.
    std::uint64_t storageBytes(const PickledTensor &tensor) const;
    /// `storage` of storageBytes(), which stays where it is.
    void add(const PickledTensor &tensor, const std::vector<std::byte> &storage);

    std::filesystem::path m_file;
    std::uint64_t m_budget = 0;
    std::map<std::string, std::vector<std::byte>> m_storages; ///< by key

private:
    TensorView view(const PickledTensor &tensor, const std::vector<std::byte> &storage);

    std::set<std::string> m_names;
    std::vector<std::vector<std::byte>> m_copies; ///< of tensors that do not lie row-major in their storage
    std::vector<TensorView> m_tensors;
};

} // namespace awb
