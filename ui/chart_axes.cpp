#include "ui/chart_axes.h"

#include <algorithm>
#include <cmath>

#include <QLabel>

namespace awb::chart_axes {

namespace {

constexpr double usualLegend = 0.2;    // what a figure on paper has room for ...
constexpr double longLegend = 0.7;     // ... and the letters of a longer one, as shares of the others
constexpr double largestLegend = 0.45; // share of a plot's height; the curves need the rest, and tooltips name them too

constexpr const char *wholeTitle = "wholeTitle"; // property of the element that draws it

QCPTextElement &titleElement(const QCustomPlot &plot)
{
    return *qobject_cast<QCPTextElement *>(plot.plotLayout()->element(0, 0));
}

/// The last separator that leaves a first line of at most `width` pixels ends that.
QString inTwoLines(const QString &title, const QFontMetrics &metrics, int width)
{
    if (metrics.horizontalAdvance(title) <= width)
        return title;
    QString first, rest = title;
    for (qsizetype i = 1; i < title.size(); ++i) {
        const bool dot = title.mid(i, 3) == QString::fromUtf8(" · "), comma = title.mid(i - 1, 2) == QLatin1String(", ");
        if (!dot && !comma)
            continue;
        if (metrics.horizontalAdvance(title.left(i)) > width)
            break;
        first = title.left(i) + QLatin1Char('\n');
        rest = title.mid(i + (dot ? 3 : 1));
    }
    return first + metrics.elidedText(rest, Qt::ElideRight, width);
}

} // namespace

QVector<double> DecadeTicker::createTickVector(double tickStep, const QCPRange &range)
{
    const double ratio = range.lower > 0 ? range.upper / range.lower : 0;
    // Two powers of ten are certain to be in view from a ratio of 100 on.
    if (ratio >= 100 || ratio <= 1)
        return QCPAxisTickerLog::createTickVector(tickStep, range);
    const QVector<double> digits = ratio >= 5 ? QVector<double>{1, 2, 5} : QVector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9};
    QVector<double> ticks;
    for (double decade = std::pow(10, std::floor(std::log10(range.lower))); decade < range.upper; decade *= 10)
        for (const double digit : digits)
            ticks.append(digit * decade);
    return ticks;
}

QVector<double> DecadeTicker::createSubTickVector(int subTickCount, const QVector<double> &ticks)
{
    // Between powers that are labelled lie those that are not; eight even parts would read as those of one decade.
    if (ticks.size() < 2 || ticks[1] < 11 * ticks[0])
        return QCPAxisTickerLog::createSubTickVector(subTickCount, ticks);
    QVector<double> powers;
    for (double power = 10 * ticks.first(); power < 0.9 * ticks.last(); power *= 10)
        powers.append(power);
    return powers;
}

double EvenTicker::getTickStep(const QCPRange &range)
{
    double magnitude = 1;
    const double step = QCPAxisTicker::getTickStep(range);
    // 2 in place of 2.5 saves a decimal
    const bool isQuarter = std::abs(getMantissa(step, &magnitude) - 2.5) < 1e-6;
    return std::max(m_leastStep, isQuarter ? 2 * magnitude : step);
}

QVector<double> EvenTicker::createTickVector(double tickStep, const QCPRange &range)
{
    m_decimals = std::max(0, static_cast<int>(-std::floor(std::log10(tickStep) + 1e-9)));
    QVector<double> ticks = QCPAxisTicker::createTickVector(tickStep, range);
    erase_if(ticks, [this](double tick) { return tick < m_limits.lower - 1e-9 || tick > m_limits.upper + 1e-9; });
    return ticks;
}

QString EvenTicker::getTickLabel(double tick, const QLocale &, QChar, int)
{
    const double clean = std::abs(tick) < 1e-12 ? 0.0 : tick;
    static const QLocale english(QLocale::English, QLocale::UnitedKingdom); // 10,000 as everywhere else
    return english.toString(clean, 'f', m_decimals).replace(QLatin1Char('-'), QChar(0x2212));
}

