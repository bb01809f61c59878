#include "ui/chart_text.h"

#include <cmath>

#include <QCoreApplication>
#include <QLocale>

namespace awb::chart_text {

namespace {

QString tr(const char *words)
{
    return QCoreApplication::translate("charts", words);
}

bool isShare(const std::string &metric)
{
    return metric != "matthews" && metric != "pearson" && metric != "spearman";
}

QString fixed(const std::string &metric, double value)
{
    const QString text = QLocale::c().toString(value * metricScale(metric), 'f', isShare(metric) ? 2 : 3);
    return QString(text).replace(QLatin1Char('-'), QChar(0x2212)); // a true minus sign
}

} // namespace

QString metricTitle(const std::string &metric)
{
    if (metric == "accuracy")
        return tr("Accuracy");
    if (metric == "f1")
        return tr("F1");
    if (metric == "matthews")
        return tr("Matthews correlation");
    if (metric == "pearson")
        return tr("Pearson correlation");
    if (metric == "spearman")
        return tr("Spearman correlation");
    return metric.empty() ? tr("Score") : QString::fromStdString(metric);
}

QString metricWord(const std::string &metric)
{
    if (metric == "matthews")
        return tr("Matthews");
    if (metric == "pearson")
        return tr("Pearson");
    if (metric == "spearman")
        return tr("Spearman");
    return metricTitle(metric);
}

double metricScale(const std::string &metric)
{
    return isShare(metric) ? 100 : 1;
}

std::pair<double, double> metricLimits(const std::string &metric)
{
    return isShare(metric) ? std::pair(0.0, 100.0) : std::pair(-1.0, 1.0);
}

QString metricAxis(const std::string &metric)
{
    return (isShare(metric) ? tr("%1 on dev (%)") : tr("%1 on dev")).arg(metricTitle(metric));
}

QString metricUnit(const std::string &metric)
{
    return (isShare(metric) ? tr("%1 (%)") : tr("%1")).arg(metricTitle(metric));
}

QString score(const std::string &metric, double value, bool unit)
{
    const QString text = fixed(metric, value);
    return unit && isShare(metric) ? text + QStringLiteral(" %") : text;
}

QString difference(const std::string &metric, double value)
{
    const QString number = fixed(metric, value), text = value > 0 ? QLatin1Char('+') + number : number;
    return isShare(metric) ? tr("%1 points").arg(text) : text;
}

QString learningRate(double value)
{
    if (!(value > 0) || !std::isfinite(value))
        return QStringLiteral("0");
    const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
    const QString mantissa = QLocale::c().toString(value / std::pow(10.0, exponent), 'g', 3);
    return mantissa + QLatin1Char('e') + QString::number(exponent);
}

} // namespace awb::chart_text
