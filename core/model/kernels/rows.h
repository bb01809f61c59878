#pragma once

#include <cstdint>
#include <string>

#include "core/model/kernels/number.h"

/// What happens to rows of activations between two matrix products. T is the compute type (float or BFloat16); sums and
/// normalisations are in float32. Every function is one loop over rows and columns and uses the processor's vectors.
namespace awb::kernels {

enum class Activation { GeluErf, GeluTanh, Relu };
/// config.json's hidden_act: "gelu", "gelu_new", "relu".
Activation activationOf(const std::string &name);

/// A block of a matrix: `rows` rows of `columns`, `stride` elements from one row to the next.
struct Extent {
    std::int64_t rows, columns, stride;
};

/// Key and threshold of a dropout site (core/model/dropout.h); rate 0: none.
struct Mask {
    std::uint64_t key = 0;
    std::uint32_t drop = 0; ///< of 65536
    float scale = 1;        ///< 1 / (1 - rate)

    Mask() = default;
    Mask(std::uint64_t key, double rate);
    bool active() const { return drop > 0; }
};
/// Mask values of `count` consecutive elements from number `first`, a multiple of 4; count up to 4096.
void maskValues(const Mask &mask, std::uint64_t first, std::int64_t count, float *out);

/// out = product + bias.
template <typename T>
void addBias(const float *product, std::int64_t stride, const float *bias, T *out, Extent extent);
/// after = g(product + bias); slope = g'(product + bias) where it is not null, for the backward pass.
template <typename T>
void activate(Activation g, const float *product, std::int64_t stride, const float *bias, T *after, T *slope, Extent extent);
/// out = gradient slope: back through the activation.
template <typename T>
void activateBackward(const float *gradient, std::int64_t stride, const T *slope, T *out, Extent extent);

/// What the dropout of a block of a matrix depends on: its rows' numbers in the packed batch, its first column, the matrix's
/// width.
struct DropPlace {
    const std::int32_t *number;
    std::int64_t column, width;
};
/// out = dropout(product + bias + addend), where null is nothing; also the backward pass, with gradients. `stride` is the
/// product's, that of the addend and of out is the extent's.
template <typename T>
void dropRows(const float *product, std::int64_t stride, const float *bias, const float *addend, const Mask &mask,
              const DropPlace &place, T *out, Extent extent);
/// LayerNorm of the sum of up to three addends; what is missing is null.
template <typename T>
struct NormInput {
    const float *product = nullptr;     ///< (rows, d)
    const float *bias = nullptr;        ///< (d), belongs to the product
    const T *a = nullptr, *b = nullptr; ///< (rows, d)
};
struct NormWeights {
    const float *weight, *bias; ///< (d)
    float eps;
};
/// y = LayerNorm(sum). Keeps normalised (rows, d) and inverse deviation (rows) for the backward pass where they are not
/// null.
template <typename T>
void normRows(const NormInput<T> &input, const NormWeights &norm, T *normalised, float *inverse, T *y, std::int64_t rows,
              std::int64_t d);
/// gradient (rows, d) of y becomes that of the sum, in place and as T in `rounded`; adds to those of weight and bias.
template <typename T>
void normRowsBackward(float *gradient, const T *normalised, const float *inverse, const float *weight, T *rounded,
                      float *weightGradient, float *biasGradient, std::int64_t rows, std::int64_t d);

/// sum (columns) += each row.
template <typename T>
void sumRows(const T *values, std::int64_t stride, float *sum, std::int64_t rows, std::int64_t columns);

/// out (columns, outStride) = values (rows, columns) transposed; rows up to paddedRows are zero.
template <typename T>
void transposed(const T *values, Extent extent, T *out, std::int64_t outStride, std::int64_t paddedRows);

} // namespace awb::kernels
