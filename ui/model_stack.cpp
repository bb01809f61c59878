#include "ui/model_stack.h"

#include <algorithm>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "core/methods/methods.h"
#include "core/methods/parameters.h"
#include "ui/model_stack_painter.h"
#include "ui/wording.h"

namespace awb {

ModelStack::ModelStack(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("modelStack"));
    setAccessibleName(tr("Adapter sites of the model"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    describeForScreenReaders();
}

void ModelStack::setModel(const ModelShape &shape, const Method &method, int outputs)
{
    const bool otherHeight = shape.layers != m_shape.layers;
    m_shape = shape;
    m_method = method;
    m_outputs = outputs;
    m_sites = method.sites;
    m_sites.resize(shape.layers);
    m_currentLayer = std::clamp(m_currentLayer, 0, std::max(0, shape.layers - 1));
    m_hoverLayer = -1;
    layOut();
    if (otherHeight)
        updateGeometry();
}

int ModelStack::sitesOn() const
{
    int on = 0;
    for (const LayerSites &layer : m_sites)
        on += int(layer.attention) + int(layer.feedForward);
    return on;
}

QRect ModelStack::siteRect(int layer, bool attention) const
{
    const StackPart *part = site(layer, attention);
    return part ? part->target.toAlignedRect() : QRect();
}

QString ModelStack::describePart(const StackPart &part) const
{
    Method withPart = m_method; // an adapter that is off has a size all the same
    withPart.sites.clear();
    qint64 elements = 0;
    for (const Parameter &parameter : parameterTable(m_shape, withPart, m_outputs))
        for (const std::string &prefix : part.prefixes)
            if (parameter.name.starts_with(prefix))
                elements += parameter.elements();
    const QString size = tr("%1 parameters").arg(wording::count(elements));
    if (part.kind != StackPart::Kind::Adapter)
        return nameOf(part) + QStringLiteral("\n") + size +
               (part.biasesOnly ? tr(", its biases are trained")
                : part.trained  ? tr(", trained")
                                : tr(", frozen"));
    return nameOf(part) + (part.present ? tr(": on") : tr(": off")) + QStringLiteral("\n") + size + QStringLiteral("\n") +
           (part.present ? tr("Click to take it out.") : tr("Click to put it in."));
}

QSize ModelStack::sizeHint() const
{
    return {320, m_shape.layers > 0 ? stackHeight(m_shape.layers) : 90};
}

QSize ModelStack::minimumSizeHint() const
{
    return {240, sizeHint().height()};
}

void ModelStack::setAll(bool on)
{
    setSites(std::vector<LayerSites>(m_shape.layers, {on, on}));
}

void ModelStack::setTopHalf()
{
    setSites(parseSites("top-half", "both", m_shape.layers));
}

void ModelStack::setBottomHalf()
{
    setSites(parseSites("bottom-half", "both", m_shape.layers));
}

void ModelStack::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    if (m_shape.layers == 0) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, tr("Choose a checkpoint to see the model."));
        return;
    }
    StackView view{m_layout, m_method.bottleneck, m_shape.hidden};
    view.hovered = site(m_hoverLayer, m_hoverAttention);
    view.current = hasFocus() && hasAdapters() ? site(m_currentLayer, m_currentAttention) : nullptr;
    paintStack(painter, view, palette());
}

void ModelStack::mousePressEvent(QMouseEvent *event)
{
    const StackPart *part = partAt(event->position());
    if (event->button() != Qt::LeftButton || !part || part->kind != StackPart::Kind::Adapter)
        return QWidget::mousePressEvent(event);
    m_currentLayer = part->layer;
    m_currentAttention = part->attention;
    toggle(m_currentLayer, m_currentAttention);
}

void ModelStack::mouseMoveEvent(QMouseEvent *event)
{
    const StackPart *part = partAt(event->position());
    const bool onSite = part && part->kind == StackPart::Kind::Adapter;
    setCursor(onSite ? Qt::PointingHandCursor : Qt::ArrowCursor);
    m_hoverLayer = onSite ? part->layer : -1;
    m_hoverAttention = onSite && part->attention;
    update();
}

