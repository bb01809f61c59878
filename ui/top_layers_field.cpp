#include "ui/top_layers_field.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>

namespace awb {

TopLayersField::TopLayersField(QWidget *parent) : QWidget(parent)
{
    m_count = new QSpinBox(this);
    m_count->setObjectName(QStringLiteral("topLayersSpin"));
    m_count->setRange(0, 1000); // until the model is known
    m_count->setValue(1);
    m_count->setToolTip(tr("Layers that are trained, from the top; 0 trains the pooler and the head only."));
    auto *label = new QLabel(tr("Top la&yers"), this);
    label->setBuddy(m_count);
    m_of = new QLabel(this);
    m_pooler = new QCheckBox(tr("pooler too"), this);
    m_pooler->setObjectName(QStringLiteral("topLayersPooler"));
    m_pooler->setToolTip(tr("The layer between the last encoder layer and the head; the paper trains it."));
    m_pooler->setChecked(true);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(label);
    row->addWidget(m_count);
    row->addWidget(m_of);
    row->addStretch(1);
    row->addWidget(m_pooler);
    connect(m_count, &QSpinBox::valueChanged, this, &TopLayersField::changed);
    connect(m_pooler, &QCheckBox::toggled, this, &TopLayersField::changed);
}

int TopLayersField::count() const
{
    return m_count->value();
}

bool TopLayersField::pooler() const
{
    return m_pooler->isChecked();
}

void TopLayersField::set(int count, bool pooler)
{
    m_count->setValue(count);
    m_pooler->setChecked(pooler);
}

void TopLayersField::setLayers(int layers)
{
    const QSignalBlocker quiet(m_count);
    m_of->setText(layers > 0 ? tr("of %1").arg(layers) : QString());
    m_count->setMaximum(layers > 0 ? layers : 1000);
}

} // namespace awb
