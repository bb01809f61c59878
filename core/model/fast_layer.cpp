#include "core/model/fast_layer.h"

#include <algorithm>

namespace awb::fast {

using namespace kernels;

namespace {

template <typename T>
T *sized(Buffer<T> &buffer, std::int64_t rows, std::int64_t columns)
{
    buffer.reserve(std::size_t(rows * columns));
    return buffer.data();
}

/// out = a W^T + b
template <typename T>
void dense(const T *a, const Rows &rows, const DenseWeights<T> &weights, T *out)
{
    product(a, weights.in, rows.padded, weights.pack->forward, [&](std::int64_t row, std::int64_t column, const Tile &tile) {
        addBias(tile.data, tile.stride, weights.pack->bias.data() + column, out + row * weights.out + column,
                {tile.rows, tile.columns, weights.out});
    });
}

/// out = g(a W^T + b), slope = g'(a W^T + b) where it is not null
template <typename T>
void denseActivated(const T *a, const Rows &rows, const DenseWeights<T> &weights, Activation g, T *out, T *slope)
{
    product(a, weights.in, rows.padded, weights.pack->forward, [&](std::int64_t row, std::int64_t column, const Tile &tile) {
        const std::int64_t at = row * weights.out + column;
        activate(g, tile.data, tile.stride, weights.pack->bias.data() + column, out + at, slope ? slope + at : nullptr,
                 {tile.rows, tile.columns, weights.out});
    });
}

/// out = slope times (gradient W)
template <typename T>
void denseBackwardActivated(const T *gradient, const Rows &rows, const DenseWeights<T> &weights, const T *slope, T *out)
{
    product(gradient, weights.out, rows.padded, weights.pack->backward,
            [&](std::int64_t row, std::int64_t column, const Tile &tile) {
                const std::int64_t at = row * weights.in + column;
                activateBackward(tile.data, tile.stride, slope + at, out + at, {tile.rows, tile.columns, weights.in});
            });
}

/// Dropout of a part of a product: out = dropout(part + bias + addend), (rows, d).
template <typename T>
void dropPart(const Tile &part, std::int64_t row, std::int64_t column, const float *bias, const float *addend,
              const Mask &mask, const Rows &rows, std::int64_t d, T *out)
{
    const std::int64_t at = row * d + column;
    dropRows(part.data, part.stride, bias ? bias + column : nullptr, addend ? addend + at : nullptr, mask,
             {rows.number + row, column, d}, out + at, {std::min(part.rows, rows.count - row), part.columns, d});
}

/// Dense and dropout of the end of a sub-layer, into the h of `tape`.
template <typename T>
void project(const OutputWeights<T> &weights, const Mask &mask, const Rows &rows, const T *x, OutputTape<T> &tape)
{
    const std::int64_t d = weights.dense.out;
    T *h = sized(tape.h, rows.padded, d);
    product(x, weights.dense.in, rows.padded, weights.dense.pack->forward,
            [&](std::int64_t row, std::int64_t column, const Tile &part) {
                dropPart(part, row, column, weights.dense.pack->bias.data(), nullptr, mask, rows, d, h);
            });
}

/// Its adapter, residual and LayerNorm.
template <typename T>
void finish(const OutputWeights<T> &weights, bool adapt, const Rows &rows, const T *residual, OutputTape<T> &tape, bool keep,
            Scratch<T> &scratch, T *y)
{
    const std::int64_t d = weights.dense.out;
    float *wide = sized(scratch.wide, rows.padded, d);
    const T *h = tape.h.data();
    NormInput<T> sum{.a = h, .b = residual};
    if (adapt) {
        const std::int64_t m = weights.adapter.down.out;
        T *z = sized(tape.z, rows.padded, m), *slope = keep ? sized(tape.slope, rows.padded, m) : nullptr;
        denseActivated(h, rows, weights.adapter.down, weights.adapter.activation, z, slope);
        product(z, m, rows.padded, weights.adapter.up.pack->forward, wide, d);
        sum.product = wide;
        sum.bias = weights.adapter.up.pack->bias.data();
    }
    normRows(sum, weights.norm.values(), keep ? sized(tape.normalised, rows.padded, d) : nullptr,
             keep ? sized(tape.inverse, rows.padded, 1) : nullptr, y, rows.count, d);
}

/// Of an adapter that is switched off.
template <typename T>
void zeroGradients(const AdapterWeights<T> &adapter, const GradientSums &sums)
{
    for (const DenseWeights<T> *dense : {&adapter.down, &adapter.up})
        if (const int slot = dense->weightSlots.front(); slot >= 0)
            std::fill_n(sums.of(slot), dense->out * dense->in, 0.0f);
}

/// gradient of y, in place, becomes that of the residual; scratch.narrow gets that of the dense layer's output.
template <typename T>
void outputBackward(const OutputWeights<T> &weights, bool adapt, const Mask &mask, const Rows &rows, const T *denseInput,
                    OutputTape<T> &tape, Scratch<T> &scratch, const GradientSums &sums, float *gradient)
{
    const std::int64_t d = weights.dense.out;
    T *rounded = sized(scratch.rounded, rows.padded, d), *narrow = sized(scratch.narrow, rows.padded, d);
    const auto slot = [&](int number) { return number < 0 ? sized(scratch.wide, rows.padded + 2, d) : sums.of(number); };
    normRowsBackward(gradient, tape.normalised.data(), tape.inverse.data(), weights.norm.values().weight, rounded,
                     slot(weights.norm.weightSlot), slot(weights.norm.biasSlot), rows.count, d);
    if (adapt) {
        const AdapterWeights<T> &adapter = weights.adapter;
        const std::int64_t m = adapter.down.out;
        if (adapter.up.trained)
            addDenseGradient(adapter.up, rounded, d, tape.z.data(), m, rows.count, sums, scratch);
        T *z = sized(scratch.z, rows.padded, m);
        denseBackwardActivated(rounded, rows, adapter.up, tape.slope.data(), z);
        if (adapter.down.trained)
            addDenseGradient(adapter.down, z, m, tape.h.data(), d, rows.count, sums, scratch);
        product(z, m, rows.padded, adapter.down.pack->backward,
                [&](std::int64_t row, std::int64_t column, const Tile &part) {
                    dropPart(part, row, column, nullptr, gradient, mask, rows, d, narrow);
                });
    } else {
        if (weights.adapter.exists && sums.first)
            zeroGradients(weights.adapter, sums);
        dropRows(gradient, d, nullptr, nullptr, mask, {rows.number, 0, d}, narrow, {rows.count, d, d});
    }
    if (weights.dense.trained)
        addDenseGradient(weights.dense, narrow, d, denseInput, weights.dense.in, rows.count, sums, scratch);
}

AttentionShape shapeOf(const LayerPlan &plan, const Block &block, std::int64_t example)
{
    const std::int64_t length = block.offsets[std::size_t(example) + 1] - block.offsets[std::size_t(example)];
    return {plan.heads, plan.d / plan.heads, plan.clsOnly ? 1 : length, length};
}

} // namespace

template <typename T>
void addDenseGradient(const DenseWeights<T> &weights, const T *gradient, std::int64_t gradientStride, const T *x,
                      std::int64_t xStride, std::int64_t rows, const GradientSums &sums, Scratch<T> &scratch)
{
    const std::int64_t padded = roundUp(rows, rowTile), parts = std::int64_t(weights.parts.size()),
                       out = weights.out / parts;
    T *across = sized(scratch.across, weights.out, padded);
    if (std::ranges::any_of(weights.weightSlots, [](int slot) { return slot >= 0; })) { // not the biases alone
        transposed(gradient, {rows, weights.out, gradientStride}, across, padded, padded);
        packRows(scratch.packed, x, xStride, rows, weights.in, padded);
    }
    for (std::int64_t part = 0; part < parts; ++part) {
        const int weightSlot = weights.weightSlots[std::size_t(part)], biasSlot = weights.biasSlots[std::size_t(part)];
        if (weightSlot >= 0)
            product(across + part * out * padded, padded, out, scratch.packed, sums.of(weightSlot), weights.in, !sums.first);
        if (biasSlot >= 0)
            sumRows(gradient + part * out, gradientStride, sums.of(biasSlot), rows,
                    sums.slots.slots[std::size_t(biasSlot)].parameter.numel());
    }
}

namespace {

/// Attention up to its adapter: tape.attention.h.
template <typename T>
void attentionForward(const LayerWeights<T> &weights, const LayerPlan &plan, const Block &block, const T *queries,
                      LayerTape<T> &tape, Scratch<T> &scratch)
{
    const std::int64_t d = plan.d;
    const Rows all = block.all(), rows = plan.clsOnly ? block.cls() : all;
    const T *x = tape.x.data();
    T *q = sized(tape.q, rows.padded, d), *kv = sized(tape.kv, all.padded, 2 * d),
      *attended = sized(tape.attended, rows.padded, d);
    float *logSum = sized(tape.logSum, rows.padded, plan.heads);
    dense(queries, rows, weights.query, q);
    dense(x, all, weights.keyValue, kv);
    for (std::int64_t b = 0; b < block.examples(); ++b) {
        const AttentionShape shape = shapeOf(plan, block, b);
        const std::int64_t first = block.offsets[std::size_t(b)], query = plan.clsOnly ? b : first;
        scratch.attention.reserve(shape);
        attend(q + query * d, kv + first * 2 * d, shape, {plan.dropout.attention, rows.number + query, attentionStride},
               attended + query * d, logSum + query * plan.heads, scratch.attention);
    }
    project(weights.attention, plan.dropout.attentionHidden, rows, attended, tape.attention);
}

} // namespace

template <typename T>
void layerForward(const LayerWeights<T> &weights, const LayerPlan &plan, const Block &block, LayerTape<T> &tape,
                  Scratch<T> &scratch, T *y)
{
    const std::int64_t d = plan.d;
    const Rows rows = plan.clsOnly ? block.cls() : block.all();
    const T *x = tape.x.data(), *queries = x;
    if (plan.clsOnly) {
        T *cls = sized(tape.xCls, rows.padded, d);
        for (std::int64_t b = 0; b < rows.count; ++b)
            std::copy_n(x + block.offsets[std::size_t(b)] * d, d, cls + b * d);
        queries = cls;
    }
    if (!plan.attended)
        attentionForward(weights, plan, block, queries, tape, scratch);
    T *h = sized(tape.h, rows.padded, d);
    finish(weights.attention, plan.active.attention && weights.attention.adapter.exists, rows, queries, tape.attention,
           plan.keep, scratch, h);
    T *g = sized(plan.keep && weights.output.dense.trained ? tape.g : scratch.feedForward, rows.padded, plan.f);
    T *slope = plan.keep ? sized(tape.slope, rows.padded, plan.f) : nullptr;
    denseActivated(h, rows, weights.intermediate, plan.activation, g, slope);
    project(weights.output, plan.dropout.feedForwardHidden, rows, g, tape.output);
    finish(weights.output, plan.active.feedForward && weights.output.adapter.exists, rows, h, tape.output, plan.keep,
           scratch, y);
}

template <typename T>
void layerBackward(const LayerWeights<T> &weights, const LayerPlan &plan, const Block &block, LayerTape<T> &tape,
                   Scratch<T> &scratch, const GradientSums &sums, Buffer<float> &gradient)
{
    const std::int64_t d = plan.d, f = plan.f;
    const Rows all = block.all(), rows = plan.clsOnly ? block.cls() : all;
    float *g = sized(gradient, all.padded, d);
    T *wide = sized(scratch.feedForward, rows.padded, f);
    outputBackward(weights.output, plan.active.feedForward && weights.output.adapter.exists, plan.dropout.feedForwardHidden,
                   rows, tape.g.data(), tape.output, scratch, sums, g);
    denseBackwardActivated(scratch.narrow.data(), rows, weights.output.dense, tape.slope.data(), wide);
    if (weights.intermediate.trained)
        addDenseGradient(weights.intermediate, wide, f, tape.h.data(), d, rows.count, sums, scratch);
    product(wide, f, rows.padded, weights.intermediate.pack->backward, g, d, true);

    outputBackward(weights.attention, plan.active.attention && weights.attention.adapter.exists,
                   plan.dropout.attentionHidden, rows, tape.attended.data(), tape.attention, scratch, sums, g);
    float *attended = sized(scratch.wide, rows.padded, d);
    product(scratch.narrow.data(), d, rows.padded, weights.attention.dense.pack->backward, attended, d);
    T *dq = sized(scratch.dq, rows.padded, d), *dkv = sized(scratch.dkv, all.padded, 2 * d);
    for (std::int64_t b = 0; b < block.examples(); ++b) {
        const AttentionShape shape = shapeOf(plan, block, b);
        const std::int64_t first = block.offsets[std::size_t(b)], query = plan.clsOnly ? b : first;
        attendBackward(tape.q.data() + query * d, tape.kv.data() + first * 2 * d, shape,
                       {plan.dropout.attention, rows.number + query, attentionStride},
                       tape.logSum.data() + query * plan.heads, attended + query * d, dq + query * d, dkv + first * 2 * d,
                       scratch.attention);
    }
    const T *queries = plan.clsOnly ? tape.xCls.data() : tape.x.data();
    if (weights.query.trained)
        addDenseGradient(weights.query, dq, d, queries, d, rows.count, sums, scratch);
    if (weights.keyValue.trained)
        addDenseGradient(weights.keyValue, dkv, 2 * d, tape.x.data(), d, all.count, sums, scratch);
    if (!plan.inputNeeded)
        return;
    product(dq, d, rows.padded, weights.query.pack->backward, g, d, true);
    if (plan.clsOnly) { // the [CLS] rows' gradient goes back to where they stand
        float *cls = sized(scratch.wide, rows.padded, d);
        std::copy_n(g, rows.count * d, cls);
        product(dkv, 2 * d, all.padded, weights.keyValue.pack->backward, g, d);
        for (std::int64_t b = 0; b < rows.count; ++b)
            for (std::int64_t i = 0; i < d; ++i)
                g[block.offsets[std::size_t(b)] * d + i] += cls[b * d + i];
    } else {
        product(dkv, 2 * d, all.padded, weights.keyValue.pack->backward, g, d, true);
    }
}

#define AWB_OF_TYPE(T)                                                                                                      \
    template void layerForward(const LayerWeights<T> &, const LayerPlan &, const Block &, LayerTape<T> &, Scratch<T> &,     \
                               T *);                                                                                        \
    template void layerBackward(const LayerWeights<T> &, const LayerPlan &, const Block &, LayerTape<T> &, Scratch<T> &,    \
                                const GradientSums &, Buffer<float> &);                                                     \
    template void addDenseGradient(const DenseWeights<T> &, const T *, std::int64_t, const T *, std::int64_t, std::int64_t, \
                                   const GradientSums &, Scratch<T> &);

AWB_OF_TYPE(float)
AWB_OF_TYPE(BFloat16)

} // namespace awb::fast
