#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace awb {

/// Unpacks entries of a zip archive. `place` says where an entry goes (relative to `folder`); empty: it is left out.
/// Throws Error naming the archive: damaged, a place outside `folder`, a full disk. What was unpacked until then stays.
void unpackZip(const std::filesystem::path &archive, const std::filesystem::path &folder,
               const std::function<std::string(const std::string &entry)> &place);

/// Writes all files below `folder` to a zip archive, which is there when complete and not before. Throws Error naming it.
void packZip(const std::filesystem::path &folder, const std::filesystem::path &archive);

} // namespace awb
