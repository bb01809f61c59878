#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/tensor_file.h"

namespace awb {

/// A tensor that a torch.save pickle describes: where its elements lie in which storage. Counts are of elements and
/// come from the file: nothing but their sign has been checked.
struct PickledTensor {
    std::string name;    ///< keys from the outermost container inwards, joined by '.'
    std::string storage; ///< name of the storage in the archive's data folder
    ElementType type = ElementType::Float32;
    std::int64_t storageElements = 0;
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape, strides; // of equal length
};

/// Reads the tensors that a pickle holds, without executing it: tensors, numbers, strings and plain containers are
/// built, and any global that is not one of torch.save's own for those is refused. Time and memory are bounded by the
/// pickle's length. Moves `bytes` to behind the pickle that they begin with. `file` is named in sentences. Throws Error.
std::vector<PickledTensor> readTensorPickle(std::string_view &bytes, const std::string &file);

} // namespace awb
