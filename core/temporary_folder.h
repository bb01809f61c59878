#pragma once

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <unistd.h>

#include "core/error.h"

namespace awb {

/// A new folder that is gone with the object, and all that is in it.
class TemporaryFolder {
public:
    /// In a folder that is there. Removes what lies there from an earlier time. Throws Error naming the folder.
    explicit TemporaryFolder(std::filesystem::path folder) : m_path(std::move(folder))
    {
        std::error_code error;
        std::filesystem::remove_all(m_path, error);
        const bool isNew = std::filesystem::create_directory(m_path, error); // false: another user's
        if (error || !isNew)
            throw Error("The folder " + m_path.string() + " cannot be created: " +
                        (error ? error.message() : "it is there already") + "; choose another place.");
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;

    const std::filesystem::path &path() const { return m_path; }

    /// A name among the system's temporary files (TMPDIR) that nothing else has.
    static std::filesystem::path freeName(const std::string &begin)
    {
        static std::atomic<int> number = 0;
        return std::filesystem::temp_directory_path() /
               (begin + "-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    }

private:
    std::filesystem::path m_path;
};

/// Removes the folders in `parent` whose names are `prefix` and the number of a process that has ended: it was killed.
inline void removeAbandoned(const std::filesystem::path &parent, const std::string &prefix)
{
    std::error_code ignored;
    for (const auto &folder : std::filesystem::directory_iterator(parent, ignored)) {
        const std::string name = folder.path().filename().string();
        if (!name.starts_with(prefix))
            continue;
        const pid_t process = std::atoi(name.c_str() + prefix.size());
        if (process > 0 && ::kill(process, 0) != 0 && errno == ESRCH)
            std::filesystem::remove_all(folder.path(), ignored);
    }
}

} // namespace awb