void makeLogarithmic(QCPAxis &axis)
{
    axis.setScaleType(QCPAxis::stLogarithmic);
    axis.setTicker(QSharedPointer<DecadeTicker>::create());
    axis.setNumberFormat(QStringLiteral("ebc"));
    axis.setNumberPrecision(0);
}

void makeLinear(QCPAxis &axis)
{
    axis.setScaleType(QCPAxis::stLinear);
    axis.setTicker(QSharedPointer<EvenTicker>::create());
}

void limitTicks(QCPAxis &axis, const std::pair<double, double> &limits)
{
    if (const auto ticker = qSharedPointerDynamicCast<EvenTicker>(axis.ticker()))
        ticker->setLimits({limits.first, limits.second});
}

void setTicks(QCPAxis &axis, const std::vector<double> &values)
{
    const auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    for (const double value : values)
        ticker->addTick(value, QLocale().toString(value));
    axis.setTicker(ticker);
}

QCPRange padded(double low, double high, double minimumSpan, double padding)
{
    const double middle = (low + high) / 2;
    const double span = std::max(high - low, minimumSpan) * (1 + 2 * padding);
    return QCPRange(middle - span / 2, middle + span / 2);
}

QCPRange paddedDecades(double low, double high)
{
    low /= 1.8;
    high *= 1.8;
    const auto firstPower = [&] { return std::ceil(std::log10(low) - 1e-9); };
    const auto lastPower = [&] { return std::floor(std::log10(high) + 1e-9); };
    while (lastPower() - firstPower() < 1) {
        low /= 1.25;
        high *= 1.25;
    }
    // At the very edge a power of ten would have its line and no room for its label.
    const double room = 0.03 * std::log10(high / low);
    return QCPRange(low, std::max(high, std::pow(10, lastPower() + room)));
}

void addHeading(QCustomPlot &plot)
{
    QCPLayoutGrid &grid = *plot.plotLayout();
    auto *title = new QCPTextElement(&plot);
    title->setObjectName(QStringLiteral("title"));
    title->setMargins(QMargins(4, 4, 4, 0));
    // An inset keeps the legend at its own size; as a cell of the grid it would spread or narrow the whole column.
    auto *frame = new QCPLayoutInset;
    plot.axisRect()->insetLayout()->take(plot.legend);
    frame->addElement(plot.legend, Qt::AlignHCenter | Qt::AlignTop);
    plot.legend->setVisible(true);
    plot.legend->setMargins(QMargins(0, 0, 0, 0));
    plot.legend->setRowSpacing(0);
    grid.insertRow(0);
    grid.insertRow(1);
    grid.addElement(0, 0, title);
    grid.addElement(1, 0, frame);
    grid.setRowStretchFactor(1, 0.001);
    grid.setRowSpacing(2);
    plot.axisRect()->setMinimumMargins(QMargins(8, 6, 12, 4));
}

void setTitle(QCustomPlot &plot, const QString &title)
{
    QCPTextElement &element = titleElement(plot);
    element.setProperty(wholeTitle, title);
    element.setText(title);
    element.setVisible(!title.isEmpty());
}

QString titleOf(const QCustomPlot &plot)
{
    return titleElement(plot).property(wholeTitle).toString();
}

QString brokenTitleAt(const QCustomPlot &plot, QPoint place)
{
    const QCPTextElement &element = titleElement(plot);
    const bool told = element.text() == titleOf(plot) || !element.visible() || !element.outerRect().contains(place);
    return told ? QString() : titleOf(plot);
}

void fitTitle(QCustomPlot &plot, int width)
{
    QCPTextElement &element = titleElement(plot);
    const int room = width - element.margins().left() - element.margins().right();
    element.setText(inTwoLines(titleOf(plot), QFontMetrics(element.font()), room));
}

/// Shows it in a frame of that height; 0: hides it.
static void giveRoom(QCPLegend &legend, int height)
{
    legend.setVisible(height > 0);
    legend.layout()->setMinimumSize(0, height);
    legend.layout()->setMaximumSize(QWIDGETSIZE_MAX, height);
}

