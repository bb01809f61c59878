#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

/// Real files that a test may need and may not have. Use with QSKIP, so that a missing file is reported, never passed over:
///     const auto cola = realData("GLUE/CoLA"); if (cola.empty()) QSKIP("needs the real data sets");
namespace awb::test {

/// A file or folder of the real data sets; empty when they are not here.
inline std::filesystem::path realData(const std::string &relative)
{
    const auto path = std::filesystem::path(AWB_SHARED) / "data" / relative;
    return std::filesystem::exists(path) ? path : std::filesystem::path();
}

/// Folder of the sample checkpoint (all-MiniLM-L6-v2): AWB_SAMPLE_CHECKPOINT, set by `make test`; empty when not fetched.
inline std::filesystem::path sampleCheckpoint()
{
    const char *folder = std::getenv("AWB_SAMPLE_CHECKPOINT");
    return folder && std::filesystem::exists(std::filesystem::path(folder) / "config.json") ? std::filesystem::path(folder)
                                                                                            : std::filesystem::path();
}

/// A small file that is part of the tests (tests/data).
inline std::filesystem::path testData(const std::string &relative)
{
    return std::filesystem::path(AWB_TEST_DATA) / relative;
}

} // namespace awb::test
