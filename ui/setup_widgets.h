#pragma once

#include <QFrame>
#include <QScrollArea>

class QBoxLayout;
class QComboBox;
class QFormLayout;
class QLabel;
class QToolButton;

namespace awb {

struct ParameterCount;

/// Three figures that follow the slider: trainable parameters, their share of the model, size of the file.
class Figures : public QFrame {
    Q_OBJECT

public:
    explicit Figures(QWidget *parent = nullptr);
    void show(const ParameterCount &count);
    void clear();

private:
    void setTexts(const QString &trainable, const QString &share, const QString &file);

    QLabel *m_trainable, *m_share, *m_file;
};

/// Scrolls up and down only: never narrower than what is in it. The wheel turns a field of it only where that has the focus.
class UprightScrollArea : public QScrollArea {
    Q_OBJECT

public:
    UprightScrollArea(QWidget *content, const char *name);
    QSize minimumSizeHint() const override;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
};

/// "2.67 %": three significant digits, so that small methods do not all read the same.
QString shareText(double share);

QComboBox *newCombo(QFormLayout &form, const char *name, const QString &label, const QString &toolTip);
QToolButton *newToolButton(QBoxLayout &row, const char *name, const QString &text, const QString &toolTip);
QFrame *newLine();

/// Puts these names into the box unless they are there already; keeps the chosen one, else chooses the first. Emits nothing;
/// true when another one is chosen now.
bool refill(QComboBox &combo, const QStringList &names);

} // namespace awb