/// Into as many columns as fit; returns the height that they take, 0 for an empty legend.
static int wrapLegend(QCPLegend &legend, int width)
{
    const int gap = legend.iconSize().width();
    int widest = 1, items = 0;
    for (int i = 0; i < legend.itemCount(); ++i) {
        if (!legend.item(i)) // a cell that the last row leaves empty
            continue;
        widest = std::max(widest, legend.item(i)->minimumOuterSizeHint().width());
        ++items;
    }
    legend.setColumnSpacing(gap);
    legend.setWrap(std::clamp((width - 2 * gap) / (widest + gap), 1, std::max(1, items)));
    legend.setFillOrder(QCPLayoutGrid::foColumnsFirst, true);
    return items > 0 ? legend.minimumOuterSizeHint().height() : 0;
}

void fitTo(QCustomPlot &plot, QSize size)
{
    fitTitle(plot, size.width());
    const int height = wrapLegend(*plot.legend, size.width());
    giveRoom(*plot.legend, height < largestLegend * size.height() ? height : 0);
    fitTicks(plot, size);
}

bool hidesLegend(const QCustomPlot &plot)
{
    return plot.legend->itemCount() > 0 && !plot.legend->visible();
}

int showWholeLegend(QCustomPlot &plot, QSize size)
{
    const int usual = int(usualLegend * size.height());
    if (!hidesLegend(plot) && plot.legend->layout()->minimumSize().height() <= usual)
        return 0;
    QFont font = plot.legend->font();
    font.setPixelSize(qRound(longLegend * QFontInfo(font).pixelSize()));
    plot.legend->setFont(font); // its items too
    plot.legend->setIconSize(plot.legend->iconSize() * longLegend);
    const int height = wrapLegend(*plot.legend, size.width());
    giveRoom(*plot.legend, height);
    return std::max(0, height - usual);
}

void fitTicks(QCustomPlot &plot, QSize size)
{
    const int line = QFontMetrics(plot.yAxis->tickLabelFont()).height();
    for (QCPAxis *axis : {plot.yAxis, plot.yAxis2})
        axis->ticker()->setTickCount(std::clamp(size.height() / (4 * line), 2, 5));
    plot.xAxis->ticker()->setTickCount(std::clamp(size.width() / (6 * line), 2, 5));
}

void dropLongName(QCustomPlot &plot)
{
    QObject::connect(&plot, &QCustomPlot::afterLayout, &plot, [&plot] {
        QCPAxis &axis = *plot.yAxis;
        if (QFontMetrics(axis.labelFont()).horizontalAdvance(axis.label()) <= axis.axisRect()->height())
            return;
        axis.setLabel({});
        plot.replot(QCustomPlot::rpQueuedReplot);
    });
}

void limitZoom(QCPAxis &x, QCPAxis &y)
{
    using Changed = void (QCPAxis::*)(const QCPRange &, const QCPRange &);
    constexpr Changed changed = &QCPAxis::rangeChanged;
    QObject::connect(&x, changed, &x, [&x](const QCPRange &now, const QCPRange &before) {
        const double ratio = now.upper / now.lower;
        const bool logarithmic = x.scaleType() == QCPAxis::stLogarithmic;
        if (logarithmic ? ratio < 3 || ratio > 1e15 || now.lower < 1e-2 || now.upper > 1e14
                        : now.size() < 1e-6 * (1 + std::abs(now.upper)) || now.size() > 1e12)
            x.setRange(before);
    });
    QObject::connect(&y, changed, &y, [&y](const QCPRange &now, const QCPRange &before) {
        if (now.size() < 1e-5 || now.size() > 1e4)
            y.setRange(before);
    });
}

QLabel *emptyState(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setAlignment(Qt::AlignCenter);
    label->setTextFormat(Qt::PlainText); // names may hold anything
    label->setWordWrap(true);
    label->setMargin(24);
    label->setAutoFillBackground(true);
    label->setBackgroundRole(QPalette::Base);
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

} // namespace awb::chart_axes
