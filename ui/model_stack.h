#pragma once

#include <vector>

#include <QWidget>

#include "core/types.h"
#include "ui/model_stack_layout.h"

namespace awb {

/// The model drawn as a stack of layers in the manner of the paper's Figure 2: embeddings at the bottom, each layer with
/// its attention and feed-forward sub-layer, their adapters and LayerNorms, the head on top. What is trained is green,
/// what is frozen grey. The two adapter sites of each layer are toggles: by click, and by keyboard (arrows, Space).
class ModelStack : public QWidget {
    Q_OBJECT

public:
    explicit ModelStack(QWidget *parent = nullptr);

    /// Redraws for a model and method. `method.bottleneck` 0: no adapters are drawn. Layers without a `sites` entry are on.
    /// `outputs` (classes) is for the size of the head in its tooltip. A shape without layers shows a hint instead.
    void setModel(const ModelShape &shape, const Method &method, int outputs = 2);
    std::vector<LayerSites> sites() const { return m_sites; }
    int sitesOn() const;
    /// Where the toggle of a site is, in widget coordinates; empty when there is none.
    QRect siteRect(int layer, bool attention) const;
    /// "Layer 3, adapter after attention: on ..." with its parameters; what the tooltip says.
    QString describePart(const StackPart &part) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

public slots:
    void setAll(bool on);
    void setTopHalf();
    void setBottomHalf();

signals:
    void sitesChanged();
    void currentMoved(const QRect &site); ///< the keyboard's site, to be scrolled into view

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    bool event(QEvent *event) override; // tooltips, and the mouse leaving

private:
    const StackPart *partAt(const QPointF &position) const;
    const StackPart *site(int layer, bool attention) const;
    bool hasAdapters() const { return m_method.bottleneck > 0 && m_shape.layers > 0; }
    void setSites(std::vector<LayerSites> sites);
    void toggle(int layer, bool attention);
    void moveCurrent(int step);
    void layOut();
    void describeForScreenReaders();

    ModelShape m_shape;
    Method m_method;
    int m_outputs = 2;
    std::vector<LayerSites> m_sites;
    StackLayout m_layout;
    int m_currentLayer = 0;
    bool m_currentAttention = true;
    int m_hoverLayer = -1; ///< -1: the mouse is on no site
    bool m_hoverAttention = false;
};

} // namespace awb
