#include "ui/theme.h"

#include <QApplication>
#include <QPainter>
#include <QPalette>
#include <QProxyStyle>
#include <QStyleOption>
#include <QStyleFactory>

namespace awb::theme {
namespace {

QPalette paletteOf(QColor window, QColor base, QColor text, QColor dim, QColor button, QColor highlight, QColor link)
{
    QPalette palette(button, window); // also the shades that frames and grooves are drawn with
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, window);
    palette.setColor(QPalette::Button, button);
    palette.setColor(QPalette::ToolTipBase, base);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText})
        palette.setColor(role, text);
    palette.setColor(QPalette::BrightText, Qt::white);
    palette.setColor(QPalette::PlaceholderText, dim);
    palette.setColor(QPalette::Highlight, highlight);
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, link);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, dim);
    return palette;
}

QPalette light()
{
    return paletteOf(QColor(0xF4, 0xF5, 0xF7), Qt::white, QColor(0x1B, 0x1F, 0x24), QColor(0x6E, 0x77, 0x81),
                     QColor(0xF0, 0xF1, 0xF4), QColor(0x00, 0x64, 0xA0), QColor(0x00, 0x64, 0xA0));
}

QPalette dark()
{
    QPalette palette =
        paletteOf(QColor(0x22, 0x26, 0x2B), QColor(0x1A, 0x1D, 0x21), QColor(0xE6, 0xE9, 0xEC), QColor(0x93, 0x9B, 0xA5),
                  QColor(0x2D, 0x32, 0x38), QColor(0x1F, 0x7A, 0xBF), QColor(0x6C, 0xB8, 0xF0));
    // Highlights of frames: on dark ground the lighter shade that Qt derives would be a bright line.
    palette.setColor(QPalette::Light, QColor(0x3C, 0x42, 0x49));
    palette.setColor(QPalette::Midlight, QColor(0x34, 0x3A, 0x40));
    return palette;
}

bool isDark(const QStyleOption &option)
{
    return option.palette.color(QPalette::Window).lightness() <= 127;
}

/// Fusion, whose frames of boxes to tick and of fields are darker than the window and so cannot be seen on dark ground, and
/// which cuts the words of drop-downs without dots.
class Style : public QProxyStyle {
public:
    Style() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

    void drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter,
                       const QWidget *widget) const override
    {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        const bool isBox = element == PE_IndicatorCheckBox || element == PE_IndicatorItemViewItemCheck;
        if (isBox && isDark(*option))
            outline(*option, *painter, option->palette.color(QPalette::PlaceholderText), 0);
        if (element == PE_FrameLineEdit && isDark(*option) && !(option->state & State_HasFocus))
            outline(*option, *painter, fieldEdge, 2);
    }

    void drawComplexControl(ComplexControl control, const QStyleOptionComplex *option, QPainter *painter,
                            const QWidget *widget) const override
    {
        QProxyStyle::drawComplexControl(control, option, painter, widget);
        if (control == CC_SpinBox && isDark(*option) && !(option->state & State_HasFocus))
            outline(*option, *painter, fieldEdge, 2);
    }

    void drawControl(ControlElement element, const QStyleOption *option, QPainter *painter,
                     const QWidget *widget) const override
    {
        const auto *box = qstyleoption_cast<const QStyleOptionComboBox *>(option);
        if (element != CE_ComboBoxLabel || !box || box->editable)
            return QProxyStyle::drawControl(element, option, painter, widget);
        QStyleOptionComboBox fitted = *box;
        const int width = subControlRect(CC_ComboBox, box, SC_ComboBoxEditField, widget).width();
        const int icon = box->currentIcon.isNull() ? 0 : box->iconSize.width() + 4;
        fitted.currentText = box->fontMetrics.elidedText(box->currentText, Qt::ElideRight, width - icon - 2);
        QProxyStyle::drawControl(element, &fitted, painter, widget);
    }

private:
    static constexpr QColor fieldEdge{0x6F, 0x78, 0x82}; // 3.3 : 1 against the dark window

    static void outline(const QStyleOption &option, QPainter &painter, const QColor &color, int radius)
    {
        painter.save();
        painter.setPen(color);
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(option.rect.adjusted(0, 0, -1, -1), radius, radius);
        painter.restore();
    }
};

} // namespace

void apply(QApplication &application, const QString &name)
{
    static const QPalette system = application.palette(); // as the desktop set it, before any of ours
    application.setStyle(new Style);
    application.setPalette(name == u"dark" ? dark() : name == u"light" ? light() : system);
}

} // namespace awb::theme
