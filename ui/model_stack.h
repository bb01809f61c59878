#pragma once

#include <vector>

#include <QWidget>

#include "core/types.h"

namespace awb {

/// The model drawn as a stack of layers in the manner of the paper's Figure 2: embeddings at the bottom, each layer with
/// its attention and feed-forward sub-layer, their adapters and LayerNorms, the head on top. What is trained is green,
/// what is frozen grey. The two adapter sites of each layer are toggles: by click, and by keyboard (arrows, Space).
class ModelStack : public QWidget
{
    Q_OBJECT

public:
    explicit ModelStack(QWidget *parent = nullptr);

    /// Redraws for a model and method. `method.bottleneck` 0: no adapters are drawn. Layers without a `sites` entry are on.
    void setModel(const ModelShape &shape, const Method &method);
    std::vector<LayerSites> sites() const { return m_sites; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

public slots:
    void setAll(bool on);
    void setTopHalf();
    void setBottomHalf();

signals:
    void sitesChanged();

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override; // tooltips

private:
    ModelShape m_shape;
    Method m_method;
    std::vector<LayerSites> m_sites;
    int m_currentLayer = 0;
    bool m_currentAttention = true;
};

} // namespace awb
