#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include <time.h>

#include "core/descriptor.h"

namespace awb {

/// A file mapped into memory, read-only. The bytes live as long as the object. Another program may write into the file all
/// the same: what was read from it counts once requireUnchanged() has returned after the reading.
class MappedFile {
public:
    /// Throws Error naming the file when it is missing, a folder, or cannot be mapped. An empty file maps to no bytes.
    explicit MappedFile(const std::filesystem::path &file);
    ~MappedFile();
    MappedFile(const MappedFile &) = delete;
    MappedFile &operator=(const MappedFile &) = delete;

    const std::byte *data() const { return m_data; }
    std::size_t size() const { return m_size; }
    std::string_view text() const { return {reinterpret_cast<const char *>(m_data), m_size}; }
    /// Gives back the memory that reading has taken; what is read again comes from the file again.
    void release() const;
    /// Throws Error naming the file when it was written to, cut off or lost (a drive taken away) since it was mapped. A file
    /// that was replaced under its name or removed is still here whole.
    void requireUnchanged() const;

private:
    std::filesystem::path m_file;
    std::size_t m_size = 0;
    Descriptor m_in;
    timespec m_written = {}; ///< when the file was last written to
    const std::byte *m_data = nullptr;
    int m_guard = -1; ///< entry of the guarded mappings
};

} // namespace awb
