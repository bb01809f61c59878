#pragma once

#include <memory>
#include <vector>

#include <QByteArray>
#include <QPaintDevice>
#include <QSize>

namespace awb {

/// A paint device that writes what is painted as commands of TikZ, to be \input into a LaTeX document, which sets the text
/// in its own font. Needs no package but tikz.
class PgfDevice : public QPaintDevice {
public:
    /// `size` in units of the painter, which becomes `width` big points wide. Text whose middle lies on one of `centres`
    /// (x, in units) stays centred there; other level text keeps its left edge, since the document's letters have other
    /// widths.
    PgfDevice(QSize size, double width, std::vector<double> centres);
    ~PgfDevice() override;

    /// The file, once the painter has ended.
    QByteArray content() const;

    QPaintEngine *paintEngine() const override;

protected:
    int metric(PaintDeviceMetric metric) const override;

private:
    QSize m_size;
    double m_width;
    class Engine;
    std::unique_ptr<Engine> m_engine;
};

} // namespace awb
