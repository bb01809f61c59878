#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace awb {

/// Lower-case hexadecimal SHA-256 of a file. Throws Error naming the file when it cannot be read.
std::string sha256OfFile(const std::filesystem::path &file);

/// The whole file. Throws Error naming the file when it cannot be read.
std::string readFile(const std::filesystem::path &file);

/// Makes a folder and those above it unless they are there. Throws Error naming it when that cannot be done.
void createFolders(const std::filesystem::path &folder);

/// Replaces `file` by `content` in one move: written beside it, synced, renamed. On any error (a full disk, say) the old
/// file stays as it was, the part written is removed, and Error says so.
void writeFileAtomically(const std::filesystem::path &file, std::string_view content);

/// Writes a large file in pieces with the same promise as writeFileAtomically(): the name `file` is there when commit()
/// has returned, complete and synced, and not before. Every member throws Error naming the file.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path file);
    /// Removes what was written unless commit() has returned.
    ~AtomicFile();
    AtomicFile(const AtomicFile &) = delete;
    AtomicFile &operator=(const AtomicFile &) = delete;

    void write(const void *data, std::size_t bytes);
    void write(std::string_view text) { write(text.data(), text.size()); }
    void commit();

private:
    [[noreturn]] void fail(int error);

    std::filesystem::path m_file, m_temporary;
    int m_descriptor = -1;
};

} // namespace awb
