#pragma once

#include <filesystem>
#include <string>

namespace awb {

/// `python -m pip download` of one pinned wheel into `folder`. Throws Error with pip's last words.
void pipDownload(const std::string &python, const std::string &requirement, const std::filesystem::path &folder);

/// AWB_PYTHON, else the .venv of the source tree, else python3.
std::string defaultPython();

} // namespace awb
