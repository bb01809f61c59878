#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <QTemporaryDir>

namespace awb {

/// A folder for the files of one test, gone with it.
class DataFolder {
public:
    std::filesystem::path path() const { return m_folder.path().toStdString(); }

    /// Writes the file `name`, whose folders are made, and gives its path.
    std::string write(const std::string &name, const std::string &content) const
    {
        const std::filesystem::path file = path() / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << content;
        return file.string();
    }

private:
    QTemporaryDir m_folder;
};

} // namespace awb
