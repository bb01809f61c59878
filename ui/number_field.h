#pragma once

#include <optional>

#include <QLineEdit>

namespace awb {

/// A line for one real number, "0.001" or "1e-3". What is no number within the bounds is shown in red and has no value.
class NumberField : public QLineEdit {
    Q_OBJECT

public:
    NumberField(double minimum, double maximum, QWidget *parent = nullptr);

    std::optional<double> value() const;
    void setValue(double value);
    double minimum() const { return m_minimum; }
    double maximum() const { return m_maximum; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

    /// "1e-3", "0.01", "128": the shortest text that reads back as the same number.
    static QString textOf(double value);

protected:
    void changeEvent(QEvent *event) override;

private:
    void showWhetherValid();

    double m_minimum, m_maximum;
};

} // namespace awb
