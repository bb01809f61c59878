#include "ui/heat_map.h"

#include <algorithm>
#include <cmath>

#include <QLocale>
#include <qcustomplot.h>

#include "ui/chart_axes.h"

namespace awb {

namespace {

constexpr double smallestNumber = 7; // pixels, below which digits are no longer legible

QColor mixed(const QColor &a, const QColor &b, double shareOfB)
{
    const auto channel = [&](int x, int y) { return qRound(x + (y - x) * shareOfB); };
    return QColor(channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue()));
}

QString numberText(double change, int decimals)
{
    if (!std::isfinite(change))
        return QStringLiteral("–");
    const double rounded = std::abs(change) < 0.5 * std::pow(10.0, -decimals) ? 0.0 : change;
    return QLocale::c().toString(rounded, 'f', decimals).replace(QLatin1Char('-'), QChar(0x2212));
}

} // namespace

HeatMap::HeatMap(QCustomPlot &plot, QCPLayoutGrid &grid, int column, QCPAxisRect *rect)
    : m_plot(plot), m_grid(grid), m_ownsRect(rect == nullptr), m_rect(rect ? rect : new QCPAxisRect(&plot)),
      m_scale(new QCPColorScale(&plot)), m_title(new QCPTextElement(&plot))
{
    m_title->setMargins(QMargins(4, 2, 4, 0));
    grid.addElement(0, column, m_title);
    grid.addElement(1, column, m_rect);
    grid.addElement(1, column + 1, m_scale);
    makeAxes();
    m_map = new QCPColorMap(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    m_map->setInterpolate(false);
    m_map->setSelectable(QCP::stNone);
    m_map->setColorScale(m_scale);
    m_map->setLayer(QStringLiteral("main"));
}

HeatMap::~HeatMap()
{
    for (QCPItemText *number : m_numbers)
        m_plot.removeItem(number);
    m_plot.removePlottable(m_map);
    m_grid.remove(m_scale);
    m_grid.remove(m_title);
    if (m_ownsRect)
        m_grid.remove(m_rect);
}

void HeatMap::makeAxes()
{
    QCPAxis *x = m_rect->axis(QCPAxis::atBottom), *y = m_rect->axis(QCPAxis::atLeft);
    y->setRangeReversed(true); // layer 0 on top, as in the paper
    for (QCPAxis *axis : {x, y}) {
        auto ticker = QSharedPointer<QCPAxisTickerFixed>::create();
        ticker->setTickStep(1);
        ticker->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
        axis->setTicker(ticker);
        axis->setSubTicks(false);
        axis->grid()->setVisible(false);
    }
    m_rect->setMinimumMargins(QMargins(8, 6, 8, 4));
    m_rect->setRangeDrag(Qt::Orientations());
    m_rect->setRangeZoom(Qt::Orientations());
    m_scale->setType(QCPAxis::atRight);
    m_scale->setRangeDrag(false);
    m_scale->setRangeZoom(false);
    m_scale->axis()->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    auto *group = new QCPMarginGroup(&m_plot); // the bar is as high as the map
    m_rect->setMarginGroup(QCP::msTop | QCP::msBottom, group);
    m_scale->setMarginGroup(QCP::msTop | QCP::msBottom, group);
}

void HeatMap::setValues(const HeatValues &values)
{
    m_values = values;
    const int n = layers();
    QCPColorMapData &data = *m_map->data();
    data.setSize(n, n);
    // The range goes from cell centre to cell centre; a lone cell would have no size.
    const QCPRange cells = n == 1 ? QCPRange(-0.5, 0.5) : QCPRange(0, std::max(0, n - 1));
    data.setRange(cells, cells);
    data.fill(std::nan(""));
    m_low = m_high = 0;
    for (int first = 0; first < n; ++first)
        for (int last = first; last < n; ++last) {
            data.setCell(last, first, change(first, last));
            if (std::isfinite(change(first, last))) {
                m_low = std::min(m_low, change(first, last));
                m_high = std::max(m_high, change(first, last));
            }
        }
    if (m_low == m_high)
        m_low = -std::pow(10.0, -values.decimals);
    for (QCPAxis *axis : {m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft)})
        axis->setRange(-0.5, std::max(0, n - 1) + 0.5);
    makeNumbers();
}

