#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <unistd.h>

#include "app/command_line.h"

// The `awb` command. LibTorch and Qt take a quarter of a second to load, so the commands that need neither are answered
// here, and for all others this process becomes awb-engine, which has every command.
namespace {

constexpr std::array<std::string_view, 4> ownCommands{"checkpoints", "datasets", "params", "runs"};

/// The first word that is neither an option nor the value of --home; empty: none.
std::string_view commandWord(int argc, char **argv)
{
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--home")
            ++i;
        else if (!word.starts_with('-'))
            return word;
    }
    return {};
}

} // namespace

int main(int argc, char **argv)
{
    if (std::ranges::find(ownCommands, commandWord(argc, argv)) != ownCommands.end())
        return awb::runCommandLine(argc, argv);

    // LibTorch's OpenMP threads would spin between two products and starve whatever else runs; they shall sleep soon. The
    // variable is read when the library loads.
    ::setenv("GOMP_SPINCOUNT", "1000", 0);
    std::error_code ignored;
    const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
    for (const char *place : {"awb-engine", AWB_ENGINE_FROM_BIN})
        ::execv((folder / place).c_str(), argv);
    std::fprintf(stderr,
                 "awb: awb-engine could not be started (%s); it belongs beside awb in %s: build or install it again.\n",
                 std::strerror(errno), folder.c_str());
    return 1;
}
