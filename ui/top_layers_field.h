#pragma once

#include <QWidget>

class QCheckBox;
class QLabel;
class QSpinBox;

namespace awb {

/// How many of a model's layers are trained, from the top, and whether the pooler is.
class TopLayersField : public QWidget {
    Q_OBJECT

public:
    explicit TopLayersField(QWidget *parent = nullptr);

    int count() const;
    bool pooler() const;
    void set(int count, bool pooler);
    /// `layers` of the model: the most that can be chosen; 0: unknown.
    void setLayers(int layers);

signals:
    void changed();

private:
    QSpinBox *m_count;
    QLabel *m_of;
    QCheckBox *m_pooler;
};

} // namespace awb
