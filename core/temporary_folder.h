#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/error.h"

namespace awb {

/// A new folder among the temporary ones that goes with the object, and all that is in it.
class TemporaryFolder {
public:
    /// `name`: begins the folder's. Throws Error naming where it could not be made.
    explicit TemporaryFolder(const std::string &name)
    {
        const std::filesystem::path parent = std::filesystem::temp_directory_path();
        std::string made = (parent / (name + "-XXXXXX")).string();
        if (!::mkdtemp(made.data()))
            throw Error("No folder could be made in " + parent.string() + "; free some space there or set TMPDIR.");
        m_path = made;
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;

    const std::filesystem::path &path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

} // namespace awb
