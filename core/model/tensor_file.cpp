#include "core/model/tensor_file.h"

#include <bit>
#include <cstring>
#include <fstream>

#include "core/error.h"
#include "core/model/torch_file.h"

namespace awb {

std::string toString(ElementType type)
{
    switch (type) {
    case ElementType::Float64:
        return "float64";
    case ElementType::Float32:
        return "float32";
    case ElementType::Float16:
        return "float16";
    case ElementType::BFloat16:
        return "bfloat16";
    case ElementType::Int64:
        return "int64";
    case ElementType::Int32:
        return "int32";
    case ElementType::Int16:
        return "int16";
    case ElementType::Int8:
        return "int8";
    case ElementType::UInt8:
        return "uint8";
    case ElementType::Bool:
        return "bool";
    }
    return "unknown";
}

std::size_t elementSize(ElementType type)
{
    switch (type) {
    case ElementType::Float64:
    case ElementType::Int64:
        return 8;
    case ElementType::Float32:
    case ElementType::Int32:
        return 4;
    case ElementType::Float16:
    case ElementType::BFloat16:
    case ElementType::Int16:
        return 2;
    case ElementType::Int8:
    case ElementType::UInt8:
    case ElementType::Bool:
        return 1;
    }
    return 1;
}

std::int64_t TensorView::elements() const
{
    std::int64_t product = 1;
    for (const std::int64_t size : shape)
        product *= size;
    return product;
}

namespace {

float fromHalf(std::uint16_t half)
{
    const std::uint32_t sign = std::uint32_t(half & 0x8000) << 16;
    const std::uint32_t exponent = half >> 10 & 0x1f;
    const std::uint32_t mantissa = half & 0x3ff;
    if (exponent == 0) // zero or subnormal: mantissa * 2^-24
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(float(mantissa) * 0x1p-24f) | sign);
    const std::uint32_t biased = exponent == 31 ? 255 : exponent + (127 - 15);
    return std::bit_cast<float>(sign | biased << 23 | mantissa << 13);
}

/// `data` may lie at any address, so each element is copied out before it is read.
template <typename Stored, typename Convert>
void convert(const std::byte *data, std::vector<float> &out, Convert toFloat)
{
    for (std::size_t i = 0; i < out.size(); ++i) {
        Stored value;
        std::memcpy(&value, data + i * sizeof(Stored), sizeof(Stored));
        out[i] = toFloat(value);
    }
}

template <typename Stored>
void convert(const std::byte *data, std::vector<float> &out)
{
    convert<Stored>(data, out, [](Stored value) { return static_cast<float>(value); });
}

} // namespace

std::vector<float> toFloats(const TensorView &tensor, std::int64_t first, std::int64_t count)
{
    const std::int64_t all = tensor.elements();
    if (count < 0)
        count = all - first;
    if (first < 0 || count < 0 || first > all - count)
        throw Error("Tensor " + tensor.name + " has only " + std::to_string(all) + " elements.");
    std::vector<float> out(static_cast<std::size_t>(count));
    const std::byte *data = tensor.data.data() + static_cast<std::size_t>(first) * elementSize(tensor.type);
    switch (tensor.type) {
    case ElementType::Float64:
        convert<double>(data, out);
        break;
    case ElementType::Float32:
        if (count > 0)
            std::memcpy(out.data(), data, out.size() * sizeof(float));
        break;
    case ElementType::Float16:
        convert<std::uint16_t>(data, out, fromHalf);
        break;
    case ElementType::BFloat16:
        convert<std::uint16_t>(data, out,
                               [](std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t(bits) << 16); });
        break;
    case ElementType::Int64:
        convert<std::int64_t>(data, out);
        break;
    case ElementType::Int32:
        convert<std::int32_t>(data, out);
        break;
    case ElementType::Int16:
        convert<std::int16_t>(data, out);
        break;
    case ElementType::Int8:
        convert<std::int8_t>(data, out);
        break;
    case ElementType::UInt8:
        convert<std::uint8_t>(data, out);
        break;
    case ElementType::Bool:
        convert<std::uint8_t>(data, out, [](std::uint8_t bit) { return bit ? 1.0f : 0.0f; });
        break;
    }
    return out;
}

std::unique_ptr<TensorFile> TensorFile::open(const std::filesystem::path &file)
{
    char start[24] = {};
    std::ifstream(file, std::ios::binary).read(start, sizeof start);
    const std::string_view text(start, sizeof start);
    if (text.starts_with("version https://git-lfs"))
        throw Error(file.string() + " is only a Git LFS pointer to the weights; run \"git lfs pull\" in its folder.");
    // A safetensors header is a JSON object after its 8-byte length.
    const bool looksSafe = text[8] == '{' && !text.starts_with("PK");
    if (file.extension() == ".safetensors" || looksSafe)
        return openSafetensors(file);
    return text.starts_with(torchMagic) ? openTorchLegacy(file) : openTorchZip(file);
}

} // namespace awb
