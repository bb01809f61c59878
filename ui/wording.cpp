#include "ui/wording.h"

#include <cmath>

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace awb::wording {

namespace {

const QLocale &english()
{
    static const QLocale locale(QLocale::English, QLocale::UnitedKingdom);
    return locale;
}

QString tr(const char *sentence)
{
    return QCoreApplication::translate("wording", sentence);
}

} // namespace

QString count(qint64 value)
{
    return english().toString(value);
}

QString bytes(qint64 value)
{
    if (value < 1000)
        return tr("%1 B").arg(value);
    double scaled = double(value);
    const char *const units[] = {"kB", "MB", "GB", "TB"};
    int unit = -1;
    while (scaled >= 999.5 && unit < 3) {
        scaled /= 1000;
        ++unit;
    }
    return QStringLiteral("%1 %2").arg(english().toString(scaled, 'f', scaled < 100 ? 1 : 0), QLatin1String(units[unit]));
}

QString duration(double seconds)
{
    const qint64 whole = std::llround(seconds);
    if (seconds > 0 && seconds < 9.95)
        return tr("%1 s").arg(english().toString(seconds, 'f', 1));
    if (whole < 60)
        return tr("%1 s").arg(whole);
    if (whole < 3600)
        return whole % 60 ? tr("%1 min %2 s").arg(whole / 60).arg(whole % 60) : tr("%1 min").arg(whole / 60);
    return tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

QString percent(double share)
{
    if (share > 0 && share < 0.0005)
        return tr("< 0.1 %");
    if (share < 1 && share > 0.9995)
        return tr("> 99.9 %");
    return tr("%1 %").arg(english().toString(100 * share, 'f', 1));
}

QString figure(double value)
{
    // A true minus sign lines up with the digits; powers of ten are written as in print: 1.178 × 10⁻⁵.
    QString words = english().toString(value, 'g', 4).replace(QLatin1Char('-'), QChar(0x2212));
    const qsizetype e = words.indexOf(QLatin1Char('E'), 0, Qt::CaseInsensitive);
    if (e < 0)
        return words;
    static const QString superscripts = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    const bool negative = words.at(e + 1) == QChar(0x2212);
    QString power = negative ? QStringLiteral("⁻") : QString();
    for (const QChar digit : QString::number(QStringView(words).mid(e + 2).toInt()))
        power += superscripts.at(digit.digitValue());
    return words.left(e) + QStringLiteral(" × 10") + power;
}

static QDateTime parsed(const std::string &isoUtc)
{
    const QDateTime time = QDateTime::fromString(text(isoUtc), Qt::ISODateWithMs);
    // SQLite's own times carry no zone and mean UTC.
    const bool zoned = !time.isValid() || time.timeSpec() != Qt::LocalTime;
    return zoned ? time : QDateTime::fromString(text(isoUtc) + QLatin1Char('Z'), Qt::ISODateWithMs);
}

QString localTime(const std::string &isoUtc)
{
    const QDateTime time = parsed(isoUtc);
    return time.isValid() ? english().toString(time.toLocalTime(), QStringLiteral("d MMM yyyy, HH:mm")) : QString();
}

qint64 secondsSinceEpoch(const std::string &isoUtc)
{
    const QDateTime time = parsed(isoUtc);
    return time.isValid() ? time.toSecsSinceEpoch() : 0;
}

QString parameters(qint64 value)
{
    if (value < 1000000)
        return count(value);
    return tr("%1 M").arg(english().toString(double(value) / 1e6, 'f', value < 100000000 ? 1 : 0));
}

} // namespace awb::wording
