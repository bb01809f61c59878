#pragma once

#include <filesystem>
#include <string>

#include "app/commands.h"

/// What the figure commands share.
namespace awb {

/// Makes the file's name absolute and returns its ending. Throws UsageError when no figure can have that.
inline std::string figureType(std::string &file)
{
    file = std::filesystem::absolute(file).string();
    const std::string type = std::filesystem::path(file).extension().string();
    if (type != ".pdf" && type != ".svg" && type != ".png" && type != ".pgf" && type != ".csv")
        throw UsageError("The figure " + file + " must end in .pdf, .svg, .png, .pgf or .csv.");
    return type;
}

/// What `--out` of a figure takes.
inline constexpr const char *figureOut = "FILE.pdf, .svg, .png, .pgf (TikZ, for LaTeX), or .csv for the numbers";

inline Error builtWithoutFigures(const std::string &file)
{
    return Error("This awb was built without figures, so " + file +
                 " cannot be drawn; write the numbers to a .csv file instead.");
}

} // namespace awb
