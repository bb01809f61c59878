#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Rows of comma-separated values (RFC 4180).
namespace awb::csv {

std::string field(const std::string &text); ///< quoted where it has to be
std::string number(double value);           ///< the shortest text that reads back as the same number; NaN: empty
std::string powerOfTen(double value);       ///< of a learning rate: "3e-4" rather than "0.0003" or "3e-04"
std::string sem(double sem, int n);         ///< of n values; empty for one, which has none
std::string numbers(const std::vector<std::int64_t> &values); ///< separated by spaces
/// One line; the three lists one after the other, not all of them empty.
std::string row(const std::vector<std::string> &fields, const std::vector<std::string> &more = {},
                const std::vector<std::string> &rest = {});

} // namespace awb::csv
