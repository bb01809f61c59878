#include "ui/curve_data.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace awb::curve_data {

namespace {

std::string number(double value)
{
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

} // namespace

Curve curveOf(const std::vector<Measurement> &measurements, const std::string &name)
{
    std::vector<const Measurement *> chosen;
    for (const Measurement &measurement : measurements)
        if (measurement.name == name && std::isfinite(measurement.value))
            chosen.push_back(&measurement);
    std::stable_sort(chosen.begin(), chosen.end(), [](const auto *a, const auto *b) { return a->step < b->step; });
    Curve curve;
    for (const Measurement *measurement : chosen) {
        curve.x.append(measurement->step);
        curve.y.append(measurement->value);
    }
    return curve;
}

Curve thinned(const Curve &curve, int most)
{
    const qsizetype count = curve.x.size();
    if (count <= most)
        return curve;
    Curve result;
    for (int i = 0; i < most; ++i) {
        const qsizetype from = i * count / most, to = (i + 1) * count / most;
        double x = 0, y = 0;
        for (qsizetype k = from; k < to; ++k) {
            x += curve.x[k];
            y += curve.y[k];
        }
        result.x.append(x / double(to - from));
        result.y.append(y / double(to - from));
    }
    return result;
}

Curve smoothed(const Curve &curve)
{
    const qsizetype count = curve.x.size();
    QVector<double> sums(count + 1, 0);
    for (qsizetype i = 0; i < count; ++i)
        sums[i + 1] = sums[i] + curve.y[i];
    Curve result;
    result.x = curve.x;
    for (qsizetype i = 0; i < count; ++i) {
        const qsizetype half = count / 60 + 1;
        const qsizetype from = std::max<qsizetype>(0, i - half), to = std::min(count, i + half + 1);
        result.y.append((sums[to] - sums[from]) / double(to - from));
    }
    return result;
}

int nearest(const Curve &curve, double step)
{
    const auto after = std::lower_bound(curve.x.begin(), curve.x.end(), step);
    const auto index = std::min<qsizetype>(after - curve.x.begin(), curve.x.size() - 1);
    return int(index > 0 && step - curve.x[index - 1] < curve.x[index] - step ? index - 1 : index);
}

std::string toCsv(const std::vector<Measurement> &measurements)
{
    std::string csv = "name,step,epoch,value\r\n";
    for (const Measurement &one : measurements)
        csv += one.name + ',' + std::to_string(one.step) + ',' + number(one.epoch) + ',' + number(one.value) + "\r\n";
    return csv;
}

} // namespace awb::curve_data
