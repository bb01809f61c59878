#include "ui/model_stack_painter.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>

#include "ui/glyphs.h"

namespace awb {

namespace {

struct Text {
    Q_DECLARE_TR_FUNCTIONS(awb::ModelStack)
};

struct Colours {
    QColor card, cardEdge, line, text;
    QColor frozen, frozenEdge, frozenText;
    QColor trained, trainedEdge, trainedText;
    QColor off, frame;

    explicit Colours(const QPalette &palette)
    {
        const bool dark = glyphs::isDark(palette);
        text = palette.color(QPalette::WindowText);
        frame = palette.color(QPalette::Highlight);
        card = dark ? QColor(255, 255, 255, 10) : QColor(255, 255, 255, 150);
        cardEdge = dark ? QColor(255, 255, 255, 45) : QColor(0, 0, 0, 40);
        line = dark ? QColor(0x8b, 0x90, 0x98) : QColor(0x88, 0x8d, 0x94);
        frozen = dark ? QColor(0x3d, 0x40, 0x45) : QColor(0xe4, 0xe6, 0xe9);
        frozenEdge = dark ? QColor(0x86, 0x8b, 0x93) : QColor(0x8a, 0x8f, 0x97);
        frozenText = dark ? QColor(0xc9, 0xcd, 0xd3) : QColor(0x47, 0x4c, 0x54);
        trained = dark ? QColor(0x3d, 0xc2, 0x98) : QColor(0x00, 0x7a, 0x5a);
        trainedEdge = dark ? QColor(0x7e, 0xe0, 0xc0) : QColor(0x00, 0x5c, 0x44);
        trainedText = dark ? QColor(0x06, 0x26, 0x1c) : QColor(Qt::white);
        off = dark ? QColor(0x9b, 0xa1, 0xaa) : QColor(0x6a, 0x70, 0x79);
    }
};

/// Wide, narrow, wide: a bottleneck whose waist is `waist` (0..1) of its height.
QPainterPath hourglass(const QRectF &rect, double waist)
{
    const double half = rect.height() * waist / 2, flat = rect.width() * 0.10;
    const QPointF middle = rect.center();
    QPainterPath path(rect.topLeft());
    path.lineTo(middle.x() - flat, middle.y() - half);
    path.lineTo(middle.x() + flat, middle.y() - half);
    path.lineTo(rect.topRight());
    path.lineTo(rect.bottomRight());
    path.lineTo(middle.x() + flat, middle.y() + half);
    path.lineTo(middle.x() - flat, middle.y() + half);
    path.lineTo(rect.bottomLeft());
    path.closeSubpath();
    return path;
}

double waistOf(int bottleneck, int hidden)
{
    return std::clamp(0.10 + 0.60 * std::log2(1.0 + bottleneck) / std::log2(1.0 + std::max(hidden, 2)), 0.10, 0.9);
}

QString labelOf(const StackPart &part, const QFontMetrics &metrics)
{
    switch (part.kind) {
    case StackPart::Kind::Embeddings:
        return Text::tr("embeddings");
    case StackPart::Kind::Attention:
        return Text::tr("attention");
    case StackPart::Kind::FeedForward:
        return Text::tr("feed-forward");
    case StackPart::Kind::LayerNorm:
        return metrics.horizontalAdvance(Text::tr("LayerNorm")) + 6 <= part.rect.width() ? Text::tr("LayerNorm")
                                                                                         : Text::tr("LN");
    case StackPart::Kind::Pooler:
        return Text::tr("pooler");
    case StackPart::Kind::Head:
        return Text::tr("head");
    case StackPart::Kind::Adapter:
        break;
    }
    return {};
}

void paintBlock(QPainter &painter, const StackPart &part, const Colours &colours)
{
    const bool filled = part.trained && !part.biasesOnly;
    painter.setPen(QPen(part.trained ? colours.trainedEdge : colours.frozenEdge, part.biasesOnly ? 2 : 1));
    painter.setBrush(filled ? colours.trained : colours.frozen);
    painter.drawRoundedRect(part.rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    painter.setPen(filled ? colours.trainedText : colours.frozenText);
    const QFontMetrics metrics = painter.fontMetrics();
    painter.drawText(part.rect, Qt::AlignCenter,
                     metrics.elidedText(labelOf(part, metrics), Qt::ElideRight, int(part.rect.width()) - 4));
}

void paintAdapter(QPainter &painter, const StackPart &part, double waist, bool hovered, const Colours &colours)
{
    const QPainterPath shape = hourglass(part.rect.adjusted(0.5, 1.5, -0.5, -1.5), waist);
    if (part.present) {
        painter.setPen(QPen(part.trained ? colours.trainedEdge : colours.frozenEdge, hovered ? 2 : 1));
        painter.setBrush(part.trained ? colours.trained : colours.frozen);
    } else {
        painter.setPen(QPen(colours.off, hovered ? 2 : 1, Qt::DashLine));
        painter.setBrush(Qt::NoBrush);
    }
    painter.drawPath(shape);
}

/// The way through the rows, and from each layer to the next.
void paintFlow(QPainter &painter, const StackView &view, const Colours &colours)
{
    const std::vector<StackPart> &parts = view.layout.parts;
    painter.setPen(QPen(colours.line, 1));
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const QRectF &from = parts[i - 1].rect, &to = parts[i].rect;
        if (from.center().y() == to.center().y())
            painter.drawLine(QPointF(from.right(), from.center().y()), QPointF(to.left(), to.center().y()));
    }
    const double x = parts.front().rect.left() - 6;
    QPolygonF tip;
    tip << QPointF(x - 3, 0) << QPointF(x + 3, 0) << QPointF(x, -4);
    for (const QRectF &card : view.layout.cards) {
        painter.setBrush(colours.line);
        painter.drawPolygon(tip.translated(0, card.bottom() + 4.5));
    }
    painter.drawPolygon(tip.translated(0, view.layout.cards.back().top() - 0.5));
}

void paintCards(QPainter &painter, const StackView &view, const Colours &colours)
{
    for (std::size_t layer = 0; layer < view.layout.cards.size(); ++layer) {
        const QRectF &card = view.layout.cards[layer];
        painter.setPen(QPen(colours.cardEdge, 1));
        painter.setBrush(colours.card);
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
        painter.setPen(colours.text);
        painter.drawText(QRectF(card.left() + 2, card.top(), 18, card.height()), Qt::AlignCenter, QString::number(layer));
    }
}

void paintLegend(QPainter &painter, const StackView &view, const Colours &colours)
{
    const QRectF area = view.layout.legend;
    double x = area.left();
    const auto entry = [&](const QString &text, const auto &paintSwatch) {
        const QRectF swatch(x, area.center().y() - 5, 18, 10);
        paintSwatch(swatch);
        painter.setPen(colours.text);
        const double width = painter.fontMetrics().horizontalAdvance(text);
        painter.drawText(QRectF(swatch.right() + 5, area.top(), width + 2, area.height()), Qt::AlignVCenter, text);
        x = swatch.right() + 5 + width + 14;
    };
    const auto block = [&](const QColor &edge, const QColor &fill) {
        return [&painter, edge, fill](const QRectF &swatch) {
            painter.setPen(edge);
            painter.setBrush(fill);
            painter.drawRoundedRect(swatch.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
        };
    };
    entry(Text::tr("green: trained"), block(colours.trainedEdge, colours.trained));
    entry(Text::tr("grey: frozen"), block(colours.frozenEdge, colours.frozen));
    if (std::ranges::any_of(view.layout.parts, &StackPart::biasesOnly))
        entry(Text::tr("edge: biases trained"), block(colours.trainedEdge, colours.frozen));
    if (view.bottleneck > 0)
        entry(Text::tr("no adapter"), [&](const QRectF &swatch) {
            painter.setPen(QPen(colours.off, 1, Qt::DashLine));
            painter.setBrush(Qt::NoBrush);
            painter.drawPath(hourglass(swatch.adjusted(0.5, 0.5, -0.5, -0.5), 0.4));
        });
}

} // namespace

void paintStack(QPainter &painter, const StackView &view, const QPalette &palette)
{
    const Colours colours(palette);
    painter.setRenderHint(QPainter::Antialiasing);
    QFont small = painter.font();
    small.setPixelSize(view.layout.rowHeight >= 17 ? 11 : 10);
    painter.setFont(small);
    paintCards(painter, view, colours);
    paintFlow(painter, view, colours);
    const double waist = waistOf(view.bottleneck, view.hidden);
    for (const StackPart &part : view.layout.parts) {
        if (part.kind == StackPart::Kind::Adapter)
            paintAdapter(painter, part, waist, &part == view.hovered, colours);
        else
            paintBlock(painter, part, colours);
    }
    if (view.current) {
        painter.setPen(QPen(colours.frame, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(view.current->target.adjusted(0, 0, 0, 0), 4, 4);
    }
    paintLegend(painter, view, colours);
}

} // namespace awb
