#include "ui/model_stack_layout.h"

#include <algorithm>
#include <utility>

#include <QCoreApplication>

#include "core/methods/parameters.h"

namespace awb {

namespace {

struct Text {
    Q_DECLARE_TR_FUNCTIONS(awb::ModelStack)
};

constexpr double margin = 2, padding = 4, gap = 5, legendHeight = 20;

double rowHeightFor(int layers)
{
    return layers <= 6 ? 19 : layers <= 12 ? 17 : 15;
}
double cardHeightFor(int layers)
{
    return 2 * rowHeightFor(layers) + 2 * padding + 2;
}

/// Left edges and widths of the three columns: block, adapter, LayerNorm.
struct Columns {
    double x[3], width[3];

    explicit Columns(double total)
    {
        const double left = margin + padding + 22, space = 10;
        const double usable = total - left - margin - padding - 2 * space;
        const double shares[] = {0.40, 0.30, 0.30};
        double at = left;
        for (int i = 0; i < 3; ++i) {
            x[i] = at;
            width[i] = usable * shares[i];
            at += width[i] + space;
        }
    }
    QRectF cell(int first, int last, double y, double height) const
    {
        return {x[first], y, x[last] + width[last] - x[first], height};
    }
};

class Builder {
public:
    Builder(Method method, StackLayout &layout) : m_method(std::move(method)), m_layout(layout) {}

    StackPart &add(StackPart::Kind kind, int layer, bool attention, const QRectF &rect, std::vector<std::string> prefixes)
    {
        StackPart part{kind, layer, attention, rect, rect, std::move(prefixes)};
        // One matrix and one bias speak for a block: globs of whole blocks, of biases and of LayerNorms all meet one of
        // them.
        const auto any = [&](const char *tensor) {
            return std::ranges::any_of(part.prefixes,
                                       [&](const std::string &prefix) { return trains(m_method, prefix + tensor); });
        };
        const bool weights = any("weight");
        part.trained = weights || any("bias");
        part.biasesOnly = part.trained && !weights;
        m_layout.parts.push_back(std::move(part));
        return m_layout.parts.back();
    }

    void addRow(int layer, bool attention, bool on, double y, const Columns &columns)
    {
        using Kind = StackPart::Kind;
        const double height = m_layout.rowHeight;
        const std::string start = "encoder.layer." + std::to_string(layer) + ".";
        const std::string output = start + (attention ? "attention.output." : "output.");
        std::vector<std::string> block = {output + "dense."};
        if (attention)
            block.insert(block.begin(),
                         {start + "attention.self.query.", start + "attention.self.key.", start + "attention.self.value."});
        else
            block.insert(block.begin(), start + "intermediate.dense.");
        add(attention ? Kind::Attention : Kind::FeedForward, layer, attention, columns.cell(0, 0, y, height),
            std::move(block));
        if (m_method.bottleneck > 0) {
            StackPart &adapter = add(Kind::Adapter, layer, attention, columns.cell(1, 1, y, height),
                                     {output + "adapter.down.", output + "adapter.up."});
            adapter.target = adapter.rect.adjusted(-4, -1, 4, 1);
            adapter.present = on;
        }
        add(Kind::LayerNorm, layer, attention, columns.cell(2, 2, y, height), {output + "LayerNorm."});
    }

private:
    Method m_method; ///< with the sites that are on
    StackLayout &m_layout;
};

} // namespace

int stackHeight(int layers)
{
    const double ends = 2 * (rowHeightFor(layers) + gap);
    return int(2 * margin + ends + layers * (cardHeightFor(layers) + gap) + legendHeight);
}

StackLayout layOutStack(const ModelShape &shape, const Method &method, const std::vector<LayerSites> &sites, double width)
{
    using Kind = StackPart::Kind;
    StackLayout layout;
    layout.rowHeight = rowHeightFor(shape.layers);
    layout.height = stackHeight(shape.layers);
    const Columns columns(width);
    Method own = method;
    own.sites = sites;
    Builder builder(own, layout);

    double bottom = layout.height - margin - legendHeight;
    layout.legend = {margin + padding, bottom + 2, width - 2 * (margin + padding), legendHeight - 2};

    double y = bottom - layout.rowHeight;
    builder.add(Kind::Embeddings, -1, false, columns.cell(0, 1, y, layout.rowHeight),
                {"embeddings.word_embeddings.", "embeddings.position_embeddings.", "embeddings.token_type_embeddings."});
    builder.add(Kind::LayerNorm, -1, false, columns.cell(2, 2, y, layout.rowHeight), {"embeddings.LayerNorm."});
    for (int layer = 0; layer < shape.layers; ++layer) {
        const double height = cardHeightFor(shape.layers);
        y -= gap + height;
        layout.cards.emplace_back(margin, y, width - 2 * margin, height);
        const LayerSites on = layer < int(sites.size()) ? sites[layer] : LayerSites{};
        builder.addRow(layer, true, on.attention, y + padding + layout.rowHeight + 2, columns);
        builder.addRow(layer, false, on.feedForward, y + padding, columns);
    }
    y -= gap + layout.rowHeight;
    builder.add(Kind::Pooler, -1, false, columns.cell(0, 0, y, layout.rowHeight), {"pooler.dense."});
    builder.add(Kind::Head, -1, false, columns.cell(2, 2, y, layout.rowHeight), {"classifier."});
    return layout;
}

QString nameOf(const StackPart &part)
{
    switch (part.kind) {
    case StackPart::Kind::Embeddings:
        return Text::tr("Embeddings");
    case StackPart::Kind::Pooler:
        return Text::tr("Pooler");
    case StackPart::Kind::Head:
        return Text::tr("Head");
    case StackPart::Kind::Attention:
        return Text::tr("Layer %1, attention").arg(part.layer);
    case StackPart::Kind::FeedForward:
        return Text::tr("Layer %1, feed-forward").arg(part.layer);
    case StackPart::Kind::Adapter:
        return (part.attention ? Text::tr("Layer %1, adapter after attention")
                               : Text::tr("Layer %1, adapter after feed-forward"))
            .arg(part.layer);
    case StackPart::Kind::LayerNorm:
        break;
    }
    if (part.layer < 0)
        return Text::tr("LayerNorm of the embeddings");
    return (part.attention ? Text::tr("Layer %1, LayerNorm after attention")
                           : Text::tr("Layer %1, LayerNorm after feed-forward"))
        .arg(part.layer);
}

} // namespace awb
