#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace awb {

enum class ElementType { Float64, Float32, Float16, BFloat16, Int64, Int32, Int16, Int8, UInt8, Bool };

std::string toString(ElementType type);    ///< "float32", "bfloat16", ...
std::size_t elementSize(ElementType type); ///< bytes

/// One named tensor in a file. `data` points into the mapping that its TensorFile holds; row-major, contiguous.
struct TensorView {
    std::string name;
    ElementType type = ElementType::Float32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> data;

    std::int64_t elements() const;
};

/// Tensors of one file, read without copying and without executing anything.
class TensorFile {
public:
    virtual ~TensorFile() = default;
    virtual const std::vector<TensorView> &tensors() const = 0;
    /// The strings of a safetensors file's __metadata__; empty elsewhere.
    virtual std::map<std::string, std::string> metadata() const { return {}; }
    /// Gives back the memory that reading a mapped file has taken.
    virtual void release() const {}
    /// Throws Error naming the file when it was written to or cut off since it was opened, and bytes are still read from it.
    virtual void requireUnchanged() const {}

    /// A .safetensors file, memory-mapped. Throws Error naming the file: truncated, header longer than the file or not
    /// JSON, an offset out of range or overlapping, a shape whose size is not its byte range (safetensors format 0.4).
    static std::unique_ptr<TensorFile> openSafetensors(const std::filesystem::path &file);
    /// A pytorch_model.bin (zip with data.pkl, torch.save since 1.6). Only tensors, numbers, strings and plain
    /// containers (dict, OrderedDict, list, tuple) are accepted; any other global named in the pickle is refused by name.
    static std::unique_ptr<TensorFile> openTorchZip(const std::filesystem::path &file);
    /// The same as torch.save wrote it before 1.6: bare pickles, then the numbers.
    static std::unique_ptr<TensorFile> openTorchLegacy(const std::filesystem::path &file);
    /// By file name and first bytes.
    static std::unique_ptr<TensorFile> open(const std::filesystem::path &file);
};

/// Any element type as float32, `count` elements from element `first`.
std::vector<float> toFloats(const TensorView &tensor, std::int64_t first = 0, std::int64_t count = -1);

/// Writes tensors as safetensors, by write-sync-rename, with string metadata. Tensors are laid out in the given order.
void writeSafetensors(const std::filesystem::path &file, const std::vector<TensorView> &tensors,
                      const std::map<std::string, std::string> &metadata);

} // namespace awb
