#include "ui/pgf_device.h"

#include <algorithm>
#include <cmath>

#include <QFontInfo>
#include <QFontMetricsF>
#include <QPaintEngine>
#include <QPainterPath>

namespace awb {

namespace {

QByteArray number(double value)
{
    QByteArray text = QByteArray::number(std::abs(value) < 5e-4 ? 0.0 : value, 'f', 3);
    while (text.endsWith('0'))
        text.chop(1);
    if (text.endsWith('.'))
        text.chop(1);
    return text;
}

QByteArray colour(const QColor &color)
{
    return "{rgb,255:red," + QByteArray::number(color.red()) + ";green," + QByteArray::number(color.green()) + ";blue," +
           QByteArray::number(color.blue()) + "}";
}

/// Text as LaTeX reads it. Letters that its standard encoding lacks become mathematics.
QByteArray escaped(const QString &text)
{
    QByteArray result;
    for (const char32_t c : text.toUcs4())
        switch (c) {
        case '\\':
            result += "\\textbackslash{}";
            break;
        case '~':
            result += "\\textasciitilde{}";
            break;
        case '^':
            result += "\\textasciicircum{}";
            break;
        case '{':
        case '}':
        case '$':
        case '&':
        case '#':
        case '_':
        case '%':
            result += '\\';
            result += char(c);
            break;
        case '|':
            result += "\\textbar{}";
            break;
        case '<':
            result += "$<$";
            break;
        case '>':
            result += "$>$";
            break;
        case 0x2212:
            result += "$-$";
            break;
        case 0xB7:
            result += "$\\cdot$";
            break;
        case 0xB1:
            result += "$\\pm$";
            break;
        case 0xD7:
            result += "$\\times$";
            break;
        case 0x3C3:
            result += "$\\sigma$";
            break;
        default:
            result += QString::fromUcs4(&c, 1).toUtf8();
        }
    return result;
}

constexpr auto features = QPaintEngine::AllFeatures & ~QPaintEngine::PaintEngineFeatures(
                                                          QPaintEngine::PatternBrush | QPaintEngine::PerspectiveTransform |
                                                          QPaintEngine::ConicalGradientFill | QPaintEngine::PorterDuff);

} // namespace

/// Coordinates are written in units of the painter; the picture scales them.
class PgfDevice::Engine : public QPaintEngine {
public:
    Engine(double scale, std::vector<double> centres) : QPaintEngine(features), m_scale(scale), m_centres(std::move(centres))
    {
    }

    bool begin(QPaintDevice *) override { return true; }
    bool end() override
    {
        closeClip();
        return true;
    }
    Type type() const override { return User; }
    void updateState(const QPaintEngineState &state) override;
    void drawPath(const QPainterPath &path) override { paint(path, true); }
    void drawPolygon(const QPointF *points, int count, PolygonDrawMode mode) override;
    void drawTextItem(const QPointF &position, const QTextItem &item) override;
    void drawPixmap(const QRectF &target, const QPixmap &pixmap, const QRectF &source) override
    {
        drawImage(target, pixmap.toImage(), source, Qt::AutoColor);
    }
    void drawImage(const QRectF &target, const QImage &image, const QRectF &source, Qt::ImageConversionFlags) override;

    QByteArray body;

private:
    QByteArray at(const QPointF &point) const { return "(" + number(point.x()) + "," + number(point.y()) + ")"; }
    QByteArray outline(const QPainterPath &path) const;
    QByteArray penOptions() const;
    void paint(const QPainterPath &path, bool fill);
    void closeClip();
    bool centred(double middle) const;