void ModelStack::keyPressEvent(QKeyEvent *event)
{
    if (!hasAdapters())
        return QWidget::keyPressEvent(event);
    const int last = 2 * m_shape.layers;
    switch (event->key()) {
    case Qt::Key_Up:
    case Qt::Key_Right:
        return moveCurrent(1);
    case Qt::Key_Down:
    case Qt::Key_Left:
        return moveCurrent(-1);
    case Qt::Key_PageUp:
        return moveCurrent(2);
    case Qt::Key_PageDown:
        return moveCurrent(-2);
    case Qt::Key_Home:
        return moveCurrent(last);
    case Qt::Key_End:
        return moveCurrent(-last);
    case Qt::Key_Space:
        return toggle(m_currentLayer, m_currentAttention);
    default:
        QWidget::keyPressEvent(event);
    }
}

void ModelStack::resizeEvent(QResizeEvent *)
{
    layOut();
}

void ModelStack::focusInEvent(QFocusEvent *event)
{
    QWidget::focusInEvent(event);
    if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason)
        moveCurrent(0);
}

bool ModelStack::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        if (const StackPart *part = partAt(help->pos()))
            QToolTip::showText(help->globalPos(), describePart(*part), this, part->target.toAlignedRect());
        else
            QToolTip::hideText();
        return true;
    }
    if (event->type() == QEvent::Leave) {
        m_hoverLayer = -1;
        update();
    }
    return QWidget::event(event);
}

const StackPart *ModelStack::partAt(const QPointF &position) const
{
    const auto found = std::find_if(m_layout.parts.begin(), m_layout.parts.end(),
                                    [&](const StackPart &part) { return part.target.contains(position); });
    return found == m_layout.parts.end() ? nullptr : &*found;
}

const StackPart *ModelStack::site(int layer, bool attention) const
{
    const auto found = std::find_if(m_layout.parts.begin(), m_layout.parts.end(), [&](const StackPart &part) {
        return part.kind == StackPart::Kind::Adapter && part.layer == layer && part.attention == attention;
    });
    return found == m_layout.parts.end() ? nullptr : &*found;
}

void ModelStack::setSites(std::vector<LayerSites> sites)
{
    if (!hasAdapters() || sites == m_sites)
        return;
    m_sites = std::move(sites);
    layOut();
    emit sitesChanged();
}

void ModelStack::toggle(int layer, bool attention)
{
    std::vector<LayerSites> sites = m_sites;
    bool &on = attention ? sites[layer].attention : sites[layer].feedForward;
    on = !on;
    setSites(std::move(sites));
}

void ModelStack::moveCurrent(int step)
{
    if (!hasAdapters())
        return;
    // Sites are counted upwards, as the data flows: attention of layer 0, feed-forward of layer 0, attention of layer 1 ...
    const int place = std::clamp(2 * m_currentLayer + int(!m_currentAttention) + step, 0, 2 * m_shape.layers - 1);
    m_currentLayer = place / 2;
    m_currentAttention = place % 2 == 0;
    describeForScreenReaders();
    update();
    emit currentMoved(siteRect(m_currentLayer, m_currentAttention));
}

void ModelStack::layOut()
{
    m_layout = m_shape.layers > 0 ? layOutStack(m_shape, m_method, m_sites, width()) : StackLayout();
    describeForScreenReaders();
    update();
}

void ModelStack::describeForScreenReaders()
{
    const StackPart *current = site(m_currentLayer, m_currentAttention);
    if (!current)
        return setAccessibleDescription(tr("No adapters."));
    setAccessibleDescription(tr("%1 of %2 adapters on. %3: %4.")
                                 .arg(sitesOn())
                                 .arg(2 * m_shape.layers)
                                 .arg(nameOf(*current), current->present ? tr("on") : tr("off")));
}

} // namespace awb
