#pragma once

#include <algorithm>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "app/commands.h"

/// What the figure commands share.
namespace awb {

/// ".pdf" of "F.pdf" and of "F.PDF".
inline std::string endingOf(const std::filesystem::path &file)
{
    std::string ending = file.extension().string();
    std::ranges::transform(ending, ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return ending;
}

/// Makes the file's name absolute and returns its ending. Throws UsageError when no figure can have that, or
/// when a resolution (`dpi` other than 0) is asked of one that has none.
inline std::string figureType(std::string &file, int dpi)
{
    if (file.empty())
        throw UsageError("--out names no file.");
    file = std::filesystem::absolute(file).string();
    const std::string type = endingOf(file);
    if (type != ".pdf" && type != ".svg" && type != ".png" && type != ".pgf" && type != ".csv")
        throw UsageError("The figure " + file + " must end in .pdf, .svg, .png, .pgf or .csv.");
    if (dpi != 0 && type != ".png")
        throw UsageError("--dpi is the resolution of a .png; " + file + " has none.");
    return type;
}

/// What `--out` of a figure takes.
inline constexpr const char *figureOut = "FILE.pdf, .svg, .png, .pgf (TikZ, for LaTeX), or .csv for the numbers";

/// `--dpi` of a figure; 0: not given.
inline void addDpi(CLI::App &figure, int &dpi)
{
    figure.add_option("--dpi", dpi, "Resolution of a .png in dots per inch; letters keep their size on paper (else 216)")
        ->check(CLI::Range(72, 1200));
}

inline Error builtWithoutFigures(const std::string &file)
{
    return Error("This awb was built without figures, so " + file +
                 " cannot be drawn; write the numbers to a .csv file instead.");
}

} // namespace awb