    double m_scale; ///< big points per unit
    std::vector<double> m_centres;
    QTransform m_transform;
    QRectF m_clip; ///< of the scope that is open; null: none
};

void PgfDevice::Engine::closeClip()
{
    if (!m_clip.isNull())
        body += "\\end{scope}\n";
    m_clip = QRectF();
}

void PgfDevice::Engine::updateState(const QPaintEngineState &state)
{
    m_transform = state.transform();
    if (!(state.state() & (DirtyClipEnabled | DirtyClipRegion | DirtyClipPath)))
        return;
    QRectF clip;
    if (painter()->hasClipping())
        clip = m_transform.mapRect(painter()->clipBoundingRect());
    if (clip == m_clip)
        return;
    closeClip();
    m_clip = clip;
    if (!clip.isNull())
        body += "\\begin{scope}\\clip " + at(clip.topLeft()) + " rectangle " + at(clip.bottomRight()) + ";\n";
}

QByteArray PgfDevice::Engine::outline(const QPainterPath &path) const
{
    QByteArray text;
    QPointF start;
    for (int i = 0; i < path.elementCount(); ++i) {
        const QPainterPath::Element element = path.elementAt(i);
        const QPointF point = element;
        if (element.isMoveTo()) {
            text += (i ? " " : "") + at(point);
            start = point;
        } else if (element.isLineTo()) {
            const bool closes = point == start && (i + 1 == path.elementCount() || path.elementAt(i + 1).isMoveTo());
            text += closes ? QByteArray("--cycle") : "--" + at(point);
        } else {
            text += "..controls" + at(point) + "and" + at(path.elementAt(i + 1)) + ".." + at(path.elementAt(i + 2));
            i += 2;
        }
        if (i % 8 == 7)
            text += '\n'; // TeX reads long lines only up to a limit
    }
    return text;
}

QByteArray PgfDevice::Engine::penOptions() const
{
    const QPen pen = state->pen();
    const double width = std::max(pen.widthF(), 0.5) * m_scale;
    QByteArray options = "draw=" + colour(pen.color()) + ",line width=" + number(width) + "bp";
    if (const double opacity = pen.color().alphaF() * state->opacity(); opacity < 1)
        options += ",draw opacity=" + number(opacity);
    if (pen.style() != Qt::SolidLine) {
        options += ",dash pattern=";
        bool on = true;
        for (const double length : pen.dashPattern()) { // in pen widths
            options += (on ? "on " : "off ") + number(length * width) + "bp ";
            on = !on;
        }
        options.chop(1);
    }
    options += pen.capStyle() == Qt::RoundCap ? ",line cap=round" : pen.capStyle() == Qt::FlatCap ? "" : ",line cap=rect";
    if (pen.joinStyle() == Qt::RoundJoin)
        options += ",line join=round";
    return options;
}

void PgfDevice::Engine::paint(const QPainterPath &path, bool fill)
{
    QByteArray options;
    if (fill && state->brush().style() != Qt::NoBrush) {
        const QColor color = state->brush().color();
        options = "fill=" + colour(color);
        if (const double opacity = color.alphaF() * state->opacity(); opacity < 1)
            options += ",fill opacity=" + number(opacity);
        if (path.fillRule() == Qt::OddEvenFill)
            options += ",even odd rule";
    }
    if (state->pen().style() != Qt::NoPen)
        options += (options.isEmpty() ? "" : ",") + penOptions();
    if (!options.isEmpty() && !path.isEmpty())
        body += "\\path[" + options + "] " + outline(m_transform.map(path)) + ";\n";
}

void PgfDevice::Engine::drawPolygon(const QPointF *points, int count, PolygonDrawMode mode)
{
    QPainterPath path;
    path.moveTo(points[0]);
    for (int i = 1; i < count; ++i)
        path.lineTo(points[i]);
    if (mode != PolylineMode)
        path.closeSubpath();
    path.setFillRule(mode == WindingMode ? Qt::WindingFill : Qt::OddEvenFill);
    paint(path, mode != PolylineMode);
}

bool PgfDevice::Engine::centred(double middle) const
{
    return std::any_of(m_centres.begin(), m_centres.end(), [&](double centre) { return std::abs(centre - middle) < 1.5; });
}

void PgfDevice::Engine::drawTextItem(const QPointF &position, const QTextItem &item)
{
    const QString text = item.text();
    if (text.trimmed().isEmpty())
        return;
    const double width = QFontMetricsF(item.font()).horizontalAdvance(text);
    const QPointF left = m_transform.map(position), middle = m_transform.map(position + QPointF(width / 2, 0));
    const double angle = std::atan2(m_transform.m12(), m_transform.m11()) * 180 / M_PI;
    const bool level = std::abs(angle) < 0.1;
    constexpr int numberLength = 7; // of a tick's label, whose width hardly differs
    const bool inTheMiddle = !level || text.size() <= numberLength || centred(middle.x());
    const double size = QFontInfo(item.font()).pixelSize() * m_scale;
    QByteArray options = inTheMiddle ? "anchor=base" : "anchor=base west";
    options += ",inner sep=0,outer sep=0,text=" + colour(state->pen().color());
    if (!level)
        options += ",rotate=" + number(-angle);
    // Scaled from a size that every font of LaTeX has: Computer Modern has none below 5 and would take that.
    constexpr double drawn = 10;
    options += ",scale=" + QByteArray::number(size / drawn, 'f', 4) + ",font=\\fontsize{10}{12}\\selectfont";
    if (item.font().bold())
        options += "\\bfseries";
    body += "\\node[" + options + "] at " + at(inTheMiddle ? middle : left) + " {" + escaped(text) + "};\n";
}

/// A heat map: a rectangle per stretch of one colour.
void PgfDevice::Engine::drawImage(const QRectF &target, const QImage &image, const QRectF &source, Qt::ImageConversionFlags)
{
    const QImage pixels = image.copy(source.toAlignedRect()).convertToFormat(QImage::Format_ARGB32);
    if (pixels.isNull())
        return;
    const double dx = target.width() / pixels.width(), dy = target.height() / pixels.height();
    const auto row = [&](int y) { return reinterpret_cast<const QRgb *>(pixels.constScanLine(y)); };
    for (int y = 0, next = 0; y < pixels.height(); y = next) {
        next = y + 1;
        while (next < pixels.height() && std::equal(row(y), row(y) + pixels.width(), row(next)))
            ++next;
        for (int x = 0, end = 0; x < pixels.width(); x = end) {
            end = x + 1;
            while (end < pixels.width() && row(y)[end] == row(y)[x])
                ++end;
            const QColor color = QColor::fromRgba(row(y)[x]);
            if (color.alpha() == 0)
                continue;
            const QRectF cell(target.left() + x * dx, target.top() + y * dy, (end - x) * dx, (next - y) * dy);
            const QRectF mapped = m_transform.mapRect(cell);
            body += "\\fill[fill=" + colour(color) +
                    (color.alpha() < 255 ? QByteArray(",opacity=" + number(color.alphaF())) : QByteArray()) + "] " +
                    at(mapped.topLeft()) + " rectangle " + at(mapped.bottomRight()) + ";\n";
        }
    }
}

PgfDevice::PgfDevice(QSize size, double width, std::vector<double> centres)
    : m_size(size), m_width(width), m_engine(std::make_unique<Engine>(width / size.width(), std::move(centres)))
{
}

PgfDevice::~PgfDevice() = default;

QPaintEngine *PgfDevice::paintEngine() const
{
    return m_engine.get();
}

QByteArray PgfDevice::content() const
{
    const QByteArray unit = number(m_width / m_size.width()) + "bp";
    return "% Written by Adapter Workbench. \\usepackage{tikz}, then \\input this file; no other package is needed.\n"
           "% Text takes the document's font. For another width: \\resizebox{\\columnwidth}{!}{\\input{...}}\n"
           "\\begin{tikzpicture}[x=" +
           unit + ",y=-" + unit + "]\n\\useasboundingbox (0,0) rectangle (" + QByteArray::number(m_size.width()) + "," +
           QByteArray::number(m_size.height()) + ");\n" + m_engine->body + "\\end{tikzpicture}\n";
}

int PgfDevice::metric(PaintDeviceMetric metric) const
{
    switch (metric) {
    case PdmWidth:
        return m_size.width();
    case PdmHeight:
        return m_size.height();
    case PdmWidthMM:
        return qRound(m_size.width() * 25.4 / 72);
    case PdmHeightMM:
        return qRound(m_size.height() * 25.4 / 72);
    case PdmNumColors:
        return 0x7fffffff;
    case PdmDepth:
        return 32;
    case PdmDpiX:
    case PdmDpiY:
    case PdmPhysicalDpiX:
    case PdmPhysicalDpiY:
        return 72;
    case PdmDevicePixelRatio:
        return 1;
    case PdmDevicePixelRatioScaled:
        return int(devicePixelRatioFScale());
    default:
        return QPaintDevice::metric(metric);
    }
}

} // namespace awb
