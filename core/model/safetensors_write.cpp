#include "core/model/tensor_file.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/model/safetensors_types.h"

namespace awb {

void writeSafetensors(const std::filesystem::path &file, const std::vector<TensorView> &tensors,
                      const std::map<std::string, std::string> &metadata)
{
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty())
        header["__metadata__"] = metadata;
    std::uint64_t offset = 0;
    for (const TensorView &tensor : tensors) {
        if (tensor.name.empty() || tensor.name == "__metadata__" || header.contains(tensor.name) ||
            byteCount(tensor.shape, tensor.type) != tensor.data.size())
            throw Error("Cannot write " + file.string() + ": tensor " + printable(tensor.name) +
                        " has a name that is taken, or a shape that does not fit its bytes.");
        header[tensor.name] = {{"dtype", safetensorsName(tensor.type)},
                               {"shape", tensor.shape},
                               {"data_offsets", {offset, offset + tensor.data.size()}}};
        offset += tensor.data.size();
    }
    std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    text.append((8 - text.size() % 8) % 8, ' '); // so that the tensors start at a multiple of 8 bytes
    const std::uint64_t length = text.size();

    // Tensor by tensor, since all together may be larger than what memory is left.
    AtomicFile out(file);
    out.write({reinterpret_cast<const char *>(&length), sizeof length});
    out.write(text);
    for (const TensorView &tensor : tensors)
        out.write({reinterpret_cast<const char *>(tensor.data.data()), tensor.data.size()});
    out.commit();
}

} // namespace awb
