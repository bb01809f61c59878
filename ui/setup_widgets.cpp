#include "ui/setup_widgets.h"

#include <cmath>

#include <QAbstractSpinBox>
#include <QBoxLayout>
#include <QComboBox>
#include <QEvent>
#include <QFormLayout>
#include <QLabel>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

#include "core/methods/parameters.h"
#include "ui/wording.h"

namespace awb {

Figures::Figures(QWidget *parent) : QFrame(parent)
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    // As wide as the largest figure: the panel must not grow and shrink with the slider.
    const auto add = [this, row](const char *name, const QString &caption, const char *largest, int stretch) {
        auto *figure = new QLabel;
        figure->setObjectName(QLatin1String(name));
        figure->setAccessibleName(caption);
        figure->setTextInteractionFlags(Qt::TextSelectableByMouse);
        QFont large = font();
        large.setPointSizeF(large.pointSizeF() * 1.25);
        large.setBold(true);
        figure->setFont(large);
        figure->setMinimumWidth(QFontMetrics(large).horizontalAdvance(QLatin1String(largest)));
        auto *text = new QLabel(caption);
        auto *column = new QVBoxLayout;
        column->setSpacing(0);
        column->addWidget(figure);
        column->addWidget(text);
        row->addLayout(column, stretch);
        return figure;
    };
    m_trainable = add("trainableLabel", tr("trainable parameters"), "888,888,888", 3);
    m_share = add("shareLabel", tr("of the model"), "0.00888 %", 2);
    m_file = add("fileSizeLabel", tr("file size"), "88.8 MiB", 2);
    m_share->setToolTip(tr("Trainable parameters as a share of the model before adapters are put in."));
    m_file->setToolTip(tr("Size of the file that holds what is trained, beside one shared copy of the checkpoint."));
    clear();
}

void Figures::show(const ParameterCount &count)
{
    setTexts(wording::count(count.trainable), shareText(count.share()), wording::bytes(count.fileBytes));
}

void Figures::clear()
{
    setTexts(QStringLiteral("–"), QStringLiteral("–"), QStringLiteral("–"));
}

void Figures::setTexts(const QString &trainable, const QString &share, const QString &file)
{
    m_trainable->setText(trainable);
    m_share->setText(share);
    m_file->setText(file);
}

QString shareText(double share)
{
    const double percent = 100 * share;
    int decimals = 2 - int(std::floor(std::log10(std::max(percent, 1e-9))));
    if (percent >= 99.95)
        decimals = share < 1 ? 2 : 0;
    return QObject::tr("%1 %").arg(percent, 0, 'f', std::clamp(decimals, 0, 6));
}

QComboBox *newCombo(QFormLayout &form, const char *name, const QString &label, const QString &toolTip)
{
    auto *combo = new QComboBox;
    combo->setObjectName(QLatin1String(name));
    combo->setToolTip(toolTip);
    // Long names must not widen the dock.
    combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo->setMinimumContentsLength(12);
    combo->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    auto *text = new QLabel(label);
    text->setBuddy(combo);
    form.addRow(text, combo);
    return combo;
}

QToolButton *newToolButton(QBoxLayout &row, const char *name, const QString &text, const QString &toolTip)
{
    auto *button = new QToolButton;
    button->setObjectName(QLatin1String(name));
    button->setText(text);
    button->setToolTip(toolTip);
    button->setFocusPolicy(Qt::StrongFocus);
    row.addWidget(button);
    return button;
}

/// Whether the wheel changes the value of a field.
static bool turnsWithTheWheel(const QWidget &field)
{
    return qobject_cast<const QComboBox *>(&field) || qobject_cast<const QAbstractSpinBox *>(&field) ||
           qobject_cast<const QSlider *>(&field);
}

UprightScrollArea::UprightScrollArea(QWidget *content, const char *name)
{
    setObjectName(QLatin1String(name));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    setWidget(content);
    for (QWidget *field : content->findChildren<QWidget *>()) {
        if (field->focusPolicy() != Qt::NoFocus)
            field->installEventFilter(this);
        if (turnsWithTheWheel(*field) && field->focusPolicy() == Qt::WheelFocus)
            field->setFocusPolicy(Qt::StrongFocus);
    }
}

QSize UprightScrollArea::minimumSizeHint() const
{
    return {widget()->minimumSizeHint().width() + verticalScrollBar()->sizeHint().width(),
            QScrollArea::minimumSizeHint().height()};
}

bool UprightScrollArea::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == widget() && event->type() == QEvent::LayoutRequest)
        updateGeometry();
    auto *field = qobject_cast<QWidget *>(watched);
    if (!field || !widget() || !widget()->isAncestorOf(field)) // the area's own parts are watched too
        return QScrollArea::eventFilter(watched, event);
    if (event->type() == QEvent::FocusIn) // by its letter, say
        ensureWidgetVisible(field);
    if (event->type() == QEvent::Wheel && turnsWithTheWheel(*field) && !field->hasFocus()) {
        event->ignore(); // the page scrolls, and no setting changes under a pointer that happens to be there
        return true;
    }
    return QScrollArea::eventFilter(watched, event);
}

QFrame *newLine()
{
    auto *line = new QFrame;
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Sunken);
    return line;
}

bool refill(QComboBox &combo, const QStringList &names)
{
    QStringList there;
    for (int i = 0; i < combo.count(); ++i)
        there << combo.itemText(i);
    if (there == names)
        return false;
    const QSignalBlocker quiet(combo);
    const QString chosen = combo.currentText();
    combo.clear();
    combo.addItems(names);
    for (int i = 0; i < names.size(); ++i)
        combo.setItemData(i, names[i], Qt::ToolTipRole);
    combo.setCurrentIndex(std::max(combo.findText(chosen), names.isEmpty() ? -1 : 0));
    return combo.currentText() != chosen;
}

} // namespace awb
