#include "ui/glyphs.h"

#include <QPainter>
#include <QPainterPath>
#include <QPalette>
#include <QPixmap>

namespace awb::glyphs {

namespace {

void strokeLines(QPainter &p, std::initializer_list<QPointF> points)
{
    p.drawPolyline(QPolygonF(QList<QPointF>(points)));
}

/// Draws in a 16 x 16 box with a pen of 1.6 and a brush of the glyph's colour.
void drawSign(QPainter &p, Glyph glyph, const QColor &color)
{
    const QBrush fill(color);
    switch (glyph) {
    case Glyph::Clock:
        p.drawEllipse(QPointF(8, 8), 5.6, 5.6);
        strokeLines(p, {{8, 4.8}, {8, 8}, {10.4, 9.4}});
        break;
    case Glyph::Bars:
        p.fillRect(QRectF(4, 3.2, 2.8, 9.6), fill);
        p.fillRect(QRectF(9.2, 3.2, 2.8, 9.6), fill);
        break;
    case Glyph::Triangle: {
        QPainterPath path(QPointF(4.5, 2.8));
        path.lineTo(13, 8);
        path.lineTo(4.5, 13.2);
        path.closeSubpath();
        p.fillPath(path, fill);
        break;
    }
    case Glyph::Tick:
        strokeLines(p, {{3, 8.6}, {6.4, 12}, {13, 4.4}});
        break;
    case Glyph::Cross:
        strokeLines(p, {{3.8, 3.8}, {12.2, 12.2}});
        strokeLines(p, {{12.2, 3.8}, {3.8, 12.2}});
        break;
    case Glyph::Dash:
        p.drawEllipse(QPointF(8, 8), 5.6, 5.6);
        strokeLines(p, {{4.2, 11.8}, {11.8, 4.2}});
        break;
    case Glyph::Square:
        p.fillRect(QRectF(3.5, 3.5, 9, 9), fill);
        break;
    default:
        break;
    }
}

void drawAction(QPainter &p, Glyph glyph)
{
    switch (glyph) {
    case Glyph::Retry:
        p.drawArc(QRectF(3, 3, 10, 10), 60 * 16, 285 * 16);
        strokeLines(p, {{8.2, 1.4}, {11, 3.8}, {8, 6.2}});
        break;
    case Glyph::Up:
        strokeLines(p, {{8, 13.4}, {8, 3}});
        strokeLines(p, {{3.8, 7}, {8, 2.8}, {12.2, 7}});
        break;
    case Glyph::Down:
        strokeLines(p, {{8, 2.6}, {8, 13}});
        strokeLines(p, {{3.8, 9}, {8, 13.2}, {12.2, 9}});
        break;
    case Glyph::Bin:
        strokeLines(p, {{2.8, 4.4}, {13.2, 4.4}});
        strokeLines(p, {{6, 4}, {6.4, 2.4}, {9.6, 2.4}, {10, 4}});
        strokeLines(p, {{4.2, 4.8}, {4.9, 13.4}, {11.1, 13.4}, {11.8, 4.8}});
        break;
    case Glyph::Pencil:
        strokeLines(p, {{3, 13}, {3.6, 10.2}, {10.6, 3.2}, {12.8, 5.4}, {5.8, 12.4}, {3, 13}});
        strokeLines(p, {{9, 4.8}, {11.2, 7}});
        break;
    case Glyph::Reuse:
        p.drawRoundedRect(QRectF(2.6, 2.6, 7.6, 7.6), 1, 1);
        strokeLines(p, {{12.6, 5.6}, {13.4, 5.6}, {13.4, 13.4}, {5.6, 13.4}, {5.6, 12.6}});
        break;
    case Glyph::Layers:
        for (const double y : {4.0, 8.0, 12.0})
            p.drawLine(QPointF(3, y), QPointF(13, y));
        p.drawLine(QPointF(8, 4), QPointF(8, 12));
        break;
    case Glyph::Rows:
        p.drawRoundedRect(QRectF(2.4, 2.8, 11.2, 10.4), 1, 1);
        strokeLines(p, {{2.8, 6.2}, {13.2, 6.2}});
        strokeLines(p, {{2.8, 9.7}, {13.2, 9.7}});
        strokeLines(p, {{6.2, 3.2}, {6.2, 12.8}});
        break;
    case Glyph::Plus:
        strokeLines(p, {{8, 3}, {8, 13}});
        strokeLines(p, {{3, 8}, {13, 8}});
        break;
    case Glyph::Down2Tray:
        strokeLines(p, {{8, 2}, {8, 9.6}});
        strokeLines(p, {{4.8, 6.8}, {8, 10}, {11.2, 6.8}});
        strokeLines(p, {{2.6, 10.4}, {2.6, 13.4}, {13.4, 13.4}, {13.4, 10.4}});
        break;
    case Glyph::More:
        strokeLines(p, {{4, 4.6}, {7.4, 8}, {4, 11.4}});
        strokeLines(p, {{8.6, 4.6}, {12, 8}, {8.6, 11.4}});
        break;
    default:
        break;
    }
}

QPixmap pixmap(Glyph glyph, const QColor &color, int ratio)
{
    QPixmap image(16 * ratio, 16 * ratio);
    image.setDevicePixelRatio(ratio);
    image.fill(Qt::transparent);
    QPainter p(&image);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(QPen(color, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    drawSign(p, glyph, color);
    drawAction(p, glyph);
    return image;
}

} // namespace

QIcon icon(Glyph glyph, const QColor &color)
{
    QIcon icon;
    for (const int ratio : {1, 2, 3})
        icon.addPixmap(pixmap(glyph, color, ratio));
    return icon;
}

QIcon icon(Glyph glyph, const QPalette &palette)
{
    QIcon result = icon(glyph, palette.color(QPalette::Active, QPalette::WindowText));
    QColor faint = palette.color(QPalette::Active, QPalette::WindowText);
    faint.setAlphaF(0.35F);
    for (const int ratio : {1, 2, 3})
        result.addPixmap(pixmap(glyph, faint, ratio), QIcon::Disabled);
    return result;
}

Glyph stateGlyph(RunState state)
{
    switch (state) {
    case RunState::Queued:
        return Glyph::Clock;
    case RunState::Paused:
        return Glyph::Bars;
    case RunState::Running:
        return Glyph::Triangle;
    case RunState::Done:
        return Glyph::Tick;
    case RunState::Failed:
        return Glyph::Cross;
    case RunState::Cancelled:
        return Glyph::Dash;
    }
    return Glyph::Clock;
}

QColor stateColor(RunState state, bool dark)
{
    switch (state) {
    case RunState::Running:
        return dark ? QColor(0x56, 0xB4, 0xE9) : QColor(0x00, 0x72, 0xB2);
    case RunState::Done:
        return dark ? QColor(0x3D, 0xC9, 0x9A) : QColor(0x00, 0x7A, 0x58);
    case RunState::Failed:
        return dark ? QColor(0xFF, 0x8A, 0x50) : QColor(0xC2, 0x4A, 0x00);
    case RunState::Paused:
        return dark ? QColor(0xE6, 0x9F, 0x00) : QColor(0x9A, 0x67, 0x00);
    default:
        return dark ? QColor(0xB0, 0xB0, 0xB0) : QColor(0x66, 0x66, 0x66);
    }
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Active, QPalette::Base).lightness() <
           palette.color(QPalette::Active, QPalette::Text).lightness();
}

} // namespace awb::glyphs
