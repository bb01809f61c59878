#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace awb {

/// FNV-1a, 64 bits: the same on every machine.
constexpr std::uint64_t textHash(std::string_view text)
{
    std::uint64_t hash = 0xCBF29CE484222325ull;
    for (const char c : text)
        hash = (hash ^ std::uint8_t(c)) * 0x100000001B3ull;
    return hash;
}

constexpr std::string_view readAsMark = " read-as:";

/// " read-as:0123456789abcdef": what follows the SHA-256 of files where `reading` says how they are read.
inline std::string readAs(std::string_view reading)
{
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(textHash(reading)));
    return std::string(readAsMark) + digits;
}

/// What stands before that: the SHA-256 of the files alone.
constexpr std::string_view fileHashes(std::string_view hashes)
{
    return hashes.substr(0, hashes.find(readAsMark));
}

} // namespace awb
