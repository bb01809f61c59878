#include "ui/bottleneck_slider.h"

#include <algorithm>
#include <cmath>

#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QStyle>
#include <QStyleOptionSlider>

namespace awb {

namespace {

int nearestPower(int m)
{
    return std::clamp(int(std::lround(std::log2(std::max(m, 1)))), 0, BottleneckSlider::highestPower);
}

/// The powers of two, each under the place of the slider's handle.
class PowerLabels : public QWidget {
public:
    PowerLabels(const QSlider &slider, const BottleneckSlider &owner, QWidget *parent)
        : QWidget(parent), m_slider(slider), m_owner(owner)
    {
        QFont smaller = font();
        smaller.setPointSizeF(smaller.pointSizeF() * 0.85);
        setFont(smaller);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    }
    QSize sizeHint() const override { return {200, fontMetrics().height()}; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        const int handle = style()->pixelMetric(QStyle::PM_SliderLength, nullptr, &m_slider);
        for (int power = 0; power <= BottleneckSlider::highestPower; ++power) {
            const int left =
                QStyle::sliderPositionFromValue(0, BottleneckSlider::highestPower, power, m_slider.width() - handle);
            const QString text = QString::number(1 << power);
            const int half = painter.fontMetrics().horizontalAdvance(text) / 2;
            const int x =
                std::clamp(m_slider.x() - this->x() + left + handle / 2 - half, 0, std::max(0, width() - 2 * half));
            QFont labelFont = font();
            labelFont.setBold(m_owner.value() == 1 << power && isEnabled());
            painter.setFont(labelFont);
            painter.setPen(palette().color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::WindowText));
            painter.drawText(x, painter.fontMetrics().ascent(), text);
        }
    }

private:
    const QSlider &m_slider;
    const BottleneckSlider &m_owner;
};

} // namespace

BottleneckSlider::BottleneckSlider(QWidget *parent) : QWidget(parent)
{
    m_slider = new QSlider(Qt::Horizontal);
    m_slider->setObjectName(QStringLiteral("bottleneckSlider"));
    m_slider->setAccessibleName(tr("Bottleneck size m, powers of two"));
    m_slider->setRange(0, highestPower);
    m_slider->setPageStep(1);
    m_slider->setTickPosition(QSlider::TicksBelow);
    m_slider->setTickInterval(1);
    m_slider->installEventFilter(this);

    m_spin = new QSpinBox;
    m_spin->setObjectName(QStringLiteral("bottleneckSpin"));
    m_spin->setAccessibleName(tr("Bottleneck size m, exact"));
    m_spin->setRange(1, largest);
    m_spin->setToolTip(
        tr("Size m of the adapters: how many numbers the hidden state is squeezed into.\nThe paper tries 1 to 512; 64 is "
           "the default of its code."));
    m_slider->setToolTip(m_spin->toolTip());

    auto *title = new QLabel(tr("&Bottleneck size m"));
    title->setBuddy(m_slider);
    auto *labels = new PowerLabels(*m_slider, *this, this);
    auto *layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setVerticalSpacing(0);
    layout->addWidget(title, 0, 0);
    layout->addWidget(m_spin, 0, 1);
    layout->addWidget(m_slider, 1, 0, 1, 2);
    layout->addWidget(labels, 2, 0, 1, 2);
    layout->setColumnStretch(0, 1);
    setTabOrder(m_slider, m_spin);

    connect(m_slider, &QSlider::valueChanged, this, [this, labels](int power) {
        m_spin->setValue(1 << power);
        labels->update();
    });
    // An exact value stands at its nearest power, so the handle need not move to choose that.
    connect(m_slider, &QSlider::sliderReleased, this, [this] { setValue(1 << m_slider->value()); });
    connect(m_spin, &QSpinBox::valueChanged, this, [this, labels](int m) {
        const QSignalBlocker keepsExactValue(m_slider);
        m_slider->setValue(nearestPower(m));
        labels->update();
        emit valueChanged(m);
    });
    setValue(64);
}

int BottleneckSlider::value() const
{
    return m_spin->value();
}

void BottleneckSlider::setValue(int m)
{
    m_spin->setValue(m);
}

bool BottleneckSlider::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_slider || event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    // From an exact value the handle's own step would skip a power: 48 stands at 64, one step up is 64 and not 128.
    const int key = static_cast<QKeyEvent *>(event)->key();
    const double power = std::log2(value());
    if (key == Qt::Key_Right || key == Qt::Key_Up)
        setValue(std::max(value(), 1 << std::min(int(std::floor(power)) + 1, highestPower)));
    else if (key == Qt::Key_Left || key == Qt::Key_Down)
        setValue(1 << std::clamp(int(std::ceil(power)) - 1, 0, highestPower));
    else
        return false;
    return true;
}

} // namespace awb
