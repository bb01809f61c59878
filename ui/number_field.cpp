#include "ui/number_field.h"

#include <cmath>

#include <QEvent>
#include <QLocale>
#include <QRegularExpression>

#include "ui/glyphs.h"

namespace awb {

NumberField::NumberField(double minimum, double maximum, QWidget *parent)
    : QLineEdit(parent), m_minimum(minimum), m_maximum(maximum)
{
    connect(this, &QLineEdit::textChanged, this, &NumberField::showWhetherValid);
}

std::optional<double> NumberField::value() const
{
    bool isNumber = false;
    QLocale plain = QLocale::c();
    plain.setNumberOptions(QLocale::RejectGroupSeparator); // "0,001" would be one
    const double number = plain.toDouble(text().trimmed(), &isNumber);
    if (!isNumber || !std::isfinite(number) || number < m_minimum || number > m_maximum)
        return std::nullopt;
    return number;
}

void NumberField::setValue(double value)
{
    setText(textOf(value));
}

QSize NumberField::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(QStringLiteral("0.00001")) + 20, QLineEdit::sizeHint().height()};
}

QSize NumberField::minimumSizeHint() const
{
    return sizeHint();
}

QString NumberField::textOf(double value)
{
    static const QRegularExpression padding(QStringLiteral("e([+-])0*"));
    if (value != 0 && std::abs(value) < 0.01)
        return QString::number(value, 'e', QLocale::FloatingPointShortest).replace(padding, QStringLiteral("e\\1"));
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

void NumberField::changeEvent(QEvent *event)
{
    QLineEdit::changeEvent(event);
    if (event->type() == QEvent::EnabledChange)
        showWhetherValid();
}

void NumberField::showWhetherValid()
{
    QPalette colours; // nothing set: follows the parent's
    if (!text().trimmed().isEmpty() && !value())
        colours.setColor(QPalette::Text, glyphs::isDark(parentWidget() ? parentWidget()->palette() : palette())
                                             ? QColor(0xff, 0x8a, 0x80)
                                             : QColor(0xb0, 0x1c, 0x1c));
    setPalette(colours);
}

} // namespace awb
