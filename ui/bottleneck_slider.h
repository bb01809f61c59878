#pragma once

#include <QWidget>

class QSlider;
class QSpinBox;

namespace awb {

/// The bottleneck size m: a slider over 2^0 ... 2^9 with its powers written under it, and an exact entry beside it. An exact
/// value between two powers leaves the handle at the nearest one. Arrow keys on the slider go to the next power.
class BottleneckSlider : public QWidget {
    Q_OBJECT

public:
    static constexpr int highestPower = 9;
    static constexpr int largest = 4096; ///< of the exact entry

    explicit BottleneckSlider(QWidget *parent = nullptr);

    int value() const;
    void setValue(int m);

signals:
    void valueChanged(int m);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QSlider *m_slider;
    QSpinBox *m_spin;
};

} // namespace awb
