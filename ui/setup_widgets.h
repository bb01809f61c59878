#pragma once

#include <QFrame>

class QBoxLayout;
class QComboBox;
class QFormLayout;
class QLabel;
class QScrollArea;
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

/// "2.67 %": three significant digits, so that small methods do not all read the same.
QString shareText(double share);

QComboBox *newCombo(QFormLayout &form, const char *name, const QString &label, const QString &toolTip);
QToolButton *newToolButton(QBoxLayout &row, const char *name, const QString &text, const QString &toolTip);
QScrollArea *newScrollArea(QWidget *content, const char *name);
QFrame *newLine();

/// Puts these names into the box unless they are there already; keeps the chosen one, else chooses the first. Emits nothing;
/// true when another one is chosen now.
bool refill(QComboBox &combo, const QStringList &names);

} // namespace awb
