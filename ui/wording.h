#pragma once

#include <string>

#include <QString>

/// How numbers, sizes and times are worded everywhere in the window.
namespace awb::wording {

inline QString text(const std::string &utf8)
{
    return QString::fromStdString(utf8);
}
QString count(qint64 value);                         ///< "1,536"
QString bytes(qint64 value);                         ///< "86.7 MB"
QString duration(double seconds);                    ///< "4 s", "2 min 5 s", "3 h 12 min"
QString percent(double share);                       ///< "1.2 %" of 0.012; "< 0.1 %" rather than a false zero
QString figure(double value);                        ///< four significant digits, for tables
QString localTime(const std::string &isoUtc);        ///< "12 Mar 2025, 14:05"; empty for an empty time
qint64 secondsSinceEpoch(const std::string &isoUtc); ///< 0 for an empty time
QString parameters(qint64 value);                    ///< "22.7 M", "605,954"

} // namespace awb::wording