void HeatMap::makeNumbers()
{
    for (QCPItemText *number : m_numbers)
        m_plot.removeItem(number);
    m_numbers.clear();
    for (int first = 0; first < layers(); ++first)
        for (int last = first; last < layers(); ++last) {
            auto *number = new QCPItemText(&m_plot);
            number->setSelectable(false);
            number->setClipToAxisRect(false);
            number->position->setAxes(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
            number->position->setAxisRect(m_rect);
            number->position->setCoords(last, first);
            number->setPadding(QMargins());
            number->setText(numberText(change(first, last), m_values.decimals));
            m_numbers.push_back(number);
        }
}

QColor HeatMap::colorOf(double change, const plot_style::Theme &theme) const
{
    const QColor none = theme.dark ? QColor(0x3a, 0x3d, 0x42) : QColor(0xef, 0xef, 0xea);
    const QColor loss = theme.dark ? QColor(0x8f, 0xd0, 0xf5) : QColor(0x08, 0x30, 0x6b);
    const QColor gain = theme.dark ? QColor(0xff, 0xb3, 0x66) : QColor(0xb3, 0x50, 0x00);
    if (!std::isfinite(change))
        return theme.grid;
    // One scale for both, so that a small gain beside a large loss looks small; small changes are spread a little.
    const double share = std::abs(change) / std::max(-m_low, m_high);
    return mixed(none, change < 0 ? loss : gain, std::pow(std::min(1.0, share), 0.8));
}

void HeatMap::draw(const plot_style::Theme &theme)
{
    QCPColorGradient gradient;
    QMap<double, QColor> stops;
    for (int i = 0; i <= 64; ++i)
        stops.insert(i / 64.0, colorOf(m_low + (m_high - m_low) * i / 64, theme));
    gradient.setColorStops(stops);
    gradient.setLevelCount(256);
    gradient.setNanHandling(QCPColorGradient::nhTransparent);
    m_map->setGradient(gradient);
    m_map->setDataRange(QCPRange(m_low, m_high));
    m_scale->setGradient(gradient);
    m_scale->setDataRange(QCPRange(m_low, m_high));
    m_scale->setBarWidth(qRound(12 * theme.scale));
}

void HeatMap::fitNumbers(const plot_style::Theme &theme)
{
    if (m_numbers.empty())
        return;
    const QRectF cell = cellRect(0, 0);
    QFont font = theme.font;
    font.setPixelSize(100);
    double widest = 1;
    for (const QCPItemText *number : m_numbers)
        widest = std::max(widest, QFontMetricsF(font).horizontalAdvance(number->text()));
    const double largest = 1.05 * QFontInfo(theme.font).pixelSize();
    const double size = std::min({largest, 0.55 * cell.height(), 100 * 0.88 * cell.width() / widest});
    font.setPixelSize(std::max(1, int(size)));
    std::size_t at = 0;
    for (int first = 0; first < layers(); ++first)
        for (int last = first; last < layers(); ++last) {
            QCPItemText &number = *m_numbers[at++];
            const QColor below = colorOf(change(first, last), theme);
            const double light = 0.299 * below.red() + 0.587 * below.green() + 0.114 * below.blue();
            number.setColor(light > 115 ? Qt::black : Qt::white); // whichever has more contrast
            number.setFont(font);
            number.setVisible(size >= smallestNumber);
        }
}

void HeatMap::fitTo(QSize size)
{
    const QFontMetrics metrics(m_rect->axis(QCPAxis::atLeft)->tickLabelFont());
    const int line = metrics.height();
    const bool narrow = size.width() < 18 * line || size.height() < 17 * line; // long labels would not end within the axes
    const auto words = [&](const char *all, const char *few) {
        return QCoreApplication::translate("charts", narrow ? few : all);
    };
    m_rect->axis(QCPAxis::atBottom)->setLabel(words("Last layer without adapters", "Last without"));
    m_rect->axis(QCPAxis::atLeft)->setLabel(words("First layer without adapters", "First without"));
    m_scale->axis()->setLabel(narrow ? QString() : m_values.scaleTitle);
    // It stands over the map alone, not over its colour bar.
    m_title->setText(metrics.elidedText(m_values.title, Qt::ElideRight, size.width() - 5 * line));
    m_rect->axis(QCPAxis::atLeft)->ticker()->setTickCount(std::max(2, size.height() / (2 * line)));
    m_rect->axis(QCPAxis::atBottom)->ticker()->setTickCount(std::max(2, size.width() / (4 * line)));
    m_scale->axis()->ticker()->setTickCount(std::clamp(size.height() / (4 * line), 2, 6));
}

bool HeatMap::cellAt(const QPointF &position, int &first, int &last) const
{
    if (layers() == 0 || !m_rect->rect().contains(position.toPoint()))
        return false;
    last = qRound(m_rect->axis(QCPAxis::atBottom)->pixelToCoord(position.x()));
    first = qRound(m_rect->axis(QCPAxis::atLeft)->pixelToCoord(position.y()));
    return first >= 0 && first <= last && last < layers();
}

QRectF HeatMap::cellRect(int first, int last) const
{
    const QCPAxis *x = m_rect->axis(QCPAxis::atBottom), *y = m_rect->axis(QCPAxis::atLeft);
    return QRectF(QPointF(x->coordToPixel(last - 0.5), y->coordToPixel(first - 0.5)),
                  QPointF(x->coordToPixel(last + 0.5), y->coordToPixel(first + 0.5)))
        .normalized();
}

} // namespace awb
